"""What merchants read instead of codes: prices, terms, badges, reasons and the story of an object in words.

price    {"unit_amount": 2900, "currency": "eur", "recurring": {"interval": "month"}}  ─▶  €29.00 per month
coupon   {"percent_off": 25, "duration": "repeating", "duration_in_months": 3}         ─▶  25% off for 3 months
event    customer.subscription.updated, {"cancel_at": null}                            ─▶  Cancellation scheduled
"""

from typing import Any, NamedTuple

from tenure.dashboard.formats import Words
from tenure.domain.coupons import Coupon
from tenure.domain.events import Event
from tenure.domain.prices import Price
from tenure.domain.subscriptions import Status, Subscription, is_ending


class Badge(NamedTuple):
    """A word with a colour and an icon, so that it never speaks by colour alone."""

    label: str
    tone: str
    icon: str


def price_terms(words: Words, price: Price, *, amount: int | None = None) -> str:
    """An amount with its period; `amount` (minor units) stands in for the unit price."""
    minor = amount if amount is not None else price.unit_amount
    if minor is None:
        money = words._("Price varies")
    else:
        money = words.money(minor, price.currency)
    if price.recurring is None:
        return money
    return f"{money} {words.every(price.recurring.interval, price.recurring.interval_count)}"


def coupon_terms(words: Words, coupon: Coupon) -> str:
    """What a coupon gives and for how long, as one phrase."""
    if coupon.percent_off is not None:
        off = words.percent(coupon.percent_off)
    else:
        off = words.money(coupon.amount_off or 0, coupon.currency or "usd")
    if coupon.duration == "forever":
        return words._("%(off)s off forever") % {"off": off}
    if coupon.duration == "once":
        return words._("%(off)s off once") % {"off": off}
    months = coupon.duration_in_months or 1
    return words.ngettext("%(off)s off for %(num)s month", "%(off)s off for %(num)s months", months, off=off)


def status_badge(words: Words, subscription: Subscription) -> Badge:
    """The state of a subscription as people say it; an end that is set comes before everything but the end itself."""
    status = subscription.status
    if is_ending(subscription) and status is not Status.CANCELED:
        if subscription.cancel_at is None:
            return Badge(words._("Ending"), "warn", "clock")
        return Badge(words._("Ends %(date)s") % {"date": words.day(subscription.cancel_at)}, "warn", "clock")
    if status is Status.TRIALING and subscription.trial_end is not None:
        return Badge(words._("Trial ends %(date)s") % {"date": words.day(subscription.trial_end)}, "info", "clock")
    if status is Status.ACTIVE and subscription.pause_collection is not None:
        return Badge(words._("Collection paused"), "", "clock")
    return _of_status(words)[status]


def _of_status(words: Words) -> dict[str, Badge]:
    return {
        Status.INCOMPLETE: Badge(words._("Incomplete"), "warn", "alert"),
        Status.INCOMPLETE_EXPIRED: Badge(words._("Never started"), "", "x"),
        Status.TRIALING: Badge(words._("Trial"), "info", "clock"),
        Status.ACTIVE: Badge(words._("Active"), "ok", "check"),
        Status.PAST_DUE: Badge(words._("Payment failed"), "bad", "alert"),
        Status.UNPAID: Badge(words._("Unpaid"), "bad", "alert"),
        Status.PAUSED: Badge(words._("Paused"), "", "clock"),
        Status.CANCELED: Badge(words._("Ended"), "", "x"),
    }


def reasons(words: Words) -> dict[str, str]:
    """The eight preset reasons, code to label."""
    return {
        "too_expensive": words._("It's too expensive"),
        "missing_features": words._("I need more features"),
        "switched_service": words._("I found an alternative"),
        "unused": words._("I no longer need it"),
        "customer_service": words._("Customer service was less than expected"),
        "too_complex": words._("Ease of use was less than expected"),
        "low_quality": words._("Quality was less than expected"),
        "other": words._("Other reason"),
    }


def system_reason(words: Words, code: str | None) -> str:
    """Why the system says it ends."""
    return {
        "cancellation_requested": words._("Cancellation requested"),
        "payment_failed": words._("Payment failed"),
        "payment_disputed": words._("Payment disputed"),
        "canceled_by_retention_policy": words._("Ended by the data retention policy"),
    }.get(code or "", words._("Not stated"))


def channel(words: Words, source: str | None) -> str:
    """Where a cancellation was made."""
    return {
        "portal": words._("in the portal"),
        "portal_flow": words._("through a cancellation link"),
        "dashboard": words._("in the dashboard"),
        "api": words._("through the API"),
    }.get(source or "", words._("through the API"))


def outcome_badge(words: Words, outcome: str | None) -> Badge:
    """How a cancel flow ended."""
    return {
        "cancelled": Badge(words._("Cancelled"), "warn", "undo"),
        "saved": Badge(words._("Saved by the offer"), "ok", "check"),
        "aborted": Badge(words._("Stayed"), "", "check"),
        "error": Badge(words._("Failed"), "bad", "alert"),
    }.get(outcome or "", Badge(words._("Not finished"), "", "clock"))


