"""A setup intent: a payment method on its way to being charged later, without money now.

    requires_payment_method ──▶ requires_confirmation ── confirm ──▶ requires_action ──▶ succeeded (terminal)
        ▲                              │                                  │
        └───────── declined ◀──────────┴──────────────────────────────────┘
    canceled (terminal) ◀── from all but succeeded

`move()` is the only place that assigns a status. Source: Stripe documentation, "The Setup Intents API".
"""

from enum import StrEnum
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from tenure.domain.documents import Document
from tenure.domain.errors import Conflict
from tenure.domain.payment_intents import AutomaticMethods
from tenure.domain.payments import Outcome

SetupCancellation = Literal["abandoned", "duplicate", "requested_by_customer"]


class SetupStatus(StrEnum):
    """The states of a setup intent; the value is what the wire shows."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


_ANY = frozenset(SetupStatus)
MOVES: dict[SetupStatus, frozenset[SetupStatus]] = {
    SetupStatus.REQUIRES_PAYMENT_METHOD: _ANY,
    SetupStatus.REQUIRES_CONFIRMATION: _ANY,
    SetupStatus.REQUIRES_ACTION: _ANY,
    SetupStatus.PROCESSING: frozenset(
        {SetupStatus.REQUIRES_PAYMENT_METHOD, SetupStatus.SUCCEEDED, SetupStatus.CANCELED}
    ),
    SetupStatus.SUCCEEDED: frozenset(),
    SetupStatus.CANCELED: frozenset(),
}
TERMINAL = frozenset({SetupStatus.SUCCEEDED, SetupStatus.CANCELED})


class SetupIntent(Document, frozen=True, kw_only=True):
    """A method to be charged later, on or off session."""

    object: str = "setup_intent"
    application: None = None
    attach_to_self: bool | None = None
    automatic_payment_methods: AutomaticMethods | None = None
    cancellation_reason: SetupCancellation | None = None
    client_secret: str | None = None
    customer: str | None = None
    description: str | None = None
    flow_directions: list[str] | None = None
    last_setup_error: dict[str, Any] | None = None
    latest_attempt: None = None
    mandate: None = None
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    next_action: dict[str, Any] | None = None
    on_behalf_of: None = None
    payment_method: str | None = None
    payment_method_configuration_details: dict[str, Any] | None = None
    payment_method_options: dict[str, Any] | None = None
    payment_method_types: list[str] = msgspec.field(default_factory=lambda: ["card"])
    single_use_mandate: None = None
    status: SetupStatus = SetupStatus.REQUIRES_PAYMENT_METHOD
    usage: Literal["off_session", "on_session"] = "off_session"


def move(intent: SetupIntent, to: SetupStatus, **changes: Any) -> SetupIntent:
    """The intent in state `to`; raises Conflict where MOVES has no such way."""
    if to not in MOVES[intent.status]:
        raise unexpected(intent, f"cannot become `{to}`")
    return replace(intent, status=to, **changes)


def unexpected(intent: SetupIntent, problem: str) -> Conflict:
    """The refusal of what the intent's state does not allow."""
    return Conflict(
        f"This SetupIntent {problem} because it has a status of {intent.status}.",
        code="setup_intent_unexpected_state",
    )


def given_method(intent: SetupIntent, method: str) -> SetupIntent:
    """The intent with a method to try, not tried yet."""
    return move(intent, SetupStatus.REQUIRES_CONFIRMATION, payment_method=method, next_action=None)


def attempted(
    intent: SetupIntent, outcome: Outcome, *, method: str, error: dict[str, Any] | None, action: dict[str, Any]
) -> SetupIntent:
    """The intent after a gateway's answer; `action` is what its customer has to do where the issuer asks for them."""
    cleared: dict[str, Any] = {"next_action": None, "last_setup_error": None, "payment_method": method}
    match outcome.result:
        case "failed":
            failed = {**cleared, "last_setup_error": error, "payment_method": None}
            return move(intent, SetupStatus.REQUIRES_PAYMENT_METHOD, **failed)
        case "requires_action":
            return move(intent, SetupStatus.REQUIRES_ACTION, **{**cleared, "next_action": action})
        case "processing":
            return move(intent, SetupStatus.PROCESSING, **cleared)
        case "succeeded":
            return move(intent, SetupStatus.SUCCEEDED, **cleared)


def canceled(intent: SetupIntent, reason: SetupCancellation | None) -> SetupIntent:
    """The intent that nobody will finish any more. Raises Conflict where it is over."""
    if intent.status in TERMINAL:
        raise Conflict(
            f"You cannot cancel this SetupIntent because it has a status of {intent.status}. Only a SetupIntent with "
            "one of the following statuses may be canceled: requires_payment_method, requires_confirmation, "
            "requires_action.",
            code="setup_intent_unexpected_state",
        )
    return move(intent, SetupStatus.CANCELED, cancellation_reason=reason, next_action=None)
