"""Time passes for a subscription: each due moment is one step, and leaves its invoice where there is one.

step(tx, id, now) ─▶ domain.renewals.due ─▶ the handler of what has happened ─▶ documents, invoice, events
"""

from collections.abc import Callable

from msgspec.structs import replace

from tenure.actions import billing, ends, invoices, payments
from tenure.actions.books import Books, books
from tenure.actions.keeping import UPDATED, keep
from tenure.domain import cancellations, renewals
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft
from tenure.domain.invoice_items import InvoiceItem
from tenure.domain.invoice_parts import Period
from tenure.domain.invoices import Invoice, InvoiceStatus
from tenure.domain.subscriptions import (
    PausedBy,
    PausedDetails,
    Status,
    StatusDetails,
    Subscription,
    gathering,
    move,
)
from tenure.store.tx import Tx

MAX_STEPS = 24


def step(tx: Tx, id: str, *, now: int) -> bool:
    """Run the earliest moment that has come; whether there was one."""
    before = tx.lock(Subscription, id)
    found = renewals.due(before, now)
    if found is None:
        return False
    what, at = found
    _HANDLERS[what](tx, before, at)
    return True


def advance(tx: Tx, id: str, *, now: int) -> None:
    """Run every moment that has come, oldest first, up to a bound; the rest waits for the next call."""
    for _ in range(MAX_STEPS):
        if not step(tx, id, now=now):
            return


def _expired(tx: Tx, before: Subscription, at: int) -> None:
    """Nobody paid the first invoice in time."""
    invoice = tx.get(Invoice, before.latest_invoice) if before.latest_invoice else None
    if invoice is not None and invoice.status is InvoiceStatus.OPEN:
        invoices.voided(tx, tx.lock(Invoice, invoice.id), at)  # its standing follows: incomplete_expired
    current = tx.lock(Subscription, before.id)
    if current.status is Status.INCOMPLETE:
        gone = move(current, Status.INCOMPLETE_EXPIRED, expires_at=None, ended_at=at)
        keep(tx, current, gone, UPDATED, now=at)


def _update_expired(tx: Tx, before: Subscription, at: int) -> None:
    """Nobody paid for the change in time: it is dropped, and its invoice with it."""
    after = replace(before, pending_update=None)
    keep(tx, before, after, "customer.subscription.pending_update_expired", UPDATED, now=at)
    invoice = tx.get(Invoice, before.latest_invoice) if before.latest_invoice else None
    if invoice is not None and invoice.status is InvoiceStatus.OPEN:
        invoices.voided(tx, tx.lock(Invoice, invoice.id), at)


def _ended(tx: Tx, before: Subscription, at: int) -> None:
    """Its end has come: what is still owed for usage and changes goes on a last invoice."""
    after = cancellations.end_reached(before, at)
    last = _last_bill(tx, before, at)
    if last is None:
        keep(tx, before, after, cancellations.DELETED, now=at)
        return
    after = replace(after, latest_invoice=last.invoice.id)
    keep(tx, before, after, cancellations.DELETED, others=(last.invoice, *last.taken), news=(last.created,), now=at)


def _last_bill(tx: Tx, before: Subscription, at: int) -> billing.Bill | None:
    kept = books(tx, [before])
    lines = billing.renewal_lines(tx, before, before, kept, at, advance=False)
    waiting = billing.waiting(tx, before)
    if not waiting and not any(line.amount for line in lines):
        return None
    customer = tx.need(Customer, before.customer)
    key = _key(before, at, "end")
    return billing.draft(tx, customer, before, reason="subscription_cycle", at=at, lines=lines, items=waiting, key=key)


def _key(subscription: Subscription, at: int, reason: str) -> str:
    """What may be billed once: this subscription's period from `at`, for this reason."""
    return f"{subscription.id}:{at}:{reason}"


def _trial_notice(tx: Tx, before: Subscription, at: int) -> None:
    after = replace(before, trial_notice_at=None)
    keep(tx, before, after, "customer.subscription.trial_will_end", now=at)


def _upcoming(tx: Tx, before: Subscription, at: int) -> None:
    """A week before the next invoice: what it will say."""
    after = replace(before, upcoming_at=None)
    if before.cancel_at is not None and before.cancel_at <= min(i.current_period_end for i in before.items):
        tx.save(Change(after=(after,)))
        return
    preview = upcoming(tx, before)
    tx.save(Change(after=(after,), events=(EventDraft("invoice.upcoming", preview),)))


def _gathered(tx: Tx, before: Subscription, at: int) -> None:
    """What waits between two periods is invoiced, where there is anything."""
    after = gathering(before, at)
    waiting = billing.waiting(tx, before)
    if not waiting:
        tx.save(Change(after=(after,)))
        return
    bill = billing.draft(
        tx,
        tx.need(Customer, before.customer),
        after,
        reason="automatic_pending_invoice_item_invoice",
        at=at,
        lines=[],
        items=waiting,
        key=_key(before, at, "gathered"),
    )
    assert bill.subscription is not None
    keep(tx, before, bill.subscription, UPDATED, others=(bill.invoice, *bill.taken), news=(bill.created,), now=at)


