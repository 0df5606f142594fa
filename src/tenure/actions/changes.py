"""Billing a change: what an update, a cancellation or a pause gives back and asks for.

before ─┐                    ┌─ create_prorations ─▶ invoice items that wait
        ├─▶ credits, debits ─┼─ always_invoice    ─▶ an invoice at once ─▶ paid | by payment_behavior
after  ─┘                    └─ none              ─▶ nothing
an item whose whole new period starts now is billed at once in any case, and so is one that gets another interval
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from tenure.actions import billing, ends, invoices, payments, proration_items, standing
from tenure.actions.books import Books, books
from tenure.actions.keeping import UPDATED, keep
from tenure.domain import prorations
from tenure.domain.customers import Customer
from tenure.domain.documents import EventDraft
from tenure.domain.errors import Invalid
from tenure.domain.invoice_items import InvoiceItem
from tenure.domain.invoice_parts import Period
from tenure.domain.invoices import Invoice, InvoiceStatus, LineItem
from tenure.domain.prorations import Proration
from tenure.domain.requests import PaymentBehavior
from tenure.domain.requests import Proration as Behavior
from tenure.domain.subscriptions import (
    FIRST_PAYMENT_S,
    Debit,
    PendingUpdate,
    Status,
    Subscription,
    SubscriptionItem,
    move,
)
from tenure.store.tx import Tx


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How a change is to be billed."""

    proration: Behavior = "create_prorations"
    payment: PaymentBehavior = "allow_incomplete"
    date: int | None = None
    off_session: bool = False
    extra: Sequence[InvoiceItem] = ()
    types: tuple[str, ...] = (UPDATED,)


@dataclass(frozen=True)
class Due:
    """What a change comes to: lines to be billed at once, and invoice items."""

    after: Subscription
    lines: list[LineItem] = field(default_factory=list)
    items: list[InvoiceItem] = field(default_factory=list)


def change(tx: Tx, before: Subscription, after: Subscription, terms: Terms, *, now: int) -> Subscription:
    """Save the change and bill it. Raises Invalid for the date, Declined where `error_if_incomplete` asks for that."""
    at = _date(before, terms.date, now)
    due = _due(tx, before, after, terms, at=at, now=now)
    invoices_now = terms.proration == "always_invoice" or _other_rhythm(before, due.after, now)
    at_once = bool(due.lines) or (invoices_now and bool(due.items or terms.extra))
    made = [*due.items, *terms.extra]
    if not at_once:
        news = [EventDraft("invoiceitem.created", item) for item in made]
        return keep(tx, before, due.after, *terms.types, others=made, news=news, now=now)

    def told() -> EventDraft:
        return EventDraft(UPDATED, tx.need(Subscription, before.id))

    first = (told,) if UPDATED in terms.types else ()
    with tx.story(*first, before=(before,)):
        _billed(tx, before, due, terms, now)
    return tx.need(Subscription, before.id)


def _other_rhythm(before: Subscription, after: Subscription, now: int) -> bool:
    """Whether an item that was there starts another period now: its prorations do not wait for that one's end."""
    starts = {item.id: item.current_period_start for item in before.items}
    return any(item.current_period_start == now != starts.get(item.id, now) for item in after.items)


def _date(before: Subscription, date: int | None, now: int) -> int:
    if date is None:
        return now
    start = min(item.current_period_start for item in before.items)
    if not start <= date <= max(item.current_period_end for item in before.items):
        raise Invalid("`proration_date` must be within the current billing period.", param="proration_date")
    return date


def _due(tx: Tx, before: Subscription, after: Subscription, terms: Terms, *, at: int, now: int) -> Due:
    old, new = {i.id: i for i in before.items}, {i.id: i for i in after.items}
    gone = [item for id, item in old.items() if prorations.touched(item, new.get(id))]
    come = [item for id, item in new.items() if prorations.touched(old.get(id), item)]
    if not gone and not come:
        return Due(after)
    kept = books(tx, [before, after])
    moved = _moved(before, after)
    begun = [i for i in come if i.current_period_start == now and i.id not in moved]
    rough = terms.proration == "none"  # no part of a price is asked for: another interval costs all of it at once
    whole = [i for i in begun if (rough and i.id in old) or _starts(old.get(i.id), i, after, kept, now)]
    lines = _usage(tx, before, gone, new, kept, now)
    if not prorations.in_trial(after, now):
        lines += billing.starting_lines(tx, after, whole, kept, now)
    if rough:
        return Due(_as_billed(after, old, whole), lines)
    given, asked = _prorated(before, after, kept, at, gone=gone, come=[item for item in come if item not in whole])
    items = [proration_items.proration_item(tx, after, each, kept, now, date=at) for each in (*given, *asked)]
    ids = [item.id for item in items[len(given) :]]
    return Due(proration_items.owing(_left(before, after, come), asked, ids), lines, items)


