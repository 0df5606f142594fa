"""The cancel flow: which page comes next, which offer is fair, and what is kept of every flow.

    ask = before    Ask ──▶ Offer ──▶ Confirm ──▶ Done
    ask = after           Offer ──▶ Confirm ──▶ Ask ──▶ Done
    accepted offer  ──▶ Done (nothing is cancelled)

A reason never gates the cancel: skipping counts as an answer. An offer is made once in a flow and
once in 365 days to a customer, and never by a subscription that is ending, unpaid, or has that coupon.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from tenure.domain.coupons import Coupon, amount_off, fits, is_valid
from tenure.domain.documents import Document, Part
from tenure.domain.periods import Interval, add_months, boundary
from tenure.domain.portal import Configuration, Feedback, Session
from tenure.domain.prices import Price
from tenure.domain.subscriptions import Status, Subscription, is_ending

OFFER_AGAIN_AFTER_S = 365 * 86400
COMMENT_MAX = 5000
Outcome = Literal["aborted", "cancelled", "error", "saved"]
Source = Literal["api", "dashboard", "portal", "portal_flow"]


class OfferRecord(Part, frozen=True, kw_only=True):
    """The offer of one flow: when it was shown and what the customer said, unix seconds."""

    accepted_at: int | None = None
    coupon: str
    declined_at: int | None = None
    discount: str | None = None
    shown_at: int


class CancellationSession(Document, frozen=True, kw_only=True):
    """One cancel flow from start to outcome; it keeps the answer even when the end is taken back later."""

    object: str = "cancellation_session"
    comment: str | None = None
    completed_at: int | None = None
    configuration: str | None = None
    confirmed_at: int | None = None
    customer: str
    effective_at: int | None = None
    feedback: Feedback | None = None
    feedback_option: str | None = None
    locale: str | None = None
    mode: Literal["at_period_end", "immediately"] | None = None
    offer: OfferRecord | None = None
    outcome: Outcome | None = None
    portal_session: str | None = None
    reason_asked_at: int | None = None
    reason_given_at: int | None = None
    reference: str | None = None
    source: Source = "portal"
    subscription: str
    undone_at: int | None = None


class Ask(Part, frozen=True, tag=True):
    """Ask for the reason."""


class Offer(Part, frozen=True, tag=True):
    """Make the offer of this coupon."""

    coupon: str


class Confirm(Part, frozen=True, tag=True):
    """Say what will happen and let the customer decide."""


class Done(Part, frozen=True, tag=True):
    """Nothing is left to ask."""


Step = Ask | Offer | Confirm | Done


class Policy(Part, frozen=True, kw_only=True):
    """What this flow may ask and offer."""

    ask: Literal["after", "before"] | None = None
    feedback_options: tuple[str, ...] = ()
    labels: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)
    mode: Literal["at_period_end", "immediately"] = "at_period_end"
    offer_coupon: str | None = None
    options: tuple[Feedback, ...] = ()
    prorate: bool = False


class Answers(Part, frozen=True, kw_only=True):
    """What the customer has answered so far in this flow."""

    reason_answered: bool = False
    offer_answered: bool = False
    accepted: bool = False
    confirmed: bool = False


def policy(configuration: Configuration, session: Session | None, *, subscription: str = "") -> Policy:
    """What the configuration says about cancelling; a deep link's coupon wins, for the link's subscription alone."""
    cancel = configuration.features.subscription_cancel
    retention = cancel.retention
    task = session.flow.subscription_cancel if session is not None and session.flow is not None else None
    if task is not None and task.subscription == subscription:
        retention = task.retention or retention
    coupon = retention.coupon_offer.coupon if retention and retention.coupon_offer else None
    reason = cancel.cancellation_reason
    asks = reason.enabled and bool(reason.options or reason.feedback_options)
    return Policy(
        ask=reason.ask if asks else None,
        feedback_options=tuple(reason.feedback_options or ()),
        labels=reason.labels,
        mode=cancel.mode,
        offer_coupon=coupon,
        options=tuple(reason.options),
        prorate=cancel.proration_behavior == "create_prorations",
    )


def next_step(policy: Policy, answers: Answers, *, offer: str | None) -> Step:
    """The page that comes next; `offer` is the coupon that really applies, or None."""
    if answers.accepted:
        return Done()
    if not answers.confirmed:
        if policy.ask == "before" and not answers.reason_answered:
            return Ask()
        if offer is not None and not answers.offer_answered:
            return Offer(coupon=offer)
        return Confirm()
    return Ask() if policy.ask == "after" and not answers.reason_answered else Done()


def answers_of(flow: CancellationSession) -> Answers:
    """What a flow's record says has been answered."""
    offer = flow.offer
    return Answers(
        reason_answered=flow.reason_given_at is not None,
        offer_answered=offer is not None and (offer.accepted_at or offer.declined_at) is not None,
        accepted=offer is not None and offer.accepted_at is not None,
        confirmed=flow.confirmed_at is not None,
    )


