"""What the wire shows of billing documents: hidden fields left out, tax rates whole, lines as a list object."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from tenure.domain.credit_notes import CreditNote
from tenure.domain.documents import Document
from tenure.domain.entitlements import (
    SUMMARY_SHOWN,
    ActiveEntitlement,
    ActiveEntitlementSummary,
    Feature,
    ProductFeature,
)
from tenure.domain.invoice_items import InvoiceItem
from tenure.domain.invoices import HIDDEN, Invoice
from tenure.domain.payment_intents import INTENT_HIDDEN, PaymentIntent
from tenure.domain.payment_methods import METHOD_HIDDEN, TYPES, PaymentMethod
from tenure.domain.prices import Price
from tenure.domain.refunds import Refund
from tenure.domain.subscription_schedules import HIDDEN as SCHEDULE_HIDDEN
from tenure.domain.subscription_schedules import Phase, SubscriptionSchedule
from tenure.domain.subscriptions import Subscription, pending_items

LINES_SHOWN = 10
Rates: TypeAlias = Mapping[str, dict[str, Any]]


def tax_rate_ids(doc: Document) -> Iterable[str]:
    """The tax rates that the shape of this document shows whole."""
    if isinstance(doc, Subscription):
        items = (*doc.items, *pending_items(doc))
        return [*doc.default_tax_rates, *(rate for item in items for rate in item.tax_rates)]
    if isinstance(doc, Invoice):
        return doc.default_tax_rates
    if isinstance(doc, SubscriptionSchedule):
        return [rate for phase in doc.phases for rate in _rates_of(phase)]
    if isinstance(doc, CreditNote):
        return [rate for line in doc.lines for rate in line.tax_rates]
    return doc.tax_rates if isinstance(doc, InvoiceItem) else ()


def _rates_of(phase: Phase) -> list[str]:
    own = [rate for item in phase.items for rate in item.tax_rates]
    return [*phase.default_tax_rates, *own, *(rate for item in phase.add_invoice_items for rate in item.tax_rates)]


def embedded_rates(ids: Iterable[str], rates: Rates) -> list[dict[str, Any]]:
    """The rates as the wire shows them, in their order."""
    return [dict(rates[id]) for id in ids if id in rates]


def line_shape(line: dict[str, Any]) -> dict[str, Any]:
    """One line as the wire shows it, changed in place."""
    line["discounts"] = [discount["id"] for discount in line["discounts"]]
    for key in ("tax_rates", "tax_behavior"):
        del line[key]
    return line


def _invoice(doc: Invoice, shape: dict[str, Any], rates: Rates) -> None:
    for key in HIDDEN:
        del shape[key]
    shape["default_tax_rates"] = embedded_rates(doc.default_tax_rates, rates)
    shape["discounts"] = [discount.id for discount in doc.discounts]
    shape["lines"] = {
        "object": "list",
        "data": [line_shape(line) for line in shape["lines"][:LINES_SHOWN]],
        "has_more": len(doc.lines) > LINES_SHOWN,
        "total_count": len(doc.lines),
        "url": f"/v1/invoices/{doc.id}/lines",
    }
    shape["payment_settings"] = {
        "default_mandate": None,
        "payment_method_options": None,
        "payment_method_types": None,
        **(doc.payment_settings or {}),
    }
    for key in ("amount_paid_off_stripe", "status_details", "customer_account"):
        if shape[key] is None:
            del shape[key]


def _invoice_item(doc: InvoiceItem, shape: dict[str, Any], rates: Rates) -> None:
    del shape["created"], shape["discount_amounts"], shape["tax_behavior"]
    shape["discounts"] = [discount.id for discount in doc.discounts]
    shape["tax_rates"] = embedded_rates(doc.tax_rates, rates)
    shape["quantity_decimal"] = doc.quantity_decimal or str(doc.quantity)
    shape["net_amount"] = doc.amount if doc.net_amount is None else doc.net_amount
    if doc.customer_account is None:
        del shape["customer_account"]


def _credit_note(doc: CreditNote, shape: dict[str, Any], rates: Rates) -> None:
    for line, inner in zip(doc.lines, shape["lines"], strict=True):
        inner["tax_rates"] = embedded_rates(line.tax_rates, rates)
    shape["lines"] = {
        "object": "list",
        "data": shape["lines"][:LINES_SHOWN],
        "has_more": len(doc.lines) > LINES_SHOWN,
        "url": f"/v1/credit_notes/{doc.id}/lines",
    }


def _payment_method(doc: PaymentMethod, shape: dict[str, Any], rates: Rates) -> None:
    for key in METHOD_HIDDEN:
        del shape[key]
    for kind in TYPES:
        if kind != doc.type:
            del shape[kind]


def _payment_intent(doc: PaymentIntent, shape: dict[str, Any], rates: Rates) -> None:
    for key in INTENT_HIDDEN:
        del shape[key]
    if doc.payment_details is None:
        del shape["payment_details"]


def _subscription_schedule(doc: SubscriptionSchedule, shape: dict[str, Any], rates: Rates) -> None:
    for key in SCHEDULE_HIDDEN:
        del shape[key]
    for phase, inner in zip(doc.phases, shape["phases"], strict=True):
        inner["default_tax_rates"] = embedded_rates(phase.default_tax_rates, rates)
        for added, inside in zip(phase.add_invoice_items, inner["add_invoice_items"], strict=True):
            inside["tax_rates"] = embedded_rates(added.tax_rates, rates)
        for item, inside in zip(phase.items, inner["items"], strict=True):
            inside["plan"] = item.price
            inside["tax_rates"] = embedded_rates(item.tax_rates, rates)
            if item.quantity is None:
                del inside["quantity"]
    if doc.billing_mode.type == "classic":
        shape["billing_mode"]["flexible"] = None
    if doc.customer_account is None:
        del shape["customer_account"]


def _price(doc: Price, shape: dict[str, Any], rates: Rates) -> None:
    """Among its currencies is the price's own."""
    names = ("custom_unit_amount", "tax_behavior", "tiers", "unit_amount", "unit_amount_decimal")
    own = {name: shape[name] for name in names}
    shape["currency_options"] = dict(sorted({**(shape["currency_options"] or {}), doc.currency: own}.items()))


