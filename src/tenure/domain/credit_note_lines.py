"""The lines of a credit note: a part of an invoice's line with its share of discounts and taxes, or a line of its own.

    line 100.00, discount 10.00, tax 17.10     credited 33.33 ─▶ 33.33 − 3.33 + 5.70
                                               credited 33.33 ─▶ 33.33 − 3.33 + 5.70
                                               credited 33.34 ─▶ 33.34 − 3.34 + 5.70     all of it, to the cent

A share is what is due for all that is credited by then, less what earlier notes gave: so the notes of any split add up
to the line. Source: Stripe API reference, "Create a credit note", `lines`.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from tenure.domain.credit_notes import CreditNote, CreditNoteLine, CreditNoteStatus
from tenure.domain.documents import Part
from tenure.domain.errors import Invalid, NotFound
from tenure.domain.invoice_parts import DiscountAmount, PretaxCredit, RateDetails, TaxAmount
from tenure.domain.invoices import Invoice, LineItem
from tenure.domain.money import rounded
from tenure.domain.tax_rates import TaxRate


class TaxGiven(Part, frozen=True, kw_only=True):
    """A tax that the caller has worked out."""

    amount: int
    tax_rate: str
    taxable_amount: int


class LineGiven(Part, frozen=True, kw_only=True):
    """What to credit: a part of a line by `amount` or `quantity`, or something of its own."""

    type: Literal["custom_line_item", "invoice_line_item"]
    amount: int | UnsetType = UNSET
    description: str | UnsetType = UNSET
    invoice_line_item: str | UnsetType = UNSET
    metadata: dict[str, str] | UnsetType = UNSET
    quantity: int | UnsetType = UNSET
    tax_amounts: list[TaxGiven] | None | UnsetType = UNSET
    tax_rates: list[str] | None | UnsetType = UNSET
    unit_amount: int | UnsetType = UNSET
    unit_amount_decimal: str | UnsetType = UNSET


class Earlier(msgspec.Struct, kw_only=True):
    """What the notes so far have given of one line."""

    amount: int = 0
    quantity: int = 0
    discounts: dict[str, int] = {}
    taxes: dict[str, int] = {}
    bases: dict[str, int] = {}

    def add(self, line: CreditNoteLine) -> None:
        """One more."""
        self.amount += line.amount
        self.quantity += line.quantity or 0
        for each in line.discount_amounts:
            self.discounts[each.discount] = self.discounts.get(each.discount, 0) + each.amount
        for tax in line.taxes:
            key = rate_of(tax)
            self.taxes[key] = self.taxes.get(key, 0) + tax.amount
            self.bases[key] = self.bases.get(key, 0) + (tax.taxable_amount or 0)


def rate_of(tax: TaxAmount) -> str:
    """The rate that a tax comes from."""
    return tax.tax_rate_details.tax_rate if tax.tax_rate_details else ""


def earlier_of(notes: Sequence[CreditNote]) -> dict[str, Earlier]:
    """What issued notes have given so far, by the invoice's lines."""
    found: dict[str, Earlier] = {}
    for note in notes:
        for line in note.lines if note.status is CreditNoteStatus.ISSUED else ():
            if line.invoice_line_item is not None:
                found.setdefault(line.invoice_line_item, Earlier()).add(line)
    return found


def lines_of(
    invoice: Invoice,
    asked: Sequence[LineGiven],
    notes: Sequence[CreditNote],
    *,
    rates: Mapping[str, TaxRate],
    ids: Sequence[str],
) -> list[CreditNoteLine]:
    """The lines that were asked for, one for each of `ids`. Raises Invalid, NotFound."""
    earlier = earlier_of(notes)
    by_id = {line.id: line for line in invoice.lines}
    made: list[CreditNoteLine] = []
    for number, (each, id) in enumerate(zip(asked, ids, strict=True)):
        at = f"lines[{number}]"
        if each.type == "custom_line_item":
            made.append(_custom(invoice, each, rates, id, at))
            continue
        source = by_id.get(each.invoice_line_item or "")
        if source is None:
            raise NotFound(
                f"No such invoice line item: '{each.invoice_line_item or ''}'",
                code="resource_missing",
                param=f"{at}[invoice_line_item]",
            )
        given = earlier.setdefault(source.id, Earlier())
        made.append(_part(source, each, given, rates, id, at))
        given.add(made[-1])
    return made


def whole(invoice: Invoice, amount: int, id: str) -> CreditNoteLine:
    """The one line of a note that names an amount only: without a share of the taxes."""
    return CreditNoteLine(
        id=id,
        amount=amount,
        description=f"Credit for invoice {invoice.number}",
        livemode=invoice.livemode,
        quantity=1,
        type="custom_line_item",
        unit_amount=amount,
        unit_amount_decimal=str(amount),
    )


# A part of a line


def _part(
    source: LineItem, asked: LineGiven, earlier: Earlier, rates: Mapping[str, TaxRate], id: str, at: str
) -> CreditNoteLine:
    amount, quantity = _size(source, asked, earlier, at)
    discounts = [
        DiscountAmount(
            amount=_due(each.amount, amount, source, earlier, earlier.discounts.get(each.discount, 0)),
            discount=each.discount,
        )
        for each in source.discount_amounts
    ]
    off = sum(each.amount for each in discounts)
    taxes = _named_taxes(asked, amount - off, rates, source.currency, at)
    if taxes is None:
        taxes = [_share(tax, amount, source, earlier) for tax in source.taxes]
    unit = source.pricing.unit_amount_decimal if source.pricing and quantity is not None else None
    return CreditNoteLine(
        id=id,
        amount=amount,
        description=asked.description or source.description,
        discount_amount=off,
        discount_amounts=discounts,
        invoice_line_item=source.id,
        livemode=source.livemode,
        metadata=asked.metadata or {},
        pretax_credit_amounts=[PretaxCredit(amount=each.amount, discount=each.discount) for each in discounts],
        quantity=quantity,
        tax_rates=[rate_of(tax) for tax in taxes if rate_of(tax)],
        taxes=taxes,
        type="invoice_line_item",
        unit_amount=int(unit) if unit is not None and unit.isdecimal() else None,
        unit_amount_decimal=unit,
    )


