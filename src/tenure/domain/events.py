"""The one log of news: each change's events, with the old values of what changed.

before  {"status": "active", "cancel_at": null, "items": [...]}
after   {"status": "active", "cancel_at": 1767, "items": [...]}
difference(before, after) == {"cancel_at": None}
"""

from typing import Any

import msgspec

from tenure.domain.documents import Document, Part

API_VERSION = "2026-10-28.endive"
RETENTION_DAYS = 30


class EventRequest(Part, frozen=True, kw_only=True):
    """The API request that caused the event."""

    id: str | None = None
    idempotency_key: str | None = None


class EventData(Part, frozen=True, kw_only=True):
    """The object as it was after the change, and the old values of changed attributes."""

    object: dict[str, Any]
    previous_attributes: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class Event(Document, frozen=True, kw_only=True):
    """One piece of news about one object, immutable once written."""

    object: str = "event"
    api_version: str | None = API_VERSION
    data: EventData
    pending_webhooks: int = 0
    request: EventRequest = EventRequest()
    type: str


def difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Old values of what changed: nested objects only with their changed keys, arrays whole.

    Source: Stripe API reference, "The Event object", `data.previous_attributes`.
    """
    changed: dict[str, Any] = {key: old for key, old in before.items() if key not in after and old is not None}
    for key, new in after.items():
        old = before.get(key)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            changed[key] = difference(old, new)
        else:
            changed[key] = old
    return dict(sorted(changed.items()))
