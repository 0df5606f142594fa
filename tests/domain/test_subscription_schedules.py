"""Schedules: phases without gaps, one state after the other, and the next moment at which something happens."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tenure.domain import subscription_schedules as rules
from tenure.domain.documents import compact, load
from tenure.domain.errors import Conflict, Invalid
from tenure.domain.periods import DAY_S, period
from tenure.domain.schedule_phases import Length, check_current, check_number, check_trial, windows
from tenure.domain.subscription_schedules import (
    MOVES,
    CurrentPhase,
    Phase,
    PhaseItem,
    Status,
    SubscriptionSchedule,
    move,
    next_due,
)
from tests.domain.samples import NOW

WEEK_S = 7 * DAY_S
intervals: Any = st.sampled_from(["day", "week", "month", "year"])
whole = st.builds(
    Length,
    start=st.none(),
    end=st.none(),
    interval=intervals,
    interval_count=st.integers(1, 6),
    times=st.integers(1, 12),
)
starts = st.integers(946_684_800, 2_000_000_000)


def phase(start: int = NOW, end: int = NOW + 30 * DAY_S, **fields: Any) -> Phase:
    return Phase(currency="eur", start_date=start, end_date=end, items=[PhaseItem(price="price_1")], **fields)


def schedule(*phases: Phase, **fields: Any) -> SubscriptionSchedule:
    made = list(phases) or [phase(), phase(NOW + 30 * DAY_S, NOW + 60 * DAY_S)]
    return SubscriptionSchedule(id="sub_sched_1", created=NOW, customer="cus_1", phases=made, **fields)


@given(lengths=st.lists(whole, min_size=1, max_size=8), start=starts)
def test_phases_follow_one_another_without_a_gap(lengths: list[Length], start: int):
    found = windows(lengths, start)
    assert found[0].start_date == start
    assert [each.end_date for each in found[:-1]] == [each.start_date for each in found[1:]]
    assert all(each.start_date < each.end_date for each in found)


@given(length=whole, start=starts)
def test_a_phase_of_whole_intervals_ends_with_a_billing_period(length: Length, start: int):
    (found,) = windows([length], start)
    last = period(start, length.interval, length.interval_count, found.end_date - 1)
    assert last[1] == found.end_date


@given(ends=st.lists(st.integers(1, 400), min_size=1, max_size=8, unique=True), start=starts)
def test_phases_with_dates_end_on_them(ends: list[int], start: int):
    dates = [start + days * DAY_S for days in sorted(ends)]
    assert [each.end_date for each in windows([Length(end=date) for date in dates], start)] == dates


@pytest.mark.parametrize(
    ("lengths", "param"),
    [
        ([Length(end=NOW)], "phases[0][end_date]"),
        ([Length(end=NOW + 2), Length(end=NOW + 1)], "phases[1][end_date]"),
        ([Length(end=NOW + 2), Length(start=NOW + 3)], "phases[1][start_date]"),
    ],
)
def test_phases_that_do_not_follow_one_another_are_refused(lengths: list[Length], param: str):
    with pytest.raises(Invalid) as refused:
        windows(lengths, NOW)
    assert refused.value.param == param


def test_a_schedule_has_one_to_ten_current_and_future_phases():
    check_number(range(10))
    for count in (0, 11):
        with pytest.raises(Invalid):
            check_number(range(count))


def test_what_is_over_stays_and_the_current_phase_keeps_its_start():
    kept = [phase(NOW - 9, NOW - 5), phase(NOW - 5, NOW + 5)]
    now, later = CurrentPhase(start_date=NOW - 5, end_date=NOW + 7), CurrentPhase(start_date=NOW + 7, end_date=NOW + 9)
    past = CurrentPhase(start_date=NOW - 9, end_date=NOW - 5)
    assert check_current(kept, [now, later], NOW - 5) == 0
    assert check_current(kept, [past, now, later], NOW - 5) == 1
    with pytest.raises(Invalid, match="modify the start date of the current phase"):
        check_current(kept, [replace(now, start_date=NOW - 4)], NOW - 5)
    with pytest.raises(Invalid, match="modify the start date of the current phase"):
        check_current(kept, [past], NOW - 5)
    with pytest.raises(Invalid, match="already ended"):
        check_current(kept, [replace(past, start_date=NOW - 8), now], NOW - 5)


def test_a_trial_lies_within_its_phase():
    assert check_trial(phase(trial=True), "p", anchor="automatic").trial_end == NOW + 30 * DAY_S
    assert check_trial(phase(trial_end=NOW + 5), "p", anchor="automatic").trial_end == NOW + 5
    for wrong in (phase(trial_end=NOW), phase(trial_end=NOW + 31 * DAY_S), phase(trial=True, trial_end=NOW + 5)):
        with pytest.raises(Invalid) as refused:
            check_trial(wrong, "phases[0]", anchor="automatic")
        assert refused.value.param == "phases[0][trial_end]"
    with pytest.raises(Invalid, match="cannot be `phase_start`"):
        check_trial(phase(trial_end=NOW + 5), "p", anchor="phase_start")


def test_only_the_moves_of_the_table_are_possible():
    for status in Status:
        for to in Status:
            if to is status or to in MOVES[status]:
                assert move(schedule(status=status), to).status is to
            else:
                with pytest.raises(Conflict):
                    move(schedule(status=status), to)


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.RELEASED, Status.CANCELED])
def test_what_is_over_cannot_be_ended_again(status: Status):
    over = schedule(status=status)
    assert next_due(over) is None
    with pytest.raises(Conflict, match=f"cannot release a subscription schedule that is currently in the `{status}`"):
        rules.released(over, NOW)
    with pytest.raises(Conflict, match="must be in `not_started, active` status to be canceled"):
        rules.canceled(over, NOW)


def test_it_is_due_at_its_start_its_notice_and_the_end_of_each_phase():
    waiting = rules.announced(schedule(), NOW - 1)
    assert next_due(waiting) == NOW
    first = rules.entered(waiting, waiting.phases[0], subscription="sub_1")
    assert next_due(first) == NOW + 30 * DAY_S
    assert rules.following(first) == waiting.phases[1]
    second = rules.entered(first, waiting.phases[1])
    assert next_due(second) == NOW + 60 * DAY_S - WEEK_S
    assert next_due(replace(second, expiring_at=None)) == NOW + 60 * DAY_S
    assert (rules.current(second), rules.following(second)) == (waiting.phases[1], None)


def test_an_end_within_a_week_is_not_announced():
    short = schedule(phase(NOW, NOW + WEEK_S))
    assert rules.announced(short, NOW).expiring_at is None
    assert rules.announced(short, NOW - 1).expiring_at == NOW


def test_releasing_lets_the_subscription_go():
    active = rules.entered(schedule(subscription="sub_1"), schedule().phases[0])
    free = rules.released(active, NOW + 5)
    assert (free.status, free.released_at, free.released_subscription) == ("released", NOW + 5, "sub_1")
    assert (free.subscription, free.current_phase) == (None, None)


def test_a_schedule_is_kept_and_read_again():
    whole = rules.announced(schedule(phase(trial=True, metadata={"a": ""}), end_behavior="cancel"), 0)
    assert load(SubscriptionSchedule, compact(whole)) == whole


def test_an_end_is_the_schedules_to_decide():
    rules.refuse_ending(None)
    with pytest.raises(Conflict, match="managed by the subscription schedule `sub_sched_1`"):
        rules.refuse_ending("sub_sched_1")
