"""An invoice: what a customer owes, line by line, and how far it has come.

    draft ──finalize──▶ open ──pay──▶ paid
      │                  │ ├──────▶ void (terminal)
      ▼                  │ └──────▶ uncollectible ──pay──▶ paid, ──▶ void
    deleted              └ nothing due: straight to paid

`move()` is the only place that assigns a status. Amounts are in minor units, times in unix seconds.
Source: Stripe documentation, "How invoicing works: invoice status transitions".
"""

from enum import StrEnum
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from tenure.domain.customers import Address, CustomField, Shipping
from tenure.domain.discounts import Discount
from tenure.domain.documents import Document, Identified, Part
from tenure.domain.errors import Conflict
from tenure.domain.invoice_parts import (
    DiscountAmount,
    InvoiceParent,
    LineParent,
    Period,
    PretaxCredit,
    Pricing,
    TaxAmount,
)
from tenure.domain.subscriptions import AutomaticTax, Issuer

DRAFT_S = 3600  # how long an automatic invoice stays a draft
BillingReason = Literal[
    "automatic_pending_invoice_item_invoice",
    "manual",
    "quote_accept",
    "subscription",
    "subscription_create",
    "subscription_cycle",
    "subscription_threshold",
    "subscription_update",
    "upcoming",
]
UncollectibleReason = Literal[
    "max_payment_attempts", "payment_not_received", "subscription_canceled", "subscription_paused", "user_forgiven"
]


class InvoiceStatus(StrEnum):
    """The states of an invoice; the value is what the wire shows."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    UNCOLLECTIBLE = "uncollectible"
    VOID = "void"


MOVES: dict[InvoiceStatus, frozenset[InvoiceStatus]] = {
    InvoiceStatus.DRAFT: frozenset({InvoiceStatus.OPEN, InvoiceStatus.PAID, InvoiceStatus.UNCOLLECTIBLE}),
    InvoiceStatus.OPEN: frozenset({InvoiceStatus.PAID, InvoiceStatus.UNCOLLECTIBLE, InvoiceStatus.VOID}),
    InvoiceStatus.UNCOLLECTIBLE: frozenset({InvoiceStatus.PAID, InvoiceStatus.VOID}),
    InvoiceStatus.PAID: frozenset(),
    InvoiceStatus.VOID: frozenset(),
}


class LineItem(Identified, frozen=True, kw_only=True):
    """One line: `amount` before discounts; exclusive taxes come on top of it."""

    object: str = "line_item"
    amount: int
    currency: str
    description: str | None = None
    discount_amounts: list[DiscountAmount] = msgspec.field(default_factory=list)
    discountable: bool = True
    discounts: list[Discount] = msgspec.field(default_factory=list)
    invoice: str | None = None
    livemode: bool = False
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    parent: LineParent | None = None
    period: Period
    pretax_credit_amounts: list[PretaxCredit] = msgspec.field(default_factory=list)
    pricing: Pricing | None = None
    quantity: int | None = 1
    quantity_decimal: str | None = None
    subscription: str | None = None
    subtotal: int
    tax_behavior: str | None = None
    tax_rates: list[str] | None = None
    taxes: list[TaxAmount] = msgspec.field(default_factory=list)


class StatusTransitions(Part, frozen=True, kw_only=True):
    """When it came to each state."""

    finalized_at: int | None = None
    marked_uncollectible_at: int | None = None
    paid_at: int | None = None
    voided_at: int | None = None


class Uncollectible(Part, frozen=True, kw_only=True):
    """Why nobody expects the money any more."""

    reason: UncollectibleReason | None = None


class InvoiceStatusDetails(Part, frozen=True, kw_only=True):
    """More about the status."""

    uncollectible: Uncollectible | None = None


class Rendering(Part, frozen=True, kw_only=True):
    """How the document looks."""

    amount_tax_display: str | None = None
    pdf: dict[str, Any] | None = None
    template: str | None = None
    template_version: int | None = None


class CustomerTaxId(Part, frozen=True, kw_only=True):
    """A tax id of the customer as it was when the invoice was finalized."""

    type: str
    value: str | None = None


class FromInvoice(Part, frozen=True, kw_only=True):
    """The invoice that this one revises."""

    action: str
    invoice: str


def invoiced(settings: dict[str, Any] | None) -> dict[str, Any] | None:
    """What an invoice takes over of a subscription's payment settings: all but whether its card is to be kept."""
    return settings and {name: value for name, value in settings.items() if name != "save_default_payment_method"}


