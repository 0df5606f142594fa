"""Plans, the older name of recurring prices: each plan is the price with the same id, in other words.

amount ─ unit_amount      transform_usage ─ transform_quantity      interval, meter, usage_type … ─ recurring
"""

from collections.abc import Mapping
from typing import Any

from tenure.actions import prices, products
from tenure.domain.errors import Conflict, Invalid, NotFound
from tenure.domain.prices import Price
from tenure.domain.products import Product
from tenure.domain.subscriptions import Subscription
from tenure.store.tx import Tx

NAMES = {"amount": "unit_amount", "amount_decimal": "unit_amount_decimal", "transform_usage": "transform_quantity"}
RECURRING = ("interval", "interval_count", "meter", "trial_period_days", "usage_type")


def need(tx: Tx, id: str) -> Price:
    """The price of a plan. Raises NotFound, also for a price that does not recur."""
    price = tx.get(Price, id)
    if price is None or price.recurring is None:
        raise NotFound(f"No such plan: '{id}'", code="resource_missing", param="plan")
    return price


def create(tx: Tx, fields: Mapping[str, Any]) -> Price:
    """A new recurring price, of an existing product or of one made with it."""
    given = dict(fields)
    if given.get("billing_scheme") != "tiered" and not {"amount", "amount_decimal"} & given.keys():
        raise Invalid("Plans require an `amount` parameter to be set.", code="parameter_missing", param="amount")
    if "product" not in given:
        raise Invalid("Missing required param: product.", code="parameter_missing", param="product")
    id, product = given.pop("id", None), given["product"]
    if not isinstance(product, str):
        given["product"] = products.create(tx, product, id=product.pop("id", None)).id
    return prices.create(tx, _priced(given), id=id)


def update(tx: Tx, id: str, fields: Mapping[str, Any]) -> Price:
    """Change the fields that were given. Raises Conflict for another product once a subscription has the plan."""
    before = need(tx, id)
    if fields.get("product", before.product) != before.product:
        tx.need(Product, fields["product"], param="product")
        if tx.count(Subscription, [("price", "=", id)]):
            raise Conflict("You cannot change the product of a plan that a subscription has.", param="product")
    return prices.update(tx, id, _priced(fields))


def delete(tx: Tx, id: str) -> Price:
    """Let nobody subscribe to it any more: the price is archived, and whoever has it keeps it."""
    return prices.update(tx, need(tx, id).id, {"active": False})


def _priced(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The same in the words of a price."""
    found = {NAMES.get(name, name): value for name, value in fields.items() if name not in RECURRING}
    recurring = {name: fields[name] for name in RECURRING if name in fields}
    return {**found, "recurring": recurring} if recurring else found
