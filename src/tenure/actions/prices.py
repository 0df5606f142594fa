"""Prices: create, update. A price is never deleted, only archived."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from tenure.actions.patch import patch
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Conflict, Invalid
from tenure.domain.prices import Price
from tenure.domain.products import Product
from tenure.store.tx import Tx


def create(tx: Tx, fields: Mapping[str, Any], *, transfer_lookup_key: bool = False) -> Price:
    """A new price of an existing product. Raises Invalid where the amounts do not make a price."""
    tx.need(Product, fields["product"], param="product")
    if fields.get("lookup_key"):
        _free_lookup_key(tx, fields["lookup_key"], transfer=transfer_lookup_key)
    blank = Price(
        id=tx.new_id("price_"),
        created=tx.now,
        livemode=tx.scope.livemode,
        currency=fields["currency"],
        product=fields["product"],
        type="recurring" if fields.get("recurring") else "one_time",
    )
    price = _complete(patch(blank, fields))
    tx.save(Change(after=(price,), events=(EventDraft("price.created", price),)))
    return price


def update(tx: Tx, id: str, fields: Mapping[str, Any], *, transfer_lookup_key: bool = False) -> Price:
    """Change the fields that were given; amounts and intervals never change."""
    before = tx.lock(Price, id, param="price")
    if fields.get("lookup_key") and fields["lookup_key"] != before.lookup_key:
        _free_lookup_key(tx, fields["lookup_key"], transfer=transfer_lookup_key)
    price = patch(before, fields)
    if price != before:
        tx.save(Change(after=(price,), events=(EventDraft("price.updated", price),)))
    return price


def _free_lookup_key(tx: Tx, key: str, *, transfer: bool) -> None:
    taken = tx.page(Price, [("lookup_key", "=", key)], limit=1).items
    if not taken:
        return
    if not transfer:
        raise Conflict(
            f"A price (`{taken[0].id}`) already uses that lookup key. Set `transfer_lookup_key` to take it over.",
            param="lookup_key",
        )
    before = tx.lock(Price, taken[0].id)
    price = replace(before, lookup_key=None)
    tx.save(Change(after=(price,), events=(EventDraft("price.updated", price),)))


def _complete(price: Price) -> Price:
    """The price with both spellings of its amount, or Invalid where it has none."""
    given = [price.unit_amount is not None, price.unit_amount_decimal is not None]
    if price.billing_scheme == "tiered":
        if not price.tiers or price.tiers_mode is None:
            raise Invalid("Tiered prices need `tiers` and `tiers_mode`.", code="parameter_missing", param="tiers")
        if price.tiers[-1].up_to is not None:
            raise Invalid("The last tier must have `up_to=inf`.", param="tiers")
        return price
    if price.custom_unit_amount is None and sum(given) != 1:
        raise Invalid("Pass exactly one of `unit_amount` and `unit_amount_decimal`.", param="unit_amount")
    if price.unit_amount is not None:
        return replace(price, unit_amount_decimal=str(price.unit_amount))
    if price.unit_amount_decimal is not None and "." not in price.unit_amount_decimal.rstrip("0").rstrip("."):
        return replace(price, unit_amount=int(price.unit_amount_decimal.split(".")[0]))
    return price
