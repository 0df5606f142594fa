"""Invoice items: create, update, delete; one that names a draft is on it at once, others wait for the next invoice.

amount | pricing[price] | price_data | unit_amount_decimal   × quantity   ─▶ amount, in minor units
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec.structs import replace

from tenure.actions import billing, discounts, prices, tax_rates
from tenure.actions.clock import moment
from tenure.actions.patch import patch
from tenure.domain.amounts import charge
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Conflict, Invalid, NotFound
from tenure.domain.invoice_items import InvoiceItem
from tenure.domain.invoice_lines import line_of
from tenure.domain.invoice_parts import Period, PriceDetails, Pricing, SubscriptionDetails, SubscriptionReference
from tenure.domain.invoices import Invoice, InvoiceStatus, LineItem
from tenure.domain.money import rounded
from tenure.domain.prices import Price, check_fixed
from tenure.domain.products import Product
from tenure.domain.requests import DiscountGiven
from tenure.domain.subscriptions import Subscription
from tenure.store.tx import Tx

SOURCES = ("amount", "pricing", "price_data", "unit_amount_decimal")
PLAIN = ("description", "discountable", "metadata", "period", "tax_behavior")
MAX_AMOUNT = 99_999_999


def create(tx: Tx, fields: Mapping[str, Any]) -> InvoiceItem:
    """A new item for a customer's next invoice, or for the draft that is named. Raises Invalid, NotFound, Conflict."""
    if fields.get("customer") is None:
        raise Invalid("Missing required param: customer.", code="parameter_missing", param="customer")
    customer = tx.need(Customer, fields["customer"], param="customer")
    invoice = _draft(tx, fields["invoice"], customer.id) if fields.get("invoice") is not None else None
    owner = _subscription(tx, fields["subscription"], customer.id) if fields.get("subscription") is not None else None
    now = moment(tx, customer.test_clock)
    blank = InvoiceItem(
        id=tx.new_id("ii_"),
        created=now,
        livemode=tx.scope.livemode,
        amount=0,
        currency=_currency(fields, invoice, owner),
        customer=customer.id,
        date=now,
        invoice=invoice.id if invoice else None,
        parent=SubscriptionDetails(subscription_details=SubscriptionReference(subscription=owner.id))
        if owner
        else None,
        period=Period(start=now, end=now),
        test_clock=customer.test_clock,
    )
    valued = _valued(tx, blank, fields)
    if "discountable" not in fields:
        valued = replace(valued, discountable=valued.amount >= 0)
    item = _described(tx, valued, fields, now)
    tx.save(Change(after=(item,), events=(EventDraft("invoiceitem.created", item),)))
    if invoice is not None:
        _rebuild(tx, invoice, [*invoice.lines, line_of(item, tx.new_id)])
    return item


def update(tx: Tx, id: str, fields: Mapping[str, Any]) -> InvoiceItem:
    """Change an item that no final invoice has taken in. Raises Invalid, Conflict."""
    before = tx.lock(InvoiceItem, id, param="invoiceitem")
    invoice = _editable(tx, before)
    after = before
    if any(name in fields for name in (*SOURCES, "quantity", "quantity_decimal")):
        after = replace(_valued(tx, before, fields), discount_amounts=[], net_amount=None)
    after = _described(tx, after, fields, moment(tx, before.test_clock))
    if after != before:
        tx.save(Change(after=(after,)))
        if invoice is not None:
            _rebuild(tx, invoice, [_again(line, after) for line in invoice.lines])
    return after


def delete(tx: Tx, id: str) -> InvoiceItem:
    """Take it away, off its draft too. Raises Conflict where a final invoice has taken it in."""
    item = tx.lock(InvoiceItem, id, param="invoiceitem")
    invoice = _editable(tx, item)
    tx.save(Change(deleted=(item,), events=(EventDraft("invoiceitem.deleted", item),)))
    if invoice is not None:
        _rebuild(tx, invoice, [line for line in invoice.lines if item_of(line) != id])
    return item


