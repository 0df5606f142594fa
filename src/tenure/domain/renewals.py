"""What happens to a subscription by itself as time passes, one due moment at a time, in order.

    cancel_at ─▶ canceled      trial_end ─▶ active | paused | canceled
    resumes_at ─▶ collection goes on      current_period_end ─▶ the next period

Where moments coincide, an end comes before a trial's end, and that before a new period.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from tenure.domain.cancellations import deleted, end_reached, updated
from tenure.domain.discounts import Discount
from tenure.domain.documents import Change, EventDraft
from tenure.domain.items import item_period, start_period
from tenure.domain.prices import Price
from tenure.domain.subscriptions import (
    PausedBy,
    PausedDetails,
    Status,
    StatusDetails,
    Subscription,
    move,
    next_due,
)

PAUSED = "customer.subscription.paused"


def step(subscription: Subscription, prices: Mapping[str, Price], now: int) -> Change | None:
    """The change of the earliest moment that has come by `now`, or None when nothing is due."""
    at = next_due(subscription)
    if at is None or at > now:
        return None
    if subscription.cancel_at == at:
        return deleted(end_reached(subscription, at))
    if subscription.status is Status.TRIALING and subscription.trial_end == at:
        return _end_trial(subscription, prices, at)
    pause = subscription.pause_collection
    if pause is not None and pause.resumes_at == at:
        return updated(replace(subscription, pause_collection=None))
    return updated(_renew(subscription, prices, at))


def _renew(subscription: Subscription, prices: Mapping[str, Price], at: int) -> Subscription:
    anchor = subscription.billing_cycle_anchor
    items = []
    for item in subscription.items:
        if item.current_period_end == at:
            start, end = item_period(prices[item.price], anchor, at)
            item = replace(item, current_period_start=max(start, item.current_period_end), current_period_end=end)
        items.append(item)
    return _without_ended(replace(subscription, items=items), at)


def _without_ended(subscription: Subscription, at: int) -> Subscription:
    """The subscription with the discounts that still hold when a period starts at `at`."""
    items = [replace(item, discounts=_holding(item.discounts, at)) for item in subscription.items]
    return replace(subscription, items=items, discounts=_holding(subscription.discounts, at))


def _holding(discounts: list[Discount], at: int) -> list[Discount]:
    return [discount for discount in discounts if discount.end is None or discount.end > at]


def _end_trial(subscription: Subscription, prices: Mapping[str, Price], at: int) -> Change:
    settings = subscription.trial_settings
    missing = settings.end_behavior.missing_payment_method if settings else "create_invoice"
    if subscription.default_payment_method is None and missing == "cancel":
        asked_at = subscription.canceled_at or at
        return deleted(move(subscription, Status.CANCELED, ended_at=at, canceled_at=asked_at, pause_collection=None))
    if subscription.default_payment_method is None and missing == "pause":
        why = PausedDetails(subscription=PausedBy(type="trial_end_without_payment_method"), transitioned_at=at)
        paused = move(subscription, Status.PAUSED, status_details=StatusDetails(paused=why))
        drafts = (EventDraft("customer.subscription.updated", paused), EventDraft(PAUSED, paused))
        return Change(after=(paused,), events=drafts)
    anchor = subscription.billing_cycle_anchor
    items = [start_period(item, prices[item.price], anchor=anchor, at=at) for item in subscription.items]
    return updated(_without_ended(move(subscription, Status.ACTIVE, items=items), at))
