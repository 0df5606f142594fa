"""The lines and sums of an invoice or credit note, as texts of one language.

    line    Halyard Studio      5 × €29.00 = €145.00     14 Nov – 14 Dec 2026     Launch (25% off) −€36.25
    sums    Subtotal ─ discounts ─ Total excluding tax ─ taxes ─ Total ─ balance, credit notes, payments ─ Amount due

Lines of subscriptions are named in the reader's language; what a merchant wrote stays as it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tenure.domain.coupons import Coupon
from tenure.domain.discounts import Discount
from tenure.domain.invoice_parts import DiscountAmount, Period, TaxAmount
from tenure.domain.invoices import Invoice, InvoiceStatus, LineItem
from tenure.domain.tax_rates import TaxRate
from tenure.web.portal_plans import off_text
from tenure.web.readers import Reader

EN_DASH, MINUS = "\u2013", "\u2212"


@dataclass(frozen=True, kw_only=True)
class Words:
    """What lines refer to by id: products' names, tax rates, coupons and the discounts that used them."""

    products: Mapping[str, str] = field(default_factory=dict)
    rates: Mapping[str, TaxRate] = field(default_factory=dict)
    coupons: Mapping[str, Coupon] = field(default_factory=dict)
    discounts: Mapping[str, Discount] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LineText:
    """One line; empty texts where it has none of a thing."""

    text: str
    period: str = ""
    quantity: str = ""
    unit: str = ""
    tax: str = ""
    amount: str = ""
    discounts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Sum:
    """One row below the lines; the `strong` ones are what the eye looks for."""

    label: str
    amount: str
    strong: bool = False


def minus(amount: int, currency: str, reader: Reader) -> str:
    """An amount that is taken off, with a real minus sign."""
    return MINUS + reader.money(amount, currency) if amount >= 0 else reader.money(-amount, currency)


def signed(amount: int, currency: str, reader: Reader) -> str:
    """An amount, with a real minus sign where it is below 0."""
    return minus(-amount, currency, reader) if amount < 0 else reader.money(amount, currency)


# Lines


def line_texts(invoice: Invoice, words: Words, reader: Reader) -> tuple[LineText, ...]:
    """The lines in their order."""
    return tuple(_line(line, words, reader) for line in invoice.lines)


def _line(line: LineItem, words: Words, reader: Reader) -> LineText:
    own = [(each, words.discounts.get(each.discount)) for each in line.discount_amounts if each.amount]
    taken = [(discount_name(found, line.currency, words, reader), each.amount) for each, found in own]
    proration = is_proration(line)
    return LineText(
        text=line_name(line, words, reader),
        period=period_text(line.period, reader),
        quantity="" if proration else _quantity(line, reader),
        unit="" if proration else _unit(line, reader),
        tax=reader.listed([reader.percent(rate.percentage) for rate in _rates(line.taxes, words)]),
        amount=signed(line.amount, line.currency, reader),
        discounts=tuple((name, minus(amount, line.currency, reader)) for name, amount in taken),
    )


def is_proration(line: LineItem) -> bool:
    """Whether the line is for a part of a period, after a change."""
    parent = line.parent
    details = (parent.subscription_item_details or parent.invoice_item_details) if parent else None
    return details is not None and details.proration


def line_name(line: LineItem, words: Words, reader: Reader) -> str:
    """What the line is for; a proration says what it gives back or asks for."""
    _, details = reader.language.gettext, line.pricing.price_details if line.pricing else None
    product = words.products.get(details.product, "") if details else ""
    ours = line.parent is not None and line.parent.type == "subscription_item_details"
    if not product or not (ours or is_proration(line)):
        return line.description or product or _("Other charges")
    if is_proration(line):
        many = line.quantity is not None and line.quantity > 1
        plan = f"{line.quantity} × {product}" if many else product
        day = reader.dated(line.period.start)
        if line.amount < 0:
            return _("Unused time on %(plan)s after %(date)s", plan=plan, date=day)
        return _("Remaining time on %(plan)s after %(date)s", plan=plan, date=day)
    if line.description == f"Trial period for {product}":
        return _("Trial period for %(plan)s", plan=product)
    return product


def period_text(period: Period, reader: Reader) -> str:
    """The days from and to; one day where they are the same."""
    first, last = reader.dated(period.start), reader.dated(period.end)
    return first if first == last else f"{first} {EN_DASH} {last}"


def _exact_quantity(line: LineItem) -> Decimal | None:
    if line.quantity_decimal is not None:
        return Decimal(line.quantity_decimal)
    return Decimal(line.quantity) if line.quantity is not None else None


def _quantity(line: LineItem, reader: Reader) -> str:
    quantity = _exact_quantity(line)
    return reader.number(quantity) if quantity is not None else ""


