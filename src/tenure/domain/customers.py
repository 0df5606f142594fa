"""A customer: whom a subscription belongs to, and who opens the portal."""

from typing import Literal

import msgspec

from tenure.domain.documents import Document, Part

TaxExempt = Literal["none", "exempt", "reverse"]


class Address(Part, frozen=True, kw_only=True):
    """A postal address; every line is optional."""

    city: str | None = None
    country: str | None = None
    line1: str | None = None
    line2: str | None = None
    postal_code: str | None = None
    state: str | None = None


class Shipping(Part, frozen=True, kw_only=True):
    """Where goods go: an address with a name and a phone number."""

    address: Address | None = None
    name: str | None = None
    phone: str | None = None


class CustomField(Part, frozen=True, kw_only=True):
    """A name and value printed on every invoice."""

    name: str
    value: str


class RenderingOptions(Part, frozen=True, kw_only=True):
    """How amounts appear on invoices."""

    amount_tax_display: str | None = None
    template: str | None = None


class InvoiceSettings(Part, frozen=True, kw_only=True):
    """Defaults for this customer's invoices."""

    custom_fields: list[CustomField] | None = None
    default_payment_method: str | None = None
    footer: str | None = None
    rendering_options: RenderingOptions | None = None


class Customer(Document, frozen=True, kw_only=True):
    """Whom a subscription belongs to; `balance` is in minor units of `currency`."""

    object: str = "customer"
    address: Address | None = None
    balance: int = 0
    business_name: str | None = None
    currency: str | None = None
    customer_account: str | None = None
    default_source: str | None = None
    delinquent: bool = False
    description: str | None = None
    discount: None = None
    email: str | None = None
    individual_name: str | None = None
    invoice_prefix: str | None = None
    invoice_settings: InvoiceSettings = InvoiceSettings()
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    name: str | None = None
    next_invoice_sequence: int = 1
    phone: str | None = None
    preferred_locales: list[str] = msgspec.field(default_factory=list)
    shipping: Shipping | None = None
    tax_exempt: TaxExempt = "none"
    test_clock: str | None = None


def credit_of(customer: Customer) -> dict[str, int]:
    """The balance by currency, as `invoice_credit_balance` shows it; negative in the customer's favour."""
    return {customer.currency: customer.balance} if customer.currency and customer.balance else {}
