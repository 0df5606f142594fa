"""An invoice item: an amount that waits for the customer's next invoice, among them the prorations of a change."""

import msgspec

from tenure.domain.discounts import Discount
from tenure.domain.documents import Document
from tenure.domain.invoice_parts import DiscountAmount, Period, Pricing, ProrationDetails, SubscriptionDetails


class InvoiceItem(Document, frozen=True, kw_only=True):
    """`amount` is in minor units of `currency`, negative for a credit; `invoice` is set once one has taken it in."""

    object: str = "invoiceitem"
    amount: int
    currency: str
    customer: str
    customer_account: str | None = None
    date: int
    description: str | None = None
    discount_amounts: list[DiscountAmount] = msgspec.field(default_factory=list)
    discountable: bool = True
    discounts: list[Discount] = msgspec.field(default_factory=list)
    invoice: str | None = None
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    net_amount: int | None = None
    parent: SubscriptionDetails | None = None
    period: Period
    pricing: Pricing | None = None
    proration: bool = False
    proration_details: ProrationDetails | None = None
    quantity: int = 1
    quantity_decimal: str | None = None
    tax_behavior: str | None = None
    tax_rates: list[str] = msgspec.field(default_factory=list)
    test_clock: str | None = None
