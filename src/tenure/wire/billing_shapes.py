"""What the wire shows of billing documents: hidden fields left out, tax rates whole, lines as a list object."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from tenure.domain.documents import Document
from tenure.domain.invoice_items import InvoiceItem
from tenure.domain.invoices import HIDDEN, Invoice
from tenure.domain.subscriptions import Subscription

LINES_SHOWN = 10
Rates: TypeAlias = Mapping[str, dict[str, Any]]


def tax_rate_ids(doc: Document) -> Iterable[str]:
    """The tax rates that the shape of this document shows whole."""
    if isinstance(doc, Subscription):
        return [*doc.default_tax_rates, *(rate for item in doc.items for rate in item.tax_rates)]
    if isinstance(doc, Invoice):
        return doc.default_tax_rates
    return doc.tax_rates if isinstance(doc, InvoiceItem) else ()


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


BILLING_SHAPES: dict[type[Document], Callable[[Any, dict[str, Any], Rates], None]] = {
    Invoice: _invoice,
    InvoiceItem: _invoice_item,
}
