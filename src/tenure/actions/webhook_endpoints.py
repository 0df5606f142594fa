"""Webhook endpoints: create, update, roll the secret, delete."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from tenure.actions.patch import patch
from tenure.domain.documents import Change
from tenure.domain.errors import Invalid
from tenure.domain.event_types import EVENT_TYPES
from tenure.domain.webhook_endpoints import WebhookEndpoint
from tenure.store import deliveries
from tenure.store.tx import Tx

MAX_ENDPOINTS = 16
ROLL_MAX_S = 24 * 3600
Seal = Callable[[str, str], str]


def _check_events(names: list[str]) -> None:
    if not names:
        raise Invalid("You must subscribe to at least one event.", param="enabled_events")
    for index, name in enumerate(names):
        if name != "*" and name not in EVENT_TYPES:
            raise Invalid(f"Invalid enabled_events: '{name}' is not an event type.", param=f"enabled_events[{index}]")
    if "*" in names and len(names) > 1:
        raise Invalid("`*` stands for all events and cannot be combined with others.", param="enabled_events")


def create(tx: Tx, fields: Mapping[str, Any], *, secret: str, seal: Seal) -> WebhookEndpoint:
    """A new endpoint with its own secret, sealed for this endpoint alone. Raises Invalid."""
    _check_events(list(fields["enabled_events"]))
    if tx.count(WebhookEndpoint) >= MAX_ENDPOINTS:
        raise Invalid(f"You have reached the maximum of {MAX_ENDPOINTS} webhook endpoints.")
    id = tx.new_id("we_")
    blank = WebhookEndpoint(
        id=id, created=tx.now, livemode=tx.scope.livemode, enabled_events=[], url="", secret=seal(secret, id)
    )
    endpoint = patch(blank, fields)
    tx.save(Change(after=(endpoint,)))
    return endpoint


def update(tx: Tx, id: str, fields: Mapping[str, Any], *, disabled: bool | None = None) -> WebhookEndpoint:
    """Change what was given; `disabled` stops or resumes sending. Raises Invalid, NotFound."""
    if "enabled_events" in fields:
        _check_events(list(fields["enabled_events"]))
    endpoint = patch(tx.lock(WebhookEndpoint, id, param="webhook_endpoint"), fields)
    if disabled is not None:
        failing = endpoint.failing_since if disabled else None
        endpoint = replace(endpoint, status="disabled" if disabled else "enabled", failing_since=failing)
    tx.save(Change(after=(endpoint,)))
    return endpoint


def roll(tx: Tx, id: str, *, secret: str, seal: Seal, overlap_s: int) -> WebhookEndpoint:
    """A new secret; the old one signs too for `overlap_s` seconds, at most a day. Raises Invalid, NotFound."""
    if not 0 <= overlap_s <= ROLL_MAX_S:
        raise Invalid("The old secret can live on for 24 hours at most.", param="overlap_s")
    before = tx.lock(WebhookEndpoint, id, param="webhook_endpoint")
    endpoint = replace(
        before,
        secret=seal(secret, id),
        previous_secret=before.secret if overlap_s else None,
        previous_secret_until=tx.now + overlap_s if overlap_s else None,
    )
    tx.save(Change(after=(endpoint,)))
    return endpoint


def delete(tx: Tx, id: str) -> WebhookEndpoint:
    """Delete it, and drop what still waits for it."""
    endpoint = tx.lock(WebhookEndpoint, id, param="webhook_endpoint")
    tx.save(Change(deleted=(endpoint,)))
    deliveries.drop_all(tx, id, tx.now)
    return endpoint
