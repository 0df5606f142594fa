"""What `expand[]` loads: documents by the kind that the wire names, each kind once per level."""

import re
from typing import Any

from tenure.domain.coupons import Coupon
from tenure.domain.credit_notes import CreditNote
from tenure.domain.customer_balance import CustomerBalanceTransaction
from tenure.domain.customers import Customer, credit_of
from tenure.domain.discounts import Discount
from tenure.domain.documents import Document, full
from tenure.domain.entitlements import Feature
from tenure.domain.invoice_items import InvoiceItem
from tenure.domain.invoice_payments import InvoicePayment
from tenure.domain.invoices import Invoice
from tenure.domain.meters import Meter
from tenure.domain.payment_intents import PaymentIntent
from tenure.domain.payment_methods import PaymentMethod
from tenure.domain.portal import Configuration, FeedbackOption
from tenure.domain.prices import Price
from tenure.domain.products import Product
from tenure.domain.promotion_codes import PromotionCode
from tenure.domain.refunds import Refund
from tenure.domain.setup_intents import SetupIntent
from tenure.domain.subscription_schedules import SubscriptionSchedule
from tenure.domain.subscriptions import Subscription
from tenure.domain.tax_ids import TaxId
from tenure.domain.tax_rates import TaxRate
from tenure.domain.test_clocks import TestClock
from tenure.store.older import extras
from tenure.store.tx import Tx
from tenure.wire import versions
from tenure.wire.expand import expand
from tenure.wire.lists import listing
from tenure.wire.shapes import render_all
from tenure.wire.versions.edges import suffix

KINDS: dict[str, type[Document]] = {
    "billing.feedback_option": FeedbackOption,
    "billing.meter": Meter,
    "billing_portal.configuration": Configuration,
    "coupon": Coupon,
    "credit_note": CreditNote,
    "customer": Customer,
    "customer_balance_transaction": CustomerBalanceTransaction,
    "entitlements.feature": Feature,
    "invoice": Invoice,
    "invoice_payment": InvoicePayment,
    "payment_intent": PaymentIntent,
    "payment_method": PaymentMethod,
    "price": Price,
    "product": Product,
    "promotion_code": PromotionCode,
    "refund": Refund,
    "setup_intent": SetupIntent,
    "subscription": Subscription,
    "subscription_schedule": SubscriptionSchedule,
    "tax_id": TaxId,
    "tax_rate": TaxRate,
    "test_helpers.test_clock": TestClock,
}
MEMBERS_SHOWN = 10


def expanded(tx: Tx, shape: dict[str, Any], paths: list[str], version: str = versions.CURRENT) -> dict[str, Any]:
    """The answer with what was asked for in place of ids, and what is hidden unless asked for taken out."""
    if version is not versions.CURRENT:
        return _expanded_older(tx, shape, paths, version)
    kind = _element_kind(shape)
    return expand(shape, paths, lambda name, ids: _load(tx, shape, name, ids), kind=kind)


def _expanded_older(tx: Tx, shape: dict[str, Any], paths: list[str], version: str) -> dict[str, Any]:
    """The same in an older version: turned first, then expanded along that version's own fields."""
    answer = versions.older(version, shape, extras(tx))

    def load(name: str, ids: list[str]) -> dict[str, Any]:
        found = _load(tx, shape, name.partition("@")[0], ids)
        return versions.older_all(version, found.items(), extras(tx))

    return expand(answer, paths, load, kind=_element_kind(shape), version=suffix(version))


def _element_kind(shape: dict[str, Any]) -> str | None:
    """What a list is a list of, from its URL, for judging paths on an empty one."""
    if shape.get("object") not in ("list", "search_result"):
        return None
    url = str(shape.get("url", "")).removesuffix("/search")
    return _URL_KINDS.get(url) or _URL_KINDS.get(_OWNER.sub("/*/", url))


_OWNER = re.compile("(?<=^/v1/customers)/[^/]+/|(?<=^/v1/credit_notes)/[^/]+/|(?<=^/v1/invoices)/[^/]+/")


_URL_KINDS = {
    "/v1/billing/feedback_options": "billing.feedback_option",
    "/v1/billing/meters": "billing.meter",
    "/v1/billing_portal/configurations": "billing_portal.configuration",
    "/v1/cancellation_sessions": "cancellation_session",
    "/v1/coupons": "coupon",
    "/v1/credit_notes": "credit_note",
    "/v1/credit_notes/*/lines": "credit_note_line_item",
    "/v1/customers": "customer",
    "/v1/customers/*/balance_transactions": "customer_balance_transaction",
    "/v1/customers/*/payment_methods": "payment_method",
    "/v1/customers/*/subscriptions": "subscription",
    "/v1/customers/*/tax_ids": "tax_id",
    "/v1/entitlements/active_entitlements": "entitlements.active_entitlement",
    "/v1/entitlements/features": "entitlements.feature",
    "/v1/events": "event",
    "/v1/invoice_payments": "invoice_payment",
    "/v1/invoices": "invoice",
    "/v1/invoices/*/lines": "line_item",
    "/v1/payment_intents": "payment_intent",
    "/v1/payment_methods": "payment_method",
    "/v1/plans": "plan",
    "/v1/invoiceitems": "invoiceitem",
    "/v1/prices": "price",
    "/v1/products": "product",
    "/v1/promotion_codes": "promotion_code",
    "/v1/setup_intents": "setup_intent",
    "/v1/subscription_items": "subscription_item",
    "/v1/subscription_schedules": "subscription_schedule",
    "/v1/subscriptions": "subscription",
    "/v1/tax_ids": "tax_id",
    "/v1/tax_rates": "tax_rate",
    "/v1/test_helpers/test_clocks": "test_helpers.test_clock",
    "/v1/webhook_endpoints": "webhook_endpoint",
}


