"""Payment intents: create, update, confirm, capture, cancel; and what their customers and gateways answer later.

confirm ──▶ attempt ──┬─ succeeded ───────▶ the invoice that it collects is settled
                      ├─ requires_action ─▶ authenticate(client_secret, ok=…) ──▶ attempt, or declined
                      ├─ processing ──────▶ report(outcome)
                      └─ declined ────────▶ its invoice counts the try
"""

import hmac
from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from tenure.actions import invoices, payment_methods
from tenure.actions.charging import Asking, Attempt, attempt, change_of, concluded
from tenure.actions.clock import moment
from tenure.actions.patch import patch
from tenure.actions.payments import CARD_OPTIONS, Collected, client_secret, payment_of, types_for, with_payment
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Conflict, Invalid, NotFound, Refused
from tenure.domain.invoice_payments import paid
from tenure.domain.invoices import Invoice
from tenure.domain.payment_intents import (
    CHANGEABLE,
    AutomaticMethods,
    CancellationReason,
    IntentStatus,
    PaymentIntent,
    canceled,
    captured,
    check,
    given_method,
    unexpected,
)
from tenure.domain.payment_methods import PaymentMethod
from tenure.domain.payments import UNAUTHENTICATED, Outcome, declined
from tenure.store.tx import Tx
from tenure.wire.shapes import render

ALWAYS_CHANGEABLE = frozenset({"metadata", "description", "receipt_email", "shipping"})


class Tried(NamedTuple):
    """The intent as it is kept, and why it brought no money where it was declined."""

    intent: PaymentIntent
    refusal: Refused | None = None


def create(tx: Tx, fields: Mapping[str, Any], *, method: str | None = None, asking: Asking | None = None) -> Tried:
    """A new intent; with `asking` it is confirmed at once. Raises Invalid, NotFound."""
    customer = fields.get("customer")
    now = _now(tx, customer)
    if asking is not None and asking.off_session and fields.get("setup_future_usage"):
        raise _no_setup_while_away()
    id = tx.new_id("pi_")
    blank = PaymentIntent(
        id=id,
        created=now,
        livemode=tx.scope.livemode,
        amount=fields["amount"],
        client_secret=client_secret(id),
        currency=fields["currency"],
        payment_method_options=CARD_OPTIONS,
        payment_method_types=types_for(fields["currency"]),
    )
    intent = check(patch(blank, fields))
    if "payment_method_types" not in fields and intent.automatic_payment_methods is None:
        intent = replace(intent, automatic_payment_methods=AutomaticMethods(enabled=True))
    if method is not None:
        chosen = payment_methods.payable(tx, method, customer)
        _check_type(intent, chosen)
        intent = given_method(intent, chosen.id)
    tx.save(Change(after=(intent,), events=(EventDraft("payment_intent.created", intent),)))
    return Tried(intent) if asking is None else confirm(tx, id, {}, asking=asking)


def update(tx: Tx, id: str, fields: Mapping[str, Any], *, method: str | None = None) -> PaymentIntent:
    """Change it as long as nobody has paid. Raises Conflict, Invalid."""
    before = tx.lock(PaymentIntent, id, param="intent")
    _check_changes(before, fields, method)
    if fields.get("customer") not in (None, before.customer):
        tx.need(Customer, fields["customer"], param="customer")
        if before.customer is not None:
            raise Conflict("You cannot modify `customer` on a PaymentIntent once it already has been set.")
    intent = check(patch(before, fields))
    if method is not None:
        chosen = payment_methods.payable(tx, method, intent.customer)
        _check_type(intent, chosen)
        intent = given_method(intent, chosen.id)
    if intent != before:
        tx.save(Change(after=(intent,)))
    return intent


def confirm(tx: Tx, id: str, fields: Mapping[str, Any], *, asking: Asking, method: str | None = None) -> Tried:
    """Try to get the money now; what a declined try leaves behind is kept. Raises Conflict, Invalid."""
    before = locked(tx, id)
    _check_confirmable(before)
    intent = check(patch(before, fields))
    if asking.off_session and intent.setup_future_usage and intent.invoice is None:
        raise _no_setup_while_away()
    chosen = payment_methods.payable(tx, method or intent.payment_method or _missing_method(), intent.customer)
    _check_type(intent, chosen)
    return _done(tx, chosen, attempt(tx, intent, chosen, asking))


def cancel(tx: Tx, id: str, *, reason: CancellationReason | None) -> PaymentIntent:
    """Nobody will pay it. Raises Conflict where it has gone too far, or an invoice waits for it."""
    before = tx.lock(PaymentIntent, id, param="intent")
    if before.invoice is not None:
        raise Conflict("You cannot cancel a PaymentIntent that was created by an invoice. Void the invoice instead.")
    intent = canceled(before, reason, _now(tx, before.customer))
    tx.save(Change(after=(intent,), events=(EventDraft("payment_intent.canceled", intent),)))
    return intent


def capture(tx: Tx, id: str, *, amount: int | None, fields: Mapping[str, Any]) -> PaymentIntent:
    """Take reserved money, all of it or `amount`. Raises Conflict, Invalid."""
    intent = patch(captured(tx.lock(PaymentIntent, id, param="intent"), amount), fields)
    tx.save(Change(after=(intent,), events=(EventDraft("payment_intent.succeeded", intent),)))
    return intent


