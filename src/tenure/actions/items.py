"""Subscription items: find their prices, add, change and remove them."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from tenure.actions import discounts, prices, tax_rates
from tenure.actions.patch import given, merged_metadata
from tenure.domain.errors import Invalid, NotFound
from tenure.domain.items import check_price, reprice
from tenure.domain.prices import Price
from tenure.domain.requests import ItemGiven
from tenure.domain.subscriptions import Subscription, SubscriptionItem
from tenure.store.tx import Tx


class Wish(NamedTuple):
    """What was asked of one item, and where in the parameters it stands."""

    at: str
    item: ItemGiven


def priced(tx: Tx, asked: Sequence[ItemGiven], *, currency: str | None) -> list[Price]:
    """The price of each new item, in order; without a currency the first price says which. Raises Invalid, NotFound."""
    if not asked:
        raise Invalid("Missing required param: items.", code="parameter_missing", param="items")
    found: list[Price] = []
    for index, item in enumerate(asked):
        price = _price(tx, item, f"items[{index}]")
        check_price(price, currency or (found[0].currency if found else None), f"items[{index}][price]")
        found.append(price)
    return found


def _price(tx: Tx, item: ItemGiven, at: str) -> Price:
    if item.price_data is not UNSET:
        return prices.create(tx, given(item.price_data))
    for name in ("price", "plan"):
        value = getattr(item, name)
        if value is not UNSET:
            return tx.need(Price, value, param=f"{at}[{name}]")
    raise Invalid(f"Missing required param: {at}[price].", code="parameter_missing", param=f"{at}[price]")


def added(
    tx: Tx, subscription: Subscription, asked: Sequence[ItemGiven], chosen: Sequence[Price], *, now: int
) -> Subscription:
    """The subscription with its first items; their periods are set by the caller's rule."""
    wishes = [Wish(f"items[{index}]", item) for index, item in enumerate(asked)]
    made = [_new(tx, subscription, wish, price, now) for wish, price in zip(wishes, chosen, strict=True)]
    filled = reprice(subscription, made, {price.id: price for price in chosen}, now)
    return _discounted(tx, filled, dict(zip([i.id for i in made], wishes, strict=True)), now)


def _new(tx: Tx, subscription: Subscription, wish: Wish, price: Price, now: int) -> SubscriptionItem:
    item = wish.item
    metered = price.recurring is not None and price.recurring.usage_type == "metered"
    if metered and item.quantity is not UNSET:
        raise Invalid(
            "Quantity should not be specified where usage_type is `metered`. Remove quantity from the request.",
            param=f"{wish.at}[quantity]",
        )
    quantity = 1 if item.quantity is UNSET else item.quantity
    return SubscriptionItem(
        id=tx.new_id("si_"),
        created=now,
        current_period_start=0,
        current_period_end=0,
        metadata=merged_metadata({}, {} if item.metadata is UNSET else item.metadata),
        price=price.id,
        quantity=None if metered else quantity,
        subscription=subscription.id,
        tax_rates=tax_rates.usable(tx, item.tax_rates or [], param=f"{wish.at}[tax_rates]"),
    )


def changed(tx: Tx, subscription: Subscription, asked: Sequence[ItemGiven], *, now: int) -> Subscription:
    """The subscription with items added, changed by id, or deleted. Raises Invalid, NotFound."""
    after = {item.id: item for item in subscription.items}
    named: dict[str, Wish] = {}
    for index, item in enumerate(asked):
        at = f"items[{index}]"
        if item.id is None:
            price = _price(tx, item, at)
            check_price(price, subscription.currency, f"{at}[price]")
            fresh = _new(tx, subscription, Wish(at, item), price, now)
            after[fresh.id], named[fresh.id] = fresh, Wish(at, item)
            continue
        if item.id not in after:
            raise NotFound(f"No such subscription item: '{item.id}'", code="resource_missing", param=f"{at}[id]")
        if item.deleted:
            del after[item.id]
        else:
            after[item.id] = _changed(tx, subscription, after[item.id], item, at)
            named[item.id] = Wish(at, item)
    kept = list(after.values())
    known = tx.many(Price, {i.price for i in kept} | {i.price for i in subscription.items})
    return _discounted(tx, reprice(subscription, kept, known, now), named, now)


def _changed(
    tx: Tx, subscription: Subscription, before: SubscriptionItem, item: ItemGiven, at: str
) -> SubscriptionItem:
    after = before
    if item.price is not UNSET or item.plan is not UNSET or item.price_data is not UNSET:
        price = _price(tx, item, at)
        if price.id != before.price:
            check_price(price, subscription.currency, f"{at}[price]")
        after = replace(after, price=price.id)
    if item.quantity is not UNSET:
        after = replace(after, quantity=item.quantity)
    if item.metadata is not UNSET:
        after = replace(after, metadata=merged_metadata(before.metadata, item.metadata))
    if item.tax_rates is not UNSET:
        after = replace(after, tax_rates=tax_rates.usable(tx, item.tax_rates or [], param=f"{at}[tax_rates]"))
    return after


def _discounted(tx: Tx, subscription: Subscription, asked: dict[str, Wish], now: int) -> Subscription:
    """The subscription with the discounts that were asked for on single items."""
    items = []
    for item in subscription.items:
        wish = asked.get(item.id)
        if wish is not None and wish.item.discounts is not UNSET:
            price = tx.need(Price, item.price)
            holder = discounts.of_subscription(subscription, {price.id: price}, item=item.id)
            found = discounts.resolve(
                tx, wish.item.discounts or [], holder, current=item.discounts, now=now, param=f"{wish.at}[discounts]"
            )
            item = replace(item, discounts=found)
        items.append(item)
    return replace(subscription, items=items)
