"""The items of a subscription: which prices go together, and when each one's period starts and ends.

classic    all items share one interval; changing it starts a new period now
flexible   intervals may differ; each item's boundaries hang on the same anchor

An end in the middle of a period cuts that period short:   ├──── billed ────┤ cancel_at ···· credited ····┤
"""

from collections.abc import Container, Mapping, Sequence

from msgspec.structs import replace

from tenure.domain.errors import Invalid
from tenure.domain.periods import period
from tenure.domain.prices import Price
from tenure.domain.subscriptions import Subscription, SubscriptionItem

MAX_ITEMS = 20


def check_price(price: Price, currency: str | None, param: str) -> None:
    """Refuse a price that cannot recur, is archived, or is in another currency. Raises Invalid."""
    if price.recurring is None:
        raise Invalid(
            f"The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`: "
            f"'{price.id}'.",
            param=param,
        )
    if not price.active:
        raise Invalid(
            f"The price specified is inactive. This field only accepts active prices: '{price.id}'.", param=param
        )
    if currency is not None and price.currency != currency and currency not in (price.currency_options or {}):
        raise Invalid(
            f"The price specified only supports `{price.currency}`. "
            f"This doesn't match the expected currency: `{currency}`.",
            param=param,
        )


def check_items(items: Sequence[SubscriptionItem], prices: Mapping[str, Price], mode: str) -> None:
    """Refuse no items, too many, one price twice, or mixed intervals in classic mode. Raises Invalid."""
    if not items:
        raise Invalid("A subscription must have at least one active plan.", param="items")
    if len(items) > MAX_ITEMS:
        raise Invalid(f"A subscription can have at most {MAX_ITEMS} items.", param="items")
    seen: set[str] = set()
    for item in items:
        if item.price in seen:
            raise Invalid(f"Cannot add multiple subscription items with the same plan: {item.price}", param="items")
        seen.add(item.price)
    intervals = {(r.interval, r.interval_count) for r in (prices[i.price].recurring for i in items) if r is not None}
    if mode == "classic" and len(intervals) > 1:
        raise Invalid(
            "Currency and interval fields must match across all plans on this subscription. "
            "Found mismatch in interval field.",
            param="items",
        )


def item_period(price: Price, anchor: int, at: int) -> tuple[int, int]:
    """Start and end of the period of an item with this price that holds the moment `at`."""
    assert price.recurring is not None
    return period(anchor, price.recurring.interval, price.recurring.interval_count, at)


def start_period(item: SubscriptionItem, price: Price, *, anchor: int, at: int) -> SubscriptionItem:
    """The item in a period that starts at `at` and ends at its next boundary after that."""
    _, end = item_period(price, anchor, at)
    return replace(item, current_period_start=at, current_period_end=end)


def in_trial(item: SubscriptionItem, *, at: int, trial_end: int) -> SubscriptionItem:
    """The item in a period that is its trial."""
    return replace(item, current_period_start=at, current_period_end=trial_end)


def whole_end(subscription: Subscription, item: SubscriptionItem, price: Price) -> int:
    """Where the item's running period ends as long as nothing cuts it short."""
    trial = subscription.trial_end
    if trial is not None and item.current_period_start < trial:
        return trial
    return item_period(price, subscription.billing_cycle_anchor, item.current_period_start)[1]


def cut_items(subscription: Subscription, prices: Mapping[str, Price]) -> set[str]:
    """The items whose running period the set end cuts short, by id."""
    at = subscription.cancel_at
    return {
        item.id
        for item in subscription.items
        if item.current_period_end == at and at < whole_end(subscription, item, prices[item.price])
    }


def short_items(subscription: Subscription, prices: Mapping[str, Price], at: int) -> set[str]:
    """The items whose period that starts at `at` is not a whole one: the end cuts it, or its trial ended between."""
    return {
        item.id
        for item in subscription.items
        if item.current_period_start == at
        and item_period(prices[item.price], subscription.billing_cycle_anchor, at) != (at, item.current_period_end)
    }


def uncut(subscription: Subscription, prices: Mapping[str, Price]) -> Subscription:
    """The subscription with whole periods, whatever end is set."""
    cut = cut_items(subscription, prices)
    return replace(
        subscription,
        items=[
            replace(i, current_period_end=whole_end(subscription, i, prices[i.price])) if i.id in cut else i
            for i in subscription.items
        ],
    )


def cut_short(subscription: Subscription, ids: Container[str] | None = None) -> Subscription:
    """The subscription with the periods of its items, or of these alone, ending no later than it does.

    A trial is not billed and stays whole.
    """
    at, trial = subscription.cancel_at, subscription.trial_end
    if at is None or (trial is not None and trial >= at):
        return subscription
    return replace(
        subscription,
        items=[
            replace(i, current_period_end=at)
            if i.current_period_start < at < i.current_period_end and (ids is None or i.id in ids)
            else i
            for i in subscription.items
        ],
    )


def interval_of(price: Price) -> tuple[str, int] | None:
    """Interval and count, for comparing two prices."""
    return (price.recurring.interval, price.recurring.interval_count) if price.recurring else None


def reprice(
    subscription: Subscription, items: Sequence[SubscriptionItem], prices: Mapping[str, Price], now: int
) -> Subscription:
    """The subscription with these items: a new interval starts a new period, at a new anchor in classic mode."""
    check_items(items, prices, subscription.billing_mode.type)
    before = {item.id: interval_of(prices[item.price]) for item in subscription.items if item.price in prices}
    changed = [
        item
        for item in items
        if before.get(item.id, interval_of(prices[item.price])) != interval_of(prices[item.price])
    ]
    if subscription.trial_end is not None and subscription.trial_end > now:
        kept = [in_trial(i, at=i.current_period_start or now, trial_end=subscription.trial_end) for i in items]
        return replace(subscription, items=kept)
    if changed and subscription.billing_mode.type == "classic":
        restarted = [start_period(item, prices[item.price], anchor=now, at=now) for item in items]
        return replace(subscription, items=restarted, billing_cycle_anchor=now)
    fresh = {item.id for item in changed} | {item.id for item in items if item.current_period_end == 0}
    anchor = subscription.billing_cycle_anchor
    moved = [start_period(i, prices[i.price], anchor=anchor, at=now) if i.id in fresh else i for i in items]
    return replace(subscription, items=moved)
