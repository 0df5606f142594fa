"""Webhook endpoints: where news is sent, what of it, the secret (shown once), and what became of each delivery.

new ─▶ secret shown once ─▶ roll: the old secret signs too for 24 hours ─▶ disable / enable ─▶ delete
"""

import secrets
from typing import Any

from tenure.actions import webhook_endpoints
from tenure.dashboard import audit, words
from tenure.dashboard.events import describe
from tenure.dashboard.visit import Answer, Form, Page, Redirect, Route, Visit
from tenure.domain.addresses import check_url
from tenure.domain.errors import Invalid, Refused
from tenure.domain.event_types import SENT
from tenure.domain.signatures import ROLL_OVERLAP_S, SECRET_BYTES, new_secret
from tenure.domain.webhook_endpoints import WebhookEndpoint
from tenure.store import deliveries
from tenure.store.tx import Tx

SHOWN = 30
FAILING_AFTER = 12


async def index(visit: Visit) -> Answer:
    """The list."""

    def load(tx: Tx) -> dict[str, Any]:
        found = tx.page(WebhookEndpoint, limit=100).items
        return {"rows": [_row(tx, visit, each) for each in found]}

    return Page(template="webhooks.html", shows={"nav": "webhooks"} | await visit.read(load))


def _row(tx: Tx, visit: Visit, endpoint: WebhookEndpoint) -> dict[str, Any]:
    recent = deliveries.of_endpoint(tx, endpoint.id, limit=100)
    day_ago = visit.now - 86400
    ended = [each for each in recent if each.created > day_ago and each.state in ("delivered", "failed")]
    failed = sum(each.state == "failed" for each in ended)
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": _events(visit, endpoint),
        "badge": status(visit, endpoint),
        "rate": visit.words.percent(round(100 * failed / len(ended), 1)) if ended else "–",
    }


def _events(visit: Visit, endpoint: WebhookEndpoint) -> str:
    if "*" in endpoint.enabled_events:
        return visit.words._("All events")
    return visit.words.ngettext("%(num)s event", "%(num)s events", len(endpoint.enabled_events))


def status(visit: Visit, endpoint: WebhookEndpoint) -> words.Badge:
    """Whether it is sent to, and how that goes."""
    _ = visit.words._
    if endpoint.status != "enabled":
        return words.Badge(_("Disabled"), "", "x")
    if endpoint.failing_since is not None:
        return words.Badge(_("Failing"), "bad", "alert")
    return words.Badge(_("Enabled"), "ok", "check")


def _chosen(form: Form) -> list[str]:
    return ["*"] if form.flag("all") else form.every("events")


async def new(visit: Visit) -> Answer:
    """The blank form."""
    return _form(
        {
            "url": "",
            "description": "",
            "all": False,
            "events": ["customer.subscription.updated", "customer.subscription.deleted"],
        },
        {},
    )


def _form(form: dict[str, Any], errors: dict[str, str]) -> Page:
    shows = {"nav": "webhooks", "f": form, "errors": errors, "offered": SENT}
    return Page(template="webhook_new.html", shows=shows, status=422 if errors else 200)


async def create(visit: Visit) -> Answer:
    """Make an endpoint and show its secret this once."""
    form, app = visit.form, visit.app
    url, events, description = form.one("url"), _chosen(form), form.one("description")
    kept = {"url": url, "description": description, "all": form.flag("all"), "events": form.every("events")}
    secret = new_secret(secrets.token_bytes(SECRET_BYTES))

    def act(tx: Tx) -> WebhookEndpoint:
        fields = {"url": url, "enabled_events": events} | ({"description": description} if description else {})
        made = webhook_endpoints.create(tx, fields, secret=secret, seal=app.ring.seal)
        audit.note(tx, visit, "webhook_endpoint.create", made.id, detail=url)
        return made

    try:
        check_url(url, allow_private=app.allow_private_webhooks)
        made = await visit.write(act)
    except Refused as refused:
        name = {"url": "url", "enabled_events": "events"}.get((refused.param or "").partition("[")[0], "")
        return _form(kept, {name: refused.message})
    return _secret_page(made.id, made.url, secret, overlap=False)


