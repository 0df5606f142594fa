"""/v1/prices: how much a product costs and how often."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from tenure.actions import prices, products
from tenure.actions.patch import given
from tenure.api.resource import Call, Resource, Where, create, lists, retrieve, searches, update
from tenure.domain.documents import Part
from tenure.domain.errors import Invalid
from tenure.domain.prices import Interval, Price, TaxBehavior, TransformQuantity
from tenure.wire.lists import ListParams, Range, conditions

PATH = "/v1/prices"
Currency = Annotated[str, msgspec.Meta(pattern="^[a-zA-Z]{3}$")]
Amount = Annotated[int, msgspec.Meta(ge=0, le=99_999_999_999)]
Fraction = Annotated[str, msgspec.Meta(pattern=r"^[0-9]+(\.[0-9]{1,12})?$")]
Text = Annotated[str, msgspec.Meta(max_length=5000)]
LookupKey = Annotated[str, msgspec.Meta(max_length=200)]


class CustomAmountGiven(Part, frozen=True, kw_only=True):
    """An amount that the payer chooses: of one-time prices only."""

    enabled: bool
    maximum: Amount | UnsetType = UNSET
    minimum: Amount | UnsetType = UNSET
    preset: Amount | UnsetType = UNSET


class TransformGiven(TransformQuantity, frozen=True, kw_only=True):
    """Divide the quantity before it is billed, and round."""

    divide_by: Annotated[int, msgspec.Meta(ge=1)]


class TierGiven(Part, frozen=True, kw_only=True):
    """One step of a tiered price."""

    up_to: int | Literal["inf"]
    flat_amount: Amount | UnsetType = UNSET
    flat_amount_decimal: Fraction | UnsetType = UNSET
    unit_amount: Amount | UnsetType = UNSET
    unit_amount_decimal: Fraction | UnsetType = UNSET


class CurrencyOptionGiven(Part, frozen=True, kw_only=True):
    """The price in another currency."""

    custom_unit_amount: CustomAmountGiven | UnsetType = UNSET
    tax_behavior: TaxBehavior | UnsetType = UNSET
    tiers: list[TierGiven] | UnsetType = UNSET
    unit_amount: Amount | UnsetType = UNSET
    unit_amount_decimal: Fraction | UnsetType = UNSET


class RecurringGiven(Part, frozen=True, kw_only=True):
    """How often it recurs: at most every three years."""

    interval: Interval
    interval_count: Annotated[int, msgspec.Meta(ge=1, le=1095)] | UnsetType = UNSET
    meter: str | UnsetType = UNSET
    trial_period_days: Annotated[int, msgspec.Meta(ge=0, le=730)] | UnsetType = UNSET
    usage_type: Literal["licensed", "metered"] | UnsetType = UNSET


class PriceFields(Part, frozen=True, kw_only=True):
    """What makes up a price, also the default price of a new product."""

    currency_options: dict[str, CurrencyOptionGiven] | UnsetType = UNSET
    custom_unit_amount: CustomAmountGiven | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    recurring: RecurringGiven | UnsetType = UNSET
    tax_behavior: TaxBehavior | UnsetType = UNSET
    unit_amount: Amount | UnsetType = UNSET
    unit_amount_decimal: Fraction | UnsetType = UNSET


class ProductGiven(Part, frozen=True, kw_only=True):
    """A product made together with its price."""

    name: Text
    active: bool | UnsetType = UNSET
    id: str | UnsetType = UNSET
    metadata: dict[str, str] | UnsetType = UNSET
    statement_descriptor: Annotated[str, msgspec.Meta(max_length=22)] | UnsetType = UNSET
    tax_code: str | UnsetType = UNSET
    unit_label: Annotated[str, msgspec.Meta(max_length=12)] | UnsetType = UNSET


class CreatePrice(PriceFields, frozen=True, kw_only=True):
    """A new price."""

    currency: Currency
    active: bool | UnsetType = UNSET
    billing_scheme: Literal["per_unit", "tiered"] | UnsetType = UNSET
    lookup_key: LookupKey | UnsetType = UNSET
    nickname: Text | UnsetType = UNSET
    product: str | UnsetType = UNSET
    product_data: ProductGiven | UnsetType = UNSET
    tiers: list[TierGiven] | UnsetType = UNSET
    tiers_mode: Literal["graduated", "volume"] | UnsetType = UNSET
    transfer_lookup_key: bool = False
    transform_quantity: TransformGiven | UnsetType = UNSET


class UpdatePrice(Part, frozen=True, kw_only=True):
    """Changes to a price: never its amount."""

    active: bool | UnsetType = UNSET
    currency_options: dict[str, CurrencyOptionGiven] | None | UnsetType = UNSET
    lookup_key: LookupKey | None | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    nickname: Text | None | UnsetType = UNSET
    tax_behavior: TaxBehavior | UnsetType = UNSET
    transfer_lookup_key: bool = False


class RecurringFilter(Part, frozen=True, kw_only=True):
    """Filter by how a price recurs."""

    interval: Interval | UnsetType = UNSET
    meter: str | UnsetType = UNSET
    usage_type: Literal["licensed", "metered"] | UnsetType = UNSET


class ListPrices(ListParams, frozen=True, kw_only=True):
    """Filters of the list."""

    active: bool | UnsetType = UNSET
    created: Range | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    lookup_keys: list[str] | UnsetType = UNSET
    product: str | UnsetType = UNSET
    recurring: RecurringFilter | UnsetType = UNSET
    type: Literal["one_time", "recurring"] | UnsetType = UNSET


def _create(call: Call) -> Price:
    fields = given(call.params)
    product, transfer = fields.pop("product_data", None), fields.pop("transfer_lookup_key", False)
    if product is None and "product" not in fields:
        raise Invalid("You must specify either `product` or `product_data` when creating a price.")
    if product is not None and "product" in fields:
        raise Invalid("You may only specify one of these parameters: product, product_data.", param="product")
    if product is not None:
        fields["product"] = products.create(call.tx, product, id=product.pop("id", None)).id
    return prices.create(call.tx, fields, transfer_lookup_key=transfer)


def _update(call: Call) -> Price:
    fields = given(call.params)
    transfer = fields.pop("transfer_lookup_key", False)
    return prices.update(call.tx, call.id, fields, transfer_lookup_key=transfer)


def _where(params: ListPrices) -> Where:
    where: list[tuple[str, str, Any]] = [*conditions("created", params.created)]
    for name in ("active", "product", "type"):
        if getattr(params, name) is not UNSET:
            where.append((name, "=", getattr(params, name)))
    if params.currency is not UNSET:
        where.append(("currency", "=", params.currency.lower()))
    if params.lookup_keys is not UNSET:
        where.append(("lookup_key", "in", params.lookup_keys))
    return where if params.recurring is UNSET else [*where, *_recurring(params.recurring)]


def _recurring(wanted: RecurringFilter) -> Where:
    """A price that does not say how its usage is counted is licensed."""
    where: list[tuple[str, str, Any]] = [("type", "=", "recurring")]
    if wanted.interval is not UNSET:
        where.append(("interval", "=", wanted.interval))
    if wanted.meter is not UNSET:
        where.append(("recurring.meter", "=", wanted.meter))
    if wanted.usage_type is not UNSET:
        metered = wanted.usage_type == "metered"
        where.append(("recurring.meter", "not null" if metered else "null", None))
    return where


RESOURCE = Resource(
    PATH,
    Price,
    (
        create(CreatePrice, _create),
        retrieve(Price),
        update(UpdatePrice, _update),
        lists(PATH, Price, ListPrices, _where),
        searches(PATH, Price, "prices"),
    ),
)
