"""What a subscription bills once: `add_invoice_items` become invoice items of its next invoice."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import UNSET, UnsetType

from tenure.actions import discounts, prices, tax_rates
from tenure.actions.patch import given, merged_metadata
from tenure.domain import amounts
from tenure.domain.errors import Invalid
from tenure.domain.invoice_items import InvoiceItem
from tenure.domain.invoice_parts import Period, PriceDetails, Pricing, SubscriptionDetails, SubscriptionReference
from tenure.domain.prices import Price, check_fixed
from tenure.domain.products import Product
from tenure.domain.requests import AddedItemGiven, PeriodGiven, TimeGiven
from tenure.domain.subscriptions import Subscription
from tenure.store.tx import Tx


def one_time_items(
    tx: Tx, asked: Sequence[AddedItemGiven] | UnsetType, subscription: Subscription, *, now: int
) -> list[InvoiceItem]:
    """The invoice items of these wishes, not saved yet. Raises Invalid, NotFound."""
    wishes = [] if asked is UNSET else asked
    return [_item(tx, each, subscription, now, f"add_invoice_items[{n}]") for n, each in enumerate(wishes)]


def _item(tx: Tx, asked: AddedItemGiven, subscription: Subscription, now: int, param: str) -> InvoiceItem:
    price = _price(tx, asked, param)
    product = tx.need(Product, price.product)
    amount = amounts.total(price, asked.quantity, subscription.currency)
    found = [] if asked.discounts is UNSET else asked.discounts or []
    unit = amounts.tariff(price, subscription.currency).unit
    return InvoiceItem(
        id=tx.new_id("ii_"),
        created=now,
        livemode=tx.scope.livemode,
        amount=amount,
        currency=subscription.currency,
        customer=subscription.customer,
        date=now,
        description=product.name,
        discountable=asked.discountable,
        discounts=discounts.resolve(
            tx,
            found,
            discounts.of_prices(subscription, [price], amounts.total(price, asked.quantity, subscription.currency)),
            current=[],
            now=now,
            param=f"{param}[discounts]",
        ),
        metadata=merged_metadata({}, {} if asked.metadata is UNSET else asked.metadata),
        parent=SubscriptionDetails(subscription_details=SubscriptionReference(subscription=subscription.id)),
        period=_period(asked.period, subscription, now),
        pricing=Pricing(
            price_details=PriceDetails(price=price.id, product=price.product),
            unit_amount_decimal=amounts.text(unit or Decimal(0)),
        ),
        quantity=asked.quantity,
        tax_behavior=price.tax_behavior,
        tax_rates=tax_rates.usable(tx, asked.tax_rates or [], param=f"{param}[tax_rates]"),
        test_clock=subscription.test_clock,
    )


def _price(tx: Tx, asked: AddedItemGiven, param: str) -> Price:
    if asked.price_data is not UNSET:
        return prices.create(tx, given(asked.price_data))
    if asked.price is UNSET:
        raise Invalid(f"Missing required param: {param}[price].", code="parameter_missing", param=f"{param}[price]")
    price = tx.need(Price, asked.price, param=f"{param}[price]")
    if price.recurring is not None:
        raise Invalid(
            f"The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`: "
            f"'{price.id}'.",
            param=f"{param}[price]",
        )
    check_fixed(price, f"{param}[price]")
    return price


def _period(asked: PeriodGiven | UnsetType, subscription: Subscription, now: int) -> Period:
    if asked is UNSET:
        return Period(start=now, end=now)
    return Period(start=_time(asked.start, subscription, now), end=_time(asked.end, subscription, now))


def _time(asked: TimeGiven, subscription: Subscription, now: int) -> int:
    match asked.type:
        case "max_item_period_start":
            return max(item.current_period_start for item in subscription.items)
        case "min_item_period_end":
            return min(item.current_period_end for item in subscription.items)
        case "timestamp" if asked.timestamp is not UNSET:
            return asked.timestamp
        case _:
            return now
