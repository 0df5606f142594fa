"""Forecasts: the invoices that will follow, worked out by the same functions that bill them; nothing is saved.

subscription ─▶ next_bill ─▶ the subscription after it ─▶ next_bill ─▶ …
with an offer's coupon and without it, side by side: what the offer means in money
"""

from collections.abc import Iterator

from msgspec.structs import replace

from tenure.actions import billing, previews, renewals
from tenure.actions.clock import moment
from tenure.actions.terms import prices_of
from tenure.domain.coupons import Coupon
from tenure.domain.discounts import Discount, DiscountSource
from tenure.domain.invoices import Invoice
from tenure.domain.periods import add_months
from tenure.domain.prorations import metered
from tenure.domain.retention import OfferTerms, Payment, offered_terms
from tenure.domain.subscriptions import Subscription
from tenure.store.tx import Tx

MOST = 37  # three years of months, and the first payment after them


def by_usage(tx: Tx, subscription: Subscription) -> bool:
    """Whether usage that is still to come decides what its invoices say."""
    return any(metered(price) for price in prices_of(tx, subscription).values())


def has_last_bill(tx: Tx, subscription: Subscription) -> bool:
    """Whether an end at the period's end is followed by one more invoice: of usage, or of items that wait."""
    return by_usage(tx, subscription) or bool(billing.waiting(tx, subscription))


def coming(tx: Tx, subscription: Subscription) -> Iterator[Invoice]:
    """Its invoices to come, the next one first, as long as nothing stops it."""
    here, first = subscription, True
    while not previews.stops(here):
        bill = renewals.next_bill(tx, here, waiting=first)
        yield bill.invoice
        assert bill.subscription is not None
        here, first = bill.subscription, False


def offer_terms(tx: Tx, coupon: Coupon, subscription: Subscription, *, given: str | None = None) -> OfferTerms | None:
    """The offer in money: each invoice that it lowers, with the coupon and without; None where usage decides.

    `given` names the discount of an offer that was accepted, which is on the subscription already.
    """
    if by_usage(tx, subscription):
        return None
    known = next((each for each in subscription.discounts if each.id == given), None)
    if known is None and given is not None:
        return None
    discount = known or _supposed(coupon, subscription, moment(tx, subscription.test_clock))
    others = [each for each in subscription.discounts if each is not known]
    without = replace(subscription, discounts=others)
    with_it = subscription if known else replace(subscription, discounts=[*others, discount])
    invoices = _side_by_side(tx, with_it, without, last=_last(coupon, discount))
    return offered_terms(coupon, subscription.currency, invoices, until=discount.end, most=MOST)


def _supposed(coupon: Coupon, subscription: Subscription, now: int) -> Discount:
    """The discount that accepting now would make."""
    months = coupon.duration_in_months if coupon.duration == "repeating" else None
    return Discount(
        id="di_offered",
        customer=subscription.customer,
        end=add_months(now, months) if months is not None else None,
        source=DiscountSource(coupon=coupon.id),
        start=now,
        subscription=subscription.id,
    )


def _last(coupon: Coupon, discount: Discount) -> int | None:
    """The moment after which no invoice needs to be looked at; None where the first ones tell it."""
    return discount.end if coupon.duration == "repeating" else None


def _side_by_side(tx: Tx, with_it: Subscription, without: Subscription, *, last: int | None) -> list[Payment]:
    found: list[Payment] = []
    pairs = zip(coming(tx, with_it), coming(tx, without), strict=False)
    for reduced, full in pairs:
        found.append(Payment(at=reduced.created, full=full.total, reduced=reduced.total))
        if len(found) == MOST or (last is not None and reduced.created >= last):
            break
        if last is None and len(found) > 1 and found[-2].full != found[-2].reduced:
            break
    return found
