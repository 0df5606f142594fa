"""Stories of how a subscription ends, in both billing modes."""

from collections.abc import Callable

import pytest
import stripe

from tests.scenarios.dated import Story, at, on

Begin = Callable[[str], Story]
MODES = pytest.mark.parametrize("mode", ["classic", "flexible"])


@MODES
def test_a_trial_becomes_active_and_ends_with_its_period(begin: Begin, mode: str):
    story = begin("2027-01-10")
    made = story.subscribe(mode=mode, trial_period_days=14)
    assert (made.status, on(made.trial_start), on(made.trial_end)) == ("trialing", "2027-01-10", "2027-01-24")
    assert story.period() == ("2027-01-10", "2027-01-24")

    assert story.go("2027-01-23").status == "trialing"
    assert story.go("2027-01-24").status == "active"
    assert story.period() == ("2027-01-24", "2027-02-24")

    story.go("2027-02-01")
    ending = story.change(cancel_at_period_end=True, cancellation_details={"feedback": "too_expensive"})
    assert (ending.status, on(ending.cancel_at), on(ending.canceled_at)) == ("active", "2027-02-24", "2027-02-01")
    assert ending.cancel_at_period_end and ending.ended_at is None
    assert ending.cancellation_details.reason == "cancellation_requested"

    assert story.go("2027-02-23").status == "active"
    gone = story.go("2027-03-15")
    assert (gone.status, on(gone.ended_at), on(gone.canceled_at)) == ("canceled", "2027-02-24", "2027-02-01")
    assert gone.cancellation_details.feedback == "too_expensive" and gone.cancel_at_period_end
    assert story.news() == [
        "subscription.created",
        "subscription.trial_will_end",
        "subscription.updated",  # the trial ends
        "subscription.updated",  # the end is set
        "subscription.deleted",
    ]


@MODES
def test_an_end_that_is_taken_back_leaves_nothing_behind(begin: Begin, mode: str):
    story = begin("2027-04-01")
    before = story.subscribe(mode=mode)
    story.change(cancel_at_period_end=True, cancellation_details={"comment": "Too wet"})
    after = story.change(cancel_at_period_end=False)
    assert after.to_dict() == before.to_dict()
    assert story.go("2027-05-02").status == "active"
    assert story.period() == ("2027-05-01", "2027-06-01")


def test_an_empty_cancel_at_takes_the_end_back_too(begin: Begin):
    story = begin("2027-04-01")
    story.subscribe()
    story.change(cancel_at=at("2027-06-15"))
    after = story.change(cancel_at="")
    assert (after.cancel_at, after.canceled_at, after.cancellation_details.reason) == (None, None, None)


def test_a_date_ends_it_in_the_middle_of_a_period(begin: Begin):
    story = begin("2027-04-01")
    story.subscribe()
    ending = story.change(cancel_at=at("2027-06-15"))
    assert (ending.cancel_at_period_end, on(ending.cancel_at)) == (False, "2027-06-15")
    assert story.go("2027-06-14").status == "active"
    assert story.period() == ("2027-06-01", "2027-06-15")
    gone = story.go("2027-07-01")
    assert (gone.status, on(gone.ended_at)) == ("canceled", "2027-06-15")


def test_the_earliest_and_the_latest_period_end_can_be_named(begin: Begin):
    story = begin("2027-01-31")
    story.subscribe(story.price("month"), story.price("year"))
    assert [story.period(0)[1], story.period(1)[1]] == ["2027-02-28", "2028-01-31"]
    first = story.change(cancel_at="min_period_end")
    assert (on(first.cancel_at), first.cancel_at_period_end) == ("2027-02-28", False)
    last = story.change(cancel_at="max_period_end")
    assert on(last.cancel_at) == "2028-01-31"
    assert story.go("2027-02-28").status == "active"
    gone = story.go("2028-02-01")
    assert on(gone.ended_at) == "2028-01-31"


def test_the_earliest_period_end_ends_it_there(begin: Begin):
    story = begin("2027-01-31")
    story.subscribe(story.price("week"), story.price("month"), cancel_at="min_period_end")
    gone = story.go("2027-02-08")
    assert (gone.status, on(gone.ended_at)) == ("canceled", "2027-02-07")


def test_a_date_before_the_trials_end_shortens_the_trial_in_classic_mode(begin: Begin):
    story = begin("2027-01-01")
    story.subscribe(mode="classic", trial_period_days=30)
    ending = story.change(cancel_at=at("2027-01-11"))
    assert (on(ending.trial_end), on(ending.cancel_at)) == ("2027-01-11", "2027-01-11")
    assert story.period() == ("2027-01-01", "2027-01-11")
    gone = story.go("2027-02-01")
    assert (gone.status, on(gone.ended_at)) == ("canceled", "2027-01-11")


