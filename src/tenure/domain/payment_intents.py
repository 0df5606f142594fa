"""A payment intent: one amount on its way from a customer to the merchant, however many attempts it takes.

    requires_payment_method ◀─────────────── declined ────────────────┐
        │  a method                                                    │
        ▼                                                              │
    requires_confirmation ── confirm ──▶ requires_action ── 3-D Secure ┤
        │                                                              │
        └── confirm ──▶ processing ──▶ succeeded (terminal) ◀──────────┤
                        requires_capture ── capture ──▶ succeeded ◀────┘
    canceled (terminal) ◀── from all but succeeded and processing

`move()` is the only place that assigns a status. Amounts are in minor units of `currency`.
Source: Stripe documentation, "How PaymentIntents work".
"""

from enum import StrEnum
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from tenure.domain.customers import Shipping
from tenure.domain.documents import Document, Part
from tenure.domain.errors import Conflict, Invalid
from tenure.domain.payments import Outcome

MAX_AMOUNT = 99_999_999
SetupFutureUsage = Literal["off_session", "on_session"]
CancellationReason = Literal[
    "abandoned",
    "automatic",
    "duplicate",
    "expired",
    "failed_invoice",
    "fraudulent",
    "requested_by_customer",
    "void_invoice",
]


class IntentStatus(StrEnum):
    """The states of a payment intent; the value is what the wire shows."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


_ATTEMPTED = frozenset(
    {
        IntentStatus.REQUIRES_PAYMENT_METHOD,
        IntentStatus.REQUIRES_ACTION,
        IntentStatus.PROCESSING,
        IntentStatus.REQUIRES_CAPTURE,
        IntentStatus.SUCCEEDED,
        IntentStatus.CANCELED,
    }
)
MOVES: dict[IntentStatus, frozenset[IntentStatus]] = {
    IntentStatus.REQUIRES_PAYMENT_METHOD: _ATTEMPTED | {IntentStatus.REQUIRES_CONFIRMATION},
    IntentStatus.REQUIRES_CONFIRMATION: _ATTEMPTED | {IntentStatus.REQUIRES_CONFIRMATION},
    IntentStatus.REQUIRES_ACTION: _ATTEMPTED | {IntentStatus.REQUIRES_CONFIRMATION},
    IntentStatus.PROCESSING: frozenset(
        {IntentStatus.REQUIRES_PAYMENT_METHOD, IntentStatus.REQUIRES_CAPTURE, IntentStatus.SUCCEEDED}
    ),
    IntentStatus.REQUIRES_CAPTURE: frozenset({IntentStatus.SUCCEEDED, IntentStatus.CANCELED}),
    IntentStatus.SUCCEEDED: frozenset(),
    IntentStatus.CANCELED: frozenset(),
}
TERMINAL = frozenset({IntentStatus.SUCCEEDED, IntentStatus.CANCELED})
CHANGEABLE = frozenset(
    {IntentStatus.REQUIRES_PAYMENT_METHOD, IntentStatus.REQUIRES_CONFIRMATION, IntentStatus.REQUIRES_ACTION}
)
CANCELABLE = CHANGEABLE | {IntentStatus.REQUIRES_CAPTURE}


class AutomaticMethods(Part, frozen=True, kw_only=True):
    """Which types of methods may pay is decided by Tenure, not listed by the caller."""

    allow_redirects: Literal["always", "never"] = "always"
    enabled: bool


class PaymentDetails(Part, frozen=True, kw_only=True):
    """The merchant's references for what is paid."""

    customer_reference: str | None = None
    order_reference: str | None = None


class PaymentIntent(Document, frozen=True, kw_only=True):
    """One amount on its way. Below the line `invoice` are fields that the wire does not show."""

    object: str = "payment_intent"
    amount: int
    amount_capturable: int = 0
    amount_details: dict[str, Any] | None = msgspec.field(default_factory=lambda: {"tip": {}})
    amount_received: int = 0
    application: None = None
    application_fee_amount: None = None
    automatic_payment_methods: AutomaticMethods | None = None
    canceled_at: int | None = None
    cancellation_reason: CancellationReason | None = None
    capture_method: Literal["automatic", "automatic_async", "manual"] = "automatic_async"
    client_secret: str | None = None
    confirmation_method: Literal["automatic", "manual"] = "automatic"
    currency: str
    customer: str | None = None
    description: str | None = None
    excluded_payment_method_types: list[str] | None = None
    last_payment_error: dict[str, Any] | None = None
    latest_charge: str | None = None
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    next_action: dict[str, Any] | None = None
    on_behalf_of: None = None
    payment_details: PaymentDetails | None = None
    payment_method: str | None = None
    payment_method_configuration_details: dict[str, Any] | None = None
    payment_method_options: dict[str, Any] | None = None
    payment_method_types: list[str] = msgspec.field(default_factory=lambda: ["card"])
    payment_record: None = None
    processing: dict[str, Any] | None = None
    receipt_email: str | None = None
    review: None = None
    setup_future_usage: SetupFutureUsage | None = None
    shipping: Shipping | None = None
    source: None = None
    statement_descriptor: str | None = None
    statement_descriptor_suffix: str | None = None
    status: IntentStatus = IntentStatus.REQUIRES_PAYMENT_METHOD
    transfer_data: None = None
    transfer_group: str | None = None
    # Not shown: the invoice that it collects, and whether its customer was away at the last attempt.
    invoice: str | None = None
    off_session: bool = False


