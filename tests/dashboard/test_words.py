"""What merchants read, word by word."""

from typing import Any

import msgspec
import pytest

from tenure.dashboard import words
from tenure.dashboard.formats import Words
from tenure.dashboard.passwords import Factor, load_factor, recovery_hash, use, weakness
from tenure.dashboard.visit import read_form
from tenure.domain.coupons import Coupon
from tenure.domain.events import Event, EventData
from tenure.domain.prices import Price, Recurring
from tenure.domain.subscriptions import CancellationDetails, Status, Subscription
from tenure.i18n.languages import language

NOW = 1_795_305_600  # 22 November 2026, 00:00 UTC
W = Words(language=language("en"), zone="UTC", now=NOW)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"percent_off": 25, "duration": "repeating", "duration_in_months": 3}, "25% off for 3 months"),
        ({"percent_off": 12.5, "duration": "repeating", "duration_in_months": 1}, "12.5% off for 1 month"),
        ({"percent_off": 100, "duration": "forever"}, "100% off forever"),
        ({"amount_off": 500, "currency": "eur", "duration": "once"}, "€5.00 off once"),
        ({"amount_off": 500, "currency": "jpy", "duration": "once"}, "¥500 off once"),
    ],
)
def test_a_coupon_is_one_phrase(fields: dict[str, Any], said: str):
    assert words.coupon_terms(W, Coupon(id="c", **fields)) == said


def test_a_price_says_how_often():
    price = Price(id="p", product="x", currency="eur", unit_amount=2900, recurring=Recurring(interval="month"))
    assert words.price_terms(W, price) == "€29.00 per month"
    assert words.price_terms(W, price, amount=14500) == "€145.00 per month"
    quarterly = msgspec.structs.replace(price, recurring=Recurring(interval="month", interval_count=3))
    assert words.price_terms(W, quarterly) == "€29.00 every 3 months"


def _subscription(**fields: Any) -> Subscription:
    needed = {"billing_cycle_anchor": NOW, "currency": "eur", "customer": "cus_1", "items": [], "start_date": NOW}
    return Subscription(id="sub_1", **needed, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", list(Status))
def test_every_state_has_a_word_and_an_icon(status: Status):
    badge = words.status_badge(W, _subscription(status=status))
    assert badge.label
    assert badge.icon


def test_an_end_that_is_set_comes_before_the_state():
    at = NOW + 22 * 86400
    badge = words.status_badge(W, _subscription(status=Status.ACTIVE, cancel_at=at))
    assert badge.label.replace("\u00a0", " ") == "Ends Dec 14"
    ended = _subscription(status=Status.CANCELED, cancel_at=at, cancellation_details=CancellationDetails())
    assert words.status_badge(W, ended).label == "Ended"


def _changed(now: dict[str, Any], before: dict[str, Any]) -> str:
    data = EventData(object=now, previous_attributes=before)
    return words.event_sentence(W, Event(id="evt_1", type="customer.subscription.updated", data=data))


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        ({"cancel_at": 5}, {"cancel_at": None}, "Cancellation scheduled"),
        ({"cancel_at": None, "cancel_at_period_end": False}, {"cancel_at": 5}, "Cancellation taken back"),
        (
            {"cancellation_details": {"feedback": "unused"}},
            {"cancellation_details": {"feedback": None}},
            "Reason given: I no longer need it",
        ),
        ({"discounts": ["di_1"]}, {"discounts": []}, "Discount changed"),
        ({"status": "past_due"}, {"status": "active"}, "Status changed from Active to Payment failed"),
        (
            {"items": {"data": [{"quantity": 5}]}},
            {"items": {"data": [{"quantity": 3}]}},
            "Quantity changed from 3 to 5",
        ),
        ({"pause_collection": {"behavior": "void"}}, {"pause_collection": None}, "Collection paused"),
        ({"description": "a"}, {"description": "b"}, "Subscription changed"),
    ],
)
def test_the_timeline_tells_what_changed(now: dict[str, Any], before: dict[str, Any], said: str):
    assert _changed(now, before) == said


def test_a_form_keeps_every_value_and_no_nul():
    form = read_form("a=1&a=2&b=x%00y&c=")
    assert form.every("a") == ["1", "2"]
    assert form.one("b") == "x\ufffdy"
    assert not form.flag("c")


def test_a_recovery_code_works_once_however_it_is_typed():
    factor = Factor("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", (recovery_hash("abcde-fghjk"),))
    assert load_factor(factor.dump()) == factor
    after = use(factor, " ABCDE FGHJK ", NOW)
    assert after is not None
    assert after.recovery == ()
    assert use(after, "abcde-fghjk", NOW) is None


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("seven77", "short"),
        ("x" * 257, "long"),
        ("Password123", "common"),
        ("a@b.example", "common"),
        ("owls at noon", None),
    ],
)
def test_passwords_that_are_guessed_first_are_refused(password: str, why: str | None):
    assert weakness(password, "a@b.example") == why
