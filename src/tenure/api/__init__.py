"""DOOR: Stripe-wire JSON under /v1. RESOURCES is its table of contents; routes follow from each record.

Adding a resource is a file beside this one and its name in the tuple.
"""

from falcon.asgi import App as Web
from falcon.asgi import Request, Response

from tenure.api import (
    accounts,
    cancellation_sessions,
    configurations,
    coupons,
    customers,
    events,
    feedback_options,
    prices,
    products,
    promotion_codes,
    sessions,
    subscription_items,
    subscriptions,
    test_clocks,
    webhook_endpoints,
)
from tenure.api.answers import refusal
from tenure.api.handler import Handler, finish
from tenure.api.resource import Resource, missing_route
from tenure.web.context import App
from tenure.web.request_ids import new_request_id
from tenure.wire import versions

RESOURCES: tuple[Resource, ...] = (
    accounts.RESOURCE,
    accounts.OWN,
    cancellation_sessions.RESOURCE,
    configurations.RESOURCE,
    coupons.RESOURCE,
    customers.RESOURCE,
    events.RESOURCE,
    feedback_options.RESOURCE,
    prices.RESOURCE,
    products.RESOURCE,
    promotion_codes.RESOURCE,
    sessions.RESOURCE,
    subscription_items.RESOURCE,
    subscriptions.RESOURCE,
    test_clocks.RESOURCE,
    webhook_endpoints.RESOURCE,
)


def add_routes(web: Web, app: App) -> None:  # type: ignore[type-arg]
    """Every operation of every resource, and Stripe's words for URLs that do not exist."""
    routes: dict[str, dict[str, Handler]] = {}
    for resource in RESOURCES:
        for operation in resource.operations:
            verbs = routes.setdefault(resource.path + operation.path, {})
            verbs[operation.verb] = Handler(app, resource, operation)
    for path, verbs in routes.items():
        responder = type("Responder", (), {f"on_{verb.lower()}": _bound(handler) for verb, handler in verbs.items()})
        web.add_route(path, responder())
    web.add_sink(_unknown, "/v1")


def _bound(handler: Handler):  # type: ignore[no-untyped-def]
    """A method of a responder that hands over to its handler."""

    async def on(self: object, req: Request, resp: Response, id: str = "", child: str = "") -> None:
        await handler(req, resp, id, child)

    return on


async def _unknown(req: Request, resp: Response | None, **_: object) -> None:
    if resp is None:
        return
    rid = new_request_id()
    finish(resp, refusal(missing_route(req.method, req.path), rid), rid, versions.CURRENT)