def _load(tx: Tx, root: dict[str, Any], kind: str, ids: list[str]) -> dict[str, dict[str, Any]]:
    if kind == "discount":
        return _discounts(tx, root, set(ids))
    if kind == "customer.subscriptions":
        return {id: _subscriptions_of(tx, id) for id in ids}
    if kind == "customer.invoice_credit_balance":
        return {id: credit_of(doc) for id, doc in tx.many(Customer, ids).items()}
    if kind == "customer.tax_ids":
        return {id: _tax_ids_of(tx, id) for id in ids}
    if kind == "invoice.payments":
        return {id: _payments_of(tx, id) for id in ids}
    if kind == "invoice.confirmation_secret":
        return _confirmation_secrets(tx, ids)
    cls = KINDS.get(kind)
    if cls is None:
        return {}
    found = tx.many(cls, ids, deleted=True)
    return dict(zip(found, render_all(list(found.values()), tx.many, now=tx.now), strict=True))


def _subscriptions_of(tx: Tx, customer: str) -> dict[str, Any]:
    where = [("customer", "=", customer), ("status", "!=", "canceled")]
    page = tx.page(Subscription, where, limit=MEMBERS_SHOWN)
    data = render_all(page.items, tx.many, now=tx.now)
    return listing(data, page.has_more, f"/v1/customers/{customer}/subscriptions")


def _tax_ids_of(tx: Tx, customer: str) -> dict[str, Any]:
    page = tx.page(TaxId, [("customer", "=", customer)], limit=MEMBERS_SHOWN)
    data = render_all(page.items, tx.many, now=tx.now)
    return listing(data, page.has_more, f"/v1/customers/{customer}/tax_ids")


def _payments_of(tx: Tx, invoice: str) -> dict[str, Any]:
    page = tx.page(InvoicePayment, [("invoice", "=", invoice)], limit=MEMBERS_SHOWN)
    data = render_all(page.items, tx.many, now=tx.now)
    return listing(data, page.has_more, f"/v1/invoice_payments?invoice={invoice}")


def _confirmation_secrets(tx: Tx, ids: list[str]) -> dict[str, dict[str, Any]]:
    """What lets a customer confirm the payment of each invoice that waits for it."""
    intents = {id: each.payment_intent for id, each in tx.many(Invoice, ids).items() if each.payment_intent}
    found = tx.many(PaymentIntent, set(intents.values()))
    return {
        id: {"client_secret": found[intent].client_secret, "type": "payment_intent"}
        for id, intent in intents.items()
        if intent in found and found[intent].client_secret is not None
    }


def _discounts(tx: Tx, root: dict[str, Any], ids: set[str]) -> dict[str, dict[str, Any]]:
    """Discounts live inside what they lower: find that in the answer, and look there."""
    owners: dict[type[Document], set[str]] = {Subscription: set(), Invoice: set(), InvoiceItem: set()}
    _owners(root, owners)
    found: list[Discount] = []
    for subscription in tx.many(Subscription, owners[Subscription]).values():
        found += subscription.discounts
        found += [discount for item in subscription.items for discount in item.discounts]
    for invoice in tx.many(Invoice, owners[Invoice]).values():
        found += invoice.discounts
        found += [discount for line in invoice.lines for discount in line.discounts]
    for item in tx.many(InvoiceItem, owners[InvoiceItem]).values():
        found += item.discounts
    return {discount.id: full(discount) for discount in found if discount.id in ids}


# Where an object of this kind says which document its discounts live in.
_OWNED: dict[str, tuple[tuple[str, type[Document]], ...]] = {
    "credit_note": (("invoice", Invoice),),
    "invoice": (("id", Invoice),),
    "invoiceitem": (("id", InvoiceItem), ("invoice", Invoice)),
    "line_item": (("invoice", Invoice), ("subscription", Subscription)),
    "subscription": (("id", Subscription),),
    "subscription_item": (("subscription", Subscription),),
}


def _owners(value: Any, found: dict[type[Document], set[str]]) -> None:
    if isinstance(value, list):
        for each in value:
            _owners(each, found)
    elif isinstance(value, dict):
        for name, cls in _OWNED.get(str(value.get("object")), ()):
            if isinstance(value.get(name), str):
                found[cls].add(value[name])
        for each in value.values():
            _owners(each, found)
