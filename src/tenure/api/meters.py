"""/v1/billing/meters: what is counted, and the summaries of how much of it a customer used."""

from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from tenure.actions import meters
from tenure.actions.patch import given
from tenure.api.resource import (
    Call,
    Nothing,
    Operation,
    Resource,
    Shape,
    Where,
    action,
    create,
    lists,
    retrieve,
    update,
)
from tenure.domain.customers import Customer
from tenure.domain.documents import Part, full
from tenure.domain.meters import (
    CustomerMapping,
    DefaultAggregation,
    Meter,
    Status,
    Summary,
    TimeWindow,
    ValueSettings,
    check_window,
)
from tenure.store.meter_events import Span
from tenure.wire.lists import ListParams, listing

PATH = "/v1/billing/meters"
Name = Annotated[str, msgspec.Meta(max_length=250)]
EventName = Annotated[str, msgspec.Meta(max_length=100)]


class MappingGiven(CustomerMapping, frozen=True, kw_only=True):
    """Where in an event its customer stands."""

    event_payload_key: EventName


class ValueGiven(ValueSettings, frozen=True, kw_only=True):
    """Where in an event its value stands."""

    event_payload_key: EventName


class CreateMeter(Part, frozen=True, kw_only=True):
    """A new meter."""

    default_aggregation: DefaultAggregation
    display_name: Name
    event_name: EventName
    customer_mapping: MappingGiven | UnsetType = UNSET
    event_time_window: TimeWindow | UnsetType = UNSET
    value_settings: ValueGiven | UnsetType = UNSET


class UpdateMeter(Part, frozen=True, kw_only=True):
    """A change of its name."""

    display_name: Name | UnsetType = UNSET


class ListMeters(ListParams, frozen=True, kw_only=True):
    """Filters of the list."""

    status: Status | UnsetType = UNSET


class ListSummaries(ListParams, frozen=True, kw_only=True):
    """Whose usage, when, and in which steps."""

    customer: str
    end_time: int
    start_time: int
    value_grouping_window: TimeWindow | UnsetType = UNSET


def _where(params: ListMeters) -> Where:
    return [("status", "=", params.status)] if params.status is not UNSET else []


def _summaries(call: Call) -> Shape:
    params: ListSummaries = call.params
    meter = call.tx.need(Meter, call.id, param="id")
    customer = call.tx.need(Customer, params.customer, param="customer")
    grouping = None if params.value_grouping_window is UNSET else params.value_grouping_window
    step = check_window(params.start_time, params.end_time, grouping)
    span = Span(meter.id, customer.id, params.start_time, params.end_time)
    found = meters.summaries(call.tx, meter, span, step=step, **params.window())
    return listing([_shape(each) for each in found.data], found.has_more, f"{PATH}/{meter.id}/event_summaries")


def _shape(summary: Summary) -> dict[str, Any]:
    """The wire has a number where we have an exact decimal."""
    return {**full(summary), "aggregated_value": _number(summary.aggregated_value)}


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


RESOURCE = Resource(
    PATH,
    Meter,
    (
        create(CreateMeter, lambda call: meters.create(call.tx, given(call.params))),
        retrieve(Meter),
        update(UpdateMeter, lambda call: meters.update(call.tx, call.id, given(call.params))),
        lists(PATH, Meter, ListMeters, _where),
        action("deactivate", Nothing, lambda call: meters.deactivate(call.tx, call.id)),
        action("reactivate", Nothing, lambda call: meters.reactivate(call.tx, call.id)),
        Operation("GET", "/{id}/event_summaries", ListSummaries, _summaries),
    ),
)
