"""The cancel flow: which page comes next, which offer is fair, and what is kept of every flow.

    ask = before    Ask ──▶ Offer ──▶ Confirm ──▶ Done
    ask = after           Offer ──▶ Confirm ──▶ Ask ──▶ Done
    accepted offer  ──▶ Done (nothing is cancelled)

A reason never gates the cancel: skipping counts as an answer. An offer is made once in a flow and
once in 365 days to a customer, and never by a subscription that is ending, unpaid, or has that coupon.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from tenure.domain.amounts import charge, tariff
from tenure.domain.coupons import Coupon, fits, is_valid
from tenure.domain.documents import Document, Part
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


class Payment(Part, frozen=True, kw_only=True):
    """One invoice to come, in minor units: its total with the offer and without it."""

    at: int
    full: int
    reduced: int


class OfferTerms(Part, frozen=True, kw_only=True):
    """The offer in money, minor units of `currency`.

    `payments` are the invoices that the offer lowers, all of them where `after` is set: the first one that it does not
    lower any more. Without `after` they go on: for good, or until `until`, unix seconds.
    """

    coupon: str
    currency: str
    payments: tuple[Payment, ...]
    after: Payment | None = None
    until: int | None = None

    @property
    def saved_total(self) -> int | None:
        """What is saved in all, or None where there is no end in sight."""
        return sum(each.full - each.reduced for each in self.payments) if self.after is not None else None


def recurring_amount(subscription: Subscription, prices: Mapping[str, Price]) -> int | None:
    """The regular amount of one period before discounts and taxes, minor units; None where no price fixes it."""
    total = 0
    for item in subscription.items:
        price = prices.get(item.price)
        if price is None or price.recurring is None or price.recurring.usage_type == "metered":
            return None
        if price.billing_scheme == "per_unit" and tariff(price, subscription.currency).unit is None:
            return None
        quantity = item.quantity if item.quantity is not None else 1
        total += sum(tranche.amount for tranche in charge(price, quantity, subscription.currency))
    return total


def offered_terms(
    coupon: Coupon, currency: str, invoices: Sequence[Payment], *, until: int | None, most: int
) -> OfferTerms | None:
    """The offer over the invoices to come, oldest first; `most` is how many were looked at. None without any."""
    if coupon.duration == "once":
        used = next((n for n, each in enumerate(invoices) if each.full != each.reduced), None)
        reduced = list(invoices[: used + 1]) if used is not None else []
    else:
        reduced = [each for each in invoices if until is None or each.at < until]
    if not reduced:
        return None
    ends = coupon.duration != "forever" and len(reduced) < min(len(invoices), most)
    return OfferTerms(
        coupon=coupon.id,
        currency=currency,
        payments=tuple(reduced if ends else reduced[:1]),
        after=invoices[len(reduced)] if ends else None,
        until=until,
    )
