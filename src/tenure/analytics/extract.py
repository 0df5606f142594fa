"""How the columns that are not plain fields are taken out of a document.

subscription ── items ──▶ one row an item          event ── cancellation_events ──▶ [event] or []
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from tenure.domain.coupons import Coupon
from tenure.domain.customers import Customer
from tenure.domain.events import Event
from tenure.domain.products import Product
from tenure.domain.subscriptions import Subscription, SubscriptionItem


def itself(document: Any) -> Sequence[Any]:
    """A document that is one row."""
    return (document,)


def items(subscription: Subscription) -> Sequence[SubscriptionItem]:
    """A subscription as one row an item."""
    return subscription.items


def reader(source: str | Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function that follows a dotted path and stops at None; a function stays as it is."""
    if callable(source):
        return source
    names = source.split(".")

    def read(row: Any) -> Any:
        for name in names:
            row = getattr(row, name)
            if row is None:
                return None
        return row

    return read


def metadata(row: Any) -> str | None:
    """Metadata as a JSON object, or None when empty."""
    return msgspec.json.encode(row.metadata).decode() if row.metadata else None


def period_start(subscription: Subscription) -> int | None:
    """The earliest start of its items' periods."""
    return min((item.current_period_start for item in subscription.items), default=None)


def period_end(subscription: Subscription) -> int | None:
    """The latest end of its items' periods."""
    return max((item.current_period_end for item in subscription.items), default=None)


def only_price(subscription: Subscription) -> str | None:
    """The price of a subscription with one item."""
    return subscription.items[0].price if len(subscription.items) == 1 else None


def only_quantity(subscription: Subscription) -> int | None:
    """The quantity of a subscription with one item."""
    return subscription.items[0].quantity if len(subscription.items) == 1 else None


def coupon(subscription: Subscription) -> str | None:
    """The coupon of the first discount."""
    return subscription.discounts[0].source.coupon if subscription.discounts else None


def promotion_code(subscription: Subscription) -> str | None:
    """The promotion code of the first discount."""
    return subscription.discounts[0].promotion_code if subscription.discounts else None


def discount_start(subscription: Subscription) -> int | None:
    """When the first discount began."""
    return subscription.discounts[0].start if subscription.discounts else None


def discount_end(subscription: Subscription) -> int | None:
    """When the first discount ends."""
    return subscription.discounts[0].end if subscription.discounts else None


def discounts(subscription: Subscription) -> str | None:
    """Identifiers separated by commas, as Sigma has them."""
    return ",".join(discount.id for discount in subscription.discounts) or None


def locales(customer: Customer) -> str | None:
    """Languages separated by commas."""
    return ",".join(customer.preferred_locales) or None


def updated(product: Product) -> int:
    """When a product last changed; its creation when it never did."""
    return product.updated or product.created


def coupon_products(coupon: Coupon) -> str | None:
    """Products separated by commas."""
    return ",".join(coupon.applies_to.products) if coupon.applies_to else None


def cancellation_event(event: Event) -> str | None:
    """Which of requested, withdrawn and ended an event tells, or None.

    A cancellation is requested when `canceled_at` becomes set on a subscription that goes on, and taken back when
    it becomes null again.
    """
    if event.type == "customer.subscription.deleted":
        return "ended"
    before = event.data.previous_attributes
    if before is msgspec.UNSET or "canceled_at" not in before:
        return None
    after = event.data.object.get("canceled_at")
    if after is not None and before["canceled_at"] is None:
        return "requested"
    return "withdrawn" if after is None else None


def cancellation_events(event: Event) -> Sequence[Event]:
    """The event itself when it tells of a cancellation."""
    return (event,) if cancellation_event(event) else ()


def event_field(name: str) -> Callable[[Event], Any]:
    """A reader of one field of the object that the event is about."""
    return lambda event: event.data.object.get(name)


def _then(event: Event, name: str) -> Any:
    """The field after the event, or before it when the event took a cancellation back."""
    before = event.data.previous_attributes
    if cancellation_event(event) == "withdrawn" and before is not msgspec.UNSET:
        return before.get(name)
    return event.data.object.get(name)


def cancel_at(event: Event) -> int | None:
    """When the subscription was to end."""
    moment: int | None = _then(event, "cancel_at")
    return moment


def detail(name: str) -> Callable[[Event], Any]:
    """A reader of one field of `cancellation_details`."""
    return lambda event: (_then(event, "cancellation_details") or {}).get(name)