def _secret_page(id: str, url: str, secret: str, *, overlap: bool) -> Page:
    shows = {"nav": "webhooks", "id": id, "url": url, "secret": secret, "overlap": overlap}
    return Page(template="webhook_secret.html", shows=shows)


async def show(visit: Visit) -> Answer:
    """One endpoint with its latest deliveries."""
    return await _show(visit, {})


async def _show(visit: Visit, errors: dict[str, str]) -> Page:
    def load(tx: Tx) -> dict[str, Any]:
        endpoint = tx.need(WebhookEndpoint, visit.ids["id"])
        sent = deliveries.of_endpoint(tx, endpoint.id, limit=SHOWN)
        return {
            "h": endpoint,
            "badge_of": status(visit, endpoint),
            "all": "*" in endpoint.enabled_events,
            "offered": sorted({*SENT, *endpoint.enabled_events} - {"*"}),
            "sent": [describe(tx, visit, each, endpoint) for each in sent],
            "failing": len(sent) >= FAILING_AFTER and all(each.state != "delivered" for each in sent[:FAILING_AFTER]),
            "rolling": endpoint.previous_secret_until if (endpoint.previous_secret_until or 0) > visit.now else None,
        }

    shows = {"nav": "webhooks", "errors": errors}
    return Page(template="webhook.html", shows=await visit.read(load) | shows, status=422 if errors else 200)


async def update(visit: Visit) -> Answer:
    """Change address, description and events."""
    id, form = visit.ids["id"], visit.form
    fields = {"url": form.one("url"), "enabled_events": _chosen(form), "description": form.one("description") or None}

    def act(tx: Tx) -> None:
        webhook_endpoints.update(tx, id, fields)
        audit.note(tx, visit, "webhook_endpoint.update", id)

    try:
        check_url(form.one("url"), allow_private=visit.app.allow_private_webhooks)
        await visit.write(act)
    except Invalid as refused:
        name = {"url": "url", "enabled_events": "events"}.get((refused.param or "").partition("[")[0], "")
        return await _show(visit, {name: refused.message})
    return Redirect(to=f"/dashboard/webhooks/{id}?done=saved")


async def switch(visit: Visit) -> Answer:
    """Stop sending, or go on."""
    id, off = visit.ids["id"], visit.form.one("to") == "disabled"

    def act(tx: Tx) -> None:
        webhook_endpoints.update(tx, id, {}, disabled=off)
        if off:
            deliveries.drop_all(tx, id, tx.now)
        audit.note(tx, visit, "webhook_endpoint.disable" if off else "webhook_endpoint.enable", id)

    await visit.write(act)
    return Redirect(to=f"/dashboard/webhooks/{id}?done=saved")


async def roll(visit: Visit) -> Answer:
    """A new secret, shown this once; the old one signs too for a day unless it must end now."""
    id = visit.ids["id"]
    overlap = 0 if visit.form.one("overlap") == "none" else ROLL_OVERLAP_S
    secret = new_secret(secrets.token_bytes(SECRET_BYTES))

    def act(tx: Tx) -> WebhookEndpoint:
        after = webhook_endpoints.roll(tx, id, secret=secret, seal=visit.app.ring.seal, overlap_s=overlap)
        audit.note(tx, visit, "webhook_endpoint.roll_secret", id)
        return after

    after = await visit.write(act)
    return _secret_page(id, after.url, secret, overlap=overlap > 0)


async def delete(visit: Visit) -> Answer:
    """Delete it; what waits for it is dropped."""
    id = visit.ids["id"]

    def act(tx: Tx) -> None:
        webhook_endpoints.delete(tx, id)
        audit.note(tx, visit, "webhook_endpoint.delete", id)

    await visit.write(act)
    return Redirect(to="/dashboard/webhooks?done=deleted")


ROUTES = (
    Route(path="/dashboard/webhooks", get=index),
    Route(path="/dashboard/webhooks/new", get=new, post=create, reads="editor"),
    Route(path="/dashboard/webhooks/{id}", get=show, post=update),
    Route(path="/dashboard/webhooks/{id}/status", post=switch),
    Route(path="/dashboard/webhooks/{id}/roll", post=roll, writes="owner"),
    Route(path="/dashboard/webhooks/{id}/delete", post=delete),
)
