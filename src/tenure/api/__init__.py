"""DOOR: Stripe-wire JSON under /v1. RESOURCES is its table of contents; routes follow from each record.

Adding a resource is a file beside this one and its name in the tuple.
"""

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
    refunds,
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
from tenure.api.absent import ABSENT
from tenure.api.door import Door, Verbs
from tenure.api.handler import Handler
from tenure.api.resource import Resource
from tenure.web.context import App

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
    refunds.RESOURCE,
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


def door(app: App) -> Door:
    """Every operation of every resource."""
    routes: dict[str, Verbs] = {}
    for resource in (*RESOURCES, *ABSENT):
        for operation in resource.operations:
            routes.setdefault(resource.path + operation.path, {})[operation.verb] = Handler(app, resource, operation)
    return Door(routes)
