"""Which table keeps which kind of billing document, and what of it goes into index columns."""

from tenure.domain.documents import Document
from tenure.domain.invoice_items import InvoiceItem
from tenure.domain.invoices import Invoice, next_due, subscription_of
from tenure.domain.tax_rates import TaxRate
from tenure.store import billing_schema as schema
from tenure.store.kind import Columns, Kind, fields


def _invoice(doc: Invoice) -> Columns:
    return {
        "customer": doc.customer,
        "subscription": subscription_of(doc),
        "status": doc.status.value,
        "collection_method": doc.collection_method,
        "number": doc.number,
        "billing_reason": doc.billing_reason,
        "billing_key": doc.billing_key,
        "hosted_token": doc.hosted_token,
        "total": doc.total,
        "due_date": doc.due_date,
        "next_at": next_due(doc),
        "test_clock": doc.test_clock,
    }


def _invoice_item(doc: InvoiceItem) -> Columns:
    owner = doc.parent.subscription_details if doc.parent else None
    return {
        "customer": doc.customer,
        "invoice": doc.invoice,
        "subscription": owner.subscription if owner else None,
        "pending": doc.invoice is None,
    }


BILLING_KINDS: dict[type[Document], Kind] = {
    TaxRate: Kind("tax rate", schema.tax_rates, fields("active", "inclusive")),
    Invoice: Kind("invoice", schema.invoices, _invoice),
    InvoiceItem: Kind("invoiceitem", schema.invoice_items, _invoice_item),
}
