"""Stories of schedules: a downgrade that waits, prices that change with their phase, release and cancel."""

from collections.abc import Callable
from typing import Any

from tests.scenarios.dated import Story, at, on
from tests.support.wait import until

Begin = Callable[[str], Story]


def totals(story: Story) -> list[int]:
    """What each invoice of the customer comes to, the oldest first."""
    return [each.total for each in story.api.invoices.list({"customer": story.customer}).data[::-1]]


def scheduled(story: Story, *phases: dict[str, Any], **fields: Any) -> Any:
    """A schedule that starts now; the story's subscription is the one that it makes."""
    asked = {"customer": story.customer, "start_date": "now", "phases": list(phases)} | fields
    made = story.api.subscription_schedules.create(asked)
    story.id = made.subscription
    return made


def phase(*prices: str, quantity: int = 1, **fields: Any) -> dict[str, Any]:
    return {"items": [{"price": price, "quantity": quantity} for price in prices]} | fields


def windows(schedule: Any) -> list[tuple[str | None, str | None]]:
    return [(on(each.start_date), on(each.end_date)) for each in schedule.phases]


MONTH = {"duration": {"interval": "month"}}


def test_a_downgrade_waits_for_the_end_of_the_period(begin: Begin):
    story = begin("2027-01-10")
    team, solo = story.price(amount=3000), story.price(amount=1000)
    story.subscribe(team)
    story.go("2027-01-20")
    schedules = story.api.subscription_schedules
    taken = schedules.create({"from_subscription": story.id})
    assert (taken.status, windows(taken)) == ("active", [("2027-01-10", "2027-02-10")])
    here = phase(team, start_date=taken.phases[0].start_date, end_date=taken.phases[0].end_date)
    made = schedules.update(taken.id, {"phases": [here, phase(solo, proration_behavior="none", **MONTH)]})
    assert windows(made) == [("2027-01-10", "2027-02-10"), ("2027-02-10", "2027-03-10")]
    assert (story.now()["items"].data[0].price.id, totals(story)) == (team, [3000])

    after = story.go("2027-02-11")
    assert (after["items"].data[0].price.id, after.schedule) == (solo, made.id)
    assert story.period() == ("2027-02-10", "2027-03-10")
    assert totals(story) == [3000, 1000]
    assert on(schedules.retrieve(made.id).current_phase.start_date) == "2027-02-10"

    after = story.go("2027-03-11")
    assert (after.status, after.schedule, story.period()) == ("active", None, ("2027-03-10", "2027-04-10"))
    over = schedules.retrieve(made.id)
    assert (over.status, on(over.released_at), over.released_subscription) == ("released", "2027-03-10", story.id)
    assert totals(story) == [3000, 1000, 1000]


def test_two_phases_with_prices_of_their_own_and_a_discount_in_the_first(begin: Begin):
    story = begin("2027-01-31")
    launch, regular = story.price(amount=3000), story.price(amount=1000)
    half = story.api.coupons.create({"percent_off": 50, "duration": "forever"}).id
    made = scheduled(
        story,
        phase(launch, discounts=[{"coupon": half}], duration={"interval": "month", "interval_count": 2}),
        phase(regular, quantity=4, **MONTH),
    )
    assert windows(made) == [("2027-01-31", "2027-03-31"), ("2027-03-31", "2027-04-30")]
    story.go("2027-03-01")
    assert totals(story) == [1500, 1500]  # 3000 - 50%
    after = story.go("2027-04-01")
    assert (after["items"].data[0].price.id, after["items"].data[0].quantity, after.discounts) == (regular, 4, [])
    assert totals(story) == [1500, 1500, 4000]  # 4 × 1000
    assert story.go("2027-05-01").schedule is None
    assert totals(story) == [1500, 1500, 4000, 4000]


def test_a_phase_that_begins_inside_a_period_is_prorated(begin: Begin):
    story = begin("2027-01-10")
    small, big = story.price(amount=3000), story.price(amount=6000)
    scheduled(story, phase(small, end_date=at("2027-01-25")), phase(big, **MONTH))
    story.go("2027-01-26")
    assert (story.now()["items"].data[0].price.id, story.period()) == (big, ("2027-01-10", "2027-02-10"))
    story.go("2027-02-11")
    # 16 of 31 days are left: 6000 × 16/31 = 3097 more, 3000 × 16/31 = 1548 back
    assert totals(story) == [3000, 6000 + 3097 - 1548]


def test_a_phase_without_prorations_costs_what_it_costs_from_the_next_period_on(begin: Begin):
    story = begin("2027-01-10")
    small, big = story.price(amount=3000), story.price(amount=6000)
    scheduled(story, phase(small, end_date=at("2027-01-25")), phase(big, proration_behavior="none", **MONTH))
    story.go("2027-02-11")
    assert totals(story) == [3000, 6000]


def test_a_schedule_that_starts_later_bills_from_its_start(begin: Begin):
    story = begin("2027-01-10")
    made = scheduled(story, phase(story.price(amount=500), **MONTH), start_date=at("2027-02-01"))
    assert (made.status, made.subscription, totals(story)) == ("not_started", None, [])
    clocks = story.api.test_helpers.test_clocks
    clocks.advance(story.clock, {"frozen_time": at("2027-02-02")})
    until(lambda: clocks.retrieve(story.clock).status == "ready", 30, every=0.05)
    begun = story.api.subscription_schedules.retrieve(made.id)
    story.id = begun.subscription
    assert (begun.status, on(story.now().start_date), totals(story)) == ("active", "2027-02-01", [500])


def test_an_end_of_cancel_ends_the_subscription_and_is_announced_a_week_before(begin: Begin):
    story = begin("2027-01-10")
    made = scheduled(story, phase(story.price(amount=500), **MONTH), end_behavior="cancel")
    assert on(story.now().cancel_at) == "2027-02-10"
    story.go("2027-02-04")
    news = story.api.events.list({"type": "subscription_schedule.*", "limit": 10}).data
    assert [each.type for each in news if each.data.object.id == made.id][0] == "subscription_schedule.expiring"
    after = story.go("2027-03-20")
    assert (after.status, on(after.ended_at), totals(story)) == ("canceled", "2027-02-10", [500])
    over = story.api.subscription_schedules.retrieve(made.id)
    assert (over.status, on(over.completed_at)) == ("completed", "2027-02-10")


def test_a_released_subscription_goes_on_as_it_is(begin: Begin):
    story = begin("2027-01-10")
    team, solo = story.price(amount=3000), story.price(amount=1000)
    made = scheduled(story, phase(team, **MONTH), phase(solo, **MONTH), end_behavior="cancel")
    story.go("2027-01-20")
    free = story.api.subscription_schedules.release(made.id)
    assert (free.status, on(free.released_at), free.subscription) == ("released", "2027-01-20", None)
    after = story.go("2027-04-11")
    assert (after.status, after.cancel_at, after["items"].data[0].price.id) == ("active", None, team)
    assert totals(story) == [3000, 3000, 3000, 3000]


def test_a_canceled_schedule_gives_back_what_is_left(begin: Begin):
    story = begin("2027-01-10")
    made = scheduled(story, phase(story.price(amount=3100), **MONTH))
    story.go("2027-01-20")
    gone = story.api.subscription_schedules.cancel(made.id)
    assert (gone.status, on(gone.canceled_at), story.now().status) == ("canceled", "2027-01-20", "canceled")
    assert totals(story) == [3100, -2100]  # 3100 × 21/31 back
    assert story.go("2027-03-20").status == "canceled"
    assert totals(story) == [3100, -2100]
