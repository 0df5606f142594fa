"""Prorations as invoice items: what they say, what they credit, and what the subscription remembers of them."""

from collections.abc import Sequence

from msgspec.structs import replace

from tenure.actions.books import Books
from tenure.domain import invoice_lines
from tenure.domain.invoice_items import InvoiceItem
from tenure.domain.invoice_parts import (
    CreditedItems,
    CreditedLines,
    DiscountAmount,
    Period,
    PriceDetails,
    Pricing,
    ProrationDetails,
    SubscriptionDetails,
    SubscriptionReference,
)
from tenure.domain.prorations import Proration, debit_of
from tenure.domain.subscriptions import Debit, Subscription
from tenure.store.tx import Tx


def proration_item(
    tx: Tx, subscription: Subscription, proration: Proration, kept: Books, now: int, *, date: int | None = None
) -> InvoiceItem:
    """The invoice item that a proration waits in."""
    name, units = kept.name(proration.price), proration.quantity
    counted = f"{units} × {name}" if units is not None and units != 1 else name
    verb = "Unused time on" if proration.kind == "credit" else "Remaining time on"
    itemized = _itemized(subscription)
    amount = proration.subtotal if itemized else proration.amount
    amounts = [DiscountAmount(amount=value, discount=id) for id, value in proration.discounts.items() if value]
    price = kept.prices[proration.price]
    return InvoiceItem(
        id=tx.new_id("ii_"),
        created=now,
        livemode=tx.scope.livemode,
        amount=amount,
        currency=subscription.currency,
        customer=subscription.customer,
        date=now if date is None else date,
        description=f"{verb} {counted} after {invoice_lines.day(proration.start)}",
        discount_amounts=amounts if itemized else [],
        discountable=False,
        net_amount=proration.amount,
        parent=SubscriptionDetails(
            subscription_details=SubscriptionReference(
                subscription=subscription.id, subscription_item=proration.item.id
            )
        ),
        period=Period(start=proration.start, end=proration.end),
        pricing=Pricing(
            price_details=PriceDetails(price=price.id, product=price.product),
            unit_amount_decimal=price.unit_amount_decimal,
        ),
        proration=True,
        proration_details=ProrationDetails(credited_items=_credited(proration), discount_amounts=amounts),
        quantity=1 if units is None else units,
        tax_behavior=price.tax_behavior,
        tax_rates=proration.tax_rates,
        test_clock=subscription.test_clock,
    )


def _itemized(subscription: Subscription) -> bool:
    flexible = subscription.billing_mode.flexible
    return flexible is not None and flexible.proration_discounts == "itemized"


def _credited(proration: Proration) -> CreditedLines | None:
    debit = proration.of
    if proration.kind == "debit" or debit is None:
        return None
    if debit.invoice is None:
        return CreditedLines(type="invoice_item", invoice_item=debit.line)
    lines = CreditedItems(invoice=debit.invoice, invoice_line_items=[debit.line])
    return CreditedLines(type="invoice_line_items", invoice_line_item_details=lines)


def owing(subscription: Subscription, asked: Sequence[Proration], lines: Sequence[str]) -> Subscription:
    """The subscription that knows what these prorations ask for, each by the invoice item that it waits in."""
    billed: dict[str, list[Debit]] = {}
    for proration, line in zip(asked, lines, strict=True):
        billed.setdefault(proration.item.id, []).append(debit_of(proration, line))
    items = [replace(i, debits=[*i.debits, *billed[i.id]]) if i.id in billed else i for i in subscription.items]
    return replace(subscription, items=items)