def authenticate(tx: Tx, client_secret: str, *, ok: bool, now: int) -> PaymentIntent:
    """The customer has authenticated, or has not; the intent goes on. Raises NotFound, Conflict."""
    before = by_secret(tx, client_secret, lock=True)
    if before.status is not IntentStatus.REQUIRES_ACTION or before.payment_method is None:
        raise unexpected(before, "needs no authentication")
    method = tx.lock(PaymentMethod, before.payment_method)
    if ok:
        made = attempt(tx, before, method, Asking(off_session=before.off_session, authenticated=True))
    else:
        made = concluded(tx, before, method, Outcome(result="failed", decline=UNAUTHENTICATED))
    return _done(tx, method, made, now=now).intent


def report(tx: Tx, id: str, outcome: Outcome, *, now: int) -> PaymentIntent:
    """What a gateway has learnt about an intent that was processing. Raises Conflict where it was not."""
    before = locked(tx, id)
    if before.status is not IntentStatus.PROCESSING or before.payment_method is None:
        raise unexpected(before, "is not processing")
    method = tx.lock(PaymentMethod, before.payment_method)
    return _done(tx, method, concluded(tx, before, method, outcome), now=now).intent


def by_secret(tx: Tx, client_secret: str, *, lock: bool = False) -> PaymentIntent:
    """The intent with this client secret. Raises NotFound."""
    id = client_secret.partition("_secret_")[0]
    intent = tx.get(PaymentIntent, id)
    if intent is None or not hmac.compare_digest((intent.client_secret or "").encode(), client_secret.encode()):
        raise NotFound("No such payment_intent with this client secret.", code="resource_missing")
    return locked(tx, id) if lock else intent


def locked(tx: Tx, id: str) -> PaymentIntent:
    """The intent, after the invoice that it collects: everybody locks them in this order."""
    known = tx.need(PaymentIntent, id, param="intent")
    if known.invoice is not None:
        tx.lock(Invoice, known.invoice)
    return tx.lock(PaymentIntent, id, param="intent")


def _done(tx: Tx, before: PaymentMethod, made: Attempt, *, now: int | None = None) -> Tried:
    """Save an attempt and let its invoice follow."""
    at = _now(tx, made.intent.customer) if now is None else now
    change, invoice = change_of(before, made), made.intent.invoice
    if made.intent.status is IntentStatus.SUCCEEDED:
        payment = payment_of(tx, made.intent.id)
        tx.save(change if payment is None else with_payment(change, paid(payment, made.intent.amount_received, at)))
        if invoice is not None:
            invoices.settle(tx, invoice, now=at)
        return Tried(made.intent)
    tx.save(change)
    if invoice is not None and made.error is not None:
        invoices.payment_failed(tx, invoice, Collected("failed", made.intent, made.error), now=at)
    if made.error is None:
        return Tried(made.intent)
    return Tried(made.intent, declined(made.error, payment_intent=render(made.intent, tx.many)))


def _now(tx: Tx, customer: str | None) -> int:
    """The customer's time. Raises NotFound where there is no such customer."""
    if customer is None:
        return tx.now
    owner = tx.get(Customer, customer, deleted=True)
    return moment(tx, (owner or tx.need(Customer, customer, param="customer")).test_clock)


def _check_type(intent: PaymentIntent, method: PaymentMethod) -> None:
    if method.type not in intent.payment_method_types:
        raise Invalid(
            f"The PaymentMethod provided ({method.type}) is not allowed for this PaymentIntent. Please attach a "
            f"PaymentMethod with one of the following types: {', '.join(intent.payment_method_types)}.",
            param="payment_method",
        )


def _check_changes(intent: PaymentIntent, fields: Mapping[str, Any], method: str | None) -> None:
    """Refuse changes that come too late, or that belong to the invoice."""
    named = sorted((fields.keys() | ({"payment_method"} if method else set())) - ALWAYS_CHANGEABLE)
    if named and intent.status not in CHANGEABLE:
        raise Conflict(
            f"This PaymentIntent's {named[0]} could not be updated because it has a status of {intent.status}. You may "
            f"only update the {named[0]} of a PaymentIntent with one of the following statuses: "
            f"{', '.join(sorted(CHANGEABLE))}.",
            code="payment_intent_unexpected_state",
            param=named[0],
        )
    if intent.invoice is not None and {"amount", "currency", "customer"} & fields.keys():
        raise Conflict("The amount, currency and customer of this PaymentIntent come from its invoice.")


def _check_confirmable(intent: PaymentIntent) -> None:
    if intent.status is IntentStatus.SUCCEEDED:
        raise Conflict(
            "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.",
            code="payment_intent_unexpected_state",
        )
    if intent.status not in CHANGEABLE:
        raise Conflict(
            f"You cannot confirm this PaymentIntent because it has a status of {intent.status}. Only a PaymentIntent "
            "with one of the following statuses may be confirmed: requires_confirmation, requires_action.",
            code="payment_intent_unexpected_state",
        )


def _missing_method() -> str:
    raise Invalid(
        "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
        "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment "
        "method.",
        code="payment_intent_unexpected_state",
    )


def _no_setup_while_away() -> Invalid:
    return Invalid(
        "You cannot confirm with `off_session=true` when `setup_future_usage` is also set on the PaymentIntent. The "
        "customer needs to be on-session to perform the steps which may be required to set up the PaymentMethod for "
        "future usage. Please confirm this PaymentIntent with your customer on-session.",
        param="off_session",
    )
