"""What `expand[]` loads: documents by the kind that the wire names, each kind once per level."""

from typing import Any

from tenure.domain.coupons import Coupon
from tenure.domain.customers import Customer
from tenure.domain.discounts import Discount
from tenure.domain.documents import Document, full
from tenure.domain.portal import Configuration, FeedbackOption
from tenure.domain.prices import Price
from tenure.domain.products import Product
from tenure.domain.promotion_codes import PromotionCode
from tenure.domain.subscriptions import Subscription
from tenure.domain.test_clocks import TestClock
from tenure.store.tx import Tx
from tenure.wire.expand import expand
from tenure.wire.lists import listing
from tenure.wire.shapes import render_all

KINDS: dict[str, type[Document]] = {
    "billing.feedback_option": FeedbackOption,
    "billing_portal.configuration": Configuration,
    "coupon": Coupon,
    "customer": Customer,
    "price": Price,
    "product": Product,
    "promotion_code": PromotionCode,
    "subscription": Subscription,
    "test_helpers.test_clock": TestClock,
}
SUBSCRIPTIONS_SHOWN = 10


def expanded(tx: Tx, shape: dict[str, Any], paths: list[str]) -> dict[str, Any]:
    """The answer with what was asked for in place of ids, and what is hidden unless asked for taken out."""
    kind = _element_kind(shape)
    return expand(shape, paths, lambda name, ids: _load(tx, shape, name, ids), kind=kind)


def _element_kind(shape: dict[str, Any]) -> str | None:
    """What a list is a list of, from its URL, for judging paths on an empty one."""
    if shape.get("object") not in ("list", "search_result"):
        return None
    return _URL_KINDS.get(str(shape["url"]).removesuffix("/search"))


_URL_KINDS = {
    "/v1/billing/feedback_options": "billing.feedback_option",
    "/v1/billing_portal/configurations": "billing_portal.configuration",
    "/v1/cancellation_sessions": "cancellation_session",
    "/v1/coupons": "coupon",
    "/v1/customers": "customer",
    "/v1/events": "event",
    "/v1/prices": "price",
    "/v1/products": "product",
    "/v1/promotion_codes": "promotion_code",
    "/v1/subscription_items": "subscription_item",
    "/v1/subscriptions": "subscription",
    "/v1/test_helpers/test_clocks": "test_helpers.test_clock",
    "/v1/webhook_endpoints": "webhook_endpoint",
}


def _load(tx: Tx, root: dict[str, Any], kind: str, ids: list[str]) -> dict[str, dict[str, Any]]:
    if kind == "discount":
        return _discounts(tx, root, set(ids))
    if kind == "customer.subscriptions":
        return {id: _subscriptions_of(tx, id) for id in ids}
    cls = KINDS.get(kind)
    if cls is None:
        return {}
    found = tx.many(cls, ids, deleted=True)
    return dict(zip(found, render_all(list(found.values()), tx.many, now=tx.now), strict=True))


def _subscriptions_of(tx: Tx, customer: str) -> dict[str, Any]:
    where = [("customer", "=", customer), ("status", "!=", "canceled")]
    page = tx.page(Subscription, where, limit=SUBSCRIPTIONS_SHOWN)
    data = render_all(page.items, tx.many, now=tx.now)
    return listing(data, page.has_more, f"/v1/customers/{customer}/subscriptions")


def _discounts(tx: Tx, root: dict[str, Any], ids: set[str]) -> dict[str, dict[str, Any]]:
    """Discounts live inside subscriptions: find the subscriptions in the answer, and look there."""
    owners = sorted(_subscription_ids(root))
    found: list[Discount] = []
    for subscription in tx.many(Subscription, owners).values():
        found += subscription.discounts
        found += [discount for item in subscription.items for discount in item.discounts]
    return {discount.id: full(discount) for discount in found if discount.id in ids}


def _subscription_ids(value: Any) -> set[str]:
    if isinstance(value, list):
        return {id for each in value for id in _subscription_ids(each)}
    if not isinstance(value, dict):
        return set()
    own = {value["id"]} if value.get("object") == "subscription" else set()
    if value.get("object") == "subscription_item":
        own = {value["subscription"]}
    return own | {id for each in value.values() for id in _subscription_ids(each)}
