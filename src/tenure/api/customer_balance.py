"""/v1/customers/{id}/balance_transactions: each move of a customer's credit balance."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from tenure.actions import customer_balance
from tenure.actions.patch import given
from tenure.api.resource import Call, Nothing, Operation, Resource, page_shape, shown
from tenure.domain.customer_balance import MAX_AMOUNT, CustomerBalanceTransaction
from tenure.domain.customers import Customer
from tenure.domain.documents import Part
from tenure.wire.lists import ListParams, Range, conditions

PATH = "/v1/customers"
NESTED = "/{id}/balance_transactions"
Currency = Annotated[str, msgspec.Meta(pattern="^[a-zA-Z]{3}$")]
Description = Annotated[str, msgspec.Meta(max_length=350)]


class CreateTransaction(Part, frozen=True, kw_only=True):
    """An adjustment: negative in the customer's favour."""

    amount: Annotated[int, msgspec.Meta(ge=-MAX_AMOUNT, le=MAX_AMOUNT)]
    currency: Currency
    description: Description | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET


class UpdateTransaction(Part, frozen=True, kw_only=True):
    """What can be said about it afterwards."""

    description: Description | None | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET


class ListTransactions(ListParams, frozen=True, kw_only=True):
    """Filters of the list."""

    created: Range | UnsetType = UNSET
    invoice: str | UnsetType = UNSET


def _create(call: Call) -> dict[str, Any]:
    fields = given(call.params)
    fields["currency"] = fields["currency"].lower()
    return shown(call, customer_balance.create(call.tx, call.id, fields))


def _update(call: Call) -> dict[str, Any]:
    return shown(call, customer_balance.update(call.tx, call.id, call.child, given(call.params)))


def _list(call: Call) -> dict[str, Any]:
    call.tx.need(Customer, call.id, param="customer")
    where: list[tuple[str, str, Any]] = [("customer", "=", call.id), *conditions("created", call.params.created)]
    if call.params.invoice is not UNSET:
        where.append(("invoice", "=", call.params.invoice))
    page = call.tx.page(CustomerBalanceTransaction, where, **call.params.window())
    return page_shape(call, page, PATH + NESTED.format(id=call.id))


RESOURCE = Resource(
    PATH,
    CustomerBalanceTransaction,
    (
        Operation("POST", NESTED, CreateTransaction, _create, writes=True),
        Operation("GET", NESTED, ListTransactions, _list),
        Operation(
            "GET",
            f"{NESTED}/{{child}}",
            Nothing,
            lambda call: shown(call, customer_balance.own(call.tx, call.id, call.child)),
        ),
        Operation("POST", f"{NESTED}/{{child}}", UpdateTransaction, _update, writes=True),
    ),
)
