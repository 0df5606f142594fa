"""From a stored document to what the wire shows: references that Stripe embeds are embedded, secrets left out.

    {"items": [{"price": "price_1"}]}  ──render──▶  {"items": {"object": "list", "data": [{"price": {…}, "plan": {…}}]}}

`many(cls, ids)` loads the documents to embed; a list of a hundred asks for all its prices at once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from tenure.domain.coupons import Coupon, is_valid
from tenure.domain.discounts import Discount
from tenure.domain.documents import Document, full
from tenure.domain.events import Event
from tenure.domain.portal import FeedbackOption, Session
from tenure.domain.prices import Price
from tenure.domain.promotion_codes import PromotionCode
from tenure.domain.retention import CancellationSession
from tenure.domain.subscriptions import SUBSCRIPTION_HIDDEN, Subscription, SubscriptionItem, pending_items
from tenure.domain.tax_rates import TaxRate
from tenure.domain.webhook_endpoints import WebhookEndpoint
from tenure.wire.billing_shapes import BILLING_SHAPES, Rates, embedded_rates, tax_rate_ids


class Many(Protocol):
    """Loads documents of one kind by their ids; what does not exist is left out."""

    def __call__(self, cls: type[Any], ids: Iterable[str]) -> Mapping[str, Any]:
        """The documents found, by id."""


class Embedded(NamedTuple):
    """A price as items show it, and the legacy plan that mirrors it; items get copies."""

    price: dict[str, Any]
    plan: dict[str, Any]


def render(doc: Document, many: Many, *, now: int | None = None) -> dict[str, Any]:
    """The wire's dict of one document; `now` decides whether a coupon is still valid."""
    return _shape(doc, _prices_of((doc,), many), _rates_of((doc,), many), now)


def render_all(docs: Sequence[Document], many: Many, *, now: int | None = None) -> list[dict[str, Any]]:
    """The wire's dicts of documents of any kinds, with one load for all that they embed."""
    prices, rates = _prices_of(docs, many), _rates_of(docs, many)
    return [_shape(doc, prices, rates, now) for doc in docs]


def _prices_of(docs: Sequence[Document], many: Many) -> dict[str, Embedded]:
    held = [doc for doc in docs if isinstance(doc, Subscription)]
    ids = {item.price for doc in held for item in (*doc.items, *pending_items(doc))}
    return {id: _embedded(price) for id, price in many(Price, ids).items()} if ids else {}


def _rates_of(docs: Sequence[Document], many: Many) -> Rates:
    ids = {id for doc in docs for id in tax_rate_ids(doc)}
    return {id: full(rate) for id, rate in many(TaxRate, ids).items()} if ids else {}


def _shape(doc: Document, prices: Mapping[str, Embedded], rates: Rates, now: int | None) -> dict[str, Any]:
    if isinstance(doc, Subscription):
        return _subscription(doc, prices, rates)
    shape = full(doc)
    special = _SHAPES.get(type(doc))
    if special is not None:
        special(doc, shape, now)
    billed = BILLING_SHAPES.get(type(doc))
    if billed is not None:
        billed(doc, shape, rates)
    return shape


# Prices that the store keeps in memory come again and again: the same frozen object has the same shape.
MOST_EMBEDDED = 1000
_kept: dict[str, tuple[Price, Embedded]] = {}


def _embedded(price: Price) -> Embedded:
    known = _kept.get(price.id)
    if known is not None and known[0] is price:
        return known[1]
    if len(_kept) >= MOST_EMBEDDED:
        _kept.clear()
    made = embed(price)
    _kept[price.id] = (price, made)
    return made


def embed(price: Price) -> Embedded:
    """What items show of a price, without the fields that are shown only on request."""
    shape = full(price)
    del shape["tiers"], shape["currency_options"]
    return Embedded(shape, _plan(shape))


