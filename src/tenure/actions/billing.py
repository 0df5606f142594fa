"""Bills: what a subscription owes becomes the draft of an invoice.

    items ─▶ lines for a period ─┐
    invoice items that wait ─────┼─▶ discounts, taxes, totals ─▶ draft     and the subscription after it:
    usage of the period past ────┘                                       what was billed, `once` coupons used up

Nothing here is saved: a preview asks the same functions as a bill.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from tenure.actions import meters
from tenure.actions.books import Books, books
from tenure.actions.clock import page_all
from tenure.domain import invoice_lines
from tenure.domain.customers import Customer
from tenure.domain.discounts import Discount
from tenure.domain.documents import EventDraft
from tenure.domain.invoice_items import InvoiceItem
from tenure.domain.invoice_parts import (
    InvoiceParent,
    InvoiceSubscription,
    Period,
)
from tenure.domain.invoice_totals import priced
from tenure.domain.invoices import (
    DRAFT_S,
    BillingReason,
    Invoice,
    InvoiceStatus,
    LineItem,
    invoiced,
    subscription_of,
)
from tenure.domain.items import short_items
from tenure.domain.prorations import Value, in_trial, metered
from tenure.domain.subscriptions import Debit, Status, Subscription, SubscriptionItem
from tenure.store import accounts
from tenure.store.tx import Tx

CREATED = "invoice.created"


class Bill(NamedTuple):
    """A draft, the subscription after it, and the invoice items that it has taken in."""

    invoice: Invoice
    subscription: Subscription | None
    taken: tuple[InvoiceItem, ...] = ()

    @property
    def created(self) -> EventDraft:
        """The news of the draft."""
        return EventDraft(CREATED, self.invoice)


def waiting(tx: Tx, subscription: Subscription) -> list[InvoiceItem]:
    """The invoice items that its next invoice takes in, the oldest first: its own, and its customer's loose ones."""
    found = _pending(tx, subscription.customer)
    own = [item for item in found if _owner(item) == subscription.id]
    return own + [item for item in found if _owner(item) is None and item.currency == subscription.currency]


def loose(tx: Tx, customer: str, currency: str) -> list[InvoiceItem]:
    """A customer's invoice items that belong to no subscription and wait, the oldest first."""
    return [item for item in _pending(tx, customer) if _owner(item) is None and item.currency == currency]


def _pending(tx: Tx, customer: str) -> list[InvoiceItem]:
    """What waits for an invoice of the customer, the oldest first."""
    return page_all(tx, InvoiceItem, [("customer", "=", customer), ("pending", "=", True)])[::-1]


def _owner(item: InvoiceItem) -> str | None:
    owner = item.parent.subscription_details if item.parent else None
    return owner.subscription if owner else None


def values(subscription: Subscription, kept: Books) -> dict[str, Value]:
    """What each item costs for one whole period, and what each discount takes off it."""
    if not subscription.items:
        return {}
    lines: list[LineItem] = []
    owners: list[str] = []
    for item in subscription.items:
        if metered(kept.prices[item.price]):
            continue
        made = period_lines(subscription, item, kept, Period(start=0, end=1), new_id=str)
        lines += made
        owners += [item.id] * len(made)
    blank = Invoice(id="", currency=subscription.currency, customer="", period_start=0, period_end=0)
    blank = replace(blank, discounts=subscription.discounts)
    summed = priced(blank, lines, coupons=kept.coupons, rates={}, products=kept.products)
    found: dict[str, Value] = {}
    for owner, line in zip(owners, summed.lines, strict=True):
        known = found.get(owner, Value(subtotal=0))
        taken = dict(known.discounts)
        for each in line.discount_amounts:
            taken[each.discount] = taken.get(each.discount, 0) + each.amount
        found[owner] = Value(subtotal=known.subtotal + line.amount, discounts=taken)
    return found


def period_lines(
    subscription: Subscription,
    item: SubscriptionItem,
    kept: Books,
    period: Period,
    *,
    new_id: invoice_lines.NewId,
) -> list[LineItem]:
    """What a licensed item costs for a period, in advance."""
    price = kept.prices[item.price]
    return invoice_lines.item_lines(
        item, price, kept.name(item.price), currency=subscription.currency, period=period, new_id=new_id
    )


def starting_lines(
    tx: Tx, subscription: Subscription, items: Iterable[SubscriptionItem], kept: Books, at: int
) -> list[LineItem]:
    """The lines, in advance, of these items' periods that start at `at`; usage is billed when they end."""
    lines: list[LineItem] = []
    for item in items:
        if item.current_period_start == at and not metered(kept.prices[item.price]):
            period = Period(start=at, end=item.current_period_end)
            lines += period_lines(subscription, item, kept, period, new_id=tx.new_id)
    return lines