def _refund(doc: Refund, shape: dict[str, Any], rates: Rates) -> None:
    del shape["livemode"]


def _undated(doc: Document, shape: dict[str, Any], rates: Rates) -> None:
    del shape["created"]


def _product_feature(doc: ProductFeature, shape: dict[str, Any], rates: Rates) -> None:
    del shape["created"], shape["product"]


def _active_entitlement(doc: ActiveEntitlement, shape: dict[str, Any], rates: Rates) -> None:
    del shape["created"], shape["customer"]


def _entitlement_summary(doc: ActiveEntitlementSummary, shape: dict[str, Any], rates: Rates) -> None:
    del shape["id"], shape["created"]
    shown = shape["entitlements"][:SUMMARY_SHOWN]
    for each, inner in zip(doc.entitlements, shown, strict=False):
        _active_entitlement(each, inner, rates)
    shape["entitlements"] = {
        "object": "list",
        "data": shown,
        "has_more": len(doc.entitlements) > SUMMARY_SHOWN,
        "url": f"/v1/customer/{doc.customer}/entitlements",
    }


BILLING_SHAPES: dict[type[Document], Callable[[Any, dict[str, Any], Rates], None]] = {
    Invoice: _invoice,
    InvoiceItem: _invoice_item,
    CreditNote: _credit_note,
    SubscriptionSchedule: _subscription_schedule,
    PaymentMethod: _payment_method,
    PaymentIntent: _payment_intent,
    Refund: _refund,
    Price: _price,
    Feature: _undated,
    ProductFeature: _product_feature,
    ActiveEntitlement: _active_entitlement,
    ActiveEntitlementSummary: _entitlement_summary,
}