def upcoming(tx: Tx, before: Subscription) -> Invoice:
    """The invoice of its next moment of billing as it looks now; nothing is saved."""
    invoice = next_bill(tx, before).invoice
    return replace(invoice, billing_reason="upcoming", next_payment_attempt=invoice.created + 3600, auto_advance=None)


def last_bill(tx: Tx, before: Subscription) -> Invoice | None:
    """The invoice of its end as it looks now, or None where nothing will be left to bill; nothing is saved."""
    if before.cancel_at is None:
        return None
    bill = _last_bill(tx, before, before.cancel_at)
    return bill.invoice if bill else None


def next_bill(tx: Tx, before: Subscription, *, waiting: bool = True) -> billing.Bill:
    """Its next bill as it looks now, with the subscription after it; nothing is saved.

    Without `waiting` the invoice items that wait are left out, as another bill takes them in first.
    """
    at = min(item.current_period_end for item in before.items)
    trial = before.status is Status.TRIALING
    kept = books(tx, [before])
    after = renewals.trial_over(before, kept.prices, at) if trial else renewals.renewed(before, kept.prices, at)
    return _bill(tx, before, after, kept, at, waiting=waiting)


def _trial_ended(tx: Tx, before: Subscription, at: int) -> None:
    settings = before.trial_settings
    missing = settings.end_behavior.missing_payment_method if settings else "create_invoice"
    customer = tx.need(Customer, before.customer)
    manual = before.collection_method == "send_invoice"
    if not manual and missing != "create_invoice":
        method = payments.default_method(tx, customer=customer, subscription=before)
        if method is None and missing == "cancel":
            asked_at = before.canceled_at or at
            gone = move(before, Status.CANCELED, ended_at=at, canceled_at=asked_at, pause_collection=None)
            keep(tx, before, gone, cancellations.DELETED, now=at)
            return
        if method is None:
            why = PausedDetails(subscription=PausedBy(type="trial_end_without_payment_method"), transitioned_at=at)
            paused = move(before, Status.PAUSED, status_details=StatusDetails(paused=why), trial_notice_at=None)
            keep(tx, before, paused, UPDATED, "customer.subscription.paused", now=at)
            return
    kept = books(tx, [before])
    _billed(tx, before, renewals.trial_over(before, kept.prices, at), kept, at)


def _resumed(tx: Tx, before: Subscription, at: int) -> None:
    keep(tx, before, replace(before, pause_collection=None), UPDATED, now=at)


def _period_ended(tx: Tx, before: Subscription, at: int) -> None:
    kept = books(tx, [before])
    _billed(tx, before, renewals.renewed(before, kept.prices, at), kept, at)


def _bill(
    tx: Tx, before: Subscription, after: Subscription, kept: Books, at: int, *, waiting: bool = True
) -> billing.Bill:
    """The draft of the period that starts at `at`; a second one of the same period cannot be written down."""
    lines = billing.renewal_lines(tx, before, after, kept, at)
    after, short = ends.short_periods(tx, after, kept, at)
    started = min((i.current_period_start for i in before.items if i.current_period_end == at), default=at)
    return billing.draft(
        tx,
        tx.need(Customer, before.customer),
        after,
        reason="subscription_cycle",
        at=at,
        lines=lines,
        items=[*short, *(billing.waiting(tx, before) if waiting else [])],
        period=Period(start=started, end=at),
        key=_key(before, at, "cycle"),
    )


def _billed(tx: Tx, before: Subscription, after: Subscription, kept: Books, at: int) -> None:
    """The next period with its draft, which is finalized in an hour; a pause of collection decides otherwise."""
    bill = _bill(tx, before, after, kept, at)
    assert bill.subscription is not None
    made = [item for item in bill.taken if tx.get(InvoiceItem, item.id) is None]
    news = (*ends.told(bill.taken, made), bill.created)
    keep(tx, before, bill.subscription, UPDATED, others=(bill.invoice, *bill.taken), news=news, now=at)
    pause = before.pause_collection
    if pause is None or pause.behavior == "keep_as_draft":
        return
    opened = invoices.finalized(tx, bill.invoice, at)
    if opened.status is not InvoiceStatus.OPEN:
        return
    if pause.behavior == "void":
        invoices.voided(tx, opened, at)
    else:
        invoices.given_up(tx, opened, at, reason="subscription_paused")


_HANDLERS: dict[renewals.Happening, Callable[[Tx, Subscription, int], None]] = {
    "ended": _ended,
    "expired": _expired,
    "gathered": _gathered,
    "period_ended": _period_ended,
    "resumed": _resumed,
    "trial_ended": _trial_ended,
    "trial_notice": _trial_notice,
    "upcoming": _upcoming,
    "update_expired": _update_expired,
}
