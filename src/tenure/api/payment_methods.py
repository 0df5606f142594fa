"""/v1/payment_methods: how customers pay; /v1/customers/{id}/payment_methods: how one of them does."""

from typing import Any

from msgspec import UNSET, UnsetType

from tenure.actions import payment_methods
from tenure.actions.patch import given
from tenure.api.payment_method_params import (
    OTHER_TYPES,
    BillingDetailsGiven,
    MethodParams,
    NetworksGiven,
    method_fields,
)
from tenure.api.resource import (
    Call,
    Nothing,
    Operation,
    Resource,
    Where,
    action,
    create,
    lists,
    page_shape,
    retrieve,
    shown,
    update,
)
from tenure.domain.customers import Customer
from tenure.domain.documents import Part
from tenure.domain.errors import NotFound
from tenure.domain.payment_methods import PaymentMethod, Redisplay
from tenure.wire.lists import ListParams

PATH = "/v1/payment_methods"
NESTED = "/{id}/payment_methods"


class CardChanges(Part, frozen=True, kw_only=True):
    """What may be learnt of a card later."""

    exp_month: int | UnsetType = UNSET
    exp_year: int | UnsetType = UNSET
    networks: NetworksGiven | UnsetType = UNSET


class UpdateMethod(Part, frozen=True, kw_only=True):
    """What can be said about a method afterwards."""

    allow_redisplay: Redisplay | UnsetType = UNSET
    billing_details: BillingDetailsGiven | UnsetType = UNSET
    card: CardChanges | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET


class AttachMethod(Part, frozen=True, kw_only=True):
    """To whom."""

    customer: str


class ListOfCustomer(ListParams, frozen=True, kw_only=True):
    """Filters of one customer's methods."""

    allow_redisplay: Redisplay | UnsetType = UNSET
    type: str | UnsetType = UNSET


class ListMethods(ListOfCustomer, frozen=True, kw_only=True):
    """Filters of the list."""

    customer: str | UnsetType = UNSET


def _filters(params: ListOfCustomer) -> list[tuple[str, str, Any]]:
    wanted = (("type", params.type), ("allow_redisplay", params.allow_redisplay))
    return [(column, "=", value) for column, value in wanted if value is not UNSET]


def _where(params: ListMethods) -> Where:
    of = [("customer", "=", params.customer)] if params.customer is not UNSET else []
    return [*of, *_filters(params)]


def _list_of_customer(call: Call) -> dict[str, Any]:
    call.tx.need(Customer, call.id, param="customer")
    where = [("customer", "=", call.id), *_filters(call.params)]
    page = call.tx.page(PaymentMethod, where, **call.params.window())
    return page_shape(call, page, f"/v1/customers/{call.id}/payment_methods")


def _of_customer(call: Call) -> dict[str, Any]:
    call.tx.need(Customer, call.id, param="customer")
    method = call.tx.need(PaymentMethod, call.child, param="payment_method")
    if method.customer != call.id:
        raise NotFound(
            f"No such PaymentMethod: '{call.child}'; It's possible this PaymentMethod exists on another Customer.",
            code="resource_missing",
            param="payment_method",
        )
    return shown(call, method)


RESOURCE = Resource(
    PATH,
    PaymentMethod,
    (
        create(MethodParams, lambda call: payment_methods.create(call.tx, method_fields(given(call.params)))),
        retrieve(PaymentMethod, "payment_method"),
        update(UpdateMethod, lambda call: payment_methods.update(call.tx, call.id, method_fields(given(call.params)))),
        lists(PATH, PaymentMethod, ListMethods, _where),
        action("attach", AttachMethod, lambda call: payment_methods.attach(call.tx, call.id, call.params.customer)),
        action("detach", Nothing, lambda call: payment_methods.detach(call.tx, call.id)),
    ),
    OTHER_TYPES | {"customer_account", "payment_method", "radar_options"},
)
OF_CUSTOMERS = Resource(
    "/v1/customers",
    PaymentMethod,
    (
        Operation("GET", NESTED, ListOfCustomer, _list_of_customer),
        Operation("GET", f"{NESTED}/{{child}}", Nothing, _of_customer),
    ),
)
