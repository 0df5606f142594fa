"""Stories of periods: month ends, leap days, several intervals, pauses, discounts and changes in between."""

from collections.abc import Callable

import pytest
import stripe

from tests.scenarios.dated import Story, at, on

Begin = Callable[[str], Story]


def test_the_31st_returns_after_a_leap_february(begin: Begin):
    story = begin("2027-12-31")
    story.subscribe()
    ends = []
    for date in ("2028-01-30", "2028-02-01", "2028-03-01", "2028-04-02", "2028-05-02"):
        story.go(date)
        ends.append(story.period())
    assert ends == [
        ("2027-12-31", "2028-01-31"),
        ("2028-01-31", "2028-02-29"),
        ("2028-02-29", "2028-03-31"),
        ("2028-03-31", "2028-04-30"),
        ("2028-04-30", "2028-05-31"),
    ]
    assert on(story.now().billing_cycle_anchor) == "2027-12-31"


def test_a_year_from_a_leap_day(begin: Begin):
    story = begin("2028-02-29")
    story.subscribe(story.price("year"))
    assert story.period() == ("2028-02-29", "2029-02-28")
    story.go("2029-03-01")
    assert story.period() == ("2029-02-28", "2030-02-28")


def test_many_periods_pass_in_one_leap_of_the_clock(begin: Begin):
    story = begin("2027-01-31")
    story.subscribe(story.price("week"))
    story.go("2028-01-30")  # 52 weeks later is 2028-01-30
    assert story.period() == ("2028-01-30", "2028-02-06")
    assert story.news().count("subscription.updated") == 52


def test_different_intervals_live_together_in_flexible_mode_only(begin: Begin):
    story = begin("2027-03-15")
    monthly, yearly = story.price("month"), story.price("year")
    story.subscribe(monthly, yearly)
    assert (story.period(0), story.period(1)) == (("2027-03-15", "2027-04-15"), ("2027-03-15", "2028-03-15"))
    story.go("2027-05-01")
    assert (story.period(0), story.period(1)) == (("2027-04-15", "2027-05-15"), ("2027-03-15", "2028-03-15"))
    with pytest.raises(stripe.InvalidRequestError, match="interval fields must match"):
        begin("2027-03-15").subscribe(monthly, yearly, mode="classic")


def test_a_changed_quantity_keeps_the_period_and_tells_the_old_one(begin: Begin):
    story = begin("2027-03-15")
    item = story.subscribe()["items"].data[0].id
    story.go("2027-03-20")
    after = story.change(items=[{"id": item, "quantity": 5}])
    assert after["items"].data[0].quantity == 5
    assert story.period() == ("2027-03-15", "2027-04-15")
    event = story.api.events.list({"type": "customer.subscription.updated", "limit": 1}).data[0]
    assert event.data.previous_attributes["items"]["data"][0]["quantity"] == 1
    assert event.data.object["items"]["data"][0]["quantity"] == 5


@pytest.mark.parametrize(
    ("mode", "anchor", "period"),
    [("classic", "2027-03-20", ("2027-03-20", "2028-03-20")), ("flexible", "2027-03-15", ("2027-03-20", "2028-03-15"))],
)
def test_another_interval_starts_a_new_period(begin: Begin, mode: str, anchor: str, period: tuple[str, str]):
    story = begin("2027-03-15")
    item = story.subscribe(mode=mode)["items"].data[0].id
    story.go("2027-03-20")
    after = story.change(items=[{"id": item, "price": story.price("year")}])
    assert on(after.billing_cycle_anchor) == anchor
    assert story.period() == period


def test_a_new_anchor_starts_a_new_period(begin: Begin):
    story = begin("2027-03-15")
    story.subscribe()
    story.go("2027-03-20")
    assert on(story.change(billing_cycle_anchor="now").billing_cycle_anchor) == "2027-03-20"
    assert story.period() == ("2027-03-20", "2027-04-20")


def test_a_calendar_day_can_be_the_anchor(begin: Begin):
    story = begin("2027-03-15")
    made = story.subscribe(billing_cycle_anchor_config={"day_of_month": 31, "hour": 0, "minute": 0, "second": 0})
    assert on(made.billing_cycle_anchor) == "2027-03-31"
    assert story.period() == ("2027-03-15", "2027-03-31")
    story.go("2027-04-01")
    assert story.period() == ("2027-03-31", "2027-04-30")


