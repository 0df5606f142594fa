"""How invoices are paid: which method, one intent for each invoice, one attempt at a time.

    prepare(tx, invoice, …)   ──▶ an intent that waits for its customer
    collect(tx, invoice, …)   ──▶ the same intent, tried          invoice.payment_intent is kept by the caller
    withdraw(tx, invoice, …)  ──▶ the same intent, canceled

The invoice itself is not changed here.
"""

import secrets
from typing import Any, Literal, NamedTuple

from msgspec.structs import replace

from tenure.actions import payment_methods
from tenure.actions.charging import Asking, attempt, change_of, error_shown
from tenure.domain import invoice_payments
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Declined, Refused
from tenure.domain.invoice_payments import InvoicePayment, InvoicePaymentStatus, Payment
from tenure.domain.invoices import Invoice, subscription_of
from tenure.domain.payment_intents import (
    CANCELABLE,
    CHANGEABLE,
    CancellationReason,
    IntentStatus,
    PaymentDetails,
    PaymentIntent,
    canceled,
    given_method,
)
from tenure.domain.payment_methods import PaymentMethod
from tenure.domain.payments import NO_METHOD, declined, error_of
from tenure.domain.subscriptions import Subscription
from tenure.store.tx import Tx

Status = Literal["succeeded", "failed", "requires_action", "processing"]
SECRET_BYTES = 12
CARD_OPTIONS: dict[str, Any] = {
    "card": {
        "installments": None,
        "mandate_options": None,
        "network": None,
        "request_three_d_secure": "automatic",
    }
}
_DESCRIPTIONS = {
    "subscription_create": "Subscription creation",
    "subscription_update": "Subscription update",
    "subscription_cycle": "Subscription update",
}
_STATUSES: dict[IntentStatus, Status] = {
    IntentStatus.SUCCEEDED: "succeeded",
    IntentStatus.REQUIRES_ACTION: "requires_action",
    IntentStatus.PROCESSING: "processing",
}


class Collected(NamedTuple):
    """What became of an attempt to collect; `error` is Stripe's error object where it failed."""

    status: Status
    intent: PaymentIntent | None
    error: dict[str, Any] | None


def refusal(collected: Collected) -> Refused:
    """What a caller is told who asked for the money and did not get it."""
    if collected.status == "requires_action":
        return Declined(
            "Payment for this invoice requires additional user action before it can be completed successfully. Payment "
            "can be completed using the PaymentIntent associated with the invoice.",
            code="invoice_payment_intent_requires_action",
        )
    return declined(collected.error or error_of(NO_METHOD, None))


def default_method(
    tx: Tx, *, customer: Customer, subscription: Subscription | None, invoice: Invoice | None = None
) -> str | None:
    """The method that pays: the invoice's, the subscription's or the customer's; one that is gone does not count."""
    named = (
        invoice.default_payment_method if invoice else None,
        subscription.default_payment_method if subscription else None,
        customer.invoice_settings.default_payment_method,
    )
    for id in named:
        method = tx.get(PaymentMethod, id) if id is not None else None
        if method is not None and not method.spent and method.customer == customer.id:
            return id
    return None


def collect(tx: Tx, invoice: Invoice, *, method: str | None, off_session: bool, now: int) -> Collected:
    """Try to collect what remains of the invoice with this method; tell what became of it."""
    if invoice.amount_remaining <= 0:
        return Collected("succeeded", None, None)
    going = _going(tx, invoice)
    if going is not None:
        return Collected(_STATUSES[going.status], going, None)
    intent, payment, opening = _opening(tx, invoice, now)
    if method is None:
        tx.save(opening)
        return Collected("failed", intent, error_shown(tx, NO_METHOD, None))
    chosen = payment_methods.payable(tx, method, invoice.customer)
    made = attempt(tx, intent, chosen, Asking(off_session=off_session))
    change = change_of(chosen, made)
    if made.intent.status is IntentStatus.SUCCEEDED:
        payment = invoice_payments.paid(payment, made.intent.amount_received, now)
        change = with_payment(change, payment)
    elif opening.after:
        change = replace(change, after=(*change.after, payment))
    tx.save(replace(change, events=(*opening.events, *change.events)))
    return Collected(_STATUSES.get(made.intent.status, "failed"), made.intent, made.error)


def prepare(tx: Tx, invoice: Invoice, *, method: str | None, now: int) -> PaymentIntent:
    """The intent of the invoice, ready for its customer to confirm; nothing is charged."""
    intent = _going(tx, invoice)
    if intent is None:
        intent, _, opening = _opening(tx, invoice, now)
        tx.save(opening)
    waits = intent.status in (IntentStatus.REQUIRES_PAYMENT_METHOD, IntentStatus.REQUIRES_CONFIRMATION)
    if method is None or not waits or intent.payment_method == method:
        return intent
    chosen = payment_methods.payable(tx, method, invoice.customer)
    ready = given_method(intent, chosen.id)
    tx.save(Change(after=(ready,)))
    return ready