def whole_items(subscription: Subscription, kept: Books, at: int) -> list[SubscriptionItem]:
    """Its items without those that start a shorter period at `at`, which is prorated."""
    short = short_items(subscription, kept.prices, at)
    return [item for item in subscription.items if item.id not in short]


def usage_lines(
    tx: Tx, subscription: Subscription, item: SubscriptionItem, kept: Books, period: Period
) -> list[LineItem]:
    """What a metered item costs for a period that is over; none for an item that names no meter."""
    price = kept.prices[item.price]
    if price.recurring is None or price.recurring.meter is None or period.end <= period.start:
        return []
    used = meters.usage(tx, price.recurring.meter, subscription.customer, period.start, period.end)
    return invoice_lines.item_lines(
        item,
        price,
        kept.name(item.price),
        currency=subscription.currency,
        period=period,
        new_id=tx.new_id,
        quantity=used,
    )


def first_lines(tx: Tx, subscription: Subscription, kept: Books) -> list[LineItem]:
    """The lines of a subscription's first invoice: its trial, or its first whole period."""
    lines: list[LineItem] = []
    for item in subscription.items:
        price = kept.prices[item.price]
        period = Period(start=item.current_period_start, end=item.current_period_end)
        if in_trial(subscription, subscription.created):
            name = kept.name(item.price)
            lines.append(
                invoice_lines.trial_line(
                    item, price, name, currency=subscription.currency, period=period, new_id=tx.new_id
                )
            )
        elif not metered(price):
            lines += period_lines(subscription, item, kept, period, new_id=tx.new_id)
    return lines


def renewal_lines(
    tx: Tx, before: Subscription, after: Subscription, kept: Books, at: int, *, advance: bool = True
) -> list[LineItem]:
    """The lines of the periods that ended at `at`: usage of those, and in advance the next ones.

    Without `advance` everything ends at `at`, in the middle of its period or not.
    """
    lines: list[LineItem] = []
    for old in before.items:
        if (
            (old.current_period_end == at or not advance)
            and metered(kept.prices[old.price])
            and not in_trial(before, at - 1)
        ):
            lines += usage_lines(tx, before, old, kept, Period(start=old.current_period_start, end=at))
    if advance:
        lines += starting_lines(tx, after, whole_items(after, kept, at), kept, at)
    return lines


def draft(
    tx: Tx,
    customer: Customer,
    subscription: Subscription | None,
    *,
    reason: BillingReason,
    at: int,
    lines: Sequence[LineItem],
    items: Sequence[InvoiceItem] = (),
    period: Period | None = None,
    key: str | None = None,
    currency: str | None = None,
    proration_date: int | None = None,
) -> Bill:
    """The draft of these lines and invoice items; `key` makes it the only one of its period."""
    blank = skeleton(tx, customer, subscription, reason=reason, at=at, currency=currency, proration_date=proration_date)
    blank = replace(blank, billing_key=key)
    if period is not None:
        blank = replace(blank, period_start=period.start, period_end=period.end)
    whole = [*lines, *(invoice_lines.line_of(item, tx.new_id) for item in items)]
    whole = [replace(line, invoice=blank.id) for line in whole]
    kept = books(tx, [subscription] if subscription else [], lines=whole, invoice=blank)
    invoice = priced(blank, whole, coupons=kept.coupons, rates=kept.rates, products=kept.products)
    after = None
    if subscription is not None:
        after = _used_up(remembered(subscription, invoice, at), invoice, kept)
        after = replace(after, latest_invoice=invoice.id)
    return Bill(invoice, after, tuple(replace(item, invoice=invoice.id) for item in items))


def skeleton(
    tx: Tx,
    customer: Customer,
    subscription: Subscription | None,
    *,
    reason: BillingReason,
    at: int,
    currency: str | None = None,
    proration_date: int | None = None,
) -> Invoice:
    """An invoice without lines: who, for what, in which way to be paid."""
    account = accounts.get(tx, tx.scope.account)
    invoice = Invoice(
        id=tx.new_id("in_"),
        created=at,
        livemode=tx.scope.livemode,
        account_country=(account.settings.get("country") if account else None),
        account_name=(account.settings.get("business_name") or account.name) if account else None,
        billing_reason=reason,
        currency=currency or (subscription.currency if subscription else customer.currency or "usd"),
        custom_fields=customer.invoice_settings.custom_fields,
        customer=customer.id,
        customer_address=customer.address,
        customer_email=customer.email,
        customer_name=customer.name,
        customer_phone=customer.phone,
        customer_shipping=customer.shipping,
        customer_tax_exempt=customer.tax_exempt,
        footer=customer.invoice_settings.footer,
        period_end=at,
        period_start=at,
        starting_balance=customer.balance,
        test_clock=customer.test_clock,
    )
    return invoice if subscription is None else _of_subscription(invoice, subscription, at, proration_date)


