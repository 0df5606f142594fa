"""One attempt at an intent: ask the gateway, move the intent, keep the method for later where that was agreed.

    attempt(tx, intent, method, …) ──▶ Attempt(intent after, method after, error)
    news_of(attempt)               ──▶ payment_intent.succeeded | .payment_failed | .requires_action | …

Nothing is saved here: the caller saves the attempt together with what follows from it.
"""

from typing import Any, NamedTuple

from msgspec.structs import replace

from tenure import gateways
from tenure.domain.documents import Change, Document, EventDraft
from tenure.domain.payment_intents import IntentStatus, PaymentIntent, attempted
from tenure.domain.payment_methods import PaymentMethod, attached, check_usable
from tenure.domain.payments import (
    AUTHENTICATION,
    Charge,
    Decline,
    Outcome,
    authentication_token,
    error_of,
    next_action,
)
from tenure.store.tx import Tx
from tenure.wire.shapes import render

NEWS = {
    IntentStatus.REQUIRES_PAYMENT_METHOD: "payment_intent.payment_failed",
    IntentStatus.REQUIRES_ACTION: "payment_intent.requires_action",
    IntentStatus.PROCESSING: "payment_intent.processing",
    IntentStatus.REQUIRES_CAPTURE: "payment_intent.amount_capturable_updated",
    IntentStatus.SUCCEEDED: "payment_intent.succeeded",
}


class Asking(NamedTuple):
    """How an attempt is made: is the customer there, may they be asked to authenticate, where do they come back to."""

    off_session: bool = False
    may_ask: bool = True
    authenticated: bool = False
    return_url: str | None = None


class Attempt(NamedTuple):
    """What became of it: the intent and the method after, and Stripe's error object where it failed."""

    intent: PaymentIntent
    method: PaymentMethod
    error: dict[str, Any] | None


def attempt(tx: Tx, intent: PaymentIntent, method: PaymentMethod, asking: Asking) -> Attempt:
    """Ask the gateway for the intent's amount. Raises Conflict, Invalid where method or intent cannot be tried."""
    check_usable(method, intent.customer)
    charge = Charge(
        amount=intent.amount,
        currency=intent.currency,
        method=method,
        off_session=asking.off_session,
        authenticated=asking.authenticated,
    )
    outcome = gateways.of(tx.scope).charge(charge)
    if outcome.result == "requires_action" and not asking.may_ask:
        outcome = Outcome(result="failed", decline=AUTHENTICATION)
    return concluded(tx, replace(intent, off_session=asking.off_session), method, outcome, asking.return_url)


def concluded(
    tx: Tx, intent: PaymentIntent, method: PaymentMethod, outcome: Outcome, return_url: str | None = None
) -> Attempt:
    """The intent and the method after this outcome."""
    error = error_shown(tx, outcome.decline, method)
    action = next_action(tx.site, authentication_token(tx.scope, intent.client_secret or ""), return_url)
    after = attempted(intent, outcome, method=method.id, error=error, action=action)
    if outcome.result in ("failed", "requires_action"):
        return Attempt(after, method, error)
    return Attempt(after, _kept(after, method, outcome), None)


def error_shown(tx: Tx, decline: Decline | None, method: PaymentMethod | None) -> dict[str, Any] | None:
    """Stripe's error object of a decline, with the method as the wire shows it."""
    if decline is None:
        return None
    return error_of(decline, render(method, tx.many) if method is not None else None)


def _kept(intent: PaymentIntent, method: PaymentMethod, outcome: Outcome) -> PaymentMethod:
    """The method after it paid: its customer's where that was agreed; used without a customer, it is spent."""
    if intent.customer is not None and intent.setup_future_usage is not None:
        method = attached(method, intent.customer)
        return replace(method, ready=method.ready or (outcome.ready and intent.setup_future_usage == "off_session"))
    return method if method.customer is not None else replace(method, spent=True)


def change_of(before: PaymentMethod, made: Attempt, *also: Document) -> Change:
    """What is to be saved of an attempt, with its news in Stripe's order."""
    events: list[EventDraft] = []
    if made.method.customer != before.customer:
        events.append(EventDraft("payment_method.attached", made.method))
    events.append(EventDraft(NEWS[made.intent.status], made.intent))
    after = (made.intent, *also) if made.method == before else (made.intent, made.method, *also)
    return Change(after=after, events=tuple(events))