def steps(policy: Policy, *, offer: str | None) -> int:
    """How many pages a customer who goes through with it sees before and after confirming."""
    return 1 + (policy.ask is not None) + (offer is not None)


def may_offer(
    coupon: Coupon, subscription: Subscription, prices: Mapping[str, Price], *, now: int, last_accepted_at: int | None
) -> bool:
    """Whether this coupon is a fair offer on this subscription now; see the top of this file."""
    again = last_accepted_at is None or now - last_accepted_at >= OFFER_AGAIN_AFTER_S
    products = frozenset(prices[item.price].product for item in subscription.items if item.price in prices)
    carried = {d.source.coupon for d in subscription.discounts}
    carried |= {d.source.coupon for item in subscription.items for d in item.discounts}
    return (
        again
        and is_valid(coupon, now)
        and fits(coupon, subscription.currency, products)
        and coupon.id not in carried
        and subscription.status in (Status.ACTIVE, Status.TRIALING)
        and not is_ending(subscription)
    )


class OfferTerms(Part, frozen=True, kw_only=True):
    """The offer in money, minor units of `currency`; the last three are None where the full price never returns.

    `until` is when the discount ends, unix seconds.
    """

    coupon: str
    currency: str
    full_amount: int
    reduced_amount: int
    months: int | None
    until: int | None
    payments: int | None
    saved_total: int | None


def recurring_amount(subscription: Subscription, prices: Mapping[str, Price]) -> int | None:
    """The regular amount of one period, minor units, or None where a price has no fixed amount."""
    total = 0
    for item in subscription.items:
        price = prices.get(item.price)
        option = (price.currency_options or {}).get(subscription.currency) if price else None
        unit = option.unit_amount if option else price.unit_amount if price else None
        if price is None or unit is None or price.billing_scheme != "per_unit" or price.transform_quantity is not None:
            return None
        total += unit * (item.quantity if item.quantity is not None else 1)
    return total


def terms(coupon: Coupon, subscription: Subscription, prices: Mapping[str, Price], *, now: int) -> OfferTerms | None:
    """What the offer means for the next payments, or None where the amount is not fixed."""
    amount = recurring_amount(subscription, prices)
    recurring = prices[subscription.items[0].price].recurring
    if amount is None or recurring is None:
        return None
    off = amount_off(coupon, amount, subscription.currency)
    first = max(item.current_period_end for item in subscription.items)
    months = coupon.duration_in_months if coupon.duration == "repeating" else None
    until = add_months(now, months) if months is not None else None
    every = (recurring.interval, recurring.interval_count)
    payments = 1 if coupon.duration == "once" else _payments_before(first, until, every)
    return OfferTerms(
        coupon=coupon.id,
        currency=subscription.currency,
        full_amount=amount,
        reduced_amount=amount - off,
        months=months,
        until=until,
        payments=payments,
        saved_total=off * payments if payments is not None else None,
    )


def _payments_before(first: int, until: int | None, every: tuple[Interval, int]) -> int | None:
    """How many payments, the first at `first`, fall before `until`; None when there is no such end."""
    if until is None:
        return None
    number = 0
    while boundary(first, *every, number) < until:
        number += 1
    return number
