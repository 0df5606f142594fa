"""Invoices: the list by state, one invoice with its lines and payments, and what a merchant can do with it.

GET  /dashboard/invoices?tab=open     GET /dashboard/invoices/in_…
POST …/finalize …/pay …/send …/void …/uncollectible
"""

from collections.abc import Callable, Sequence
from typing import Any

from tenure.actions import credit_notes, invoices, previews
from tenure.dashboard import audit, lists, words
from tenure.dashboard.visit import Answer, Page, Redirect, Route, Visit
from tenure.domain.customers import Customer
from tenure.domain.errors import NotFound, Refused
from tenure.domain.invoice_payments import InvoicePayment
from tenure.domain.invoices import Invoice, InvoiceStatus, subscription_of
from tenure.domain.payment_methods import PaymentMethod
from tenure.domain.subscriptions import Subscription
from tenure.store.queries import Condition
from tenure.store.tx import Tx
from tenure.web.invoice_lines import invoice_sums, line_texts
from tenure.web.invoices import badge_of, issued_at, number_of, read_words
from tenure.web.methods import method_expiry, method_name
from tenure.web.readers import Reader

TABS: tuple[str, ...] = ("all", "draft", "open", "paid", "uncollectible", "void")
SHOWN = 10


def reader_of(visit: Visit) -> Reader:
    """How amounts and days are written for this person."""
    return Reader(language=visit.words.language, time_zone=visit.words.zone, now=visit.now)


def badge(visit: Visit, invoice: Invoice) -> words.Badge:
    """The state of an invoice."""
    shown = badge_of(invoice, reader_of(visit))
    return words.Badge(shown.text, shown.kind, shown.icon)


def row(visit: Visit, invoice: Invoice, customer: Customer | None = None) -> dict[str, Any]:
    """One invoice in a table."""
    return {
        "id": invoice.id,
        "number": number_of(invoice),
        "customer": lists.title_of(customer, invoice.customer_name or invoice.customer),
        "amount": visit.words.money(invoice.total, invoice.currency),
        "badge": badge(visit, invoice),
        "date": issued_at(invoice),
        "due": invoice.due_date,
        "page": f"/i/{invoice.hosted_token}" if invoice.hosted_token else "",
    }


def newest(tx: Tx, visit: Visit, where: Sequence[Condition]) -> list[dict[str, Any]]:
    """The newest invoices of a customer or a subscription."""
    return [row(visit, each) for each in tx.page(Invoice, where, limit=SHOWN).items]


def upcoming(tx: Tx, visit: Visit, subscription: Subscription) -> dict[str, Any] | None:
    """What the next invoice of a subscription will say, as of now."""
    coming = previews.next_invoice(tx, subscription)
    if coming is None:
        return None
    return {"amount": visit.words.money(coming.amount_due, coming.currency), "date": coming.created}


def methods(tx: Tx, visit: Visit, customer: Customer, *, default: str | None = None) -> list[dict[str, Any]]:
    """The customer's payment methods by name; the one that pays comes marked."""
    chosen = default or customer.invoice_settings.default_payment_method
    found = tx.page(PaymentMethod, [("customer", "=", customer.id)], limit=SHOWN).items
    return [
        {
            "name": method_name(each, visit.words.language),
            "expiry": method_expiry(each, visit.words.language),
            "default": each.id == chosen,
        }
        for each in found
    ]


def _where(tab: str) -> list[Condition]:
    return [] if tab == "all" else [("status", "=", tab)]


async def index(visit: Visit) -> Answer:
    """The list."""
    tab = visit.query.one("tab", "all")
    if tab not in TABS:
        raise NotFound("No such tab.")

    def load(tx: Tx) -> dict[str, Any]:
        page = lists.one_page(tx, Invoice, _where(tab), visit)
        known = lists.many(tx, Customer, (each.customer for each in page.items))
        return {
            "rows": [row(visit, each, known.get(each.customer)) for each in page.items],
            "counts": {key: tx.count(Invoice, _where(key)) for key in TABS},
            **lists.links(visit, page),
        }

    shows = {"nav": "invoices", "tab": tab, "tabs": _tabs(visit, tab)}
    return Page(template="invoices.html", shows=await visit.read(load) | shows)


def _tabs(visit: Visit, here: str) -> list[dict[str, Any]]:
    _ = visit.words._
    labels = {
        "all": _("All"),
        "draft": _("Draft"),
        "open": _("Open"),
        "paid": _("Paid"),
        "uncollectible": _("Uncollectible"),
        "void": _("Void"),
    }
    return [
        {"key": key, "label": label, "to": visit.here(tab=key, after="", before="", done=""), "here": key == here}
        for key, label in labels.items()
    ]


async def show(visit: Visit) -> Answer:
    """One invoice."""
    return await _shown(visit)


async def _shown(visit: Visit, *, problem: str = "") -> Page:
    def load(tx: Tx) -> dict[str, Any]:
        invoice = tx.need(Invoice, visit.ids["id"])
        reader, kept = reader_of(visit), read_words(tx, invoice)
        customer = lists.many(tx, Customer, [invoice.customer]).get(invoice.customer)
        return {
            "i": invoice,
            "number": number_of(invoice),
            "status": badge(visit, invoice),
            "amount": visit.words.money(invoice.total, invoice.currency),
            "customer": {"id": invoice.customer, "title": lists.title_of(customer, invoice.customer)},
            "lines": line_texts(invoice, kept, reader),
            "sums": invoice_sums(invoice, kept, reader),
            "payments": _payments(tx, visit, invoice),
            "notes": _notes(tx, visit, invoice),
            "facts": _facts(visit, invoice),
            "subscription": subscription_of(invoice),
            "page": f"/i/{invoice.hosted_token}" if invoice.hosted_token else "",
            "can": _can(tx, invoice),
        }

    shows = {"nav": "invoices", "problem": problem}
    return Page(template="invoice.html", shows=await visit.read(load) | shows, status=402 if problem else 200)


