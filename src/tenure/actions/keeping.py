"""Write a subscription down with everything that follows from its change: news of discounts, entitlements."""

from collections.abc import Iterable

from tenure.actions import discounts, entitlements, scheduled
from tenure.domain.documents import Change, Document, EventDraft
from tenure.domain.subscriptions import Subscription
from tenure.store.tx import Tx

UPDATED = "customer.subscription.updated"


def keep(
    tx: Tx,
    before: Subscription | None,
    after: Subscription,
    *types: str,
    others: Iterable[Document] = (),
    news: Iterable[EventDraft] = (),
    now: int,
) -> Subscription:
    """Save the subscription and `others`; events: its discounts', then `news`, then its own of these types."""
    own = tuple(EventDraft(type, after) for type in types)
    tx.save(Change(after=(after, *others), events=(*discounts.news(before, after), *news, *own)))
    if before is None or _grants(before) != _grants(after):
        entitlements.refresh(tx, after.customer, now=now)
    if before is not None:
        scheduled.follow(tx, before, after, now=now)
    return after


def _grants(subscription: Subscription) -> tuple[object, ...]:
    return (subscription.status, sorted((item.price, item.current_period_start) for item in subscription.items))
