"""/v1/refunds: money of a payment that goes back, with a credit note or without one."""

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from tenure.actions import refunds
from tenure.actions.patch import given
from tenure.api.resource import Resource, Where, create, lists, retrieve, update
from tenure.domain.documents import Part
from tenure.domain.refunds import Refund, RefundReason
from tenure.wire.lists import ListParams, Range, conditions

PATH = "/v1/refunds"
UNSUPPORTED = ("charge", "currency", "customer", "instructions_email", "origin")
CONNECT = ("refund_application_fee", "reverse_transfer")


class CreateRefund(Part, frozen=True, kw_only=True):
    """What goes back of which payment: all that is left of it, or an amount."""

    payment_intent: str
    amount: Annotated[int, msgspec.Meta(ge=1)] | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    reason: RefundReason | UnsetType = UNSET


class UpdateRefund(Part, frozen=True, kw_only=True):
    """What can be said about it afterwards."""

    metadata: dict[str, str] | None | UnsetType = UNSET


class ListRefunds(ListParams, frozen=True, kw_only=True):
    """Filters of the list."""

    created: Range | UnsetType = UNSET
    payment_intent: str | UnsetType = UNSET


def _where(params: ListRefunds) -> Where:
    named = [("payment_intent", "=", params.payment_intent)] if params.payment_intent is not UNSET else []
    return [*named, *conditions("created", params.created)]


RESOURCE = Resource(
    PATH,
    Refund,
    (
        create(CreateRefund, lambda call: refunds.create(call.tx, given(call.params))),
        retrieve(Refund),
        update(UpdateRefund, lambda call: refunds.update(call.tx, call.id, given(call.params))),
        lists(PATH, Refund, ListRefunds, _where),
    ),
    unsupported=frozenset((*UNSUPPORTED, *CONNECT)),
)