def _plan(price: dict[str, Any]) -> dict[str, Any]:
    """The legacy plan that mirrors a recurring price."""
    recurring = price["recurring"] or {}
    return {
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": price["billing_scheme"],
        "created": price["created"],
        "currency": price["currency"],
        "interval": recurring.get("interval"),
        "interval_count": recurring.get("interval_count"),
        "livemode": price["livemode"],
        "metadata": price["metadata"],
        "meter": recurring.get("meter"),
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": price["tiers_mode"],
        "transform_usage": price["transform_quantity"],
        "trial_period_days": recurring.get("trial_period_days"),
        "usage_type": recurring.get("usage_type"),
    }


def discount_ids(discounts: Iterable[Discount]) -> list[str]:
    """Discounts are shown as ids; expanding brings the whole."""
    return [discount.id for discount in discounts]


def _fill_item(item: SubscriptionItem, shape: dict[str, Any], price: Embedded, rates: Rates) -> None:
    shape["tax_rates"] = embedded_rates(item.tax_rates, rates)
    shape["discounts"] = discount_ids(item.discounts)
    shape["plan"] = dict(price.plan)
    shape["price"] = dict(price.price)
    del shape["debits"]
    if item.quantity is None:
        del shape["quantity"]


def _subscription(doc: Subscription, prices: Mapping[str, Embedded], rates: Rates) -> dict[str, Any]:
    shape = full(doc)
    shape["default_tax_rates"] = embedded_rates(doc.default_tax_rates, rates)
    shape["discounts"] = discount_ids(doc.discounts)
    items = shape["items"]
    for item, inner in zip(doc.items, items, strict=True):
        _fill_item(item, inner, prices[item.price], rates)
    waiting = pending_items(doc)
    for item, inner in zip(waiting, shape["pending_update"]["subscription_items"] if waiting else (), strict=True):
        _fill_item(item, inner, prices[item.price], rates)
    for key in SUBSCRIPTION_HIDDEN:
        del shape[key]
    shape["items"] = {
        "object": "list",
        "data": items,
        "has_more": False,
        "total_count": len(items),
        "url": f"/v1/subscription_items?subscription={doc.id}",
    }
    for key in ("status_details", "managed_payments", "presentment_details", "customer_account"):
        if shape[key] is None:
            del shape[key]
    if doc.billing_mode.type == "classic":
        shape["billing_mode"]["flexible"] = None
    return shape


def _coupon(doc: Coupon, shape: dict[str, Any], now: int | None) -> None:
    shape["valid"] = is_valid(doc, now if now is not None else doc.created)


def _promotion_code(doc: PromotionCode, shape: dict[str, Any], now: int | None) -> None:
    if now is not None and doc.expires_at is not None and doc.expires_at <= now:
        shape["active"] = False
    if doc.max_redemptions is not None and doc.times_redeemed >= doc.max_redemptions:
        shape["active"] = False


def _endpoint(doc: WebhookEndpoint, shape: dict[str, Any], now: int | None) -> None:
    for key in ("secret", "previous_secret", "previous_secret_until", "failing_since"):
        del shape[key]


def _feedback_option(doc: FeedbackOption, shape: dict[str, Any], now: int | None) -> None:
    del shape["created"]


def _session(doc: Session, shape: dict[str, Any], now: int | None) -> None:
    flow = shape["flow"]
    if flow is not None:
        for key in ("customer_update", "payment_method_update"):
            if flow[key] is None and key == "payment_method_update":
                del flow[key]


def _event(doc: Event, shape: dict[str, Any], now: int | None) -> None:
    shape["request"] = shape["request"] or {"id": None, "idempotency_key": None}


def _cancellation_session(doc: CancellationSession, shape: dict[str, Any], now: int | None) -> None:
    shape["status"] = "open" if doc.outcome is None else "complete"


_SHAPES: dict[type[Document], Callable[[Any, dict[str, Any], int | None], None]] = {
    Coupon: _coupon,
    PromotionCode: _promotion_code,
    WebhookEndpoint: _endpoint,
    Session: _session,
    Event: _event,
    FeedbackOption: _feedback_option,
    CancellationSession: _cancellation_session,
}
