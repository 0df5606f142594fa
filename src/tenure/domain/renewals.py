"""What happens to a subscription by itself as time passes, one due moment at a time, in order.

    expired        incomplete for 23 hours ─▶ incomplete_expired
    update_expired a pending update that nobody paid for is dropped
    ended          cancel_at ─▶ canceled
    trial_ended    trial_end ─▶ active | paused | canceled
    resumed        collection goes on
    trial_notice   three days before a trial's end
    upcoming       seven days before an invoice
    gathered       what waits between two periods gets an invoice of its own
    period_ended   current_period_end ─▶ the next period

Where moments coincide they run in this order: an end comes before a trial's end, and that before a new period.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec.structs import replace

from tenure.domain.discounts import Discount
from tenure.domain.items import cut_short, item_period, start_period
from tenure.domain.prices import Price
from tenure.domain.subscriptions import Status, Subscription, gathering, move, next_due, noticing

Happening = Literal[
    "ended",
    "expired",
    "gathered",
    "period_ended",
    "resumed",
    "trial_ended",
    "trial_notice",
    "upcoming",
    "update_expired",
]


def due(subscription: Subscription, now: int) -> tuple[Happening, int] | None:
    """What has come by `now` first, and its moment; None when nothing is due."""
    at = next_due(subscription)
    if at is None or at > now:
        return None
    return _what(subscription, at), at


def _what(subscription: Subscription, at: int) -> Happening:
    update, pause = subscription.pending_update, subscription.pause_collection
    trial_end = subscription.trial_end if subscription.status is Status.TRIALING else None
    order: tuple[tuple[Happening, int | None], ...] = (
        ("expired", subscription.expires_at),
        ("update_expired", update.expires_at if update else None),
        ("ended", subscription.cancel_at),
        ("trial_ended", trial_end),
        ("resumed", pause.resumes_at if pause else None),
        ("trial_notice", subscription.trial_notice_at),
        ("upcoming", subscription.upcoming_at),
        ("gathered", _apart(subscription, at)),
    )
    return next((what for what, moment in order if moment == at), "period_ended")


def _apart(subscription: Subscription, at: int) -> int | None:
    """When what waits gets an invoice of its own: not where a period ends, whose invoice takes it in."""
    ends = [item.current_period_end for item in subscription.items]
    return None if at in ends else subscription.next_pending_invoice_item_invoice


def renewed(subscription: Subscription, prices: Mapping[str, Price], at: int) -> Subscription:
    """The subscription with the items whose period ends at `at` in their next one."""
    anchor = subscription.billing_cycle_anchor
    renewing = {item.id for item in subscription.items if item.current_period_end == at}
    items = []
    for item in subscription.items:
        if item.id in renewing:
            start, end = item_period(prices[item.price], anchor, at)
            start = max(start, item.current_period_end)
            item = replace(item, current_period_start=start, current_period_end=end, debits=[])
        items.append(item)
    after = noticing(without_ended(cut_short(replace(subscription, items=items), renewing), at))
    return gathering(after, at) if after.next_pending_invoice_item_invoice == at else after


def without_ended(subscription: Subscription, at: int) -> Subscription:
    """The subscription with the discounts that still hold when a period starts at `at`."""
    items = [replace(item, discounts=_holding(item.discounts, at)) for item in subscription.items]
    return replace(subscription, items=items, discounts=_holding(subscription.discounts, at))


def _holding(discounts: list[Discount], at: int) -> list[Discount]:
    return [discount for discount in discounts if discount.end is None or discount.end > at]


def trial_over(subscription: Subscription, prices: Mapping[str, Price], at: int) -> Subscription:
    """The subscription active, in the first period that is paid for."""
    settings = subscription.trial_settings
    anew = settings is not None and settings.end_behavior.billing_cycle_anchor == "now"
    anchor = at if anew else subscription.billing_cycle_anchor
    items = [start_period(item, prices[item.price], anchor=anchor, at=at) for item in subscription.items]
    active = move(subscription, Status.ACTIVE, items=items, billing_cycle_anchor=anchor, trial_notice_at=None)
    return noticing(without_ended(cut_short(active), at))
