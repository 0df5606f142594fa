"""Billing periods: month ends, leap days, and that boundaries tile time whatever the anchor."""

from calendar import monthrange
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.domain.periods import DAY_S, Interval, add_months, boundary, calendar_anchor, period


def at(date: str) -> int:
    return int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp())


def on(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


moments = st.integers(at("1990-01-01"), at("2090-01-01"))
intervals: st.SearchStrategy[Interval] = st.sampled_from(["day", "week", "month", "year"])
counts = st.integers(1, 36)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2027-01-31", 1, "2027-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2028-02-29", 48, "2032-02-29"),
        ("2027-03-31", -1, "2027-02-28"),
        ("2027-12-31", 2, "2028-02-29"),
        ("2027-05-30", 0, "2027-05-30"),
        ("2100-01-31", 1, "2100-02-28"),  # not a leap year: a century that 400 does not divide
    ],
)
def test_months_keep_the_day_or_take_the_last_one(start: str, months: int, end: str):
    assert on(add_months(at(start), months)) == end


def test_the_day_comes_back_after_a_short_month():
    days = [on(boundary(at("2027-12-31"), "month", 1, number)) for number in range(7)]
    assert days == [
        "2027-12-31",
        "2028-01-31",
        "2028-02-29",
        "2028-03-31",
        "2028-04-30",
        "2028-05-31",
        "2028-06-30",
    ]


@given(moments, st.integers(-480, 480))
def test_a_boundary_never_drifts_from_the_anchors_day_and_time(anchor: int, number: int):
    first = datetime.fromtimestamp(anchor, UTC)
    then = datetime.fromtimestamp(boundary(anchor, "month", 1, number), UTC)
    assert then.day == min(first.day, monthrange(then.year, then.month)[1])
    assert then.timetz() == first.timetz()
    assert (then.year - first.year) * 12 + then.month - first.month == number


@given(moments, intervals, counts, st.integers(-60, 60))
def test_boundaries_rise(anchor: int, interval: Interval, count: int, number: int):
    gap = boundary(anchor, interval, count, number + 1) - boundary(anchor, interval, count, number)
    shortest = {"day": 1, "week": 7, "month": 28, "year": 365}[interval]
    longest = {"day": 1, "week": 7, "month": 31, "year": 366}[interval]
    assert shortest * count * DAY_S <= gap <= longest * count * DAY_S


@given(moments, intervals, counts, moments)
def test_periods_tile_time(anchor: int, interval: Interval, count: int, moment: int):
    start, end = period(anchor, interval, count, moment)
    assert start <= moment < end
    assert period(anchor, interval, count, start) == period(anchor, interval, count, end - 1) == (start, end)
    assert period(anchor, interval, count, end)[0] == end
    assert period(anchor, interval, count, start - 1)[1] == start


@given(moments, intervals, counts)
def test_the_first_period_starts_at_the_anchor(anchor: int, interval: Interval, count: int):
    assert period(anchor, interval, count, anchor) == (anchor, boundary(anchor, interval, count, 1))


@pytest.mark.parametrize(
    ("now", "given", "found"),
    [
        ("2027-01-15T12:00", {"day": 15}, "2027-02-15T12:00"),
        ("2027-01-15T12:00", {"day": 15, "hour": 13}, "2027-01-15T13:00"),
        ("2027-01-15T12:00", {"day": 31}, "2027-01-31T12:00"),
        ("2027-02-01T00:00", {"day": 31}, "2027-02-28T00:00"),
        ("2027-03-01T00:00", {"day": 29, "month": 2}, "2028-02-29T00:00"),
        ("2027-01-01T00:00", {"day": 1, "month": 1}, "2028-01-01T00:00"),
        ("2027-12-31T23:59", {"day": 1, "hour": 0, "minute": 0, "second": 0}, "2028-01-01T00:00"),
    ],
)
def test_the_next_calendar_day_is_found(now: str, given: dict[str, int], found: str):
    assert calendar_anchor(at(now), **given) == at(found)


@given(moments, st.integers(1, 31), st.none() | st.integers(1, 12))
def test_a_calendar_anchor_lies_ahead_on_its_day(now: int, day: int, month: int | None):
    found = datetime.fromtimestamp(calendar_anchor(now, day=day, month=month), UTC)
    assert now < found.timestamp() <= now + (366 if month else 31) * DAY_S
    assert found.day == min(day, monthrange(found.year, found.month)[1])
    assert month is None or found.month == month
