"""Which page of the cancel flow comes next, and which offer is fair."""

from itertools import product
from typing import Any

import pytest
from msgspec.structs import replace

from tenure.domain.retention import (
    OFFER_AGAIN_AFTER_S,
    Answers,
    Ask,
    Confirm,
    Done,
    Offer,
    Policy,
    Step,
    may_offer,
    next_step,
    terms,
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


def test_the_offer_in_money():
    here, prices = subscription(items=[item(quantity=3)]), {"price_1": price(amount=1000)}
    three = coupon(duration="repeating", duration_in_months=3)
    told = terms(three, here, prices, now=NOW)
    assert told is not None
    assert (told.full_amount, told.reduced_amount) == (3000, 2250)  # 3 × 1000, a quarter off
    assert (told.months, told.payments) == (3, 2)  # the first payment is 31 days ahead, the discount ends in 3 months
    assert told.saved_total == 1500  # 2 × 750
    once = terms(coupon(), here, prices, now=NOW)
    assert once is not None and (once.payments, once.saved_total, once.until) == (1, 750, None)
    always = terms(coupon(duration="forever"), here, prices, now=NOW)
    assert always is not None and (always.payments, always.saved_total) == (None, None)
    assert terms(three, here, {"price_1": replace(price(), unit_amount=None)}, now=NOW) is None
    assert MONTH_S == 31 * 86400
