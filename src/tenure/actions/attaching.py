"""Attach a payment that was made elsewhere to an open invoice."""

from msgspec.structs import replace

from tenure.actions import invoices
from tenure.actions.clock import moment
from tenure.domain import invoice_payments
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Conflict, Invalid
from tenure.domain.invoice_payments import InvoicePayment, Payment
from tenure.domain.invoices import Invoice, InvoiceStatus
from tenure.domain.payment_intents import IntentStatus, PaymentIntent
from tenure.store.tx import Tx


def attach(tx: Tx, id: str, intent_id: str) -> Invoice:
    """The invoice is paid by this intent: at once where its money has come, else when it does.

    Raises NotFound, Conflict for an invoice that is not open, Invalid for an intent that cannot pay it whole.
    """
    before = invoices.locked(tx, id)
    intent = tx.lock(PaymentIntent, intent_id, param="payment_intent")
    if before.status is not InvoiceStatus.OPEN:
        raise Conflict("You can only attach payments to open invoices.", code="invoice_not_editable", param="invoice")
    _check(before, intent)
    now = moment(tx, before.test_clock)
    payment = InvoicePayment(
        id=tx.new_id("inpay_"),
        created=now,
        livemode=tx.scope.livemode,
        amount_requested=before.amount_remaining,
        currency=before.currency,
        invoice=before.id,
        is_default=False,
        payment=Payment(payment_intent=intent.id),
    )
    named = replace(before, payment_intent=intent.id)
    owned = replace(intent, invoice=before.id)
    if intent.status is IntentStatus.SUCCEEDED:
        done = invoice_payments.paid(payment, before.amount_remaining, now)
        tx.save(Change(after=(owned, done), events=(EventDraft("invoice_payment.paid", done),)))
        return invoices.paid(tx, named, now)
    tx.save(Change(after=(owned, payment)))
    return invoices.saved(tx, named, "invoice.updated")


def _check(invoice: Invoice, intent: PaymentIntent) -> None:
    if intent.currency != invoice.currency or intent.customer not in (None, invoice.customer):
        raise Invalid("The payment must have the invoice's currency and customer.", param="payment_intent")
    if intent.invoice not in (None, invoice.id):
        raise Invalid("The payment belongs to another invoice.", param="payment_intent")
    if intent.status is IntentStatus.CANCELED or intent.amount < invoice.amount_remaining:
        raise Invalid("The payment does not bring what remains of the invoice.", param="payment_intent")
