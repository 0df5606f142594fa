"""When phases begin and end: each starts where the one before it ends, and lasts until a date or for whole intervals.

    start ──3 months──▶ │ ──until 1 Jun──▶ │ ──1 year──▶ │

Whole intervals are counted from the phase's own start, as billing periods are from their anchor.
Source: Stripe documentation, "Subscription schedules", "Set the length of a phase".
"""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from tenure.domain.errors import Invalid
from tenure.domain.periods import Interval, boundary
from tenure.domain.subscription_schedules import CurrentPhase, Phase

MAX_OPEN_PHASES = 10


class Length(NamedTuple):
    """How long a phase lasts: until `end`, or whole intervals; a given `start` must meet the phase before."""

    start: int | None = None
    end: int | None = None
    interval: Interval = "month"
    interval_count: int = 1
    times: int = 1


def windows(lengths: Sequence[Length], start: int) -> list[CurrentPhase]:
    """The window of each phase, the first one from `start`, without gaps. Raises Invalid."""
    found: list[CurrentPhase] = []
    at = start
    for number, length in enumerate(lengths):
        if length.start is not None and length.start != at:
            raise Invalid(
                f"The `start_date` of a phase must be the `end_date` of the phase before it: expected {at}, "
                f"got {length.start}.",
                param=f"phases[{number}][start_date]",
            )
        end = length.end
        if end is None:
            end = boundary(at, length.interval, length.interval_count, length.times)
        if end <= at:
            raise Invalid(
                f"The `end_date` of a phase must be after its `start_date`: {end} is not after {at}.",
                param=f"phases[{number}][end_date]",
            )
        found.append(CurrentPhase(start_date=at, end_date=end))
        at = end
    return found


def check_number(phases: Sequence[object]) -> None:
    """Refuse none, or more current and future phases than ten. Raises Invalid."""
    if not phases:
        raise Invalid("Missing required param: phases.", code="parameter_missing", param="phases")
    if len(phases) > MAX_OPEN_PHASES:
        raise Invalid(
            f"A subscription schedule can have at most {MAX_OPEN_PHASES} current and future phases.", param="phases"
        )


def check_current(kept: Sequence[Phase], asked: Sequence[CurrentPhase], start: int) -> int:
    """How many of the asked windows are over and stay as they are. Raises Invalid where they or its start change."""
    past = {(each.start_date, each.end_date) for each in kept if each.end_date <= start}
    over = [each for each in asked if each.end_date <= start]
    for number, each in enumerate(over):
        if (each.start_date, each.end_date) not in past:
            raise Invalid("You can not update a phase that has already ended.", param=f"phases[{number}]")
    if len(over) == len(asked) or asked[len(over)].start_date != start:
        raise Invalid(
            "You can not modify the start date of the current phase.", param=f"phases[{len(over)}][start_date]"
        )
    return len(over)


def check_trial(phase: Phase, at: str, *, anchor: str) -> Phase:
    """The phase, with its trial's end where all of it is one. Raises Invalid where the trial does not fit in."""
    end = phase.end_date if phase.trial and phase.trial_end is None else phase.trial_end
    if end is None:
        return phase
    if not phase.start_date < end <= phase.end_date:
        raise Invalid("`trial_end` must be within the phase.", param=f"{at}[trial_end]")
    if phase.trial and end != phase.end_date:
        raise Invalid("With `trial=true`, `trial_end` must be the end of the phase.", param=f"{at}[trial_end]")
    if anchor == "phase_start":
        raise Invalid(
            "`billing_cycle_anchor` cannot be `phase_start` when the phase specifies a trial.",
            param=f"{at}[billing_cycle_anchor]",
        )
    return replace(phase, trial_end=end)
