"""A meter: which reported events count as a customer's usage, and how they add up.

    {"event_name": "api_calls", "payload": {"stripe_customer_id": "cus_1", "value": "2.5"}}
     └ which meter              └ customer_mapping: whose        └ value_settings: how much

    count   how many events        sum   of their values        last   value of the newest

Values are decimals of at most 15 digits, negative ones included. Source: Stripe documentation, "Usage-based billing".
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal

from tenure.domain.documents import Document, Part
from tenure.domain.errors import Conflict, Invalid

Formula = Literal["count", "last", "sum"]
TimeWindow = Literal["day", "hour"]
Status = Literal["active", "inactive"]

MAX_AGE_S = 35 * 86400
MAX_AHEAD_S = 5 * 60
CANCELABLE_S = 86400
MAX_DIGITS = 15
MINUTE_S = 60
WINDOW_S: dict[str, int] = {"hour": 3600, "day": 86400}

_VALUE = re.compile(r"-?([0-9]+(\.[0-9]+)?|\.[0-9]+)")


class CustomerMapping(Part, frozen=True, kw_only=True):
    """Where in an event its customer stands."""

    event_payload_key: str = "stripe_customer_id"
    type: Literal["by_id"] = "by_id"


class DefaultAggregation(Part, frozen=True, kw_only=True):
    """How events add up."""

    formula: Formula


class StatusTransitions(Part, frozen=True, kw_only=True):
    """When the meter was switched off, unix seconds."""

    deactivated_at: int | None = None


class ValueSettings(Part, frozen=True, kw_only=True):
    """Where in an event its value stands."""

    event_payload_key: str = "value"


class Meter(Document, frozen=True, kw_only=True):
    """Counts the events of one name; no two active meters share a name."""

    object: str = "billing.meter"
    customer_mapping: CustomerMapping = CustomerMapping()
    default_aggregation: DefaultAggregation
    display_name: str
    event_name: str
    event_time_window: TimeWindow | None = None
    status: Status = "active"
    status_transitions: StatusTransitions = StatusTransitions()
    updated: int = 0
    value_settings: ValueSettings = ValueSettings()


class MeterEvent(Part, frozen=True, kw_only=True):
    """One reported use, as the wire shows it; times in unix seconds."""

    object: str = "billing.meter_event"
    created: int
    event_name: str
    identifier: str
    livemode: bool
    payload: Mapping[str, str]
    timestamp: int


class Tally(Part, frozen=True, kw_only=True):
    """How often the same value was reported."""

    value: Decimal
    times: int


class CanceledEvent(Part, frozen=True, kw_only=True):
    """The event that counts no more."""

    identifier: str


class Adjustment(Part, frozen=True, kw_only=True):
    """That an event was canceled, as the wire shows it; it takes effect at once."""

    object: str = "billing.meter_event_adjustment"
    cancel: CanceledEvent
    event_name: str
    livemode: bool
    status: Literal["complete"] = "complete"
    type: Literal["cancel"] = "cancel"


class Summary(Part, frozen=True, kw_only=True):
    """What a customer used from `start_time` until before `end_time`, unix seconds."""

    id: str
    object: str = "billing.meter_event_summary"
    aggregated_value: Decimal
    end_time: int
    livemode: bool
    meter: str
    start_time: int


class Summaries(Part, frozen=True, kw_only=True):
    """A page of summaries, and whether more follow in its direction."""

    data: list[Summary]
    has_more: bool


def customer_of(meter: Meter, payload: Mapping[str, str]) -> str:
    """Whose usage an event tells of. Raises Invalid."""
    key = meter.customer_mapping.event_payload_key
    if not payload.get(key):
        raise Invalid(
            f"The meter event's payload has no `{key}`, which names the customer.",
            code="parameter_missing",
            param=f"payload[{key}]",
        )
    return payload[key]


def value_of(meter: Meter, payload: Mapping[str, str]) -> Decimal:
    """How much an event reports; a meter that counts needs no value. Raises Invalid."""
    key = meter.value_settings.event_payload_key
    text = payload.get(key)
    if text is None and meter.default_aggregation.formula == "count":
        return Decimal(1)
    if not text:
        raise Invalid(
            f"The meter event's payload has no `{key}`, which is its value.",
            code="parameter_missing",
            param=f"payload[{key}]",
        )
    if not _VALUE.fullmatch(text):
        raise Invalid(
            f"Invalid value in the meter event's payload: '{text[:40]}'. It must be a whole or decimal number.",
            param=f"payload[{key}]",
        )
    if len(text.strip("-0").replace(".", "")) > MAX_DIGITS:
        raise Invalid(
            f"The meter event's value has too many digits: it may have at most {MAX_DIGITS}.", param=f"payload[{key}]"
        )
    return Decimal(text)


def check_timestamp(timestamp: int, now: int) -> None:
    """Refuse what is too old or lies ahead. Raises Invalid."""
    if timestamp < now - MAX_AGE_S:
        raise Invalid("The event timestamp cannot be more than 35 days in past.", param="timestamp")
    if timestamp > now + MAX_AHEAD_S:
        raise Invalid("The event timestamp cannot be more than 5 minutes in the future.", param="timestamp")


def check_window(start: int, end: int, grouping: TimeWindow | None) -> int:
    """How long each summary is, in seconds. Raises Invalid for times that do not stand on a boundary."""
    for name, at in (("start_time", start), ("end_time", end)):
        if at % MINUTE_S:
            raise Invalid(f"The `{name}` must be aligned with minute boundaries.", param=name)
        if grouping is not None and at % WINDOW_S[grouping]:
            unit = "UTC day" if grouping == "day" else "hour"
            raise Invalid(f"The `{name}` must be aligned with {unit} boundaries.", param=name)
    if end <= start:
        raise Invalid("The `end_time` must be after the `start_time`.", param="end_time")
    return WINDOW_S[grouping] if grouping is not None else end - start


def total(tallies: Iterable[Tally]) -> Decimal:
    """The sum of all values, exact."""
    return sum((tally.value * tally.times for tally in tallies), Decimal(0))


def check_status(meter: Meter, wanted: Status) -> None:
    """Refuse to switch a meter to what it is. Raises Conflict."""
    if meter.status == wanted:
        raise Conflict(f"This meter is already {wanted}.")
