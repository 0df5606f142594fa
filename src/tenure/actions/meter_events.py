"""Meter events: take a report of usage, or take one back.

An event is one row and no news: a meter may hear of thousands in a second.
"""

from collections.abc import Mapping
from typing import Any

from tenure.actions.clock import moment
from tenure.domain.customers import Customer
from tenure.domain.errors import Conflict, Invalid, NotFound
from tenure.domain.meters import (
    CANCELABLE_S,
    Adjustment,
    CanceledEvent,
    Meter,
    MeterEvent,
    check_timestamp,
    customer_of,
    value_of,
)
from tenure.store import meter_events
from tenure.store.tx import Tx


def create(tx: Tx, fields: Mapping[str, Any]) -> MeterEvent:
    """Keep one event. Raises Invalid for a payload that the meter cannot read, Conflict for a repeated identifier."""
    meter = _active(tx, fields["event_name"])
    payload = fields["payload"]
    key = meter.customer_mapping.event_payload_key
    customer = tx.need(Customer, customer_of(meter, payload), param=f"payload[{key}]")
    value = value_of(meter, payload)
    now = moment(tx, customer.test_clock)
    at = fields.get("timestamp", now)
    check_timestamp(at, now)
    identifier = fields.get("identifier") or tx.new_id("mtrevt_")
    kept = meter_events.add(tx, identifier=identifier, meter=meter.id, customer=customer.id, at=at, value=value)
    if not kept:
        raise Conflict(f"An event already exists with identifier {identifier}.", param="identifier")
    return MeterEvent(
        created=tx.now,
        event_name=meter.event_name,
        identifier=identifier,
        livemode=tx.scope.livemode,
        payload=payload,
        timestamp=at,
    )


def adjust(tx: Tx, fields: Mapping[str, Any]) -> Adjustment:
    """Let an event that came in within the last 24 hours count no more; it may be asked for again."""
    meter = _active(tx, fields["event_name"])
    identifier = (fields.get("cancel") or {}).get("identifier")
    if not identifier:
        param = "cancel[identifier]"
        raise Invalid(f"Missing required param: {param}.", code="parameter_missing", param=param)
    found = meter_events.find(tx, identifier)
    if found is None or found.meter != meter.id:
        raise NotFound(f"No such meter event: '{identifier}'", code="resource_missing", param="cancel[identifier]")
    if found.canceled_at is None:
        if found.created < tx.now - CANCELABLE_S:
            raise Conflict("You can only cancel events within 24 hours of their arrival.", param="cancel[identifier]")
        meter_events.cancel(tx, identifier, now=tx.now)
    return Adjustment(
        cancel=CanceledEvent(identifier=identifier), event_name=meter.event_name, livemode=tx.scope.livemode
    )


def _active(tx: Tx, event_name: str) -> Meter:
    """The meter that hears this name. Raises NotFound."""
    found = tx.page(Meter, [("event_name", "=", event_name), ("status", "=", "active")], limit=1).items
    if not found:
        raise NotFound(
            f'No active meter found for event name "{event_name}".', code="resource_missing", param="event_name"
        )
    return found[0]