def _size(source: LineItem, asked: LineGiven, earlier: Earlier, at: str) -> tuple[int, int | None]:
    """How much of the line, and how many of its units where it is credited by those. Raises Invalid."""
    left = source.amount - earlier.amount
    if (asked.amount is UNSET) == (asked.quantity is UNSET):
        raise Invalid("Pass exactly one of `amount` and `quantity` for an invoice line item.", param=f"{at}[amount]")
    if not isinstance(asked.amount, UnsetType):
        if not 0 < asked.amount <= left:
            raise Invalid(
                f"The amount ({asked.amount}) must be at least 1 and at most what is left of the line ({left}).",
                param=f"{at}[amount]",
            )
        return asked.amount, None
    units, quantity = source.quantity or 0, 0 if isinstance(asked.quantity, UnsetType) else asked.quantity
    if not 0 < quantity <= units - earlier.quantity or left <= 0:
        raise Invalid(
            f"The quantity ({quantity}) must be at least 1 and at most what is left of the line "
            f"({units - earlier.quantity}).",
            param=f"{at}[quantity]",
        )
    upto = rounded(Decimal(source.amount) * (earlier.quantity + quantity) / units, source.currency)
    by_units = upto - rounded(Decimal(source.amount) * earlier.quantity / units, source.currency)
    return (left if earlier.quantity + quantity == units else min(by_units, left)), quantity


def _due(of: int, amount: int, source: LineItem, earlier: Earlier, given: int) -> int:
    """The share of `of` that belongs to all that is credited now, less what was given before."""
    share = rounded(Decimal(of) * (earlier.amount + amount) / source.amount, source.currency)
    return max(share - given, 0)


def _share(tax: TaxAmount, amount: int, source: LineItem, earlier: Earlier) -> TaxAmount:
    key = rate_of(tax)
    base = tax.taxable_amount
    return msgspec.structs.replace(
        tax,
        amount=_due(tax.amount, amount, source, earlier, earlier.taxes.get(key, 0)),
        taxable_amount=None if base is None else _due(base, amount, source, earlier, earlier.bases.get(key, 0)),
    )


# A line of its own


def _custom(invoice: Invoice, asked: LineGiven, rates: Mapping[str, TaxRate], id: str, at: str) -> CreditNoteLine:
    if asked.amount is not UNSET or asked.invoice_line_item is not UNSET:
        raise Invalid("A custom line item has a `unit_amount`, not an `amount`.", param=f"{at}[amount]")
    if isinstance(asked.description, UnsetType):
        raise Invalid(
            f"Missing required param: {at}[description].", code="parameter_missing", param=f"{at}[description]"
        )
    if (asked.unit_amount is UNSET) == (asked.unit_amount_decimal is UNSET):
        raise Invalid("Pass exactly one of `unit_amount` and `unit_amount_decimal`.", param=f"{at}[unit_amount]")
    unit = str(asked.unit_amount) if asked.unit_amount is not UNSET else str(asked.unit_amount_decimal)
    quantity = 1 if isinstance(asked.quantity, UnsetType) else asked.quantity
    amount = rounded(Decimal(unit) * quantity, invoice.currency)
    if quantity < 1 or amount < 1:
        raise Invalid("A custom line item must credit at least 1.", param=f"{at}[unit_amount]")
    taxes = _named_taxes(asked, amount, rates, invoice.currency, at) or []
    return CreditNoteLine(
        id=id,
        amount=amount,
        description=asked.description,
        livemode=invoice.livemode,
        metadata=asked.metadata or {},
        quantity=quantity,
        tax_rates=[rate_of(tax) for tax in taxes],
        taxes=taxes,
        type="custom_line_item",
        unit_amount=int(unit) if unit.isdecimal() else None,
        unit_amount_decimal=unit,
    )


# Taxes that the caller names


def _named_taxes(
    asked: LineGiven, net: int, rates: Mapping[str, TaxRate], currency: str, at: str
) -> list[TaxAmount] | None:
    """The taxes that the caller gave, or those of the rates that were given; None where nothing was."""
    if asked.tax_amounts is not UNSET and asked.tax_rates is not UNSET:
        raise Invalid("Pass only one of `tax_amounts` and `tax_rates`.", param=f"{at}[tax_rates]")
    if not isinstance(asked.tax_amounts, UnsetType):
        return [_tax(rates[each.tax_rate], each.amount, each.taxable_amount) for each in asked.tax_amounts or ()]
    if isinstance(asked.tax_rates, UnsetType):
        return None
    chosen = [rates[id] for id in asked.tax_rates or ()]
    inside = sum((Decimal(str(rate.percentage)) for rate in chosen if rate.inclusive), Decimal(0))
    base = Decimal(net) * 100 / (100 + inside)
    return [
        _tax(rate, rounded(base * Decimal(str(rate.percentage)) / 100, currency), rounded(base, currency))
        for rate in chosen
    ]


def _tax(rate: TaxRate, amount: int, base: int) -> TaxAmount:
    return TaxAmount(
        amount=amount,
        tax_behavior="inclusive" if rate.inclusive else "exclusive",
        tax_rate_details=RateDetails(tax_rate=rate.id),
        taxability_reason="zero_rated" if rate.percentage == 0 else "standard_rated",
        taxable_amount=base,
    )
