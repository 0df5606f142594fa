"""Discounts: put coupons on a subscription, an item, an invoice or a line, keep those that stay, and tell of them."""

from collections.abc import Mapping, Sequence

import msgspec

from tenure.actions import coupons, promotion_codes
from tenure.domain.amounts import total
from tenure.domain.discounts import Discount, DiscountSource
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Invalid, NotFound
from tenure.domain.periods import add_months
from tenure.domain.prices import Price
from tenure.domain.prorations import metered
from tenure.domain.requests import DiscountGiven
from tenure.domain.subscriptions import Subscription
from tenure.store.tx import Tx


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """What a discount is put on: whose it is, in which currency, which products it holds, and its ids.

    `amount` is what it costs before discounts, minor units, where that is known.
    """

    customer: str
    currency: str
    products: frozenset[str]
    amount: int | None = None
    subscription: str | None = None
    subscription_item: str | None = None
    invoice: str | None = None
    invoice_item: str | None = None


def of_subscription(subscription: Subscription, prices: Mapping[str, Price], *, item: str | None = None) -> Holder:
    """A subscription, or one of its items, with these prices; usage counts for nothing yet."""
    held = [each for each in subscription.items if item in (None, each.id)]
    found = [(prices[each.price], each.quantity) for each in held if each.price in prices]
    worth = [total(price, 1 if n is None else n, subscription.currency) for price, n in found if not metered(price)]
    return of_prices(subscription, [price for price, _ in found], sum(worth), item=item)


def of_prices(
    subscription: Subscription, prices: Sequence[Price], amount: int | None, *, item: str | None = None
) -> Holder:
    """Something of a subscription that has these prices and comes to this amount."""
    return Holder(
        amount=amount,
        customer=subscription.customer,
        currency=subscription.currency,
        products=frozenset(price.product for price in prices),
        subscription=subscription.id,
        subscription_item=item,
    )


def resolve(
    tx: Tx,
    given: Sequence[DiscountGiven],
    holder: Holder,
    *,
    current: Sequence[Discount],
    now: int,
    param: str,
) -> list[Discount]:
    """The discounts after: named ones stay, coupons and codes are redeemed in order. Raises Invalid, NotFound."""
    kept = {discount.id: discount for discount in current}
    result: list[Discount] = []
    for index, each in enumerate(given):
        at = f"{param}[{index}]"
        if sum(value is not None for value in (each.coupon, each.discount, each.promotion_code)) != 1:
            raise Invalid("Pass exactly one of `coupon`, `promotion_code` and `discount`.", param=at)
        if each.discount is not None:
            if each.discount not in kept:
                raise NotFound(f"No such discount: '{each.discount}'", code="resource_missing", param=f"{at}[discount]")
            result.append(kept[each.discount])
        else:
            result.append(_redeemed(tx, each, holder, now=now, param=at))
    return result


def _redeemed(tx: Tx, given: DiscountGiven, holder: Holder, *, now: int, param: str) -> Discount:
    coupon_id = given.coupon
    if given.promotion_code is not None:
        code = promotion_codes.redeem(
            tx,
            given.promotion_code,
            customer=holder.customer,
            currency=holder.currency,
            amount=holder.amount,
            now=now,
            param=f"{param}[promotion_code]",
        )
        coupon_id = code.promotion.coupon
    assert coupon_id is not None
    coupon = coupons.redeem(
        tx, coupon_id, currency=holder.currency, products=holder.products, now=now, param=f"{param}[coupon]"
    )
    # Only what goes on from period to period has a date at which the coupon ends.
    lasting = coupon.duration == "repeating" and holder.subscription is not None
    months = coupon.duration_in_months if lasting else None
    return Discount(
        id=tx.new_id("di_"),
        customer=holder.customer,
        end=add_months(now, months) if months is not None else None,
        invoice=holder.invoice,
        invoice_item=holder.invoice_item,
        promotion_code=given.promotion_code,
        source=DiscountSource(coupon=coupon_id),
        start=now,
        subscription=holder.subscription,
        subscription_item=holder.subscription_item,
    )


def _all(subscription: Subscription | None) -> dict[str, Discount]:
    if subscription is None:
        return {}
    on_items = [discount for item in subscription.items for discount in item.discounts]
    return {discount.id: discount for discount in [*subscription.discounts, *on_items]}


def news(before: Subscription | None, after: Subscription) -> tuple[EventDraft, ...]:
    """Events of the discounts that came and went between two states of a subscription."""
    old, new = _all(before), _all(after)
    gone = tuple(EventDraft("customer.discount.deleted", d) for key, d in old.items() if key not in new)
    came = tuple(EventDraft("customer.discount.created", d) for key, d in new.items() if key not in old)
    return gone + came


def with_news(before: Subscription, change: Change) -> Change:
    """The change of a subscription with the news of its discounts put first."""
    after = next(doc for doc in change.after if isinstance(doc, Subscription))
    return Change(after=change.after, deleted=change.deleted, events=news(before, after) + change.events)