def item_of(line: LineItem) -> str | None:
    """The invoice item behind a line."""
    parent = line.parent
    if parent is None:
        return None
    details = parent.invoice_item_details or parent.subscription_item_details
    return details.invoice_item if details else None


# Where it belongs


def _draft(tx: Tx, id: str, customer: str) -> Invoice:
    invoice = tx.lock(Invoice, id, param="invoice")
    if invoice.customer != customer:
        raise NotFound(f"No such invoice: '{id}'", code="resource_missing", param="invoice")
    if invoice.status is not InvoiceStatus.DRAFT:
        raise Conflict(
            "You cannot add an invoice item to an invoice that is not a draft.",
            code="invoice_not_editable",
            param="invoice",
        )
    return invoice


def _editable(tx: Tx, item: InvoiceItem) -> Invoice | None:
    """The draft that has taken the item in, locked; None while it waits, or when that is deleted. Raises Conflict."""
    if item.invoice is None or tx.get(Invoice, item.invoice) is None:
        return None
    invoice = tx.lock(Invoice, item.invoice)
    if invoice.status is not InvoiceStatus.DRAFT:
        raise Conflict(
            "This invoice item belongs to an invoice that is not a draft, so it can no longer be changed.",
            code="invoice_not_editable",
        )
    return invoice


def _subscription(tx: Tx, id: str, customer: str) -> Subscription:
    subscription = tx.need(Subscription, id, param="subscription")
    if subscription.customer != customer:
        raise NotFound(f"No such subscription: '{id}'", code="resource_missing", param="subscription")
    return subscription


def _currency(fields: Mapping[str, Any], invoice: Invoice | None, owner: Subscription | None) -> str:
    """The currency that was named, by itself or by `price_data`; empty where only a price can tell. Raises Invalid."""
    named = fields.get("currency") or (fields.get("price_data") or {}).get("currency") or ""
    expected = invoice.currency if invoice else owner.currency if owner else ""
    if named and expected and named != expected:
        raise Invalid(f"The currency must be `{expected}`, as on what the item belongs to.", param="currency")
    return str(named or expected)


def _rebuild(tx: Tx, invoice: Invoice, lines: Sequence[LineItem]) -> None:
    after = billing.rebuilt(tx, invoice, lines=lines)
    tx.save(Change(after=(after,), events=(EventDraft("invoice.updated", after),)))


def _again(line: LineItem, item: InvoiceItem) -> LineItem:
    """The line anew where it is the item's; its id stays."""
    return replace(line_of(item, lambda _: line.id), invoice=line.invoice) if item_of(line) == item.id else line


# What it says and costs


def _described(tx: Tx, item: InvoiceItem, fields: Mapping[str, Any], now: int) -> InvoiceItem:
    """The item with its words, time, taxes and discounts. Raises Invalid."""
    after = patch(item, {key: value for key, value in fields.items() if key in PLAIN})
    if after.period.end < after.period.start:
        raise Invalid("The period's end must not be before its start.", param="period[end]")
    if "tax_rates" in fields:
        after = replace(after, tax_rates=tax_rates.usable(tx, fields["tax_rates"] or (), param="tax_rates"))
    if "discounts" in fields:
        asked = msgspec.convert(fields["discounts"] or [], list[DiscountGiven])
        found = discounts.resolve(tx, asked, _holder(after), current=after.discounts, now=now, param="discounts")
        after = replace(after, discounts=found)
    return after


def _valued(tx: Tx, item: InvoiceItem, fields: Mapping[str, Any]) -> InvoiceItem:
    """The item with its quantity, its pricing and what that comes to. Raises Invalid."""
    named = [name for name in SOURCES if fields.get(name) is not None]
    if len(named) > 1 or not (named or item.pricing):
        words = ", ".join(f"`{name}`" for name in SOURCES)
        raise Invalid(f"Pass exactly one of {words}.", code=None if named else "parameter_missing", param="amount")
    counted = _counted(item, fields)
    source = named[0] if named else "quantity"
    if source == "amount":
        if "quantity" in fields or "quantity_decimal" in fields:
            raise Invalid("A quantity goes with a unit amount, not with `amount`.", param="quantity")
        amount = _bounded(fields["amount"])
        priced = Pricing(unit_amount_decimal=str(amount))
        return replace(_with_currency(counted), amount=amount, pricing=priced, quantity=1, quantity_decimal=None)
    if source == "unit_amount_decimal":
        return _by_unit(_with_currency(counted), fields["unit_amount_decimal"])
    if source == "quantity":
        return _by_own_pricing(tx, counted)
    return _by_price(tx, counted, _price(tx, fields))


