"""The operations of usage, entitlements, plans and customer sessions, performed by the official SDK."""

from collections.abc import Callable
from typing import Any

from tests.conformance.shop import Shop

METERS = "/v1/billing/meters"
FEATURES = "/v1/entitlements/features"
OF_PRODUCTS = "/v1/products/{id}/features"
ENTITLEMENTS = "/v1/entitlements/active_entitlements"


def meter(shop: Shop, **fields: Any) -> Any:
    return shop.api.billing.meters.create(
        {
            "display_name": "API calls",
            "event_name": shop.word(),
            "default_aggregation": {"formula": "sum"},
            "customer_mapping": {"type": "by_id", "event_payload_key": "stripe_customer_id"},
            "value_settings": {"event_payload_key": "value"},
            **fields,
        }
    )


def event(shop: Shop, counted: Any, customer: str, value: str = "2.5", **fields: Any) -> Any:
    payload = {"stripe_customer_id": customer, "value": value}
    return shop.api.billing.meter_events.create({"event_name": counted.event_name, "payload": payload, **fields})


def _adjusted(shop: Shop) -> Any:
    counted = meter(shop)
    reported = event(shop, counted, shop.customer().id)
    return shop.api.billing.meter_event_adjustments.create(
        {"event_name": counted.event_name, "type": "cancel", "cancel": {"identifier": reported.identifier}}
    )


def _summaries(shop: Shop) -> Any:
    counted, customer = meter(shop), shop.customer().id
    reported = event(shop, counted, customer, "2.5")
    event(shop, counted, customer, "0.75")
    start = reported.timestamp - reported.timestamp % 3600
    found = shop.api.billing.meters.event_summaries.list(
        counted.id, {"customer": customer, "start_time": start, "end_time": start + 7200}
    )
    assert [each.aggregated_value for each in found.data] == [3.25]
    return found


def feature(shop: Shop, **fields: Any) -> Any:
    return shop.api.entitlements.features.create({"lookup_key": shop.word(), "name": "Charts", **fields})


def _attached(shop: Shop) -> tuple[str, str]:
    product = shop.product().id
    made = shop.api.products.features.create(product, {"entitlement_feature": feature(shop).id})
    return product, made.id


def _entitled(shop: Shop) -> Any:
    """The entitlements of somebody who subscribes to a product with a feature."""
    product, _ = _attached(shop)
    subscription = shop.subscription(items=[{"price": shop.price(product=product).id}])
    return shop.api.entitlements.active_entitlements.list({"customer": subscription.customer})


def _plan(shop: Shop, **fields: Any) -> Any:
    terms = {"currency": "eur", "amount": 2900, "interval": "month", "product": {"name": "Halyard Team"}}
    return shop.api.plans.create({**terms, **fields})


USAGE: dict[str, Callable[[Shop], Any]] = {
    f"POST {METERS}": lambda shop: meter(shop, event_time_window="hour"),
    f"GET {METERS}/{{id}}": lambda shop: shop.api.billing.meters.retrieve(meter(shop).id),
    f"POST {METERS}/{{id}}": lambda shop: shop.api.billing.meters.update(meter(shop).id, {"display_name": "Calls"}),
    f"GET {METERS}": lambda shop: (meter(shop), shop.api.billing.meters.list({"status": "active"}))[1],
    f"POST {METERS}/{{id}}/deactivate": lambda shop: shop.api.billing.meters.deactivate(meter(shop).id),
    f"POST {METERS}/{{id}}/reactivate": lambda shop: shop.api.billing.meters.reactivate(
        shop.api.billing.meters.deactivate(meter(shop).id).id
    ),
    f"GET {METERS}/{{id}}/event_summaries": _summaries,
    "POST /v1/billing/meter_events": lambda shop: event(shop, meter(shop), shop.customer().id, identifier=shop.word()),
    "POST /v1/billing/meter_event_adjustments": _adjusted,
    f"POST {FEATURES}": lambda shop: feature(shop, metadata={"tier": "pro"}),
    f"GET {FEATURES}/{{id}}": lambda shop: shop.api.entitlements.features.retrieve(feature(shop).id),
    f"POST {FEATURES}/{{id}}": lambda shop: shop.api.entitlements.features.update(feature(shop).id, {"active": False}),
    f"GET {FEATURES}": lambda shop: (feature(shop), shop.api.entitlements.features.list())[1],
    f"POST {OF_PRODUCTS}": lambda shop: shop.api.products.features.create(
        shop.product().id, {"entitlement_feature": feature(shop).id}
    ),
    f"GET {OF_PRODUCTS}/{{child}}": lambda shop: shop.api.products.features.retrieve(*_attached(shop)),
    f"DELETE {OF_PRODUCTS}/{{child}}": lambda shop: shop.api.products.features.delete(*_attached(shop)),
    f"GET {OF_PRODUCTS}": lambda shop: shop.api.products.features.list(_attached(shop)[0]),
    f"GET {ENTITLEMENTS}": _entitled,
    f"GET {ENTITLEMENTS}/{{id}}": lambda shop: shop.api.entitlements.active_entitlements.retrieve(
        _entitled(shop).data[0].id
    ),
    "POST /v1/plans": lambda shop: _plan(shop, id=shop.word(), trial_period_days=7),
    "GET /v1/plans/{id}": lambda shop: shop.api.plans.retrieve(_plan(shop).id),
    "POST /v1/plans/{id}": lambda shop: shop.api.plans.update(_plan(shop).id, {"nickname": "Team"}),
    "DELETE /v1/plans/{id}": lambda shop: shop.api.plans.delete(_plan(shop).id),
    "GET /v1/plans": lambda shop: (_plan(shop), shop.api.plans.list({"active": True}))[1],
    "POST /v1/customer_sessions": lambda shop: shop.api.customer_sessions.create(
        {"customer": shop.customer().id, "components": {"customer_portal": {"enabled": True}}}
    ),
}
