"""Which page of the cancel flow comes next, and which offer is fair."""

from itertools import product
from typing import Any

import pytest
from msgspec.structs import replace

from tenure.domain.prices import Recurring
from tenure.domain.retention import (
    OFFER_AGAIN_AFTER_S,
    Answers,
    Ask,
    Confirm,
    Done,
    Offer,
    Payment,
    Policy,
    Step,
    may_offer,
    next_step,
    offered_terms,
    recurring_amount,
)
from tenure.domain.subscriptions import Status
from tests.domain.samples import MONTH_S, NOW, coupon, discount, item, price, subscription

BOTH = (False, True)
COMBINATIONS = list(product((None, "after", "before"), (None, "STAY"), BOTH, BOTH, BOTH, BOTH))


def expected(ask: str | None, offer: str | None, reason: bool, answered: bool, accepted: bool, confirmed: bool) -> Step:
    """The picture at the top of retention.py, read as a table: the first row that holds."""
    rows: list[tuple[bool, Step]] = [
        (accepted, Done()),
        (not confirmed and ask == "before" and not reason, Ask()),
        (not confirmed and offer is not None and not answered, Offer(coupon=offer or "")),
        (not confirmed, Confirm()),
        (ask == "after" and not reason, Ask()),
        (True, Done()),
    ]
    return next(step for holds, step in rows if holds)


@pytest.mark.parametrize(("ask", "offer", "reason", "answered", "accepted", "confirmed"), COMBINATIONS)
def test_every_combination_has_its_page(
    ask: Any, offer: str | None, reason: bool, answered: bool, accepted: bool, confirmed: bool
):
    answers = Answers(reason_answered=reason, offer_answered=answered, accepted=accepted, confirmed=confirmed)
    step = next_step(Policy(ask=ask), answers, offer=offer)
    assert step == expected(ask, offer, reason, answered, accepted, confirmed)


@pytest.mark.parametrize(
    ("ask", "offer", "pages"),
    [
        (None, None, ["Confirm", "Done"]),
        (None, "STAY", ["Offer", "Confirm", "Done"]),
        ("before", "STAY", ["Ask", "Offer", "Confirm", "Done"]),
        ("after", "STAY", ["Offer", "Confirm", "Ask", "Done"]),
        ("before", None, ["Ask", "Confirm", "Done"]),
        ("after", None, ["Confirm", "Ask", "Done"]),
    ],
)
def test_a_flow_without_acceptance_visits_each_page_once(ask: Any, offer: str | None, pages: list[str]):
    answers, seen = Answers(), []
    while not seen or seen[-1] != "Done":
        step = next_step(Policy(ask=ask), answers, offer=offer)
        seen.append(type(step).__name__)
        match step:
            case Ask():
                answers = replace(answers, reason_answered=True)
            case Offer():
                answers = replace(answers, offer_answered=True)
            case Confirm():
                answers = replace(answers, confirmed=True)
    assert seen == pages


def offered(last: int | None = None, given: Any = None, **fields: Any) -> bool:
    here = subscription(**fields)
    return may_offer(given or coupon(), here, {"price_1": price()}, now=NOW, last_accepted_at=last)


def test_an_offer_is_fair_once_a_year():
    assert offered()
    assert not offered(last=NOW)
    assert not offered(last=NOW - OFFER_AGAIN_AFTER_S + 1)
    assert offered(last=NOW - OFFER_AGAIN_AFTER_S)


@pytest.mark.parametrize(
    "fields",
    [
        {"discounts": [discount()]},
        {"items": [item(discounts=[discount()])]},
        {"cancel_at": NOW + 5},
        {"cancel_at_period_end": True},
        {"given": coupon(redeem_by=NOW)},
        {"given": coupon(max_redemptions=1, times_redeemed=1)},
        {"given": coupon(amount_off=5, currency="usd")},
        *({"status": state} for state in set(Status) - {Status.ACTIVE, Status.TRIALING}),
    ],
)
def test_an_offer_that_would_not_work_is_not_made(fields: dict[str, Any]):
    assert not offered(**fields)


def test_another_discount_does_not_stand_in_the_way():
    assert offered(discounts=[discount("OTHER")])


def payments(*pairs: tuple[int, int]) -> list[Payment]:
    return [Payment(at=NOW + n * MONTH_S, full=full, reduced=reduced) for n, (full, reduced) in enumerate(pairs)]


def test_the_offer_in_money():
    coming = payments((3000, 2250), (3000, 2250), (3000, 3000))
    told = offered_terms(coupon(), "eur", coming[:2], until=None, most=37)
    assert told is not None
    assert (len(told.payments), told.after, told.saved_total) == (1, coming[1], 750)
    three = coupon(duration="repeating", duration_in_months=3)
    told = offered_terms(three, "eur", coming, until=NOW + 2 * MONTH_S, most=37)
    assert told is not None
    assert (len(told.payments), told.after, told.saved_total) == (2, coming[2], 1500)
    always = offered_terms(coupon(duration="forever"), "eur", coming, until=None, most=37)
    assert always is not None and (len(always.payments), always.after, always.saved_total) == (1, None, None)
    assert offered_terms(three, "eur", [], until=None, most=37) is None


def test_a_coupon_for_one_payment_waits_for_one_that_it_lowers():
    told = offered_terms(coupon(), "eur", payments((0, 0), (3000, 2250), (3000, 3000)), until=None, most=37)
    assert told is not None and len(told.payments) == 2 and told.saved_total == 750
    assert offered_terms(coupon(), "eur", payments((0, 0)), until=None, most=37) is None


def test_an_offer_that_outlasts_what_was_looked_at_has_no_total():
    told = offered_terms(coupon(duration="repeating", duration_in_months=36), "eur", payments((30, 20), (30, 20)),
                         until=NOW + 99 * MONTH_S, most=2)  # fmt: skip
    assert told is not None and (len(told.payments), told.after, told.saved_total) == (1, None, None)


def test_the_regular_amount_is_what_the_price_asks_for_a_quantity():
    here = subscription(items=[item(quantity=3)])
    assert recurring_amount(here, {"price_1": price(amount=1000)}) == 3000
    metered = replace(price(), recurring=Recurring(interval="month", usage_type="metered"))
    assert recurring_amount(here, {"price_1": metered}) is None
