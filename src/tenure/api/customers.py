"""/v1/customers: whom subscriptions belong to."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from tenure.actions import customers
from tenure.actions.patch import given
from tenure.api.resource import (
    Call,
    Nothing,
    Operation,
    Resource,
    Where,
    create,
    delete,
    lists,
    page_shape,
    searches,
    shown,
    update,
)
from tenure.api.tax_ids import known_type
from tenure.domain.customer_balance import MAX_AMOUNT
from tenure.domain.customers import Address, Customer
from tenure.domain.documents import Part
from tenure.domain.errors import NotFound
from tenure.domain.subscriptions import Subscription
from tenure.wire.lists import ListParams, Range, conditions

PATH = "/v1/customers"
Email = Annotated[str, msgspec.Meta(max_length=512)]
Name = Annotated[str, msgspec.Meta(max_length=256)]
Phone = Annotated[str, msgspec.Meta(max_length=20)]
Text = Annotated[str, msgspec.Meta(max_length=5000)]


class CustomFieldGiven(Part, frozen=True, kw_only=True):
    """A name and value printed on every invoice."""

    name: Annotated[str, msgspec.Meta(max_length=40)]
    value: Annotated[str, msgspec.Meta(max_length=140)]


class ShippingGiven(Part, frozen=True, kw_only=True):
    """Where goods go."""

    address: Address
    name: Text
    phone: Text | UnsetType = UNSET


class RenderingGiven(Part, frozen=True, kw_only=True):
    """How amounts appear on invoices."""

    amount_tax_display: Literal["exclude_tax", "include_inclusive_tax"] | None | UnsetType = UNSET


class InvoiceSettingsGiven(Part, frozen=True, kw_only=True):
    """Defaults for invoices."""

    default_payment_method: str | None | UnsetType = UNSET
    custom_fields: Annotated[list[CustomFieldGiven], msgspec.Meta(max_length=4)] | None | UnsetType = UNSET
    footer: Text | None | UnsetType = UNSET
    rendering_options: RenderingGiven | None | UnsetType = UNSET


class TaxIdGiven(Part, frozen=True, kw_only=True):
    """A number of the new customer."""

    type: str
    value: str


class CustomerFields(Part, frozen=True, kw_only=True):
    """What can be said about a customer."""

    address: Address | None | UnsetType = UNSET
    balance: Annotated[int, msgspec.Meta(ge=-MAX_AMOUNT, le=MAX_AMOUNT)] | UnsetType = UNSET
    business_name: Annotated[str, msgspec.Meta(max_length=150)] | None | UnsetType = UNSET
    description: Text | None | UnsetType = UNSET
    email: Email | None | UnsetType = UNSET
    individual_name: Annotated[str, msgspec.Meta(max_length=150)] | None | UnsetType = UNSET
    invoice_prefix: Annotated[str, msgspec.Meta(pattern="^[A-Z0-9]{3,12}$")] | UnsetType = UNSET
    invoice_settings: InvoiceSettingsGiven | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    name: Name | None | UnsetType = UNSET
    next_invoice_sequence: Annotated[int, msgspec.Meta(ge=1, le=10**9)] | UnsetType = UNSET
    phone: Phone | None | UnsetType = UNSET
    preferred_locales: list[str] | UnsetType = UNSET
    shipping: ShippingGiven | None | UnsetType = UNSET
    tax_exempt: Literal["exempt", "none", "reverse"] | None | UnsetType = UNSET
    validate: bool | UnsetType = UNSET


class CreateCustomer(CustomerFields, frozen=True, kw_only=True):
    """A new customer."""

    payment_method: str | UnsetType = UNSET
    tax_id_data: list[TaxIdGiven] | UnsetType = UNSET
    test_clock: str | UnsetType = UNSET


class ListCustomers(ListParams, frozen=True, kw_only=True):
    """Filters of the list."""

    created: Range | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    test_clock: str | UnsetType = UNSET


def _fields(call: Call) -> dict[str, Any]:
    fields = given(call.params)
    fields.pop("validate", None)
    if fields.get("tax_exempt", "") is None:
        fields["tax_exempt"] = "none"
    for number, each in enumerate(fields.get("tax_id_data", ())):
        known_type(each["type"], param=f"tax_id_data[{number}][type]")
    return fields


def _where(params: ListCustomers) -> Where:
    where: list[tuple[str, str, Any]] = [*conditions("created", params.created)]
    if params.email is not UNSET:
        where.append(("email", "=", params.email))
    if params.test_clock is not UNSET:
        where.append(("test_clock", "=", params.test_clock))
    return where


def _retrieve(call: Call) -> dict[str, Any]:
    customer = call.tx.get(Customer, call.id, deleted=True)
    if customer is not None and call.tx.get(Customer, call.id) is None:
        return {"id": customer.id, "object": "customer", "deleted": True}
    return shown(call, call.tx.need(Customer, call.id, param="id"))


def _subscriptions(call: Call) -> dict[str, Any]:
    call.tx.need(Customer, call.id, param="customer")
    where = [("customer", "=", call.id), ("status", "!=", "canceled")]
    page = call.tx.page(Subscription, where, **call.params.window())
    return page_shape(call, page, f"{PATH}/{call.id}/subscriptions")


def _delete_discount(call: Call) -> dict[str, Any]:
    """Customers carry no discounts of their own since 2025-03-31: there is never one to delete."""
    call.tx.need(Customer, call.id, param="customer")
    raise NotFound(f"No active discount for customer: {call.id}", code="resource_missing")


RESOURCE = Resource(
    PATH,
    Customer,
    (
        create(CreateCustomer, lambda call: customers.create(call.tx, _fields(call))),
        Operation("GET", "/{id}", Nothing, _retrieve),
        update(CustomerFields, lambda call: customers.update(call.tx, call.id, _fields(call))),
        delete(lambda call: customers.delete(call.tx, call.id)),
        lists(PATH, Customer, ListCustomers, _where),
        searches(PATH, Customer, "customers"),
        Operation("GET", "/{id}/subscriptions", ListParams, _subscriptions),
        Operation("DELETE", "/{id}/discount", Nothing, _delete_discount, writes=True),
    ),
    frozenset({"cash_balance", "default_source", "source", "tax"}),
)