def _unit(line: LineItem, reader: Reader) -> str:
    """The amount of one; nothing where that times the quantity is not the line's amount, as in packages."""
    exact, quantity = line.pricing.unit_amount_decimal if line.pricing else None, _exact_quantity(line)
    if exact is None or quantity is None or abs(Decimal(exact) * quantity - line.amount) >= 1:
        return ""
    return reader.exact_money(Decimal(exact), line.currency)


# Discounts and taxes


def discount_name(discount: Discount | None, currency: str, words: Words, reader: Reader) -> str:
    """The coupon's name and what it takes off."""
    _, coupon = reader.language.gettext, words.coupons.get(discount.source.coupon) if discount else None
    if coupon is None:
        return _("Discount")
    off = _("%(off)s off", off=off_text(coupon, currency, reader))
    return f"{coupon.name} ({off})" if coupon.name and coupon.name != off else off


def discount_sums(amounts: Iterable[DiscountAmount], currency: str, words: Words, reader: Reader) -> list[Sum]:
    """One row for each discount that took something off."""
    return [
        Sum(
            discount_name(words.discounts.get(each.discount), currency, words, reader),
            minus(each.amount, currency, reader),
        )
        for each in amounts
        if each.amount
    ]


def _rates(taxes: Iterable[TaxAmount], words: Words) -> list[TaxRate]:
    ids = dict.fromkeys(each.tax_rate_details.tax_rate for each in taxes if each.tax_rate_details)
    return [words.rates[id] for id in ids if id in words.rates]


def tax_sums(taxes: Sequence[TaxAmount], currency: str, words: Words, reader: Reader) -> list[Sum]:
    """One row for each tax; those inside of the prices say so."""
    return [Sum(_tax_name(each, currency, words, reader), signed(each.amount, currency, reader)) for each in taxes]


def _tax_name(tax: TaxAmount, currency: str, words: Words, reader: Reader) -> str:
    _ = reader.language.gettext
    rate = words.rates.get(tax.tax_rate_details.tax_rate) if tax.tax_rate_details else None
    name = " ".join(part for part in (rate.display_name, rate.jurisdiction) if part) if rate else _("Tax")
    if tax.taxability_reason == "reverse_charge":
        return _("%(tax)s, to be paid by you (reverse charge)", tax=name)
    if rate is None or tax.taxability_reason == "customer_exempt":
        return name
    share = reader.percent(rate.percentage)
    if tax.tax_behavior == "inclusive":
        return _("%(tax)s (%(percent)s, included)", tax=name, percent=share)
    if tax.taxable_amount is None:
        return f"{name} ({share})"
    base = signed(tax.taxable_amount, currency, reader)
    return _("%(tax)s (%(percent)s on %(amount)s)", tax=name, percent=share, amount=base)


# Sums


def invoice_sums(invoice: Invoice, words: Words, reader: Reader) -> tuple[Sum, ...]:
    """From the subtotal to what is left to pay; rows that would only repeat are left out."""
    _, currency = reader.language.gettext, invoice.currency
    between = discount_sums(invoice.total_discount_amounts, currency, words, reader)
    if invoice.total_taxes and invoice.total_excluding_tax is not None:
        between.append(Sum(_("Total excluding tax"), signed(invoice.total_excluding_tax, currency, reader)))
    between += tax_sums(invoice.total_taxes, currency, words, reader)
    first = [Sum(_("Subtotal"), signed(invoice.subtotal, currency, reader))] if between else []
    total = Sum(_("Total"), signed(invoice.total, currency, reader), strong=True)
    return (*first, *between, total, *_settled(invoice, reader))


def _settled(invoice: Invoice, reader: Reader) -> list[Sum]:
    """How the total became what is due, and how far that is paid."""
    _, currency = reader.language.gettext, invoice.currency
    rows = []
    before = invoice.pre_payment_credit_notes_amount
    moved = invoice.amount_due + before - invoice.total
    if moved < 0:
        rows.append(Sum(_("Paid from your credit balance"), minus(-moved, currency, reader)))
    elif moved > 0:
        added = invoice.total < 0
        text = _("Added to your credit balance") if added else _("Carried over from before")
        rows.append(Sum(text, reader.money(moved, currency)))
    if before:
        rows.append(Sum(_("Credit notes"), minus(before, currency, reader)))
    if invoice.amount_paid:
        rows.append(Sum(_("Amount paid"), minus(invoice.amount_paid, currency, reader)))
    if invoice.post_payment_credit_notes_amount:
        rows.append(Sum(_("Credited after payment"), minus(invoice.post_payment_credit_notes_amount, currency, reader)))
    owed = 0 if invoice.status is InvoiceStatus.VOID else left_to_pay(invoice)
    rows.append(Sum(_("Amount due"), reader.money(owed, currency), strong=True))
    return rows


def left_to_pay(invoice: Invoice) -> int:
    """What the customer still has to pay, minor units."""
    return 0 if invoice.status in (InvoiceStatus.PAID, InvoiceStatus.VOID) else invoice.amount_remaining
