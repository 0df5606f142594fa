"""/v1/invoiceitems: amounts that wait for a customer's next invoice, or go onto a draft at once."""

from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from tenure.actions import invoice_items
from tenure.actions.patch import given
from tenure.api.resource import Call, Resource, Where, create, delete, lists, retrieve, update
from tenure.domain.documents import Part
from tenure.domain.invoice_items import InvoiceItem
from tenure.domain.invoice_parts import Period
from tenure.domain.prices import TaxBehavior
from tenure.domain.requests import DiscountGiven
from tenure.wire.lists import ListParams, Range, conditions

PATH = "/v1/invoiceitems"
Currency = Annotated[str, msgspec.Meta(pattern="^[a-zA-Z]{3}$")]
Quantity = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
DecimalQuantity = Annotated[Decimal, msgspec.Meta(ge=0, le=10**9)]
UnitAmount = Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]{1,14}(\.[0-9]{1,12})?$")]
Text = Annotated[str, msgspec.Meta(max_length=5000)]
Discounts = Annotated[list[DiscountGiven], msgspec.Meta(max_length=20)]


class PricingGiven(Part, frozen=True, kw_only=True):
    """The price to charge."""

    price: str


class PriceDataGiven(Part, frozen=True, kw_only=True):
    """A one-time price described inline; `unit_amount` in minor units."""

    currency: Currency
    product: str
    tax_behavior: TaxBehavior | UnsetType = UNSET
    unit_amount: int | UnsetType = UNSET
    unit_amount_decimal: UnitAmount | UnsetType = UNSET


class ItemFields(Part, frozen=True, kw_only=True):
    """What can be said about an item."""

    amount: int | UnsetType = UNSET
    description: Text | None | UnsetType = UNSET
    discountable: bool | UnsetType = UNSET
    discounts: Discounts | None | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    period: Period | UnsetType = UNSET
    price_data: PriceDataGiven | UnsetType = UNSET
    pricing: PricingGiven | UnsetType = UNSET
    quantity: Quantity | UnsetType = UNSET
    quantity_decimal: DecimalQuantity | UnsetType = UNSET
    tax_behavior: TaxBehavior | UnsetType = UNSET
    tax_rates: list[str] | None | UnsetType = UNSET
    unit_amount_decimal: UnitAmount | UnsetType = UNSET


class CreateItem(ItemFields, frozen=True, kw_only=True):
    """A new item."""

    currency: Currency | UnsetType = UNSET
    customer: str | UnsetType = UNSET
    invoice: str | UnsetType = UNSET
    subscription: str | UnsetType = UNSET


class ListItems(ListParams, frozen=True, kw_only=True):
    """Filters of the list."""

    created: Range | UnsetType = UNSET
    customer: str | UnsetType = UNSET
    invoice: str | UnsetType = UNSET
    pending: bool | UnsetType = UNSET


def _fields(call: Call) -> dict[str, Any]:
    fields = given(call.params)
    for holder in (fields, fields.get("price_data", {})):
        if "currency" in holder:
            holder["currency"] = holder["currency"].lower()
    return fields


def _where(params: ListItems) -> Where:
    where: list[tuple[str, str, Any]] = [*conditions("created", params.created)]
    for name in ("customer", "invoice", "pending"):
        if getattr(params, name) is not UNSET:
            where.append((name, "=", getattr(params, name)))
    return where


RESOURCE = Resource(
    PATH,
    InvoiceItem,
    (
        create(CreateItem, lambda call: invoice_items.create(call.tx, _fields(call))),
        retrieve(InvoiceItem, "invoiceitem"),
        update(ItemFields, lambda call: invoice_items.update(call.tx, call.id, _fields(call))),
        delete(lambda call: invoice_items.delete(call.tx, call.id)),
        lists(PATH, InvoiceItem, ListItems, _where),
    ),
    frozenset({"customer_account", "invoicing_rules", "tax_code"}),
)