def _of_subscription(invoice: Invoice, subscription: Subscription, at: int, proration_date: int | None) -> Invoice:
    """What an invoice takes over from its subscription."""
    pause = subscription.pause_collection
    automatic = not (pause is not None and pause.behavior == "keep_as_draft") and subscription.status not in (
        Status.UNPAID,
        Status.PAUSED,
    )
    details = InvoiceSubscription(
        metadata=subscription.metadata,
        subscription=subscription.id,
        subscription_proration_date=proration_date,
    )
    settings = subscription.invoice_settings
    return replace(
        invoice,
        auto_advance=automatic,
        automatically_finalizes_at=at + DRAFT_S if automatic else None,
        collection_method=subscription.collection_method,
        custom_fields=settings.custom_fields or invoice.custom_fields,
        days_until_due=subscription.days_until_due,
        default_tax_rates=subscription.default_tax_rates,
        description=settings.description,
        discounts=subscription.discounts,
        footer=settings.footer or invoice.footer,
        parent=InvoiceParent(subscription_details=details),
        payment_settings=invoiced(subscription.payment_settings),
    )


def remembered(subscription: Subscription, invoice: Invoice, at: int) -> Subscription:
    """The subscription that knows what this invoice bills in advance, for the credits of later changes."""
    billed: dict[str, list[Debit]] = {}
    renamed: dict[str, str] = {}
    for line in invoice.lines:
        details = line.parent.subscription_item_details if line.parent else None
        if details is None:
            continue
        if details.invoice_item is not None:
            renamed[details.invoice_item] = line.id
        elif line.period.end > at:
            billed.setdefault(details.subscription_item, []).append(_debit(line, invoice.id))
    items = [_with_debits(item, billed.get(item.id), renamed, invoice.id) for item in subscription.items]
    return replace(subscription, items=items)


def _with_debits(
    item: SubscriptionItem, fresh: list[Debit] | None, renamed: dict[str, str], invoice: str
) -> SubscriptionItem:
    kept = item.debits
    if fresh is not None:
        starts = min(debit.start for debit in fresh)
        kept = [debit for debit in kept if debit.end <= starts and debit.end > item.current_period_start] + fresh
    if renamed:
        kept = [replace(d, line=renamed[d.line], invoice=invoice) if d.line in renamed else d for d in kept]
    return item if kept is item.debits else replace(item, debits=kept)


def _debit(line: LineItem, invoice: str) -> Debit:
    taken = {each.discount: each.amount for each in line.discount_amounts}
    details = line.pricing.price_details if line.pricing else None
    return Debit(
        amount=line.amount - sum(taken.values()),
        discounts=taken,
        end=line.period.end,
        invoice=invoice,
        line=line.id,
        price=details.price if details else "",
        quantity=line.quantity,
        start=line.period.start,
        subtotal=line.amount,
        tax_rates=line.tax_rates or [],
    )


def _used_up(subscription: Subscription, invoice: Invoice, kept: Books) -> Subscription:
    """The subscription without the `once` discounts that this invoice has taken off."""
    used = {each.discount for each in invoice.total_discount_amounts if each.amount}
    once = {
        discount.id
        for discount in _discounts(subscription)
        if discount.id in used and kept.coupons[discount.source.coupon].duration == "once"
    }
    if not once:
        return subscription
    items = [replace(i, discounts=[d for d in i.discounts if d.id not in once]) for i in subscription.items]
    return replace(subscription, items=items, discounts=[d for d in subscription.discounts if d.id not in once])


def _discounts(subscription: Subscription) -> Iterable[Discount]:
    yield from subscription.discounts
    for item in subscription.items:
        yield from item.discounts


def rebuilt(tx: Tx, invoice: Invoice, *, lines: Sequence[LineItem] | None = None) -> Invoice:
    """A draft with its sums worked out anew, over these lines or its own. Anything but a draft stays as it is."""
    if invoice.status is not InvoiceStatus.DRAFT:
        return invoice
    own = [replace(line, invoice=invoice.id) for line in (invoice.lines if lines is None else lines)]
    of = subscription_of(invoice)
    subscription = tx.get(Subscription, of) if of else None
    kept = books(tx, [subscription] if subscription else [], lines=own, invoice=invoice)
    return priced(invoice, own, coupons=kept.coupons, rates=kept.rates, products=kept.products)