class Invoice(Document, frozen=True, kw_only=True):
    """What a customer owes. Below the line `billing_key` are fields that the wire does not show."""

    object: str = "invoice"
    account_country: str | None = None
    account_name: str | None = None
    account_tax_ids: list[str] | None = None
    amount_due: int = 0
    amount_overpaid: int = 0
    amount_paid: int = 0
    amount_paid_off_stripe: int | None = None
    amount_remaining: int = 0
    amount_shipping: int = 0
    application: str | None = None
    attempt_count: int = 0
    attempted: bool = False
    auto_advance: bool | None = False
    automatic_tax: AutomaticTax = AutomaticTax()
    automatically_finalizes_at: int | None = None
    billing_reason: BillingReason | None = "manual"
    collection_method: Literal["charge_automatically", "send_invoice"] = "charge_automatically"
    currency: str
    custom_fields: list[CustomField] | None = None
    customer: str
    customer_account: str | None = None
    customer_address: Address | None = None
    customer_email: str | None = None
    customer_name: str | None = None
    customer_phone: str | None = None
    customer_shipping: Shipping | None = None
    customer_tax_exempt: Literal["exempt", "none", "reverse"] | None = "none"
    customer_tax_ids: list[CustomerTaxId] | None = msgspec.field(default_factory=list)
    default_payment_method: str | None = None
    default_source: str | None = None
    default_tax_rates: list[str] = msgspec.field(default_factory=list)
    description: str | None = None
    discounts: list[Discount] = msgspec.field(default_factory=list)
    due_date: int | None = None
    effective_at: int | None = None
    ending_balance: int | None = None
    footer: str | None = None
    from_invoice: FromInvoice | None = None
    hosted_invoice_url: str | None = None
    invoice_pdf: str | None = None
    issuer: Issuer = Issuer()
    last_finalization_error: dict[str, Any] | None = None
    latest_revision: str | None = None
    lines: list[LineItem] = msgspec.field(default_factory=list)
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    next_payment_attempt: int | None = None
    number: str | None = None
    on_behalf_of: str | None = None
    parent: InvoiceParent | None = None
    payment_settings: dict[str, Any] | None = None
    period_end: int
    period_start: int
    post_payment_credit_notes_amount: int = 0
    pre_payment_credit_notes_amount: int = 0
    receipt_number: str | None = None
    rendering: Rendering | None = None
    shipping_cost: dict[str, Any] | None = None
    shipping_details: Shipping | None = None
    starting_balance: int = 0
    statement_descriptor: str | None = None
    status: InvoiceStatus = InvoiceStatus.DRAFT
    status_details: InvoiceStatusDetails | None = None
    status_transitions: StatusTransitions = StatusTransitions()
    subtotal: int = 0
    subtotal_excluding_tax: int | None = 0
    test_clock: str | None = None
    threshold_reason: dict[str, Any] | None = None
    total: int = 0
    total_discount_amounts: list[DiscountAmount] = msgspec.field(default_factory=list)
    total_excluding_tax: int | None = 0
    total_pretax_credit_amounts: list[PretaxCredit] = msgspec.field(default_factory=list)
    total_taxes: list[TaxAmount] = msgspec.field(default_factory=list)
    webhooks_delivered_at: int | None = None
    # Not shown: the UNIQUE key of a period's invoice, the secret of its page, its days until due, whether it is
    # overdue, and the intent that collects it.
    billing_key: str | None = None
    hosted_token: str | None = None
    days_until_due: int | None = None
    overdue: bool = False
    payment_intent: str | None = None


HIDDEN = ("billing_key", "hosted_token", "days_until_due", "overdue", "payment_intent")


def move(invoice: Invoice, to: InvoiceStatus, **changes: Any) -> Invoice:
    """The invoice in state `to`; raises Conflict where MOVES has no such way."""
    if to not in MOVES[invoice.status]:
        raise Conflict(f"An invoice that is `{invoice.status}` cannot become `{to}`.", code="invoice_not_editable")
    return replace(invoice, status=to, **changes)


def subscription_of(invoice: Invoice) -> str | None:
    """The subscription that it is for."""
    details = invoice.parent.subscription_details if invoice.parent else None
    return details.subscription if details else None


def next_due(invoice: Invoice) -> int | None:
    """The next moment at which something happens to it by itself, or None."""
    if invoice.status is InvoiceStatus.DRAFT:
        return invoice.automatically_finalizes_at if invoice.auto_advance else None
    if invoice.status is not InvoiceStatus.OPEN:
        return None
    if invoice.collection_method == "send_invoice":
        return None if invoice.overdue else invoice.due_date
    return invoice.next_payment_attempt if invoice.auto_advance else None
