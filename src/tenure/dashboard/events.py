"""Events: the log of news, one event as JSON with its deliveries, and sending it again.

GET /dashboard/events?type=…&object=…        POST /dashboard/events/evt_…/resend   endpoint=we_…
"""

import json
from typing import Any

from tenure.dashboard import audit, lists, words
from tenure.dashboard.visit import Answer, Page, Redirect, Route, Visit
from tenure.domain.event_types import SENT
from tenure.domain.events import Event
from tenure.domain.webhook_endpoints import WebhookEndpoint
from tenure.store import deliveries
from tenure.store.deliveries import Delivery
from tenure.store.queries import Condition
from tenure.store.tx import Tx
from tenure.wire.shapes import render

TRIES_SHOWN = 20


async def index(visit: Visit) -> Answer:
    """The list, by type and object."""
    where: list[Condition] = []
    if visit.query.one("type"):
        where.append(("type", "=", visit.query.one("type")))
    if visit.query.one("object"):
        where.append(("object_id", "=", visit.query.one("object")))

    def load(tx: Tx) -> dict[str, Any]:
        page = lists.one_page(tx, Event, where, visit)
        return {"rows": [_row(tx, visit, each) for each in page.items], **lists.links(visit, page)}

    shows = {
        "nav": "events",
        "f": {"type": visit.query.one("type"), "object": visit.query.one("object")},
        "types": [(each, each) for each in SENT],
    }
    return Page(template="events.html", shows=await visit.read(load) | shows)


def _row(tx: Tx, visit: Visit, event: Event) -> dict[str, Any]:
    sent = deliveries.of_event(tx, event.id)
    return {
        "id": event.id,
        "type": event.type,
        "text": words.event_sentence(visit.words, event),
        "object": event.data.object.get("id"),
        "created": event.created,
        "sent": [words.delivery_badge(visit.words, each.state) for each in sent[:4]],
    }


async def show(visit: Visit) -> Answer:
    """One event."""

    def load(tx: Tx) -> dict[str, Any]:
        event = tx.need(Event, visit.ids["id"])
        endpoints = {each.id: each for each in tx.page(WebhookEndpoint, limit=100).items}
        sent = deliveries.of_event(tx, event.id)
        known = lists.many(tx, WebhookEndpoint, (each.endpoint_id for each in sent))
        return {
            "e": event,
            "text": words.event_sentence(visit.words, event),
            "link": place_of(event.data.object),
            "object": event.data.object.get("id"),
            "json": json.dumps(render(event, tx.many), indent=2, ensure_ascii=False),
            "sent": [describe(tx, visit, each, known.get(each.endpoint_id)) for each in sent],
            "endpoints": [(each.id, each.url) for each in endpoints.values() if each.status == "enabled"],
        }

    return Page(template="event.html", shows={"nav": "events"} | await visit.read(load))


def place_of(thing: dict[str, Any]) -> str:
    """The page of the object that an event tells of, or nothing where it has none."""
    folder = {
        "customer": "customers",
        "subscription": "subscriptions",
        "product": "products",
        "coupon": "coupons",
        "webhook_endpoint": "webhooks",
    }.get(str(thing.get("object")))
    return f"/dashboard/{folder}/{thing.get('id')}" if folder else ""


def describe(tx: Tx, visit: Visit, delivery: Delivery, endpoint: WebhookEndpoint | None) -> dict[str, Any]:
    """One delivery with its attempts, in words."""
    tries = deliveries.attempts(tx, delivery.id)
    return {
        "id": delivery.id,
        "event": delivery.event_id,
        "endpoint": delivery.endpoint_id,
        "url": endpoint.url if endpoint else delivery.endpoint_id,
        "badge": words.delivery_badge(visit.words, delivery.state),
        "next_at": delivery.next_at if delivery.state == "pending" and delivery.attempt else None,
        "created": delivery.created,
        "tries": [
            {
                "at": each.at,
                "answer": str(each.status) if each.status else each.error or "",
                "ms": each.ms,
                "response": each.response,
            }
            for each in reversed(tries[-TRIES_SHOWN:])
        ],
    }


async def resend(visit: Visit) -> Answer:
    """Send the event once more to one endpoint of this account and mode."""
    id, endpoint = visit.ids["id"], visit.form.one("endpoint")
    back = visit.form.one("back")

    def act(tx: Tx) -> None:
        tx.need(Event, id)
        tx.need(WebhookEndpoint, endpoint)
        deliveries.resend(tx, id, endpoint)
        audit.note(tx, visit, "event.resend", id, detail=endpoint)

    await visit.write(act)
    place = f"webhooks/{endpoint}" if back == "webhook" else f"events/{id}"
    return Redirect(to=f"/dashboard/{place}?done=resent")


ROUTES = (
    Route(path="/dashboard/events", get=index),
    Route(path="/dashboard/events/{id}", get=show),
    Route(path="/dashboard/events/{id}/resend", post=resend),
)
