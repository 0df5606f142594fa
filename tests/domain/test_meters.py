"""What a meter reads in an event, and which times it takes."""

from decimal import Decimal

import pytest

from tenure.domain.errors import Invalid
from tenure.domain.meters import (
    DefaultAggregation,
    Formula,
    Meter,
    Tally,
    TimeWindow,
    check_timestamp,
    check_window,
    customer_of,
    total,
    value_of,
)

NOW = 1_790_000_040
DAY_S = 86400


def meter(formula: Formula = "sum") -> Meter:
    return Meter(
        id="mtr_1", default_aggregation=DefaultAggregation(formula=formula), display_name="Calls", event_name="calls"
    )


@pytest.mark.parametrize("text", ["0", "7", "-3", "2.5", ".25", "000000000000000000007", "123456789012345", "0.000001"])
def test_whole_and_decimal_values_are_read_exactly(text: str):
    assert value_of(meter(), {"value": text}) == Decimal(text)


@pytest.mark.parametrize(
    "text", ["", "1e3", "nan", "many", "1,5", "٣", " 1", "1.", "1234567890123456", "0.1234567890123456"]
)
def test_what_is_no_number_or_too_long_is_refused(text: str):
    with pytest.raises(Invalid) as refused:
        value_of(meter(), {"value": text})
    assert refused.value.param == "payload[value]"


def test_only_a_meter_that_counts_does_without_a_value():
    assert value_of(meter("count"), {}) == 1
    with pytest.raises(Invalid):
        value_of(meter("last"), {})


def test_an_event_must_name_its_customer():
    assert customer_of(meter(), {"stripe_customer_id": "cus_1"}) == "cus_1"
    with pytest.raises(Invalid) as refused:
        customer_of(meter(), {"value": "1"})
    assert refused.value.param == "payload[stripe_customer_id]"


@pytest.mark.parametrize(
    ("after_s", "taken"), [(0, True), (300, True), (301, False), (-35 * DAY_S, True), (-35 * DAY_S - 1, False)]
)
def test_an_event_is_at_most_35_days_old_and_5_minutes_ahead(after_s: int, taken: bool):
    if taken:
        check_timestamp(NOW + after_s, NOW)
    else:
        with pytest.raises(Invalid, match="The event timestamp cannot be more than"):
            check_timestamp(NOW + after_s, NOW)


@pytest.mark.parametrize(
    ("start", "end", "grouping", "step"),
    [(60, 600, None, 540), (3600, 7200, "hour", 3600), (0, 3 * DAY_S, "day", DAY_S)],
)
def test_windows_stand_on_their_boundaries(start: int, end: int, grouping: TimeWindow | None, step: int):
    assert check_window(start, end, grouping) == step


@pytest.mark.parametrize(
    ("start", "end", "grouping", "param"),
    [
        (61, 600, None, "start_time"),
        (60, 601, None, "end_time"),
        (600, 600, None, "end_time"),
        (60, 3600, "hour", "start_time"),
        (0, DAY_S + 3600, "day", "end_time"),
    ],
)
def test_windows_off_their_boundaries_are_refused(start: int, end: int, grouping: TimeWindow | None, param: str):
    with pytest.raises(Invalid) as refused:
        check_window(start, end, grouping)
    assert refused.value.param == param


def test_a_total_is_exact():
    assert total([Tally(value=Decimal("0.1"), times=3), Tally(value=Decimal(-2), times=1)]) == Decimal("-1.7")
    assert total([]) == 0