def test_a_shortened_trial_that_is_kept_goes_on_to_full_periods(begin: Begin):
    story = begin("2027-01-01")
    story.subscribe(mode="classic", trial_period_days=30)
    story.change(cancel_at=at("2027-01-11"))
    story.change(cancel_at="")
    assert story.go("2027-01-12").status == "active"
    assert story.period() == ("2027-01-11", "2027-02-11")


def test_a_date_before_the_trials_end_leaves_the_trial_alone_in_flexible_mode(begin: Begin):
    story = begin("2027-01-01")
    story.subscribe(trial_period_days=30)
    ending = story.change(cancel_at=at("2027-01-11"))
    assert (on(ending.trial_end), on(ending.cancel_at)) == ("2027-01-31", "2027-01-11")
    assert on(story.go("2027-02-01").ended_at) == "2027-01-11"


def test_cancelling_in_a_trial_ends_with_the_trial(begin: Begin):
    story = begin("2027-01-01")
    story.subscribe(trial_period_days=30)
    assert on(story.change(cancel_at_period_end=True).cancel_at) == "2027-01-31"
    gone = story.go("2027-03-01")
    assert (gone.status, on(gone.ended_at)) == ("canceled", "2027-01-31")
    told = ["subscription.created", "subscription.updated", "subscription.trial_will_end", "subscription.deleted"]
    assert story.news() == told


def test_an_end_follows_a_longer_trial_in_classic_mode(begin: Begin):
    story = begin("2027-01-01")
    story.subscribe(mode="classic", trial_period_days=10, cancel_at_period_end=True)
    assert on(story.change(trial_end=at("2027-02-01")).cancel_at) == "2027-02-01"


def test_cancelling_now_is_over_at_once(begin: Begin):
    story = begin("2027-01-01")
    story.subscribe()
    story.go("2027-01-20")
    gone = story.api.subscriptions.cancel(story.id, {"cancellation_details": {"feedback": "unused"}})
    assert (gone.status, on(gone.ended_at), on(gone.canceled_at)) == ("canceled", "2027-01-20", "2027-01-20")
    assert (gone.cancel_at, gone.cancellation_details.reason) == (None, "cancellation_requested")
    assert story.news() == ["subscription.created", "subscription.deleted"]
    story.go("2027-06-01")
    assert story.news() == ["subscription.created", "subscription.deleted"]


@pytest.mark.parametrize(
    ("missing", "status", "news"),
    [
        ("create_invoice", "active", ["subscription.updated", "subscription.updated"]),
        ("cancel", "canceled", ["subscription.deleted"]),
        ("pause", "paused", ["subscription.updated", "subscription.paused"]),
    ],
)
def test_a_trial_without_a_payment_method_ends_as_it_was_told(begin: Begin, missing: str, status: str, news: list[str]):
    story = begin("2027-01-01")
    story.subscribe(trial_period_days=7, trial_settings={"end_behavior": {"missing_payment_method": missing}})
    after = story.go("2027-02-10")
    assert after.status == status
    assert story.news() == ["subscription.created", "subscription.trial_will_end", *news]
    if status == "canceled":
        assert on(after.ended_at) == on(after.canceled_at) == "2027-01-08"
    if status == "paused":
        assert after.status_details.paused.subscription.type == "trial_end_without_payment_method"
        assert on(after.status_details.paused.transitioned_at) == "2027-01-08"
        resumed = story.api.subscriptions.resume(story.id)
        assert resumed.status == "active" and not hasattr(resumed, "status_details")
        assert story.period() == ("2027-02-10", "2027-03-10")


def test_deleting_the_clock_ends_what_lives_on_it(begin: Begin):
    story = begin("2027-01-01")
    story.subscribe()
    story.api.test_helpers.test_clocks.delete(story.clock)
    assert story.now().status == "canceled"
    assert story.api.customers.retrieve(story.customer).deleted
    with pytest.raises(stripe.InvalidRequestError):
        story.api.test_helpers.test_clocks.retrieve(story.clock)


def test_a_clock_goes_forward_only(begin: Begin):
    story = begin("2027-01-10")
    advance = story.api.test_helpers.test_clocks.advance
    for date in ("2027-01-10", "2027-01-09", "2029-06-01"):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            advance(story.clock, {"frozen_time": at(date)})
        assert refused.value.param == "frozen_time"


def test_a_plan_whose_pause_outlived_its_period_ends_as_soon_as_time_passes(begin: Begin):
    story = begin("2027-01-10")
    story.subscribe()
    story.api.subscriptions.pause(story.id)
    story.go("2027-05-01")
    ending = story.change(cancel_at_period_end=True)
    assert (ending.status, on(ending.cancel_at), on(ending.canceled_at)) == ("paused", "2027-05-01", "2027-05-01")
    gone = story.go("2027-05-02")
    assert (gone.status, on(gone.ended_at)) == ("canceled", "2027-05-01")