def delivery_badge(words: Words, state: str) -> Badge:
    """The state of a webhook delivery."""
    return {
        "delivered": Badge(words._("Delivered"), "ok", "check"),
        "failed": Badge(words._("Failed"), "bad", "alert"),
        "dropped": Badge(words._("Dropped"), "", "x"),
        "delivering": Badge(words._("Sending"), "info", "clock"),
    }.get(state, Badge(words._("Waiting"), "info", "clock"))


def event_sentence(words: Words, event: Event) -> str:
    """What happened, as a person would say it."""
    before = event.data.previous_attributes
    if event.type == "customer.subscription.updated" and isinstance(before, dict):
        return _subscription_changed(words, event.data.object, before)
    plain = {
        "billing_portal.configuration.created": words._("Portal settings made"),
        "billing_portal.configuration.updated": words._("Portal settings changed"),
        "billing_portal.session.created": words._("Portal link made"),
        "coupon.created": words._("Coupon made"),
        "coupon.updated": words._("Coupon changed"),
        "coupon.deleted": words._("Coupon deleted"),
        "customer.created": words._("Customer added"),
        "customer.updated": words._("Customer changed"),
        "customer.deleted": words._("Customer deleted"),
        "customer.discount.created": words._("Discount applied"),
        "customer.discount.updated": words._("Discount changed"),
        "customer.discount.deleted": words._("Discount removed"),
        "customer.subscription.created": words._("Subscription started"),
        "customer.subscription.deleted": words._("Subscription ended"),
        "customer.subscription.paused": words._("Subscription paused"),
        "customer.subscription.resumed": words._("Subscription resumed"),
        "customer.subscription.trial_will_end": words._("Trial about to end"),
        "customer.subscription.updated": words._("Subscription changed"),
        "invoice.created": words._("Invoice made"),
        "invoice.finalized": words._("Invoice finalized"),
        "invoice.paid": words._("Invoice paid"),
        "invoice.payment_failed": words._("Payment failed"),
        "invoice.sent": words._("Invoice sent"),
        "invoice.voided": words._("Invoice voided"),
        "price.created": words._("Price made"),
        "price.updated": words._("Price changed"),
        "product.created": words._("Product made"),
        "product.updated": words._("Product changed"),
        "product.deleted": words._("Product deleted"),
        "promotion_code.created": words._("Promotion code made"),
        "promotion_code.updated": words._("Promotion code changed"),
    }
    return plain.get(event.type, event.type)


def _subscription_changed(words: Words, now: dict[str, Any], before: dict[str, Any]) -> str:
    """The most telling of the attributes that changed."""
    if "cancel_at" in before or "cancel_at_period_end" in before:
        ends = now.get("cancel_at") is not None or now.get("cancel_at_period_end")
        return words._("Cancellation scheduled") if ends else words._("Cancellation taken back")
    details = now.get("cancellation_details") or {}
    if "cancellation_details" in before and (details.get("feedback") or details.get("feedback_option")):
        label = reasons(words).get(details.get("feedback") or "", words._("Other reason"))
        return words._("Reason given: %(reason)s") % {"reason": label}
    for name, sentence in (
        ("cancellation_details", words._("Cancellation comment changed")),
        ("discounts", words._("Discount changed")),
        ("pause_collection", _collection(words, now)),
        ("status", _status(words, now, before)),
        ("items", _items(words, now, before)),
        ("metadata", words._("Metadata changed")),
    ):
        if name in before:
            return sentence
    return words._("Subscription changed")


def _collection(words: Words, now: dict[str, Any]) -> str:
    return words._("Collection paused") if now.get("pause_collection") else words._("Collection resumed")


def _status(words: Words, now: dict[str, Any], before: dict[str, Any]) -> str:
    named, unknown = _of_status(words), Badge("–", "", "")
    states = {"old": before.get("status"), "new": now.get("status")}
    texts = {name: named.get(status or "", unknown).label for name, status in states.items()}
    return words._("Status changed from %(old)s to %(new)s") % texts


def _rows(tree: dict[str, Any]) -> list[dict[str, Any]]:
    """The items of a subscription as events have them: a list object, or a bare list."""
    items = tree.get("items") or []
    rows = items.get("data", []) if isinstance(items, dict) else items
    return [row for row in rows if isinstance(row, dict)]


def _items(words: Words, now: dict[str, Any], before: dict[str, Any]) -> str:
    new, old = _rows(now), _rows(before)
    if len(new) != len(old) or not new:
        return words._("Items changed")
    for after, earlier in zip(new, old, strict=True):
        if "quantity" in earlier and earlier["quantity"] != after.get("quantity"):
            return words._("Quantity changed from %(old)s to %(new)s") % {
                "old": earlier["quantity"],
                "new": after.get("quantity"),
            }
        if "current_period_end" in earlier and earlier["current_period_end"] != after.get("current_period_end"):
            return words._("Renewed until %(date)s") % {"date": words.day(after["current_period_end"])}
    return words._("Items changed")
