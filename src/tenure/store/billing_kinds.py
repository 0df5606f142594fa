"""Which table keeps which kind of billing document, and what of it goes into index columns."""

from tenure.domain.credit_notes import CreditNote
from tenure.domain.customer_balance import CustomerBalanceTransaction
from tenure.domain.documents import Document
from tenure.domain.entitlements import ActiveEntitlement, Feature, ProductFeature
from tenure.domain.invoice_items import InvoiceItem
from tenure.domain.invoice_payments import InvoicePayment
from tenure.domain.invoices import Invoice, next_due, subscription_of
from tenure.domain.meters import Meter
from tenure.domain.payment_intents import PaymentIntent
from tenure.domain.payment_methods import PaymentMethod, fingerprint_of
from tenure.domain.refunds import Refund
from tenure.domain.setup_intents import SetupIntent
from tenure.domain.subscription_schedules import SubscriptionSchedule
from tenure.domain.subscription_schedules import next_due as schedule_due
from tenure.domain.tax_ids import TaxId, settles
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


def _tax_id(doc: TaxId) -> Columns:
    return {"customer": doc.customer, "type": doc.type, "verify_at": doc.created if settles(doc) else None}


def _payment_method(doc: PaymentMethod) -> Columns:
    return {
        "customer": doc.customer,
        "type": doc.type,
        "fingerprint": fingerprint_of(doc),
        "allow_redisplay": doc.allow_redisplay,
    }


def _payment_intent(doc: PaymentIntent) -> Columns:
    return {"customer": doc.customer, "status": doc.status.value, "invoice": doc.invoice}


def _setup_intent(doc: SetupIntent) -> Columns:
    return {"customer": doc.customer, "status": doc.status.value, "payment_method": doc.payment_method}


def _invoice_payment(doc: InvoicePayment) -> Columns:
    return {"invoice": doc.invoice, "payment_intent": doc.payment.payment_intent, "status": doc.status.value}


def _refund(doc: Refund) -> Columns:
    return {"payment_intent": doc.payment_intent, "status": doc.status.value}


def _subscription_schedule(doc: SubscriptionSchedule) -> Columns:
    return {
        "customer": doc.customer,
        "subscription": doc.subscription or doc.released_subscription,
        "status": doc.status.value,
        "canceled_at": doc.canceled_at,
        "completed_at": doc.completed_at,
        "released_at": doc.released_at,
        "next_at": schedule_due(doc),
        "test_clock": doc.test_clock,
    }


def _product_feature(doc: ProductFeature) -> Columns:
    return {"product": doc.product, "feature": doc.entitlement_feature}


BILLING_KINDS: dict[type[Document], Kind] = {
    CreditNote: Kind("credit note", schema.credit_notes, fields("customer", "invoice", "status", "number")),
    CustomerBalanceTransaction: Kind(
        "customer balance transaction", schema.customer_balance_transactions, fields("customer", "invoice", "type")
    ),
    TaxId: Kind("tax id", schema.tax_ids, _tax_id),
    SubscriptionSchedule: Kind("subscription schedule", schema.subscription_schedules, _subscription_schedule),
    TaxRate: Kind("tax rate", schema.tax_rates, fields("active", "inclusive")),
    Invoice: Kind("invoice", schema.invoices, _invoice),
    InvoiceItem: Kind("invoiceitem", schema.invoice_items, _invoice_item),
    Meter: Kind("meter", schema.meters, fields("event_name", "status")),
    PaymentMethod: Kind("PaymentMethod", schema.payment_methods, _payment_method),
    PaymentIntent: Kind("payment_intent", schema.payment_intents, _payment_intent),
    SetupIntent: Kind("setupintent", schema.setup_intents, _setup_intent),
    InvoicePayment: Kind("invoice_payment", schema.invoice_payments, _invoice_payment),
    Refund: Kind("refund", schema.refunds, _refund),
    Feature: Kind("feature", schema.features, fields("active", "lookup_key")),
    ProductFeature: Kind("product feature", schema.product_features, _product_feature),
    ActiveEntitlement: Kind(
        "active entitlement", schema.active_entitlements, fields("customer", "feature", "lookup_key")
    ),
}
