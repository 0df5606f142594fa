"""The ten steps, their jitter, what a receiver may ask for, and the end of an endpoint."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.domain.retries import (
    STEPS_S,
    Again,
    Answer,
    Delivered,
    GivenUp,
    Gone,
    Verdict,
    endpoint_after,
    judge,
    retry_after_s,
)
from tenure.domain.webhook_endpoints import WebhookEndpoint

NOW = 1_767_225_600
HOUR = 3600
ENDPOINT = WebhookEndpoint(id="we_1", enabled_events=["*"], url="https://shop.example/hooks")


def at(verdict: Verdict) -> int:
    assert isinstance(verdict, Again)
    return verdict.at


def test_an_event_that_always_fails_is_tried_ten_times_in_75_hours_35_minutes_5_seconds() -> None:
    now, tries = NOW, 1
    while isinstance(verdict := judge(Answer(status=500), tries, now=now, random=0.5), Again):
        now, tries = verdict.at, tries + 1
    assert verdict == GivenUp()
    assert tries == 10
    assert now - NOW == 75 * HOUR + 35 * 60 + 5


@given(st.integers(1, 9), st.floats(0, 1, exclude_max=True))
def test_each_step_is_within_a_fifth_of_its_length(attempt: int, random: float) -> None:
    delay = at(judge(Answer(status=500), attempt, now=NOW, random=random)) - NOW
    assert 0.8 * STEPS_S[attempt] <= delay <= 1.2 * STEPS_S[attempt]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_counts_as_delivered(status: int) -> None:
    assert judge(Answer(status=status), 10, now=NOW, random=0) == Delivered()


@pytest.mark.parametrize("status", [None, 100, 301, 302, 307, 400, 401, 404, 409, 418, 429, 500, 502, 503, 504])
def test_everything_else_is_tried_again(status: int | None) -> None:
    assert at(judge(Answer(status=status), 1, now=NOW, random=0.5)) == NOW + 5


@pytest.mark.parametrize("attempt", [1, 5, 10])
def test_a_410_means_gone_at_once(attempt: int) -> None:
    assert judge(Answer(status=410), attempt, now=NOW, random=0) == Gone()


@pytest.mark.parametrize(
    ("status", "header", "delay"),
    [
        (429, "120", 120),
        (502, "120", 120),
        (503, " 120 ", 120),
        (504, "120", 120),
        (503, "1", 5),  # never sooner than the schedule
        (503, "999999", 24 * HOUR),
        (503, "Thu, 01 Jan 2026 00:02:00 GMT", 120),
        (503, "Wed, 31 Dec 2025 00:00:00 GMT", 5),
        (503, "soon", 5),
        (503, "-5", 5),
        (503, "9" * 400, 24 * HOUR),
        (503, "", 5),
        (500, "120", 5),  # only where the answer says "later"
        (404, "120", 5),
    ],
)
def test_retry_after_is_obeyed_up_to_a_day(status: int, header: str, delay: int) -> None:
    assert at(judge(Answer(status=status, retry_after=header), 1, now=NOW, random=0.5)) == NOW + delay


@given(st.text(max_size=60))
def test_no_retry_after_header_breaks_the_schedule(header: str) -> None:
    assert 0 <= retry_after_s(header, now=NOW) <= 24 * HOUR


def test_three_failures_start_the_clock_and_120_hours_of_them_disable() -> None:
    failure = Again(NOW)
    assert endpoint_after(ENDPOINT, failure, failures=2, now=NOW) is ENDPOINT
    failing = endpoint_after(ENDPOINT, failure, failures=3, now=NOW)
    assert failing.failing_since == NOW
    almost = endpoint_after(failing, failure, failures=3, now=NOW + 120 * HOUR - 1)
    assert almost is failing
    disabled = endpoint_after(failing, failure, failures=1, now=NOW + 120 * HOUR)
    assert (disabled.status, disabled.failing_since) == ("disabled", None)


def test_one_success_stops_the_clock() -> None:
    failing = endpoint_after(ENDPOINT, GivenUp(), failures=3, now=NOW)
    healthy = endpoint_after(failing, Delivered(), failures=0, now=NOW + HOUR)
    assert healthy == ENDPOINT
    assert endpoint_after(healthy, Delivered(), failures=0, now=NOW + HOUR) is healthy


def test_gone_disables_at_once_and_a_disabled_endpoint_stays_as_it_is() -> None:
    disabled = endpoint_after(ENDPOINT, Gone(), failures=1, now=NOW)
    assert disabled.status == "disabled"
    assert endpoint_after(disabled, Delivered(), failures=0, now=NOW) is disabled
