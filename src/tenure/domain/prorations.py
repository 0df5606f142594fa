"""Prorations: what a change in the middle of a period gives back and asks for, to the second.

                 at
    ├────────────┼─────────────────┤ the item's period
    │  used      │ credit (before) │   classic:  today's price and discounts × the part that is left
    │            │ debit  (after)  │   flexible: what was really billed for that part

Nothing is prorated in a trial, for usage, and for items that stay as they are. An item whose whole new period starts
at `at` is not prorated but billed as usual. Amounts are in minor units, credits negative.
Source: Stripe documentation, "Prorations", "Flexible billing mode".
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec.structs import replace

from tenure.domain.documents import Part
from tenure.domain.items import item_period
from tenure.domain.money import rounded
from tenure.domain.prices import Price
from tenure.domain.subscriptions import Debit, Subscription, SubscriptionItem


class Value(Part, frozen=True, kw_only=True):
    """What an item costs for one whole period of its price: before discounts, and what each discount takes."""

    subtotal: int
    discounts: dict[str, int] = msgspec.field(default_factory=dict)


class Proration(Part, frozen=True, kw_only=True):
    """One amount for a part of a period; `subtotal` is before the discounts, all with the same sign."""

    kind: Literal["credit", "debit"]
    item: SubscriptionItem
    price: str
    quantity: int | None
    subtotal: int
    discounts: dict[str, int]
    start: int
    end: int
    tax_rates: list[str]
    of: Debit | None = None

    @property
    def amount(self) -> int:
        """What is left of it after its discounts."""
        return self.subtotal - sum(self.discounts.values())


def in_trial(subscription: Subscription, at: int) -> bool:
    """Whether nothing is billed at that moment because of a trial."""
    return subscription.trial_end is not None and subscription.trial_end > at


def metered(price: Price) -> bool:
    """Whether the price is billed by usage, after the period."""
    return price.recurring is not None and price.recurring.usage_type == "metered"


def fresh(before: SubscriptionItem | None, after: SubscriptionItem, price: Price, anchor: int, at: int) -> bool:
    """Whether a whole new period of the item starts at `at`, to be billed as any period is."""
    if before is not None and not _restarted(before, after):
        return False
    return item_period(price, anchor, at) == (at, after.current_period_end)


def _restarted(before: SubscriptionItem, after: SubscriptionItem) -> bool:
    return (before.current_period_start, before.current_period_end) != (
        after.current_period_start,
        after.current_period_end,
    )


def touched(before: SubscriptionItem | None, after: SubscriptionItem | None) -> bool:
    """Whether a change of an item is one of money: another price, quantity or period."""
    if before is None or after is None:
        return True
    return (before.price, before.quantity, before.current_period_end) != (
        after.price,
        after.quantity,
        after.current_period_end,
    )


def credits(
    before: Subscription,
    gone: Sequence[SubscriptionItem],
    prices: Mapping[str, Price],
    values: Mapping[str, Value],
    at: int,
) -> list[Proration]:
    """What is given back for the time from `at` on of these items, in the subscription's billing mode."""
    if in_trial(before, at):
        return []
    found: list[Proration] = []
    for item in gone:
        if metered(prices[item.price]) or item.current_period_end <= at:
            continue
        if before.billing_mode.type == "flexible":
            found += [_given_back(item, debit, before.currency, at) for debit in item.debits if debit.end > at]
        else:
            found.append(_classic(before, item, prices[item.price], values[item.id], at))
    return [each for each in found if each.subtotal or each.discounts]


def _classic(subscription: Subscription, item: SubscriptionItem, price: Price, value: Value, at: int) -> Proration:
    start, end = item_period(price, subscription.billing_cycle_anchor, item.current_period_start)
    whole = (
        max(end - start, 1) if end >= item.current_period_end else item.current_period_end - item.current_period_start
    )
    left = item.current_period_end - at
    return Proration(
        kind="credit",
        item=item,
        price=item.price,
        quantity=item.quantity,
        subtotal=-share(value.subtotal, left, whole, subscription.currency),
        discounts={id: -share(a, left, whole, subscription.currency) for id, a in value.discounts.items()},
        start=at,
        end=item.current_period_end,
        tax_rates=item.tax_rates,
        of=next((debit for debit in item.debits if debit.end > at), None),
    )


def _given_back(item: SubscriptionItem, debit: Debit, currency: str, at: int) -> Proration:
    start = max(at, debit.start)
    left, whole = debit.end - start, debit.end - debit.start
    return Proration(
        kind="credit",
        item=item,
        price=debit.price,
        quantity=debit.quantity,
        subtotal=-share(debit.subtotal, left, whole, currency),
        discounts={id: -share(a, left, whole, currency) for id, a in debit.discounts.items()},
        start=start,
        end=debit.end,
        tax_rates=debit.tax_rates,
        of=debit,
    )


def debits(
    after: Subscription,
    new: Sequence[SubscriptionItem],
    prices: Mapping[str, Price],
    values: Mapping[str, Value],
    at: int,
) -> list[Proration]:
    """What is asked for the time from `at` to the end of the period of these items."""
    if in_trial(after, at):
        return []
    found = []
    for item in new:
        if metered(prices[item.price]) or item.current_period_end <= at:
            continue
        start, end = item_period(prices[item.price], after.billing_cycle_anchor, at)
        left, whole, value = item.current_period_end - at, max(end - start, 1), values[item.id]
        found.append(
            Proration(
                kind="debit",
                item=item,
                price=item.price,
                quantity=item.quantity,
                subtotal=share(value.subtotal, left, whole, after.currency),
                discounts={id: share(a, left, whole, after.currency) for id, a in value.discounts.items()},
                start=at,
                end=item.current_period_end,
                tax_rates=item.tax_rates,
            )
        )
    return found


def only_longer(before: SubscriptionItem | None, after: SubscriptionItem | None) -> int | None:
    """By how many seconds the same period of the same thing ends later; below 0 earlier, None for any other change."""
    if before is None or after is None or before.current_period_start != after.current_period_start:
        return None
    if (before.price, before.quantity) != (after.price, after.quantity):
        return None
    return after.current_period_end - before.current_period_end


def shortened(item: SubscriptionItem, currency: str, at: int) -> list[Debit]:
    """What stays billed of an item when the time from `at` on is given back."""
    kept = []
    for debit in item.debits:
        if debit.end <= at:
            kept.append(debit)
        elif debit.start < at:
            back = _given_back(item, debit, currency, at)
            left = {id: amount + back.discounts.get(id, 0) for id, amount in debit.discounts.items()}
            subtotal = debit.subtotal + back.subtotal
            kept.append(replace(debit, amount=subtotal - sum(left.values()), discounts=left, end=at, subtotal=subtotal))
    return kept


def share(amount: int, left_s: int, whole_s: int, currency: str) -> int:
    """The part of an amount for `left_s` of `whole_s` seconds, rounded to what can be paid."""
    return rounded(Decimal(amount) * left_s / whole_s, currency)


def debit_of(proration: Proration, line: str, *, invoice: str | None = None) -> Debit:
    """What is remembered of a proration that has been asked for."""
    return Debit(
        amount=proration.amount,
        discounts=proration.discounts,
        end=proration.end,
        invoice=invoice,
        line=line,
        price=proration.price,
        quantity=proration.quantity,
        start=proration.start,
        subtotal=proration.subtotal,
        tax_rates=proration.tax_rates,
    )
