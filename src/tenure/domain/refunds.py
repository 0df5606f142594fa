"""A refund: money of a payment intent on its way back to the customer.

pending ──▶ succeeded | failed (both terminal)      never more, over all refunds, than the intent received
"""

from enum import StrEnum
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from tenure.domain.documents import Document
from tenure.domain.errors import Conflict, Invalid

RefundReason = Literal["duplicate", "expired_uncaptured_charge", "fraudulent", "requested_by_customer"]


class RefundStatus(StrEnum):
    """The states of a refund; the value is what the wire shows."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


MOVES: dict[RefundStatus, frozenset[RefundStatus]] = {
    RefundStatus.PENDING: frozenset({RefundStatus.SUCCEEDED, RefundStatus.FAILED}),
    RefundStatus.SUCCEEDED: frozenset(),
    RefundStatus.FAILED: frozenset(),
}


class Refund(Document, frozen=True, kw_only=True):
    """Money that goes back; minor units of `currency`."""

    object: str = "refund"
    amount: int
    balance_transaction: None = None
    charge: None = None
    currency: str
    customer: str | None = None
    failure_balance_transaction: None = None
    failure_reason: str | None = None
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    payment_intent: str | None = None
    payment_method: str | None = None
    pending_reason: Literal["charge_pending", "insufficient_funds", "processing"] | None = None
    reason: RefundReason | None = None
    receipt_number: str | None = None
    source_transfer_reversal: None = None
    status: RefundStatus = RefundStatus.PENDING
    transfer_reversal: None = None


def move(refund: Refund, to: RefundStatus, **changes: Any) -> Refund:
    """The refund in state `to`; raises Conflict where MOVES has no such way."""
    if to not in MOVES[refund.status]:
        raise Conflict(f"A refund that is `{refund.status}` cannot become `{to}`.")
    return replace(refund, status=to, **changes)


def check_amount(amount: int, *, received: int, refunded: int) -> None:
    """Refuse to give back more than came in. Raises Invalid."""
    if received == 0:
        raise Conflict("This PaymentIntent does not have a successful charge to refund.")
    if refunded >= received:
        raise Conflict("This payment has already been refunded.", code="charge_already_refunded")
    if amount < 1:
        raise Invalid(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount"
        )
    if amount > received - refunded:
        raise Invalid(
            f"Refund amount ({amount}) is greater than unrefunded amount on the payment ({received - refunded}).",
            code="amount_too_large",
            param="amount",
        )