def withdraw(tx: Tx, invoice: Invoice, *, now: int, reason: CancellationReason = "automatic") -> None:
    """Stop collecting: cancel the intent of the invoice, and what was to come of it, where it is not finished."""
    if invoice.payment_intent is None:
        return
    before = tx.lock(PaymentIntent, invoice.payment_intent)
    if before.status not in CANCELABLE:
        return
    intent = canceled(before, reason, now)
    payment = payment_of(tx, intent.id)
    after = (intent,) if payment is None else (intent, invoice_payments.canceled(payment, now))
    tx.save(Change(after=after, events=(EventDraft("payment_intent.canceled", intent),)))


def payment_of(tx: Tx, intent: str) -> InvoicePayment | None:
    """The open invoice payment that waits for this intent."""
    where = [("payment_intent", "=", intent), ("status", "=", InvoicePaymentStatus.OPEN.value)]
    found = tx.page(InvoicePayment, where, limit=1).items
    return tx.lock(InvoicePayment, found[0].id) if found else None


def with_payment(change: Change, payment: InvoicePayment) -> Change:
    """The same change, and that the money has come to its invoice."""
    return Change(
        after=(*change.after, payment),
        deleted=change.deleted,
        events=(*change.events, EventDraft("invoice_payment.paid", payment)),
    )


def client_secret(id: str) -> str:
    """What lets a customer finish the intent with this id, and nothing else."""
    return f"{id}_secret_{secrets.token_hex(SECRET_BYTES)}"


def types_for(currency: str) -> list[str]:
    """The types of methods that can pay in a currency."""
    return ["card", "sepa_debit"] if currency == "eur" else ["card"]


def _going(tx: Tx, invoice: Invoice) -> PaymentIntent | None:
    """The intent of the invoice whose money has come or is on its way: nobody is charged twice."""
    intent = tx.lock(PaymentIntent, invoice.payment_intent) if invoice.payment_intent is not None else None
    gone = (IntentStatus.PROCESSING, IntentStatus.SUCCEEDED)
    return intent if intent is not None and intent.status in gone else None


def _opening(tx: Tx, invoice: Invoice, now: int) -> tuple[PaymentIntent, InvoicePayment, Change]:
    """The unfinished intent of the invoice at what remains, or a new one; with its invoice payment, and what to save.

    What comes of an attempt that follows at once is saved with it: one row each.
    """
    if invoice.payment_intent is not None:
        before = tx.lock(PaymentIntent, invoice.payment_intent)
        payment = payment_of(tx, before.id)
        if before.status in CHANGEABLE and payment is not None:
            return _at(before, payment, invoice.amount_remaining)
    intent = _intent(tx, invoice, now)
    payment = InvoicePayment(
        id=tx.new_id("inpay_"),
        created=now,
        livemode=tx.scope.livemode,
        amount_requested=invoice.amount_remaining,
        currency=invoice.currency,
        invoice=invoice.id,
        payment=Payment(payment_intent=intent.id),
    )
    return intent, payment, Change(after=(intent, payment), events=(EventDraft("payment_intent.created", intent),))


def _at(intent: PaymentIntent, payment: InvoicePayment, amount: int) -> tuple[PaymentIntent, InvoicePayment, Change]:
    """The intent and its payment at this amount."""
    if intent.amount == amount:
        return intent, payment, Change()
    changed, asked = replace(intent, amount=amount), replace(payment, amount_requested=amount)
    return changed, asked, Change(after=(changed, asked))


def _intent(tx: Tx, invoice: Invoice, now: int) -> PaymentIntent:
    id = tx.new_id("pi_")
    recurring = subscription_of(invoice) is not None
    settings = invoice.payment_settings or {}
    return PaymentIntent(
        id=id,
        created=now,
        livemode=tx.scope.livemode,
        amount=invoice.amount_remaining,
        client_secret=client_secret(id),
        currency=invoice.currency,
        customer=invoice.customer,
        capture_method="automatic",
        description=_DESCRIPTIONS.get(invoice.billing_reason or "", "Payment for Invoice"),
        invoice=invoice.id,
        payment_details=PaymentDetails(order_reference=invoice.id),
        payment_method_options=CARD_OPTIONS,
        payment_method_types=settings.get("payment_method_types") or types_for(invoice.currency),
        setup_future_usage="off_session" if recurring else None,
        statement_descriptor=invoice.statement_descriptor,
    )
