"""The sums of an invoice: discounts in their order, then taxes, then totals; every split adds up to its whole.

    line amounts ─▶ item discounts ─▶ invoice discounts ─▶ inclusive tax out of, exclusive tax on top of what is left
    subtotal = Σ amount        total = subtotal − Σ discounts + Σ exclusive taxes

A discount is worked out once for all lines that it covers, and its amount is then split over them; so is each tax.
Source: Stripe documentation, "Coupons and promotion codes: stacking", "Tax rates".
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace

from tenure.domain.coupons import Coupon
from tenure.domain.discounts import Discount
from tenure.domain.invoice_parts import DiscountAmount, PretaxCredit, RateDetails, TaxAmount
from tenure.domain.invoices import Invoice, LineItem
from tenure.domain.money import apart, rounded, split
from tenure.domain.tax_rates import TaxRate


def priced(
    invoice: Invoice,
    lines: Sequence[LineItem],
    *,
    coupons: Mapping[str, Coupon],
    rates: Mapping[str, TaxRate],
    products: Mapping[str, str],
) -> Invoice:
    """The invoice with these lines, their discounts and taxes, and its totals.

    `products` names the product of each price; `coupons` and `rates` hold what discounts and tax rates point at.
    """
    cleared = [_cleared(line) for line in lines]
    discounted = _with_discounts(invoice, cleared, coupons, products)
    taxed = _with_taxes(invoice, discounted, rates)
    return _summed(replace(invoice, lines=taxed))


def _cleared(line: LineItem) -> LineItem:
    """Only what a proration carried with it stays; everything else is worked out anew."""
    return replace(line, taxes=[], discount_amounts=[] if line.discountable else line.discount_amounts)


# Discounts


def _with_discounts(
    invoice: Invoice, lines: list[LineItem], coupons: Mapping[str, Coupon], products: Mapping[str, str]
) -> list[LineItem]:
    taking = _Taking(lines, coupons, products)
    for number, line in enumerate(lines):
        if line.discountable:
            for discount in line.discounts:
                taking.take(discount, [number])
    whole = [number for number, line in enumerate(lines) if line.discountable]
    for discount in invoice.discounts:
        taking.take(discount, whole)
    return taking.lines


class _Taking:
    """Lines under discounts: each discount takes from what those before it have left."""

    def __init__(self, lines: list[LineItem], coupons: Mapping[str, Coupon], products: Mapping[str, str]) -> None:
        self.lines = lines
        self.left = [line.amount - sum(each.amount for each in line.discount_amounts) for line in lines]
        self.coupons, self.products = coupons, products

    def take(self, discount: Discount, covered: Sequence[int]) -> None:
        """One discount off the covered lines, as far as it applies to them."""
        coupon = self.coupons.get(discount.source.coupon)
        if coupon is None:
            return
        places = [n for n in covered if self.left[n] > 0 and applies(coupon, self.lines[n], self.products)]
        if not places:
            return
        takes = off(coupon, [self.left[n] for n in places], self.lines[places[0]].currency)
        for n, amount in zip(places, takes, strict=True):
            self.left[n] -= amount
            self.lines[n] = _noted(self.lines[n], discount, amount)


def _noted(line: LineItem, discount: Discount, take: int) -> LineItem:
    if take == 0:
        return line
    return replace(line, discount_amounts=[*line.discount_amounts, DiscountAmount(amount=take, discount=discount.id)])


def applies(coupon: Coupon, line: LineItem, products: Mapping[str, str]) -> bool:
    """Whether the coupon takes something off this line's product."""
    if coupon.applies_to is None:
        return True
    details = line.pricing.price_details if line.pricing else None
    return details is not None and products.get(details.price, details.product) in coupon.applies_to.products


def off(coupon: Coupon, amounts: Sequence[int], currency: str) -> list[int]:
    """What a coupon takes off amounts that are all above 0, together as one sum; never more than there is."""
    whole = sum(amounts)
    if coupon.percent_off is not None:
        take = rounded(Decimal(whole) * Decimal(str(coupon.percent_off)) / 100, currency)
    else:
        option = (coupon.currency_options or {}).get(currency)
        flat = option.amount_off if option else (coupon.amount_off or 0) if currency == coupon.currency else 0
        take = min(whole, flat)
    return split(take, amounts, currency)


# Taxes


