"""/v1/billing/meter_events and /v1/billing/meter_event_adjustments: reports of usage, and taking one back."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from tenure.actions import meter_events
from tenure.actions.patch import given
from tenure.api.resource import Operation, Resource
from tenure.domain.documents import Part, full
from tenure.domain.meters import Meter

Identifier = Annotated[str, msgspec.Meta(max_length=100)]


class CreateEvent(Part, frozen=True, kw_only=True):
    """A report of usage."""

    event_name: str
    payload: dict[str, Annotated[str, msgspec.Meta(max_length=100)]]
    identifier: Identifier | UnsetType = UNSET
    timestamp: int | UnsetType = UNSET


class CancelGiven(Part, frozen=True, kw_only=True):
    """Which event counts no more."""

    identifier: Identifier | UnsetType = UNSET


class CreateAdjustment(Part, frozen=True, kw_only=True):
    """Takes one event back."""

    event_name: str
    type: Literal["cancel"]
    cancel: CancelGiven | UnsetType = UNSET


RESOURCE = Resource(
    "/v1/billing/meter_events",
    Meter,
    (
        Operation(
            "POST",
            "",
            CreateEvent,
            lambda call: full(meter_events.create(call.tx, given(call.params))),
            writes=True,
        ),
    ),
)
ADJUSTMENTS = Resource(
    "/v1/billing/meter_event_adjustments",
    Meter,
    (
        Operation(
            "POST",
            "",
            CreateAdjustment,
            lambda call: full(meter_events.adjust(call.tx, given(call.params))),
            writes=True,
        ),
    ),
)
