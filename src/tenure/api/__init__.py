"""DOOR: Stripe-wire JSON under /v1. RESOURCES is its table of contents; routes follow from each record.

Adding a resource is a file beside this one and its name in the tuple.
"""

from falcon.asgi import App as Web
from falcon.asgi import Request, Response

from tenure.api import (
    accounts,
    active_entitlements,
    cancellation_sessions,
    configurations,
    coupons,
    credit_notes,
    customer_balance,
    customer_sessions,
    customers,
    events,
    features,
    feedback_options,
    invoice_items,
    invoice_payments,
    invoices,
    meter_events,
    meters,
    payment_intents,
    payment_methods,
    plans,
    prices,
    products,
    promotion_codes,
    sessions,
    setup_intents,
    subscription_items,
    subscription_schedules,
    subscriptions,
    tax_ids,
    tax_rates,
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
    active_entitlements.RESOURCE,
    cancellation_sessions.RESOURCE,
    configurations.RESOURCE,
    coupons.RESOURCE,
    credit_notes.RESOURCE,
    customer_balance.RESOURCE,
    customer_sessions.RESOURCE,
    customers.RESOURCE,
    events.RESOURCE,
    features.OF_PRODUCTS,
    features.RESOURCE,
    feedback_options.RESOURCE,
    invoice_items.RESOURCE,
    invoice_payments.RESOURCE,
    invoices.RESOURCE,
    meter_events.ADJUSTMENTS,
    meter_events.RESOURCE,
    meters.RESOURCE,
    payment_intents.RESOURCE,
    payment_methods.OF_CUSTOMERS,
    payment_methods.RESOURCE,
    plans.RESOURCE,
    prices.RESOURCE,
    products.RESOURCE,
    promotion_codes.RESOURCE,
    sessions.RESOURCE,
    setup_intents.RESOURCE,
    subscription_items.RESOURCE,
    subscription_schedules.RESOURCE,
    subscriptions.RESOURCE,
    tax_ids.OF_CUSTOMERS,
    tax_ids.RESOURCE,
    tax_rates.RESOURCE,
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
    version = versions.spoken(req.get_header("Stripe-Version"))
    finish(resp, refusal(missing_route(req.method, req.path), rid), rid, version)
