"""When a webhook is tried again, when it is given up, and when its endpoint is turned off.

    attempt   1   2     3      4       5     6     7      8      9      10
    after     0   5 s   5 min  30 min  2 h   5 h   10 h   14 h   20 h   24 h     each ± 20 %, together 75 h 35 min 5 s

    2xx                       Delivered
    410                       Gone       the endpoint asks for no more: it is disabled at once
    429 502 503 504           Again      not before `Retry-After`, up to 24 h
    anything else, no answer  Again      3xx too: redirects are never followed
    the tenth failure         GivenUp

Source: Standard Webhooks 1.0.0, "Deliverability and reliability".
"""

from email.utils import parsedate_to_datetime
from typing import assert_never

import msgspec

from tenure.domain.webhook_endpoints import WebhookEndpoint

STEPS_S = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
JITTER = 0.2
LONGEST_RETRY_AFTER_S = 24 * 3600
HEEDED = frozenset({429, 502, 503, 504})
GONE = 410
DISABLE_AFTER_S = 120 * 3600
FAILURES_TO_START = 3
FAILURES_WITHIN_S = 24 * 3600


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt met: an HTTP status, or None when no answer came."""

    status: int | None = None
    retry_after: str | None = None


class Delivered(msgspec.Struct, frozen=True):
    """The endpoint took the event."""


class Again(msgspec.Struct, frozen=True):
    """The next attempt is due at `at`, unix seconds."""

    at: int


class GivenUp(msgspec.Struct, frozen=True):
    """All attempts failed; the event can be resent by hand."""


class Gone(msgspec.Struct, frozen=True):
    """The endpoint said that it is gone for good."""


Verdict = Delivered | Again | GivenUp | Gone


def judge(answer: Answer, attempt: int, *, now: int, random: float) -> Verdict:
    """What follows from the answer to the `attempt`-th try (1 = the first); `random` in [0, 1) spreads the retries."""
    if answer.status is not None and 200 <= answer.status < 300:
        return Delivered()
    if answer.status == GONE:
        return Gone()
    if attempt >= len(STEPS_S):
        return GivenUp()
    delay = step_s(attempt + 1, random=random)
    if answer.status in HEEDED and answer.retry_after is not None:
        delay = max(delay, retry_after_s(answer.retry_after, now=now))
    return Again(now + delay)


def step_s(attempt: int, *, random: float) -> int:
    """Seconds between the failure of the attempt before and this one, jitter included, rounded to whole seconds."""
    return round(STEPS_S[attempt - 1] * (1 - JITTER + 2 * JITTER * random))


def retry_after_s(text: str, *, now: int) -> int:
    """Seconds that a `Retry-After` header asks for, as a number or a date; 0 when unreadable, at most 24 hours."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        asked = int(text[:9])
    else:
        try:
            asked = int(parsedate_to_datetime(text).timestamp()) - now
        except (ValueError, OverflowError):
            asked = 0
    return min(max(asked, 0), LONGEST_RETRY_AFTER_S)


def failed(verdict: Verdict) -> bool:
    """Whether the attempt counts against the endpoint's health."""
    match verdict:
        case Delivered():
            return False
        case Again() | GivenUp() | Gone():
            return True
        case _:
            assert_never(verdict)


def endpoint_after(endpoint: WebhookEndpoint, verdict: Verdict, *, failures: int, now: int) -> WebhookEndpoint:
    """The endpoint after an attempt: healthy, on the clock, or disabled; the same value when nothing changed.

    `failures`: attempts in the last 24 hours that failed with no success among or after them, this one included.
    Three of them start the clock; 120 hours of nothing but failures disable the endpoint.
    """
    if endpoint.status != "enabled":
        return endpoint
    if not failed(verdict):
        return endpoint if endpoint.failing_since is None else msgspec.structs.replace(endpoint, failing_since=None)
    if isinstance(verdict, Gone):
        return msgspec.structs.replace(endpoint, status="disabled", failing_since=None)
    if endpoint.failing_since is None:
        started = failures >= FAILURES_TO_START
        return msgspec.structs.replace(endpoint, failing_since=now) if started else endpoint
    if now - endpoint.failing_since >= DISABLE_AFTER_S:
        return msgspec.structs.replace(endpoint, status="disabled", failing_since=None)
    return endpoint