def _prorated(
    before: Subscription,
    after: Subscription,
    kept: Books,
    at: int,
    *,
    gone: Sequence[SubscriptionItem],
    come: Sequence[SubscriptionItem],
) -> tuple[list[Proration], list[Proration]]:
    """What is given back and what is asked: from `at` on, or where only the end moves, between both ends."""
    old, new = {i.id: i for i in gone}, {i.id: i for i in come}
    moved = _moved(before, after)
    worth = billing.values(before, kept), billing.values(after, kept)
    given = prorations.credits(before, [i for i in gone if i.id not in moved], kept.prices, worth[0], at)
    asked = prorations.debits(after, [i for i in come if i.id not in moved], kept.prices, worth[1], at)
    for id in sorted(moved):
        was, is_now = old[id], new[id]
        if was.current_period_end > is_now.current_period_end:
            given += prorations.credits(before, [was], kept.prices, worth[0], is_now.current_period_end)
        else:
            asked += prorations.debits(after, [is_now], kept.prices, worth[1], was.current_period_end)
    return given, asked


def _moved(before: Subscription, after: Subscription) -> set[str]:
    """The items of which only the period's end moves, with the subscription's own end."""
    if before.cancel_at == after.cancel_at or before.trial_end != after.trial_end:
        return set()
    new = {item.id: item for item in after.items}
    return {item.id for item in before.items if prorations.only_longer(item, new.get(item.id))}


def _left(before: Subscription, after: Subscription, come: Sequence[SubscriptionItem]) -> Subscription:
    """The subscription that remembers what stays billed of the items that change; a part where its end moves."""
    old, moved = {item.id: item for item in before.items}, _moved(before, after)

    def debits(item: SubscriptionItem) -> list[Debit]:
        if item.id not in moved:
            return []
        return prorations.shortened(old[item.id], before.currency, item.current_period_end)

    return replace(after, items=[replace(i, debits=debits(i)) if i in come else i for i in after.items])


def _starts(
    before: SubscriptionItem | None, item: SubscriptionItem, after: Subscription, kept: Books, now: int
) -> bool:
    return prorations.fresh(before, item, kept.prices[item.price], after.billing_cycle_anchor, now)


def _as_billed(
    after: Subscription, old: dict[str, SubscriptionItem], whole: Sequence[SubscriptionItem]
) -> Subscription:
    """Nothing is given back and nothing asked: what has been billed stays what a later credit rests on."""
    anew = {item.id for item in whole}
    return replace(after, items=[replace(i, debits=[]) if i.id in anew else i for i in after.items])


def _usage(
    tx: Tx,
    before: Subscription,
    gone: Sequence[SubscriptionItem],
    new: dict[str, SubscriptionItem],
    kept: Books,
    now: int,
) -> list[LineItem]:
    """Usage of metered items that go, or whose period is cut short."""
    lines: list[LineItem] = []
    for item in gone:
        after = new.get(item.id)
        if after is not None and after.current_period_start == item.current_period_start:
            continue
        if prorations.metered(kept.prices[item.price]) and not prorations.in_trial(before, now):
            period = Period(start=item.current_period_start, end=now)
            lines += billing.usage_lines(tx, before, item, kept, period)
    return [line for line in lines if line.amount]


def _billed(tx: Tx, before: Subscription, due: Due, terms: Terms, now: int) -> None:
    """The invoice of a change, at once."""
    made = [*due.items, *terms.extra]
    waiting = [*made, *billing.waiting(tx, before)]
    customer = tx.need(Customer, before.customer)
    bill = billing.draft(
        tx,
        customer,
        due.after,
        reason="subscription_update",
        at=now,
        lines=due.lines,
        items=waiting,
        proration_date=terms.date,
    )
    assert bill.subscription is not None
    after = bill.subscription
    if terms.payment == "pending_if_incomplete":
        after = replace(before, latest_invoice=bill.invoice.id, pending_update=_pending(before, after, now))
    taken = {item.id: item for item in bill.taken}
    news = [EventDraft("invoiceitem.created", taken[item.id]) for item in made]
    keep(tx, before, after, *terms.types, others=(bill.invoice, *bill.taken), news=(*news, bill.created), now=now)
    if bill.invoice.collection_method == "send_invoice" or bill.invoice.auto_advance is False:
        return
    opened = invoices.finalized(tx, bill.invoice, now)
    if opened.status is InvoiceStatus.OPEN:
        _collected(tx, opened, terms, now)


