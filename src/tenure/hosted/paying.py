"""Paying an invoice on its page: with a saved method, or in test mode with the number of a test card.

POST /i/<token>/pay     a number is handed to the gateway and forgotten: it is not stored, logged or shown again
    paid ─▶ the invoice, paid     declined ─▶ the form again, with the reason     3-D Secure ─▶ /i/authenticate/…
"""

from dataclasses import replace
from datetime import UTC, datetime

from tenure import gateways
from tenure.actions import invoices, payment_methods
from tenure.domain.errors import Declined, Invalid, Refused
from tenure.domain.invoices import Invoice, InvoiceStatus
from tenure.domain.payment_intents import IntentStatus, PaymentIntent
from tenure.domain.payment_methods import PaymentMethod
from tenure.domain.payments import authentication_token
from tenure.hosted.guest import Guest
from tenure.store import Tx
from tenure.web.asked import Answer, Goto, Shown
from tenure.web.cards import MOST_DIGITS, Errors, read_card
from tenure.web.invoice_pages import PayForm, Way, invoice_page, pay_form
from tenure.web.invoices import Bill
from tenure.web.methods import is_expired, method_expiry, method_mark, method_name, problem_of

CARD = "card"
MOST_METHODS = 20


def form_for(tx: Tx, guest: Guest, bill: Bill, *, errors: Errors = ()) -> PayForm | None:
    """How this invoice can be paid here; what was typed stands in it again, but never a number or a code."""
    form = guest.asked.form
    return pay_form(
        bill,
        tuple(_way(each, guest) for each in methods(tx, guest)),
        cards=takes_cards(tx),
        chosen=form.get("method", ""),
        expiry=form.get("expiry", "")[:MOST_DIGITS],
        errors=errors,
    )


def takes_cards(tx: Tx) -> bool:
    """Whether a gateway of this mode can charge anything by itself."""
    return gateways.of(tx.scope).name != "manual"


def methods(tx: Tx, guest: Guest) -> list[PaymentMethod]:
    """The customer's saved methods that can pay this invoice, the newest first."""
    if not takes_cards(tx):
        return []
    today = datetime.fromtimestamp(guest.reader.now, UTC)
    found = tx.page(PaymentMethod, [("customer", "=", guest.customer.id)], limit=MOST_METHODS).items
    kinds = ("card", "sepa_debit") if guest.invoice.currency == "eur" else ("card",)
    return [
        each
        for each in found
        if each.type in kinds and not each.spent and not is_expired(each, today.year, today.month)
    ]


def _way(method: PaymentMethod, guest: Guest) -> Way:
    language = guest.reader.language
    return Way(
        id=method.id,
        mark=method_mark(method),
        text=method_name(method, language),
        detail=method_expiry(method, language),
    )


def pay(tx: Tx, guest: Guest) -> Answer:
    """Pay, once; where nothing is due any more the invoice says so."""
    bill = guest.bill(tx)
    if not bill.payable or not takes_cards(tx):
        return Goto(f"{guest.url}?paid=1" if bill.state == "paid" else guest.url)
    method = _chosen(tx, guest)
    if not isinstance(method, str):
        return _again(tx, guest, method, status=422)
    after, refused = invoices.pay(tx, guest.invoice.id, payment_method=method, off_session=False)
    if refused is not None:
        return _refused(tx, guest, after, refused)
    return Goto(f"{guest.url}?{'paid' if after.status is InvoiceStatus.PAID else 'processing'}=1")


def _chosen(tx: Tx, guest: Guest) -> str | Errors:
    """The method to pay with, or what is wrong with the choice."""
    chosen = guest.asked.form.get("method", CARD)
    if chosen == CARD:
        return _new_card(tx, guest)
    if chosen in {each.id for each in methods(tx, guest)}:
        return chosen
    return (("method", guest.gettext("Choose how to pay.")),)


def _new_card(tx: Tx, guest: Guest) -> str | Errors:
    language = guest.reader.language
    card = read_card(guest.asked.form, language)
    if not isinstance(card, dict):
        return card
    try:
        return payment_methods.create(tx, {"type": CARD, CARD: card}).id
    except (Declined, Invalid) as refused:
        details = refused.details if isinstance(refused, Declined) else {}
        return (problem_of(refused.code, details.get("decline_code"), language),)


def _refused(tx: Tx, guest: Guest, invoice: Invoice, refused: Refused) -> Answer:
    """On to the bank's question, or the form again with the reason; what the try has left behind is kept."""
    question = question_of(tx, invoice)
    if question:
        return Goto(question)
    details = refused.details if isinstance(refused, Declined) else {}
    field, text = problem_of(refused.code, details.get("decline_code"), guest.reader.language)
    chosen = guest.asked.form.get("method", CARD)
    return _again(tx, guest, ((field if chosen == CARD else "method", text),), status=402)


def question_of(tx: Tx, invoice: Invoice) -> str:
    """Where the customer's bank asks about this invoice's payment; nowhere where it does not."""
    intent = tx.get(PaymentIntent, invoice.payment_intent) if invoice.payment_intent else None
    if intent is None or intent.status is not IntentStatus.REQUIRES_ACTION or tx.scope.livemode:
        return ""
    return f"/i/authenticate/{authentication_token(tx.scope, intent.client_secret or '')}"


def _again(tx: Tx, guest: Guest, errors: Errors, *, status: int) -> Shown:
    """The page again, with the invoice as it is now."""
    bill = replace(guest, invoice=tx.need(Invoice, guest.invoice.id)).bill(tx)
    return Shown(invoice_page(bill, guest.url, pay=form_for(tx, guest, bill, errors=errors)), status)
