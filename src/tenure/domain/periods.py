"""Billing periods: whole intervals counted from an anchor, month ends kept, all in unix seconds UTC.

    anchor 31 Jan, monthly:  31 Jan │ 28 Feb │ 31 Mar │ 30 Apr │ 31 May   (never drifts to the 28th)

Each boundary is computed from the anchor, not from the boundary before it.
Source: Stripe documentation, "Set the billing cycle date".
"""

from calendar import monthrange
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import Literal

from tenure.domain.errors import Invalid

DAY_S = 86400
END_OF_TIME = 253402300799  # the last second of the year 9999
Interval = Literal["day", "week", "month", "year"]


def add_months(at: int, months: int) -> int:
    """The same day and time `months` later, or the last day of that month where it has no such day. Raises Invalid."""
    if not 0 <= at <= END_OF_TIME:
        raise Invalid(f"Invalid timestamp: {at}.")
    moment = datetime.fromtimestamp(at, UTC)
    year, month0 = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    if not MINYEAR <= year <= MAXYEAR:
        raise Invalid(f"Invalid timestamp: {months} months after {at} is no date.")
    day = min(moment.day, monthrange(year, month0 + 1)[1])
    return int(moment.replace(year=year, month=month0 + 1, day=day).timestamp())


def boundary(anchor: int, interval: Interval, interval_count: int, number: int) -> int:
    """Boundary `number` of the series that has `anchor` as its boundary 0; negative ones lie before it."""
    steps = number * interval_count
    match interval:
        case "day":
            return anchor + steps * DAY_S
        case "week":
            return anchor + steps * 7 * DAY_S
        case "month":
            return add_months(anchor, steps)
        case "year":
            return add_months(anchor, 12 * steps)


def period(anchor: int, interval: Interval, interval_count: int, at: int) -> tuple[int, int]:
    """The period (start, end) that holds the moment `at`: start <= at < end."""
    shortest_s = {"day": 1, "week": 7, "month": 28, "year": 365}[interval] * interval_count * DAY_S
    longest_s = {"day": 1, "week": 7, "month": 31, "year": 366}[interval] * interval_count * DAY_S
    number = (at - anchor) // (longest_s if at >= anchor else shortest_s)
    while boundary(anchor, interval, interval_count, number + 1) <= at:
        number += 1
    while boundary(anchor, interval, interval_count, number) > at:
        number -= 1
    return boundary(anchor, interval, interval_count, number), boundary(anchor, interval, interval_count, number + 1)


def calendar_anchor(
    now: int,
    *,
    day: int,
    month: int | None = None,
    hour: int | None = None,
    minute: int | None = None,
    second: int | None = None,
) -> int:
    """The first moment after `now` on that day of the month, or at its end; the time of day is that of `now`.

    Source: Stripe API reference, `billing_cycle_anchor_config`.
    """
    at = datetime.fromtimestamp(now, UTC)
    hms = [
        at.hour if hour is None else hour,
        at.minute if minute is None else minute,
        at.second if second is None else second,
    ]
    first = at.replace(day=1, hour=hms[0], minute=hms[1], second=hms[2])
    for ahead in range(25):
        start = datetime.fromtimestamp(add_months(int(first.timestamp()), ahead), UTC)
        if month is not None and start.month != month:
            continue
        moment = int(start.replace(day=min(day, monthrange(start.year, start.month)[1])).timestamp())
        if moment > now:
            return moment
    raise ValueError(f"no month {month} within two years")


def on_day(anchor: int, day: int, step_months: int) -> int:
    """An anchor of the same boundaries as `anchor` that lies on that very day, so that no month end is forgotten.

    28 February for day 31, monthly ─▶ 31 March: 28 February │ 31 March │ 30 April
    """
    for steps in range(12 * 8):
        later = add_months(anchor, steps * step_months)
        at = datetime.fromtimestamp(later, UTC)
        last = monthrange(at.year, at.month)[1]
        if last >= day or (at.month == 2 and last == 29):
            return int(at.replace(day=min(day, last)).timestamp())
    return anchor