def _can(tx: Tx, invoice: Invoice) -> dict[str, bool]:
    """What can be done with it in its state."""
    status = invoice.status
    draft, is_open = status is InvoiceStatus.DRAFT, status is InvoiceStatus.OPEN
    lost = status is InvoiceStatus.UNCOLLECTIBLE
    payable = (is_open or lost) and invoice.amount_remaining > 0
    return {
        "finalize": draft,
        "charge": payable and invoices.method_for(tx, invoice) is not None,
        "paid": payable,
        "send": is_open or draft,
        "uncollectible": is_open,
        "void": is_open or lost,
    }


def _payments(tx: Tx, visit: Visit, invoice: Invoice) -> list[dict[str, Any]]:
    _ = visit.words._
    labels = {
        "paid": words.Badge(_("Paid"), "ok", "check"),
        "canceled": words.Badge(_("Cancelled"), "", "x"),
        "open": words.Badge(_("Open"), "info", "clock"),
    }
    return [
        {
            "amount": visit.words.money(each.amount_paid or each.amount_requested, each.currency),
            "badge": labels.get(each.status, labels["open"]),
            "created": each.created,
            "id": each.payment.payment_intent or each.id,
        }
        for each in tx.page(InvoicePayment, [("invoice", "=", invoice.id)], limit=SHOWN).items
    ]


def _notes(tx: Tx, visit: Visit, invoice: Invoice) -> list[dict[str, Any]]:
    """The credit notes, the newest first, void ones too."""
    _ = visit.words._
    labels = {"issued": words.Badge(_("Issued"), "ok", "check"), "void": words.Badge(_("Void"), "", "x")}
    page = f"/i/{invoice.hosted_token}" if invoice.hosted_token else ""
    return [
        {
            "number": each.number,
            "badge": labels[each.status.value],
            "created": each.created,
            "amount": visit.words.money(each.total, each.currency),
            "pdf": f"{page}/credit_notes/{each.id}/pdf" if page else "",
        }
        for each in credit_notes.of_invoice(tx, invoice.id)
    ]


def _facts(visit: Visit, invoice: Invoice) -> list[tuple[str, str, bool]]:
    w, _ = visit.words, visit.words._
    at, collected = invoice.status_transitions, invoice.collection_method == "charge_automatically"
    draft = invoice.status is InvoiceStatus.DRAFT
    facts = [
        (_("Created"), w.moment(invoice.created), False),
        (_("Becomes final"), w.moment(invoice.automatically_finalizes_at) if draft else "", False),
        (_("Finalized"), w.moment(at.finalized_at), False),
        (_("Due"), w.date(invoice.due_date), False),
        (_("Paid"), w.moment(at.paid_at), False),
        (_("Voided"), w.moment(at.voided_at), False),
        (_("Next attempt"), w.moment(invoice.next_payment_attempt), False),
        (_("Attempts"), w.number(invoice.attempt_count) if invoice.attempt_count else "", False),
        (_("Billing"), _("Charged automatically") if collected else _("Invoice by email"), False),
        (_("ID"), invoice.id, True),
    ]
    return [fact for fact in facts if fact[1]]


async def _done(visit: Visit, verb: str, act: Callable[[Tx, str], object], said: str) -> Answer:
    id = visit.ids["id"]

    def write(tx: Tx) -> None:
        act(tx, id)
        audit.note(tx, visit, f"invoice.{verb}", id)

    await visit.write(write)
    return Redirect(to=f"/dashboard/invoices/{id}?done={said}")


async def finalize(visit: Visit) -> Answer:
    """Make a draft final."""
    return await _done(visit, "finalize", invoices.finalize, "finalized")


async def send(visit: Visit) -> Answer:
    """Send it to the customer."""
    return await _done(visit, "send", invoices.send, "sent")


async def void(visit: Visit) -> Answer:
    """Nobody owes it any more."""
    return await _done(visit, "void", invoices.void, "voided")


async def uncollectible(visit: Visit) -> Answer:
    """Nobody expects the money any more."""
    return await _done(visit, "mark_uncollectible", invoices.mark_uncollectible, "uncollectible")


async def pay(visit: Visit) -> Answer:
    """Charge the customer's method, or note that the money has come another way; a refusal keeps its traces."""
    id, outside = visit.ids["id"], visit.form.one("how") == "outside"

    def write(tx: Tx) -> Refused | None:
        refused = invoices.pay(tx, id, paid_out_of_band=outside)[1]
        audit.note(tx, visit, "invoice.pay", id, detail="out_of_band" if outside else "")
        return refused

    refused = await visit.write(write)
    if refused is not None:
        return await _shown(visit, problem=refused.message)
    return Redirect(to=f"/dashboard/invoices/{id}?done=paid")


ROUTES = (
    Route(path="/dashboard/invoices", get=index),
    Route(path="/dashboard/invoices/{id}", get=show),
    Route(path="/dashboard/invoices/{id}/finalize", post=finalize),
    Route(path="/dashboard/invoices/{id}/pay", post=pay),
    Route(path="/dashboard/invoices/{id}/send", post=send),
    Route(path="/dashboard/invoices/{id}/uncollectible", post=uncollectible),
    Route(path="/dashboard/invoices/{id}/void", post=void),
)
