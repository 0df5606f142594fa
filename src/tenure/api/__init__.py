"""DOOR: Stripe-wire JSON under /v1. RESOURCES is its table of contents; routes follow from each record.

Adding a resource is a file beside this one and its name in the tuple.
"""

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
from tenure.api.door import Door, Verbs
from tenure.api.handler import Handler
from tenure.api.resource import Resource
from tenure.web.context import App

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


def door(app: App) -> Door:
    """Every operation of every resource."""
    routes: dict[str, Verbs] = {}
    for resource in RESOURCES:
        for operation in resource.operations:
            routes.setdefault(resource.path + operation.path, {})[operation.verb] = Handler(app, resource, operation)
    return Door(routes)
