"""Ends in the middle of a period: what they cut short, and what the cut period costs.

cancel_at set    ─▶ the running period ends there; what was billed beyond it is given back
moved, cleared   ─▶ the period is longer again, and that part is asked for
a period starts that the end will cut ─▶ only its part is billed, whatever the proration behavior was;
                                             the same after a trial that ends before the anchor
"""

from msgspec.structs import replace

from tenure.actions import billing, proration_items
from tenure.actions.books import Books
from tenure.actions.terms import prices_of
from tenure.domain.documents import EventDraft
from tenure.domain.invoice_items import InvoiceItem
from tenure.domain.items import cut_items, cut_short, short_items, uncut
from tenure.domain.prorations import debits
from tenure.domain.subscriptions import Subscription
from tenure.store.tx import Tx


def whole(tx: Tx, subscription: Subscription) -> Subscription:
    """The subscription with whole periods, as if no end were set."""
    return subscription if subscription.cancel_at is None else uncut(subscription, prices_of(tx, subscription))


def cut(tx: Tx, before: Subscription, after: Subscription, *, prorates: bool) -> Subscription:
    """The subscription with the periods cut short by its end: by a new one where it prorates, else as they were."""
    if before.cancel_at != after.cancel_at:
        return cut_short(after) if prorates else after
    if after.cancel_at is None:
        return after
    starts = {item.id: item.current_period_start for item in before.items}
    were = cut_items(before, prices_of(tx, before))
    new = {i.id for i in after.items if starts.get(i.id) != i.current_period_start}
    return cut_short(after, were - new | (new if prorates else set()))


def short_periods(tx: Tx, subscription: Subscription, kept: Books, at: int) -> tuple[Subscription, list[InvoiceItem]]:
    """The part of the periods that start at `at` and are shorter, as invoice items, and who remembers them."""
    ids = short_items(subscription, kept.prices, at)
    if not ids:
        return subscription, []
    short = [item for item in subscription.items if item.id in ids]
    asked = debits(subscription, short, kept.prices, billing.values(subscription, kept), at)
    items = [proration_items.proration_item(tx, subscription, each, kept, at) for each in asked]
    cleared = replace(subscription, items=[replace(i, debits=[]) if i.id in ids else i for i in subscription.items])
    return proration_items.owing(cleared, asked, [item.id for item in items]), items


def told(taken: tuple[InvoiceItem, ...], made: list[InvoiceItem]) -> list[EventDraft]:
    """The news of the invoice items that were made for an invoice, as it has taken them in."""
    ids = {item.id for item in made}
    return [EventDraft("invoiceitem.created", item) for item in taken if item.id in ids]