def _counted(item: InvoiceItem, fields: Mapping[str, Any]) -> InvoiceItem:
    if "quantity" in fields and "quantity_decimal" in fields:
        raise Invalid("Pass only one of `quantity` and `quantity_decimal`.", param="quantity")
    if "quantity_decimal" in fields:
        exact = Decimal(fields["quantity_decimal"])
        whole = exact == int(exact)
        return replace(item, quantity=int(exact), quantity_decimal=None if whole else f"{exact.normalize():f}")
    if "quantity" in fields:
        return replace(item, quantity=fields["quantity"], quantity_decimal=None)
    return item


def _quantity(item: InvoiceItem) -> Decimal:
    return Decimal(item.quantity_decimal) if item.quantity_decimal is not None else Decimal(item.quantity)


def _with_currency(item: InvoiceItem) -> InvoiceItem:
    if not item.currency:
        raise Invalid("Missing required param: currency.", code="parameter_missing", param="currency")
    return item


def _by_unit(item: InvoiceItem, unit: str) -> InvoiceItem:
    amount = _bounded(rounded(Decimal(unit) * _quantity(item), item.currency))
    return replace(item, amount=amount, pricing=Pricing(unit_amount_decimal=unit))


def _by_own_pricing(tx: Tx, item: InvoiceItem) -> InvoiceItem:
    """The same pricing for another quantity."""
    pricing = item.pricing
    if pricing is not None and pricing.price_details is not None:
        price = tx.many(Price, [pricing.price_details.price], deleted=True)[pricing.price_details.price]
        return _by_price(tx, item, price)
    return _by_unit(item, (pricing.unit_amount_decimal if pricing else None) or "0")


def _price(tx: Tx, fields: Mapping[str, Any]) -> Price:
    if fields.get("price_data") is not None:
        return prices.create(tx, {**fields["price_data"], "active": False})
    price = tx.need(Price, fields["pricing"]["price"], param="pricing[price]")
    if not price.active:
        raise Invalid("The price specified is inactive. This field only accepts active prices.", param="pricing[price]")
    if price.type != "one_time":
        raise Invalid(
            "The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`.",
            param="pricing[price]",
        )
    check_fixed(price, "pricing[price]")
    return price


def _by_price(tx: Tx, item: InvoiceItem, price: Price) -> InvoiceItem:
    currency = item.currency or price.currency
    tranches = charge(price, _quantity(item), currency)
    unit = tranches[0].unit_amount_decimal if len(tranches) == 1 else None
    products = tx.many(Product, [price.product], deleted=True)
    name = products[price.product].name if price.product in products else None
    return replace(
        item,
        amount=_bounded(sum(each.amount for each in tranches)),
        currency=currency,
        description=item.description or name,
        pricing=Pricing(price_details=PriceDetails(price=price.id, product=price.product), unit_amount_decimal=unit),
        tax_behavior=item.tax_behavior or price.tax_behavior,
    )


def _bounded(amount: int) -> int:
    if abs(amount) > MAX_AMOUNT:
        raise Invalid(f"The amount must lie between -{MAX_AMOUNT} and {MAX_AMOUNT}.", param="amount")
    return amount


def _holder(item: InvoiceItem) -> discounts.Holder:
    details = item.pricing.price_details if item.pricing else None
    return discounts.Holder(
        customer=item.customer,
        currency=item.currency,
        products=frozenset({details.product} if details else ()),
        amount=item.amount,
        invoice_item=item.id,
    )
