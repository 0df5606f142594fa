"""The lines of an invoice: what an item costs for a period, what waits as an invoice item, a trial that costs nothing.

2 × Pro (at $10.00 / month)          a licensed item, in advance
1,204 × API calls (at $0.01 / month) a metered one, in arrears
Seats (Tier 2 at $8.00 / month)      one line a tier
Unused time on Pro after 15 Jan 2026 a proration, through its invoice item
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from tenure.domain.amounts import Tranche, charge
from tenure.domain.invoice_items import InvoiceItem
from tenure.domain.invoice_parts import (
    CreditedItems,
    ItemDetails,
    LineParent,
    LineProration,
    Period,
    PriceDetails,
    Pricing,
    SubscriptionItemDetails,
)
from tenure.domain.invoices import LineItem
from tenure.domain.money import plain
from tenure.domain.prices import Price
from tenure.domain.subscriptions import SubscriptionItem

NewId = Callable[[str], str]


def every(price: Price) -> str:
    """How often a price recurs, for descriptions: `month`, `3 months`."""
    if price.recurring is None:
        return ""
    count, interval = price.recurring.interval_count, price.recurring.interval
    return interval if count == 1 else f"{count} {interval}s"


def day(at: int) -> str:
    """A day for descriptions: 5 Jan 2026."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment.day} {moment:%b %Y}"


def item_lines(
    item: SubscriptionItem,
    price: Price,
    name: str,
    *,
    currency: str,
    period: Period,
    new_id: NewId,
    quantity: int | Decimal | None = None,
) -> list[LineItem]:
    """What an item costs for a period, one line a tranche; `quantity` overrides the item's, for usage."""
    units = (item.quantity if item.quantity is not None else 1) if quantity is None else quantity
    return [
        LineItem(
            id=new_id("il_"),
            amount=tranche.amount,
            currency=currency,
            description=_described(tranche, price, name, currency),
            discounts=item.discounts,
            livemode=price.livemode,
            metadata=item.metadata,
            parent=_of_item(item),
            period=period,
            pricing=_pricing(price, tranche.unit_amount_decimal),
            quantity=int(tranche.quantity),
            quantity_decimal=_exact(tranche.quantity),
            subscription=item.subscription,
            subtotal=tranche.amount,
            tax_behavior=price.tax_behavior,
            tax_rates=item.tax_rates or None,
        )
        for tranche in charge(price, units, currency)
    ]


def trial_line(
    item: SubscriptionItem, price: Price, name: str, *, currency: str, period: Period, new_id: NewId
) -> LineItem:
    """The line that says a trial costs nothing."""
    return LineItem(
        id=new_id("il_"),
        amount=0,
        currency=currency,
        description=f"Trial period for {name}",
        discounts=item.discounts,
        livemode=price.livemode,
        metadata=item.metadata,
        parent=_of_item(item),
        period=period,
        pricing=_pricing(price, "0"),
        quantity=item.quantity if item.quantity is not None else 0,
        subscription=item.subscription,
        subtotal=0,
        tax_rates=item.tax_rates or None,
    )


def line_of(item: InvoiceItem, new_id: NewId) -> LineItem:
    """The line that an invoice item becomes."""
    return LineItem(
        id=new_id("il_"),
        amount=item.amount,
        currency=item.currency,
        description=item.description,
        discount_amounts=item.discount_amounts,
        discountable=item.discountable,
        discounts=item.discounts,
        livemode=item.livemode,
        metadata=item.metadata,
        parent=_parent(item),
        period=item.period,
        pricing=item.pricing,
        quantity=item.quantity,
        quantity_decimal=item.quantity_decimal,
        subscription=_owner(item)[0],
        subtotal=item.amount,
        tax_behavior=item.tax_behavior,
        tax_rates=item.tax_rates or None,
    )


def _owner(item: InvoiceItem) -> tuple[str | None, str | None]:
    details = item.parent.subscription_details if item.parent else None
    return (details.subscription, details.subscription_item) if details else (None, None)


def _parent(item: InvoiceItem) -> LineParent:
    subscription, subscription_item = _owner(item)
    credited = item.proration_details.credited_items if item.proration_details else None
    lines: CreditedItems | None = credited.invoice_line_item_details if credited else None
    details = LineProration(credited_items=lines) if item.proration else None
    if subscription is not None and subscription_item is not None:
        return LineParent(
            type="subscription_item_details",
            subscription_item_details=SubscriptionItemDetails(
                invoice_item=item.id,
                proration=item.proration,
                proration_details=details,
                subscription=subscription,
                subscription_item=subscription_item,
            ),
        )
    return LineParent(
        type="invoice_item_details",
        invoice_item_details=ItemDetails(
            invoice_item=item.id, proration=item.proration, proration_details=details, subscription=subscription
        ),
    )


def _of_item(item: SubscriptionItem) -> LineParent:
    return LineParent(
        type="subscription_item_details",
        subscription_item_details=SubscriptionItemDetails(subscription=item.subscription, subscription_item=item.id),
    )


def _pricing(price: Price, unit: str | None) -> Pricing:
    return Pricing(price_details=PriceDetails(price=price.id, product=price.product), unit_amount_decimal=unit)


def _exact(quantity: Decimal) -> str | None:
    return None if quantity == int(quantity) else f"{quantity:f}"


def _described(tranche: Tranche, price: Price, name: str, currency: str) -> str:
    """The words of a regular line; amounts as the price says them."""
    rhythm = f" / {every(price)}" if price.recurring else ""
    at = f"at {plain(Decimal(tranche.unit_amount_decimal or 0), currency)}{rhythm}"
    if tranche.flat:
        return f"{name} (Tier {tranche.tier} flat fee {at})"
    if tranche.tier is not None:
        at = f"Tier {tranche.tier} {at}"
    return f"{tranche.quantity.normalize():,f} × {name} ({at})"


def span(lines: Sequence[LineItem]) -> Period | None:
    """The time that lines are for, all together."""
    if not lines:
        return None
    return Period(start=min(line.period.start for line in lines), end=max(line.period.end for line in lines))
