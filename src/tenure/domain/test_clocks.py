"""A test clock: time that stands still until it is told to go on, for the customers attached to it.

ready ──advance──▶ advancing ──every due moment in order──▶ ready
"""

from typing import Literal

from tenure.domain.documents import Document, Part
from tenure.domain.errors import Invalid

DELETES_AFTER_S = 30 * 86400
MAX_ADVANCE_S = 2 * 366 * 86400


class Advancing(Part, frozen=True, kw_only=True):
    """Where an advancing clock is heading, unix seconds."""

    target_frozen_time: int


class StatusDetails(Part, frozen=True, kw_only=True):
    """What the clock is busy with."""

    advancing: Advancing | None = None


class TestClock(Document, frozen=True, kw_only=True):
    """Frozen time for the customers attached to it; times are unix seconds."""

    __test__ = False
    object: str = "test_helpers.test_clock"
    deletes_after: int
    frozen_time: int
    name: str | None = None
    status: Literal["advancing", "internal_failure", "ready"] = "ready"
    status_details: StatusDetails = StatusDetails()


def check_advance(clock: TestClock, target: int) -> None:
    """Refuse to go back, to go too far at once, or to go while going.

    Raises Invalid. Source: Stripe documentation, "Test clocks": at most two years at a time.
    """
    if clock.status != "ready":
        raise Invalid(
            "The test clock is currently advancing. Wait until its status is `ready`.", code="test_clock_not_ready"
        )
    if target <= clock.frozen_time:
        raise Invalid(
            f"The frozen_time must be later than the test clock's current time, {clock.frozen_time}.",
            param="frozen_time",
        )
    if target > clock.frozen_time + MAX_ADVANCE_S:
        raise Invalid("A test clock can be advanced by two years at most.", param="frozen_time")