def _pending(before: Subscription, after: Subscription, now: int) -> PendingUpdate:
    moved = after.billing_cycle_anchor != before.billing_cycle_anchor
    return PendingUpdate(
        billing_cycle_anchor=after.billing_cycle_anchor if moved else None,
        expires_at=now + FIRST_PAYMENT_S,
        subscription_items=after.items,
        trial_end=after.trial_end if after.trial_end != before.trial_end else None,
    )


def _collected(tx: Tx, opened: Invoice, terms: Terms, now: int) -> None:
    method = invoices.method_for(tx, opened)
    if terms.payment == "default_incomplete":
        intent = payments.prepare(tx, opened, method=method, now=now)
        waits = invoices.saved(tx, replace(opened, payment_intent=intent.id))
        standing.behind(tx, waits, now, last=False, then="past_due")
        return
    if method is None and not standing.needs_method(tx):
        return
    _, outcome = invoices.collect(tx, opened, now=now, method=method, off_session=terms.off_session)
    if terms.payment == "error_if_incomplete" and outcome is not None and outcome.status != "succeeded":
        raise payments.refusal(outcome)


# Ends and pauses


def given_back(tx: Tx, before: Subscription, at: int, *, now: int) -> list[InvoiceItem]:
    """The credits for the time from `at` on of all its items, as invoice items that are not saved yet."""
    kept = books(tx, [before])
    found: list[Proration] = prorations.credits(before, before.items, kept.prices, billing.values(before, kept), at)
    return [proration_items.proration_item(tx, before, each, kept, now, date=at) for each in found]


def last_invoice(tx: Tx, before: Subscription, items: Sequence[InvoiceItem], *, now: int) -> billing.Bill | None:
    """The invoice of everything that is still owed or owing at `now`: usage, waiting items and these."""
    kept = books(tx, [before])
    lines = _usage(tx, before, before.items, {}, kept, now)
    waiting = [*items, *billing.waiting(tx, before)]
    if not lines and not waiting:
        return None
    customer = tx.need(Customer, before.customer)
    return billing.draft(tx, customer, before, reason="subscription_update", at=now, lines=lines, items=waiting)


def closed(tx: Tx, invoice: Invoice, now: int) -> Invoice:
    """A last invoice, final at once and collected where there is a method."""
    opened = invoices.finalized(tx, replace(invoice, auto_advance=True), now)
    if opened.status is InvoiceStatus.OPEN and opened.collection_method == "charge_automatically":
        return invoices.by_itself(tx, opened, now)
    return opened


def active(paused: Subscription) -> Subscription:
    """The subscription after its pause."""
    return move(paused, Status.ACTIVE, status_details=None)


def resumed(
    tx: Tx, before: Subscription, after: Subscription, *, on_success: bool, now: int, types: tuple[str, ...]
) -> Subscription:
    """Go on after a pause: bill the new period, and be active at once or when that is paid."""
    kept = books(tx, [before, after])
    lines = billing.starting_lines(tx, after, billing.whole_items(after, kept, now), kept, now)
    after, short = ends.short_periods(tx, after, kept, now)
    if not lines and not short:
        return keep(tx, before, active(after), *types, now=now)
    customer = tx.need(Customer, before.customer)
    waiting = [*short, *billing.waiting(tx, before)]
    bill = billing.draft(tx, customer, after, reason="subscription_cycle", at=now, lines=lines, items=waiting)
    assert bill.subscription is not None
    draft = replace(bill.invoice, auto_advance=True, automatically_finalizes_at=None)
    waits = on_success and invoices.method_for(tx, draft) is not None
    going = replace(bill.subscription, resuming=draft.id) if waits else active(bill.subscription)
    told = (UPDATED,) if waits else types
    news = (*ends.told(bill.taken, short), EventDraft("invoice.created", draft))
    keep(tx, before, going, *told, others=(draft, *bill.taken), news=news, now=now)
    closed(tx, draft, now)
    return tx.need(Subscription, before.id)
