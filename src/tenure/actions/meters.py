"""Meters: create, update, switch off and on, and tell how much a customer used."""

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from tenure.actions.patch import patch
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Conflict, NotFound
from tenure.domain.meters import (
    DefaultAggregation,
    Meter,
    Status,
    StatusTransitions,
    Summaries,
    Summary,
    check_status,
    total,
)
from tenure.store import meter_events
from tenure.store.meter_events import Span
from tenure.store.tx import Tx


def create(tx: Tx, fields: Mapping[str, Any]) -> Meter:
    """A new meter. Raises Conflict where an active one has the event name."""
    _free_event_name(tx, fields["event_name"])
    blank = Meter(
        id=tx.new_id("mtr_"),
        created=tx.now,
        livemode=tx.scope.livemode,
        default_aggregation=DefaultAggregation(formula=fields["default_aggregation"]["formula"]),
        display_name=fields["display_name"],
        event_name=fields["event_name"],
        updated=tx.now,
    )
    meter = patch(blank, fields)
    tx.save(Change(after=(meter,), events=(EventDraft("billing.meter.created", meter),)))
    return meter


def update(tx: Tx, id: str, fields: Mapping[str, Any]) -> Meter:
    """Change its name; what it counts never changes."""
    before = tx.lock(Meter, id, param="id")
    meter = patch(before, fields)
    if meter != before:
        meter = replace(meter, updated=tx.now)
        tx.save(Change(after=(meter,), events=(EventDraft("billing.meter.updated", meter),)))
    return meter


def deactivate(tx: Tx, id: str) -> Meter:
    """Take no more events; what was reported is kept."""
    return _switch(tx, id, "inactive", "billing.meter.deactivated")


def reactivate(tx: Tx, id: str) -> Meter:
    """Take events again. Raises Conflict where another active meter has the event name by now."""
    return _switch(tx, id, "active", "billing.meter.reactivated")


def usage(tx: Tx, meter_id: str, customer: str, start: int, end: int) -> Decimal:
    """What a customer used from `start` until before `end`, unix seconds; never below zero, for it is billed."""
    meter = tx.need(Meter, meter_id)
    return max(aggregate(tx, meter, Span(meter_id, customer, start, end)), Decimal(0))


def aggregate(tx: Tx, meter: Meter, span: Span) -> Decimal:
    """The events of a span as the meter adds them up; negative values may make it negative."""
    match meter.default_aggregation.formula:
        case "count":
            return Decimal(meter_events.count(tx, span))
        case "last":
            return meter_events.last(tx, span)
        case "sum":
            return total(meter_events.tallies(tx, span))


def summaries(
    tx: Tx,
    meter: Meter,
    span: Span,
    *,
    step: int,
    limit: int,
    starting_after: str | None = None,
    ending_before: str | None = None,
) -> Summaries:
    """The usage of each window of `step` seconds that has events, newest first; of the whole span always."""
    whole, inner = step == span.end - span.start, span
    if ending_before is not None:
        inner = inner._replace(start=_begin(span, ending_before, "ending_before") + step)
    elif starting_after is not None:
        inner = inner._replace(end=_begin(span, starting_after, "starting_after"))
    if whole:
        begins = [span.start] if inner == span else []
    else:
        most, upward = limit + 1, ending_before is not None
        begins = meter_events.windows(tx, inner, origin=span.start, step=step, most=most, upward=upward)
    shown = sorted(begins[:limit], reverse=True)
    data = [_summary(tx, meter, span._replace(start=at, end=at + step)) for at in shown]
    return Summaries(data=data, has_more=len(begins) > limit)


def _summary(tx: Tx, meter: Meter, span: Span) -> Summary:
    return Summary(
        id=f"mtrusg_{_digest(span)}{span.start:x}",
        aggregated_value=aggregate(tx, meter, span),
        end_time=span.end,
        livemode=tx.scope.livemode,
        meter=meter.id,
        start_time=span.start,
    )


def _digest(span: Span) -> str:
    """Says whose usage on which meter a summary's id is about; the time stands behind it."""
    return hashlib.sha256(f"{span.meter}/{span.customer}".encode()).hexdigest()[:16]


def _begin(span: Span, id: str, param: str) -> int:
    """Where the summary with this id begins. Raises NotFound."""
    head, tail = f"mtrusg_{_digest(span)}", id[len("mtrusg_") + 16 :]
    if not id.startswith(head) or not tail or set(tail) - set("0123456789abcdef") or len(tail) > 12:
        raise NotFound(f"No such meter event summary: '{id}'", code="resource_missing", param=param)
    return int(tail, 16)


def _switch(tx: Tx, id: str, status: Status, event: str) -> Meter:
    before = tx.lock(Meter, id, param="id")
    check_status(before, status)
    if status == "active":
        _free_event_name(tx, before.event_name)
    transitions = StatusTransitions(deactivated_at=tx.now if status == "inactive" else None)
    meter = replace(before, status=status, status_transitions=transitions, updated=tx.now)
    tx.save(Change(after=(meter,), events=(EventDraft(event, meter),)))
    return meter


def _free_event_name(tx: Tx, name: str) -> None:
    taken = tx.page(Meter, [("event_name", "=", name), ("status", "=", "active")], limit=1).items
    if taken:
        raise Conflict(
            f"An active meter (`{taken[0].id}`) already uses the event name `{name}`.",
            code="resource_already_exists",
            param="event_name",
        )
