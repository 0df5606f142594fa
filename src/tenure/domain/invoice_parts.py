"""The pieces that invoices, their lines, invoice items and credit notes share; amounts in minor units."""

from typing import Any, Literal

import msgspec

from tenure.domain.documents import Part

TaxabilityReason = Literal[
    "customer_exempt", "not_collecting", "product_exempt", "reverse_charge", "standard_rated", "zero_rated"
]


class Period(Part, frozen=True, kw_only=True):
    """What time something is for: unix seconds, the end not included."""

    end: int
    start: int


class PriceDetails(Part, frozen=True, kw_only=True):
    """The price behind an amount."""

    price: str
    product: str


class Pricing(Part, frozen=True, kw_only=True):
    """How the amount came about."""

    price_details: PriceDetails | None = None
    type: Literal["price_details"] = "price_details"
    unit_amount_decimal: str | None = None


class DiscountAmount(Part, frozen=True, kw_only=True):
    """What one discount takes off, a positive amount where it lowers what is paid."""

    amount: int
    discount: str


class PretaxCredit(Part, frozen=True, kw_only=True):
    """What is taken off before tax."""

    amount: int
    credit_balance_transaction: str | None = None
    discount: str | None = None
    type: Literal["credit_balance_transaction", "discount"] = "discount"


class RateDetails(Part, frozen=True, kw_only=True):
    """Which rate a tax comes from."""

    tax_rate: str


class TaxAmount(Part, frozen=True, kw_only=True):
    """One tax on one line, or its sum over the lines."""

    amount: int
    tax_behavior: Literal["exclusive", "inclusive"]
    tax_rate_details: RateDetails | None = None
    taxability_reason: TaxabilityReason = "standard_rated"
    taxable_amount: int | None = None
    type: Literal["tax_rate_details"] = "tax_rate_details"


class CreditedItems(Part, frozen=True, kw_only=True):
    """Which lines of which invoice a credit gives back."""

    invoice: str
    invoice_line_items: list[str]


class LineProration(Part, frozen=True, kw_only=True):
    """Where the credit of a proration comes from."""

    credited_items: CreditedItems | None = None


class ItemDetails(Part, frozen=True, kw_only=True):
    """The invoice item behind a line."""

    invoice_item: str
    proration: bool = False
    proration_details: LineProration | None = None
    subscription: str | None = None


class SubscriptionItemDetails(Part, frozen=True, kw_only=True):
    """The subscription item behind a line."""

    invoice_item: str | None = None
    proration: bool = False
    proration_details: LineProration | None = None
    subscription: str | None = None
    subscription_item: str


class LineParent(Part, frozen=True, kw_only=True):
    """What made a line."""

    invoice_item_details: ItemDetails | None = None
    subscription_item_details: SubscriptionItemDetails | None = None
    type: Literal["invoice_item_details", "subscription_item_details"]


class SubscriptionReference(Part, frozen=True, kw_only=True):
    """The subscription, and its item, that an invoice item belongs to."""

    subscription: str
    subscription_item: str | None = None


class SubscriptionDetails(Part, frozen=True, kw_only=True):
    """What an invoice item belongs to."""

    subscription_details: SubscriptionReference | None = None
    type: Literal["subscription_details"] = "subscription_details"


class CreditedLines(Part, frozen=True, kw_only=True):
    """What the credit of an invoice item gives back."""

    invoice_item: str | None = None
    invoice_line_item_details: CreditedItems | None = None
    type: Literal["invoice_item", "invoice_line_items"] = "invoice_line_items"


class ProrationDetails(Part, frozen=True, kw_only=True):
    """Where a proration's credit comes from, and what discounts took off it."""

    credited_items: CreditedLines | None = None
    discount_amounts: list[DiscountAmount] = msgspec.field(default_factory=list)


class InvoiceSubscription(Part, frozen=True, kw_only=True):
    """The subscription that an invoice is for; its metadata as it was then."""

    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    subscription: str
    subscription_proration_date: int | None = None


class InvoiceParent(Part, frozen=True, kw_only=True):
    """What made an invoice."""

    quote_details: dict[str, Any] | None = None
    subscription_details: InvoiceSubscription | None = None
    type: Literal["quote_details", "subscription_details"] = "subscription_details"