INTENT_HIDDEN = ("invoice", "off_session")


def move(intent: PaymentIntent, to: IntentStatus, **changes: Any) -> PaymentIntent:
    """The intent in state `to`; raises Conflict where MOVES has no such way."""
    if to not in MOVES[intent.status]:
        raise unexpected(intent, f"cannot become `{to}`")
    return replace(intent, status=to, **changes)


def unexpected(intent: PaymentIntent, problem: str) -> Conflict:
    """The refusal of what the intent's state does not allow."""
    return Conflict(
        f"This PaymentIntent {problem} because it has a status of {intent.status}.",
        code="payment_intent_unexpected_state",
    )


def given_method(intent: PaymentIntent, method: str) -> PaymentIntent:
    """The intent with a method to try, not tried yet."""
    return move(intent, IntentStatus.REQUIRES_CONFIRMATION, payment_method=method, next_action=None)


def attempted(
    intent: PaymentIntent, outcome: Outcome, *, method: str, error: dict[str, Any] | None, action: dict[str, Any]
) -> PaymentIntent:
    """The intent after a gateway's answer; `action` is what its customer has to do where the issuer asks for them."""
    cleared: dict[str, Any] = {"next_action": None, "last_payment_error": None, "payment_method": method}
    match outcome.result:
        case "failed":
            failed = {**cleared, "last_payment_error": error, "payment_method": None}
            return move(intent, IntentStatus.REQUIRES_PAYMENT_METHOD, **failed)
        case "requires_action":
            return move(intent, IntentStatus.REQUIRES_ACTION, **{**cleared, "next_action": action})
        case "processing":
            return move(intent, IntentStatus.PROCESSING, **cleared)
        case "succeeded":
            if intent.capture_method == "manual":
                return move(intent, IntentStatus.REQUIRES_CAPTURE, amount_capturable=intent.amount, **cleared)
            return move(intent, IntentStatus.SUCCEEDED, amount_received=intent.amount, **cleared)


def canceled(intent: PaymentIntent, reason: CancellationReason | None, now: int) -> PaymentIntent:
    """The intent that nobody will pay any more. Raises Conflict where it has gone too far."""
    if intent.status not in CANCELABLE:
        raise Conflict(
            f"You cannot cancel this PaymentIntent because it has a status of {intent.status}. Only a PaymentIntent "
            f"with one of the following statuses may be canceled: {', '.join(sorted(CANCELABLE))}.",
            code="payment_intent_unexpected_state",
        )
    return move(
        intent,
        IntentStatus.CANCELED,
        canceled_at=now,
        cancellation_reason=reason,
        next_action=None,
        amount_capturable=0,
    )


def captured(intent: PaymentIntent, amount: int | None) -> PaymentIntent:
    """The intent with the reserved money taken, all of it or `amount`; the rest is let go."""
    if intent.status is not IntentStatus.REQUIRES_CAPTURE:
        raise Conflict(
            f"This PaymentIntent could not be captured because it has a status of {intent.status}. Only a "
            "PaymentIntent with one of the following statuses may be captured: requires_capture.",
            code="payment_intent_unexpected_state",
        )
    taken = intent.amount_capturable if amount is None else amount
    if not 0 < taken <= intent.amount_capturable:
        raise Invalid(
            f"The amount to capture must be greater than 0 and at most {intent.amount_capturable}.",
            code="amount_too_large",
            param="amount_to_capture",
        )
    return move(intent, IntentStatus.SUCCEEDED, amount_received=taken, amount_capturable=0)


def check(intent: PaymentIntent) -> PaymentIntent:
    """The same intent, or Invalid when its amount cannot be paid."""
    if intent.amount < 1:
        raise Invalid(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount"
        )
    if intent.amount > MAX_AMOUNT:
        raise Invalid("Amount must be no more than 99999999.", code="amount_too_large", param="amount")
    return intent
