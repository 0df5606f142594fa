"""An invoice payment: which payment intent collects which invoice, and how much of it.

open ── the intent succeeds ──▶ paid (terminal)
  └─── the invoice is voided, or paid otherwise ──▶ canceled (terminal)
"""

from enum import StrEnum
from typing import Any, Literal

from msgspec.structs import replace

from tenure.domain.documents import Document, Part
from tenure.domain.errors import Conflict


class InvoicePaymentStatus(StrEnum):
    """The states of an invoice payment; the value is what the wire shows."""

    OPEN = "open"
    PAID = "paid"
    CANCELED = "canceled"


MOVES: dict[InvoicePaymentStatus, frozenset[InvoicePaymentStatus]] = {
    InvoicePaymentStatus.OPEN: frozenset({InvoicePaymentStatus.PAID, InvoicePaymentStatus.CANCELED}),
    InvoicePaymentStatus.PAID: frozenset(),
    InvoicePaymentStatus.CANCELED: frozenset(),
}


class Payment(Part, frozen=True, kw_only=True):
    """What brings the money."""

    payment_intent: str
    type: Literal["payment_intent"] = "payment_intent"


class PaymentTransitions(Part, frozen=True, kw_only=True):
    """When it came to each state, unix seconds."""

    canceled_at: int | None = None
    paid_at: int | None = None


class InvoicePayment(Document, frozen=True, kw_only=True):
    """How much of an invoice an intent is to bring; minor units of `currency`."""

    object: str = "invoice_payment"
    amount_paid: int | None = None
    amount_requested: int
    currency: str
    invoice: str
    is_default: bool = True
    payment: Payment
    status: InvoicePaymentStatus = InvoicePaymentStatus.OPEN
    status_transitions: PaymentTransitions = PaymentTransitions()


def move(payment: InvoicePayment, to: InvoicePaymentStatus, **changes: Any) -> InvoicePayment:
    """The payment in state `to`; raises Conflict where MOVES has no such way."""
    if to not in MOVES[payment.status]:
        raise Conflict(f"An invoice payment that is `{payment.status}` cannot become `{to}`.")
    return replace(payment, status=to, **changes)


def paid(payment: InvoicePayment, amount: int, now: int) -> InvoicePayment:
    """The payment after its intent brought `amount`."""
    at = replace(payment.status_transitions, paid_at=now)
    return move(payment, InvoicePaymentStatus.PAID, amount_paid=amount, status_transitions=at)


def canceled(payment: InvoicePayment, now: int) -> InvoicePayment:
    """The payment that is not waited for any more."""
    at = replace(payment.status_transitions, canceled_at=now)
    return move(payment, InvoicePaymentStatus.CANCELED, status_transitions=at)
