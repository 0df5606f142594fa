"""/v1/tax_ids and /v1/customers/{id}/tax_ids: numbers of customers and of the account itself."""

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from tenure.actions import tax_ids
from tenure.api.resource import Call, Nothing, Operation, Resource, Shape, create, delete, page_shape, retrieve, shown
from tenure.domain.customers import Customer
from tenure.domain.documents import Part
from tenure.domain.errors import Invalid
from tenure.domain.tax_ids import TaxId
from tenure.wire import tax_id_formats
from tenure.wire.lists import ListParams
from tenure.wire.scalars import not_one_of

PATH = "/v1/tax_ids"
CUSTOMERS = "/v1/customers"
NESTED = "/{id}/tax_ids"


class OwnerGiven(Part, frozen=True, kw_only=True):
    """Whose it is; the account itself where nothing is said."""

    type: Literal["account", "application", "customer", "self"]
    account: str | UnsetType = UNSET
    customer: str | UnsetType = UNSET


class CreateTaxId(Part, frozen=True, kw_only=True):
    """A number of a customer."""

    type: str
    value: str


class CreateOwnedTaxId(CreateTaxId, frozen=True, kw_only=True):
    """A number of whom `owner` names."""

    owner: OwnerGiven | UnsetType = UNSET


class ListTaxIds(ListParams, frozen=True, kw_only=True):
    """Filters of the list."""

    owner: OwnerGiven | UnsetType = UNSET


def known_type(type: str, *, param: str = "type") -> str:
    """The same type. Raises Invalid for one that nobody has."""
    if type not in tax_id_formats.TYPES:
        raise not_one_of(param, tax_id_formats.TYPES)
    return type


def _customer_of(call: Call) -> str | None:
    """The customer that `owner` names, or None for the account itself."""
    owner = call.params.owner
    if isinstance(owner, UnsetType) or owner.type == "self":
        return None
    if owner.type == "customer":
        if isinstance(owner.customer, UnsetType):
            raise Invalid("Missing required param: owner[customer].", code="parameter_missing", param="owner[customer]")
        return call.tx.need(Customer, owner.customer, param="owner[customer]").id
    if owner.type == "account" and owner.account == call.tx.scope.account:
        return None
    raise Invalid(f"Tenure keeps no tax ids of the owner type `{owner.type}`.", param="owner[type]")


def _create(call: Call) -> TaxId:
    params = call.params
    return tax_ids.create(call.tx, type=known_type(params.type), value=params.value, customer=_customer_of(call))


def _create_nested(call: Call) -> Shape:
    params = call.params
    made = tax_ids.create(call.tx, type=known_type(params.type), value=params.value, customer=call.id)
    return shown(call, made)


def _list(call: Call) -> Shape:
    customer = _customer_of(call)
    where: list[tuple[str, str, Any]] = [("customer", "null", None)]
    if customer is not None:
        where = [("customer", "=", customer)]
    return page_shape(call, call.tx.page(TaxId, where, **call.params.window()), PATH)


def _list_nested(call: Call) -> Shape:
    call.tx.need(Customer, call.id, param="customer")
    page = call.tx.page(TaxId, [("customer", "=", call.id)], **call.params.window())
    return page_shape(call, page, CUSTOMERS + NESTED.format(id=call.id))


def _delete_nested(call: Call) -> Shape:
    doc = tax_ids.delete(call.tx, call.child, customer=call.id)
    return {"id": doc.id, "object": doc.object, "deleted": True}


RESOURCE = Resource(
    PATH,
    TaxId,
    (
        create(CreateOwnedTaxId, _create),
        retrieve(TaxId),
        delete(lambda call: tax_ids.delete(call.tx, call.id)),
        Operation("GET", "", ListTaxIds, _list),
    ),
)
OF_CUSTOMERS = Resource(
    CUSTOMERS,
    TaxId,
    (
        Operation("POST", NESTED, CreateTaxId, _create_nested, writes=True),
        Operation("GET", NESTED, ListParams, _list_nested),
        Operation(
            "GET", f"{NESTED}/{{child}}", Nothing, lambda call: shown(call, tax_ids.own(call.tx, call.id, call.child))
        ),
        Operation("DELETE", f"{NESTED}/{{child}}", Nothing, _delete_nested, writes=True),
    ),
)