@pytest.mark.parametrize("mode", ["classic", "flexible"])
def test_a_trial_that_is_ended_starts_a_period_now(begin: Begin, mode: str):
    story = begin("2027-03-01")
    story.subscribe(mode=mode, trial_period_days=30)
    story.go("2027-03-10")
    after = story.change(trial_end="now")
    assert (after.status, on(after.trial_end), on(after.billing_cycle_anchor)) == ("active", "2027-03-10", "2027-03-10")
    assert story.period() == ("2027-03-10", "2027-04-10")
    story.go("2027-04-11")
    assert story.period() == ("2027-04-10", "2027-05-10")


def test_a_repeating_coupon_ends_after_its_months(begin: Begin):
    story = begin("2027-01-31")
    coupon = story.api.coupons.create({"percent_off": 25, "duration": "repeating", "duration_in_months": 3}).id
    story.subscribe(discounts=[{"coupon": coupon}])
    discount = story.api.subscriptions.retrieve(story.id, {"expand": ["discounts"]}).discounts[0]
    assert (on(discount.start), on(discount.end)) == ("2027-01-31", "2027-04-30")
    assert len(story.go("2027-04-29").discounts) == 1
    assert story.go("2027-05-01").discounts == []
    assert story.news() == [
        "discount.created",
        "subscription.created",
        *["subscription.updated"] * 2,
        "discount.deleted",
        "subscription.updated",
    ]


def test_a_repeating_coupon_on_an_item_ends_too(begin: Begin):
    story = begin("2027-01-15")
    coupon = story.api.coupons.create({"percent_off": 25, "duration": "repeating", "duration_in_months": 1}).id
    story.subscribe(items=[{"price": story.price(), "discounts": [{"coupon": coupon}]}])
    assert len(story.now()["items"].data[0].discounts) == 1
    assert story.go("2027-02-16")["items"].data[0].discounts == []


def test_a_coupon_that_lasts_for_ever_stays(begin: Begin):
    story = begin("2027-01-31")
    coupon = story.api.coupons.create({"percent_off": 25, "duration": "forever"}).id
    story.subscribe(discounts=[{"coupon": coupon}])
    story.api.coupons.delete(coupon)
    assert len(story.go("2028-01-31").discounts) == 1


def test_collection_goes_on_when_its_pause_is_over(begin: Begin):
    story = begin("2027-01-10")
    story.subscribe()
    story.change(pause_collection={"behavior": "void", "resumes_at": at("2027-03-01")})
    paused = story.go("2027-02-20")
    assert (paused.status, paused.pause_collection.behavior) == ("active", "void")
    assert story.period() == ("2027-02-10", "2027-03-10")
    assert story.go("2027-03-02").pause_collection is None
    story.change(pause_collection={"behavior": "keep_as_draft"})
    assert story.change(pause_collection="").pause_collection is None


def test_a_paused_plan_stands_still_until_it_is_resumed(begin: Begin):
    story = begin("2027-01-10")
    story.subscribe()
    paused = story.api.subscriptions.pause(story.id)
    assert paused.status_details.paused.subscription.type == "pause_requested"
    assert story.go("2027-06-01").status == "paused"
    assert story.period() == ("2027-01-10", "2027-02-10")
    assert story.api.subscriptions.resume(story.id).status == "active"
    assert story.period() == ("2027-06-01", "2027-07-01")
    assert story.news()[1:] == [
        "subscription.updated",
        "subscription.paused",
        "subscription.updated",
        "subscription.resumed",
    ]


def test_items_come_and_go(begin: Begin):
    story = begin("2027-01-10")
    first = story.subscribe()["items"].data[0].id
    story.go("2027-01-20")
    added = story.api.subscription_items.create({"subscription": story.id, "price": story.price()}).id
    assert story.period(1) == ("2027-01-20", "2027-02-10")
    story.api.subscription_items.delete(first)
    assert [each.id for each in story.now()["items"].data] == [added]