def _with_taxes(invoice: Invoice, lines: list[LineItem], rates: Mapping[str, TaxRate]) -> list[LineItem]:
    nets = [line.amount - sum(each.amount for each in line.discount_amounts) for line in lines]
    wanted = [line.tax_rates if line.tax_rates else invoice.default_tax_rates for line in lines]
    bases = [_base(net, wanted[n], rates, invoice) for n, net in enumerate(nets)]
    taxes: list[list[TaxAmount]] = [[] for _ in lines]
    for rate in _rates_in_order(wanted, rates):
        places = [n for n, ids in enumerate(wanted) if rate.id in ids]
        shares = _shares(rate, [bases[n] for n in places], invoice)
        for n, amount in zip(places, shares, strict=True):
            taxes[n].append(_tax(rate, amount, rounded(bases[n], invoice.currency), invoice))
    return [replace(line, taxes=taxes[n]) for n, line in enumerate(lines)]


def _rates_in_order(wanted: Iterable[Iterable[str]], rates: Mapping[str, TaxRate]) -> list[TaxRate]:
    seen = dict.fromkeys(id for ids in wanted for id in ids)
    return [rates[id] for id in seen if id in rates]


def _base(net: int, ids: Iterable[str], rates: Mapping[str, TaxRate], invoice: Invoice) -> Decimal:
    """What the taxes of a line are taken of: its net amount without the taxes that are in it."""
    if invoice.customer_tax_exempt in ("exempt", "reverse"):
        return Decimal(net)
    inside = sum((_percentage(rates[id]) for id in ids if id in rates and rates[id].inclusive), Decimal(0))
    return Decimal(net) * 100 / (100 + inside)


def _shares(rate: TaxRate, bases: Sequence[Decimal], invoice: Invoice) -> list[int]:
    if invoice.customer_tax_exempt in ("exempt", "reverse"):
        return [0 for _ in bases]
    whole = rounded(sum(bases, Decimal(0)) * _percentage(rate) / 100, invoice.currency)
    return apart(whole, [round(base * 1000) for base in bases], invoice.currency)


def _percentage(rate: TaxRate) -> Decimal:
    return Decimal(str(rate.percentage))


def _tax(rate: TaxRate, amount: int, base: int, invoice: Invoice) -> TaxAmount:
    reason = {"exempt": "customer_exempt", "reverse": "reverse_charge"}.get(invoice.customer_tax_exempt or "none")
    plain = "zero_rated" if rate.percentage == 0 else "standard_rated"
    return TaxAmount(
        amount=amount,
        tax_behavior="inclusive" if rate.inclusive else "exclusive",
        tax_rate_details=RateDetails(tax_rate=rate.id),
        taxability_reason=reason or plain,  # type: ignore[arg-type]
        taxable_amount=base,
    )


# Totals


def _summed(invoice: Invoice) -> Invoice:
    subtotal = sum(line.amount for line in invoice.lines)
    discounts = _discount_totals(invoice.lines)
    taxes = _tax_totals(invoice.lines)
    exclusive = sum(each.amount for each in taxes if each.tax_behavior == "exclusive")
    inclusive = sum(each.amount for each in taxes if each.tax_behavior == "inclusive")
    total = subtotal - sum(each.amount for each in discounts) + exclusive
    lines = [_shown(line) for line in invoice.lines]
    due = max(total + invoice.starting_balance, 0)
    return replace(
        invoice,
        lines=lines,
        subtotal=subtotal,
        subtotal_excluding_tax=subtotal - inclusive,
        total=total,
        total_excluding_tax=total - exclusive - inclusive,
        total_discount_amounts=discounts,
        total_pretax_credit_amounts=[PretaxCredit(amount=d.amount, discount=d.discount) for d in discounts],
        total_taxes=taxes,
        amount_due=due,
        amount_remaining=max(due - invoice.amount_paid, 0),
    )


def _shown(line: LineItem) -> LineItem:
    credits = [PretaxCredit(amount=each.amount, discount=each.discount) for each in line.discount_amounts]
    return replace(line, pretax_credit_amounts=credits, subtotal=line.amount)


def _discount_totals(lines: Iterable[LineItem]) -> list[DiscountAmount]:
    sums: dict[str, int] = {}
    for line in lines:
        for each in line.discount_amounts:
            sums[each.discount] = sums.get(each.discount, 0) + each.amount
    return [DiscountAmount(amount=amount, discount=id) for id, amount in sums.items()]


def _tax_totals(lines: Iterable[LineItem]) -> list[TaxAmount]:
    sums: dict[str, TaxAmount] = {}
    for line in lines:
        for tax in line.taxes:
            key = tax.tax_rate_details.tax_rate if tax.tax_rate_details else ""
            known = sums.get(key)
            sums[key] = (
                tax
                if known is None
                else replace(
                    known,
                    amount=known.amount + tax.amount,
                    taxable_amount=(known.taxable_amount or 0) + (tax.taxable_amount or 0),
                )
            )
    return list(sums.values())
