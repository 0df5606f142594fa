"""A credit note: a part of a final invoice that the customer need not pay after all, or gets back.

    issued ──void──▶ void        only while it has merely lowered what is still asked for

    total of the note = pre-payment part    lowers what the invoice still asks for
                      + post-payment part   refunded, put on the customer's balance, or given back another way

All notes of an invoice together never exceed it. Amounts are in minor units of `currency`.
Source: Stripe documentation, "Issue credit notes".
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from tenure.domain.documents import Document, Identified, Part
from tenure.domain.errors import Conflict, Invalid
from tenure.domain.invoice_parts import DiscountAmount, PretaxCredit, TaxAmount
from tenure.domain.invoices import Invoice, InvoiceStatus

CreditReason = Literal["duplicate", "fraudulent", "order_change", "product_unsatisfactory"]
CREDITABLE = (InvoiceStatus.OPEN, InvoiceStatus.PAID, InvoiceStatus.UNCOLLECTIBLE)


class CreditNoteStatus(StrEnum):
    """The states of a credit note; the value is what the wire shows."""

    ISSUED = "issued"
    VOID = "void"


MOVES: dict[CreditNoteStatus, frozenset[CreditNoteStatus]] = {
    CreditNoteStatus.ISSUED: frozenset({CreditNoteStatus.VOID}),
    CreditNoteStatus.VOID: frozenset(),
}


class CreditNoteLine(Identified, frozen=True, kw_only=True):
    """One line: `amount` before discounts; exclusive taxes come on top of it. `tax_rates` holds ids."""

    object: str = "credit_note_line_item"
    amount: int
    description: str | None = None
    discount_amount: int = 0
    discount_amounts: list[DiscountAmount] = msgspec.field(default_factory=list)
    invoice_line_item: str | None = None
    livemode: bool = False
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    pretax_credit_amounts: list[PretaxCredit] = msgspec.field(default_factory=list)
    quantity: int | None = None
    tax_rates: list[str] = msgspec.field(default_factory=list)
    taxes: list[TaxAmount] = msgspec.field(default_factory=list)
    type: Literal["custom_line_item", "invoice_line_item"]
    unit_amount: int | None = None
    unit_amount_decimal: str | None = None


class NoteRefund(Part, frozen=True, kw_only=True):
    """How much of which refund belongs to the note."""

    amount_refunded: int
    payment_record_refund: dict[str, Any] | None = None
    refund: str
    type: Literal["payment_record_refund", "refund"] = "refund"


class CreditNote(Document, frozen=True, kw_only=True):
    """`amount` is what the note gives back in all, taxes included; it is the same as `total`."""

    object: str = "credit_note"
    amount: int = 0
    amount_shipping: int = 0
    currency: str
    customer: str
    customer_account: str | None = None
    customer_balance_transaction: str | None = None
    discount_amount: int = 0
    discount_amounts: list[DiscountAmount] = msgspec.field(default_factory=list)
    effective_at: int | None = None
    invoice: str
    lines: list[CreditNoteLine] = msgspec.field(default_factory=list)
    memo: str | None = None
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    number: str
    out_of_band_amount: int | None = None
    pdf: str = ""
    post_payment_amount: int = 0
    pre_payment_amount: int = 0
    pretax_credit_amounts: list[PretaxCredit] = msgspec.field(default_factory=list)
    reason: CreditReason | None = None
    refunds: list[NoteRefund] = msgspec.field(default_factory=list)
    shipping_cost: dict[str, Any] | None = None
    status: CreditNoteStatus = CreditNoteStatus.ISSUED
    subtotal: int = 0
    subtotal_excluding_tax: int | None = 0
    total: int = 0
    total_excluding_tax: int | None = 0
    total_taxes: list[TaxAmount] = msgspec.field(default_factory=list)
    type: Literal["mixed", "post_payment", "pre_payment"] = "pre_payment"
    voided_at: int | None = None


class Given(Part, frozen=True, kw_only=True):
    """How the part that was paid already is given back; `linked` are refunds that exist."""

    credit_amount: int = 0
    out_of_band_amount: int = 0
    refund_amount: int = 0
    linked: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.credit_amount + self.out_of_band_amount + self.refund_amount + self.linked


def number_of(invoice: Invoice, earlier: int) -> str:
    """The number of the next note; `earlier` counts the notes before it, void ones too."""
    return f"{invoice.number}-CN-{earlier + 1:02d}"


def creditable(invoice: Invoice, notes: Iterable[CreditNote]) -> int:
    """What of the invoice no note has given back yet."""
    return invoice.total - sum(note.total for note in notes if note.status is CreditNoteStatus.ISSUED)


def check_invoice(invoice: Invoice) -> Invoice:
    """The same invoice, or Conflict where it is not final or void."""
    if invoice.status not in CREDITABLE:
        raise Conflict(
            f"A credit note needs an invoice that is open, paid or uncollectible; this one is `{invoice.status}`.",
            param="invoice",
        )
    return invoice


def summed(note: CreditNote, lines: Sequence[CreditNoteLine]) -> CreditNote:
    """The note with these lines and their sums."""
    taxes = _tax_totals(lines)
    exclusive = sum(each.amount for each in taxes if each.tax_behavior == "exclusive")
    inclusive = sum(each.amount for each in taxes if each.tax_behavior == "inclusive")
    subtotal, off = sum(line.amount for line in lines), sum(line.discount_amount for line in lines)
    discounts = _discount_totals(lines)
    total = subtotal - off + exclusive
    return replace(
        note,
        amount=total,
        discount_amount=off,
        discount_amounts=discounts,
        lines=list(lines),
        pretax_credit_amounts=[PretaxCredit(amount=each.amount, discount=each.discount) for each in discounts],
        subtotal=subtotal,
        subtotal_excluding_tax=subtotal - inclusive,
        total=total,
        total_excluding_tax=total - exclusive - inclusive,
        total_taxes=taxes,
    )


def shared_out(note: CreditNote, invoice: Invoice, notes: Iterable[CreditNote], given: Given) -> CreditNote:
    """The note divided into what lowers the invoice and what is given back. Raises Invalid where that does not add up.

    What the invoice still asks for is lowered first.
    """
    left = creditable(invoice, notes)
    if note.total < 1:
        raise Invalid("A credit note must give back at least 1.", param="amount")
    if note.total > left:
        raise Invalid(
            f"The total of the credit note ({note.total}) is more than what is left of the invoice to credit ({left}).",
            param="amount",
        )
    before = min(note.total, invoice.amount_remaining if invoice.status is not InvoiceStatus.PAID else 0)
    after = note.total - before
    if given.total != after:
        raise Invalid(
            "The sum of `credit_amount`, `refund_amount`, `out_of_band_amount` and `refunds` "
            f"({given.total}) must be the part of the credit note that was paid already ({after}).",
            param="credit_amount",
        )
    kind: Literal["mixed", "post_payment", "pre_payment"] = "pre_payment" if not after else "post_payment"
    return replace(
        note,
        out_of_band_amount=given.out_of_band_amount or None,
        post_payment_amount=after,
        pre_payment_amount=before,
        type="mixed" if before and after else kind,
    )


def credited(invoice: Invoice, note: CreditNote) -> Invoice:
    """The invoice after a note was issued."""
    return _moved(invoice, note.pre_payment_amount, note.post_payment_amount)


def uncredited(invoice: Invoice, note: CreditNote) -> Invoice:
    """The invoice after its note became void."""
    return _moved(invoice, -note.pre_payment_amount, -note.post_payment_amount)


def voided(note: CreditNote, invoice: Invoice, now: int) -> CreditNote:
    """The note as void. Raises Conflict where money has gone back, or the invoice is no longer open."""
    if CreditNoteStatus.VOID not in MOVES[note.status]:
        raise Conflict("This credit note is void already.")
    if invoice.status is not InvoiceStatus.OPEN or note.type != "pre_payment":
        raise Conflict("You can only void credit notes of open invoices that gave no money back.")
    return replace(note, status=CreditNoteStatus.VOID, voided_at=now)


def _moved(invoice: Invoice, before: int, after: int) -> Invoice:
    return replace(
        invoice,
        amount_due=invoice.amount_due - before,
        amount_remaining=invoice.amount_remaining - before,
        post_payment_credit_notes_amount=invoice.post_payment_credit_notes_amount + after,
        pre_payment_credit_notes_amount=invoice.pre_payment_credit_notes_amount + before,
    )


def _discount_totals(lines: Iterable[CreditNoteLine]) -> list[DiscountAmount]:
    sums: dict[str, int] = {}
    for each in (each for line in lines for each in line.discount_amounts):
        sums[each.discount] = sums.get(each.discount, 0) + each.amount
    return [DiscountAmount(amount=amount, discount=id) for id, amount in sums.items()]


def _tax_totals(lines: Iterable[CreditNoteLine]) -> list[TaxAmount]:
    sums: dict[str, TaxAmount] = {}
    for tax in (tax for line in lines for tax in line.taxes):
        key = tax.tax_rate_details.tax_rate if tax.tax_rate_details else ""
        known = sums.get(key)
        if known is not None:
            base = (known.taxable_amount or 0) + (tax.taxable_amount or 0)
            tax = replace(known, amount=known.amount + tax.amount, taxable_amount=base)
        sums[key] = tax
    return list(sums.values())
