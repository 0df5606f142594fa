"""Which table keeps which kind of document, and what of it goes into index columns.

KINDS[Price] == Kind(noun="price", table=prices, columns=price -> {"active": True, "product": "prod_…", …})
"""

from tenure.domain.coupons import Coupon
from tenure.domain.customers import Customer
from tenure.domain.documents import Document
from tenure.domain.events import Event
from tenure.domain.portal import Configuration, FeedbackOption, Session
from tenure.domain.prices import Price
from tenure.domain.products import Product
from tenure.domain.promotion_codes import PromotionCode
from tenure.domain.retention import CancellationSession
from tenure.domain.subscriptions import Subscription, next_due
from tenure.domain.test_clocks import TestClock
from tenure.domain.webhook_endpoints import WebhookEndpoint
from tenure.store import schema
from tenure.store.billing_kinds import BILLING_KINDS
from tenure.store.kind import Columns, Kind, fields


def _price(doc: Price) -> Columns:
    return {
        "active": doc.active,
        "product": doc.product,
        "lookup_key": doc.lookup_key,
        "type": doc.type,
        "currency": doc.currency,
        "interval": doc.recurring.interval if doc.recurring else None,
    }


def _promotion_code(doc: PromotionCode) -> Columns:
    return {
        "code": doc.code.lower(),
        "coupon": doc.promotion.coupon,
        "customer": doc.customer,
        "active": doc.active,
        "times_redeemed": doc.times_redeemed,
        "max_redemptions": doc.max_redemptions,
    }


def _subscription(doc: Subscription) -> Columns:
    return {
        "customer": doc.customer,
        "status": doc.status.value,
        "collection_method": doc.collection_method,
        "cancel_at": doc.cancel_at,
        "canceled_at": doc.canceled_at,
        "ended_at": doc.ended_at,
        "period_start": min((item.current_period_start for item in doc.items), default=None),
        "period_end": max((item.current_period_end for item in doc.items), default=None),
        "next_at": next_due(doc),
        "test_clock": doc.test_clock,
    }


def _cancellation_session(doc: CancellationSession) -> Columns:
    return {
        "customer": doc.customer,
        "subscription": doc.subscription,
        "outcome": doc.outcome,
        "reason": doc.feedback_option or doc.feedback,
        "feedback": doc.feedback,
        "source": doc.source,
    }


def _event(doc: Event) -> Columns:
    return {"type": doc.type, "object_id": doc.data.object.get("id")}


_ITEMS = {"price": schema.subscription_items.c.price, "product": schema.subscription_items.c.product}
_REDEEMED = ("times_redeemed",)

KINDS: dict[type[Document], Kind] = {
    Customer: Kind("customer", schema.customers, fields("email", "name", "test_clock")),
    Product: Kind("product", schema.products, fields("active", "name")),
    Price: Kind("price", schema.prices, _price),
    Coupon: Kind("coupon", schema.coupons, fields("name", "times_redeemed", "max_redemptions"), counters=_REDEEMED),
    PromotionCode: Kind("promotion code", schema.promotion_codes, _promotion_code, counters=_REDEEMED),
    Subscription: Kind("subscription", schema.subscriptions, _subscription, through=_ITEMS),
    Configuration: Kind("configuration", schema.portal_configurations, fields("active", "is_default", "name")),
    Session: Kind("session", schema.portal_sessions, fields("customer")),
    FeedbackOption: Kind("feedback option", schema.feedback_options, fields("status")),
    WebhookEndpoint: Kind("webhook endpoint", schema.webhook_endpoints, fields("status", "url")),
    TestClock: Kind("test clock", schema.test_clocks, fields("status")),
    CancellationSession: Kind("cancellation session", schema.cancellation_sessions, _cancellation_session),
    Event: Kind("event", schema.events, _event, counters=("pending_webhooks",), order="seq"),
    **BILLING_KINDS,
}
