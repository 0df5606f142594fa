"""A credit note on paper: which invoice it lowers or gives back, line by line, and which way the money goes.

Bill + CreditNote ── credit_note_paper ──▶ Paper
"""

from msgspec.structs import replace

from tenure.domain.credit_notes import CreditNote, CreditNoteLine, CreditNoteStatus
from tenure.domain.discounts import Discount
from tenure.pdf.papers import Columns, Paper, PaperLine
from tenure.web import invoices
from tenure.web.invoice_lines import (
    Sum,
    discount_name,
    discount_sums,
    line_name,
    minus,
    period_text,
    signed,
    tax_sums,
)
from tenure.web.invoice_papers import blank, paper_sums
from tenure.web.invoices import Bill


def credit_note_paper(bill: Bill, note: CreditNote) -> Paper:
    """The note, under the head of its invoice."""
    _, reader, pgettext = bill.reader.language.gettext, bill.reader, bill.reader.language.pgettext
    at = note.effective_at or note.created
    facts = (
        (_("Credit note number"), note.number),
        (_("Invoice number"), invoices.number_of(bill.invoice)),
        (_("Date of issue"), reader.day(at)),
    )
    lines = tuple(_line(line, bill) for line in note.lines)
    heads = Columns(
        text=pgettext("invoice", "Description"),
        quantity=pgettext("invoice", "Qty") if any(line.quantity for line in lines) else "",
        amount=pgettext("invoice", "Amount"),
    )
    says = _("%(amount)s credited on %(date)s", amount=reader.money(note.total, note.currency), date=reader.day(at))
    return replace(
        blank(bill, title=_("Credit note"), number=note.number, headline=says, at=at, columns=heads),
        facts=facts,
        stamp=pgettext("invoice", "Void") if note.status is CreditNoteStatus.VOID else "",
        memo=note.memo or "",
        lines=lines,
        sums=paper_sums(note_sums(bill, note)),
    )


def _line(line: CreditNoteLine, bill: Bill) -> PaperLine:
    reader, currency = bill.reader, bill.invoice.currency
    credited = next((each for each in bill.invoice.lines if each.id == line.invoice_line_item), None)
    text = line_name(credited, bill.words, reader) if credited is not None else line.description or ""
    found: list[tuple[Discount | None, int]] = [
        (bill.words.discounts.get(each.discount), each.amount) for each in line.discount_amounts if each.amount
    ]
    return PaperLine(
        text=text or reader.language.gettext("Other charges"),
        detail=period_text(credited.period, reader) if credited is not None else "",
        quantity=reader.number(line.quantity) if line.quantity is not None else "",
        amount=signed(line.amount, currency, reader),
        notes=tuple(
            (discount_name(each, currency, bill.words, reader), minus(off, currency, reader)) for each, off in found
        ),
    )


def note_sums(bill: Bill, note: CreditNote) -> tuple[Sum, ...]:
    """From the subtotal to which way the money goes."""
    _, reader, words, currency = bill.reader.language.gettext, bill.reader, bill.words, note.currency
    between = discount_sums(note.discount_amounts, currency, words, reader)
    if note.total_taxes and note.total_excluding_tax is not None:
        between.append(Sum(_("Total excluding tax"), signed(note.total_excluding_tax, currency, reader)))
    between += tax_sums(note.total_taxes, currency, words, reader)
    first = [Sum(_("Subtotal"), signed(note.subtotal, currency, reader))] if between else []
    total = Sum(_("Total credited"), reader.money(note.total, currency), strong=True)
    refunded = sum(each.amount_refunded for each in note.refunds)
    outside = note.out_of_band_amount or 0
    balance = note.post_payment_amount - refunded - outside
    ways = (
        (_("Taken off the invoice"), note.pre_payment_amount),
        (_("Refunded"), refunded),
        (_("Added to your credit balance"), balance),
        (_("Given back in another way"), outside),
    )
    return (*first, *between, total, *(Sum(text, reader.money(amount, currency)) for text, amount in ways if amount))
