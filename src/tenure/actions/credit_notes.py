"""Credit notes: issue, preview, say more about, void; the invoice and whoever gets money back follow at once.

lines ─▶ sums ─▶ limits ─▶ refund, balance ─▶ note ─▶ invoice lowered ─▶ paid where nothing is left to ask for
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from tenure.actions import customer_balance, invoices, payments, refunds
from tenure.actions.clock import moment, page_all
from tenure.actions.patch import merged_metadata, patch
from tenure.domain.credit_note_lines import LineGiven, lines_of, whole
from tenure.domain.credit_notes import (
    CreditNote,
    CreditNoteLine,
    Given,
    NoteRefund,
    check_invoice,
    credited,
    number_of,
    shared_out,
    summed,
    uncredited,
    voided,
)
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Conflict, Invalid
from tenure.domain.invoices import Invoice, InvoiceStatus
from tenure.domain.payment_intents import CHANGEABLE, IntentStatus, PaymentIntent
from tenure.domain.refunds import Refund, RefundReason, RefundStatus
from tenure.domain.tax_rates import TaxRate
from tenure.store.tx import Tx

LINE = "cnli_"
SAID = ("effective_at", "memo", "reason")
REASONS: dict[str, RefundReason] = {"duplicate": "duplicate", "fraudulent": "fraudulent"}


def preview(tx: Tx, fields: Mapping[str, Any]) -> CreditNote:
    """The note that `create` would issue; nothing is kept. Raises Invalid, NotFound, Conflict."""
    invoice = check_invoice(tx.need(Invoice, fields["invoice"], param="invoice"))
    numbers = itertools.count(1)  # so that a page of its lines can name the last one of the page before
    return _drafted(tx, invoice, fields, moment(tx, invoice.test_clock), lambda: f"{LINE}preview{next(numbers)}")


def create(tx: Tx, fields: Mapping[str, Any]) -> CreditNote:
    """Issue a note, and give back what was paid already. Raises Invalid, NotFound, Conflict."""
    invoice = check_invoice(tx.lock(Invoice, fields["invoice"], param="invoice"))
    now = moment(tx, invoice.test_clock)
    _check_going(tx, invoice)
    note = _given_back(tx, _drafted(tx, invoice, fields, now, lambda: tx.new_id(LINE)), invoice, fields, now)
    tx.save(Change(after=(note,), events=(EventDraft("credit_note.created", note),)))
    after = invoices.saved(tx, credited(invoice, note), "invoice.updated")
    if invoice.status is not InvoiceStatus.PAID and after.amount_remaining == 0:
        payments.withdraw(tx, after, now=now, reason="automatic")
        invoices.paid(tx, after, now)
    else:
        _ask_anew(tx, after, now)
    return note


def update(tx: Tx, id: str, fields: Mapping[str, Any]) -> CreditNote:
    """Change the memo or the metadata."""
    before = tx.lock(CreditNote, id, param="id")
    note = patch(before, fields)
    if note != before:
        tx.save(Change(after=(note,), events=(EventDraft("credit_note.updated", note),)))
    return note


def void(tx: Tx, id: str) -> CreditNote:
    """The note never was: its invoice asks for all of it again. Raises Conflict where money has gone back."""
    of = tx.need(CreditNote, id, param="id").invoice
    invoice, before = tx.lock(Invoice, of), tx.lock(CreditNote, id, param="id")
    now = moment(tx, invoice.test_clock)
    note = voided(before, invoice, now)
    tx.save(Change(after=(note,), events=(EventDraft("credit_note.voided", note),)))
    _ask_anew(tx, invoices.saved(tx, uncredited(invoice, note), "invoice.updated"), now)
    return note


def of_invoice(tx: Tx, invoice: str) -> list[CreditNote]:
    """All notes of an invoice, void ones too, the newest first."""
    return page_all(tx, CreditNote, [("invoice", "=", invoice)])


# The note


def _drafted(tx: Tx, invoice: Invoice, fields: Mapping[str, Any], now: int, line_id: Callable[[], str]) -> CreditNote:
    notes, id = of_invoice(tx, invoice.id), tx.new_id("cn_")
    said = {name: fields[name] for name in SAID if name in fields}
    blank = CreditNote(
        id=id,
        created=now,
        livemode=tx.scope.livemode,
        currency=invoice.currency,
        customer=invoice.customer,
        effective_at=now,
        invoice=invoice.id,
        metadata=merged_metadata({}, fields.get("metadata") or {}),
        number=number_of(invoice, len(notes)),
        pdf=f"{tx.site}/i/{invoice.hosted_token}/credit_notes/{id}/pdf",
    )
    note = summed(patch(blank, said), _lines(tx, invoice, fields, notes, line_id))
    if fields.get("amount") not in (None, note.total):
        raise Invalid(f"The `amount` must be the total of the lines, {note.total}.", param="amount")
    given = Given(
        credit_amount=_positive(fields, "credit_amount"),
        out_of_band_amount=_positive(fields, "out_of_band_amount"),
        refund_amount=_positive(fields, "refund_amount"),
        linked=sum(each.amount_refunded for each in _linked(tx, invoice, fields)),
    )
    return shared_out(note, invoice, notes, given)


def _positive(fields: Mapping[str, Any], name: str) -> int:
    amount: int = fields.get(name) or 0
    if amount < 0:
        raise Invalid("This value must be greater than or equal to 0.", code="parameter_invalid_integer", param=name)
    return amount


def _lines(
    tx: Tx, invoice: Invoice, fields: Mapping[str, Any], notes: Sequence[CreditNote], line_id: Callable[[], str]
) -> list[CreditNoteLine]:
    asked = msgspec.convert(fields.get("lines") or [], list[LineGiven])
    if not asked:
        if fields.get("amount") is None:
            raise Invalid("Pass one of `amount` and `lines`.", code="parameter_missing", param="lines")
        return [whole(invoice, fields["amount"], line_id())]
    rates = {}
    for number, line in enumerate(asked):
        for id in _rates_in(line):
            rates[id] = tx.need(TaxRate, id, param=f"lines[{number}][tax_rates]")
    return lines_of(invoice, asked, notes, rates=rates, ids=[line_id() for _ in asked])


def _rates_in(line: LineGiven) -> list[str]:
    chosen = [] if isinstance(line.tax_rates, msgspec.UnsetType) else line.tax_rates or []
    worked_out = [] if isinstance(line.tax_amounts, msgspec.UnsetType) else line.tax_amounts or []
    return [*chosen, *(each.tax_rate for each in worked_out)]


# Money


def _linked(tx: Tx, invoice: Invoice, fields: Mapping[str, Any]) -> list[NoteRefund]:
    """The refunds that were made already and belong to the note. Raises Invalid, NotFound."""
    found: list[NoteRefund] = []
    for number, each in enumerate(fields.get("refunds") or ()):
        at = f"refunds[{number}]"
        made = tx.need(Refund, each.get("refund") or "", param=f"{at}[refund]")
        amount = each.get("amount_refunded", made.amount)
        if made.payment_intent is None or made.payment_intent != invoice.payment_intent:
            raise Invalid(f"The refund {made.id} is not of a payment of this invoice.", param=f"{at}[refund]")
        if made.status is RefundStatus.FAILED or not 0 < amount <= made.amount - _claimed(tx, invoice, made.id):
            raise Invalid(
                f"The refund {made.id} does not have {amount} left to credit.", param=f"{at}[amount_refunded]"
            )
        found.append(NoteRefund(amount_refunded=amount, refund=made.id))
    return found


def _claimed(tx: Tx, invoice: Invoice, refund: str) -> int:
    """What earlier notes say of a refund."""
    notes = of_invoice(tx, invoice.id)
    return sum(each.amount_refunded for note in notes for each in note.refunds if each.refund == refund)


def _given_back(tx: Tx, note: CreditNote, invoice: Invoice, fields: Mapping[str, Any], now: int) -> CreditNote:
    """The note once its refund is made and the customer's balance is moved."""
    attached, transaction = _linked(tx, invoice, fields), None
    if fields.get("refund_amount"):
        if invoice.payment_intent is None:
            raise Invalid("This invoice has no payment to refund.", param="refund_amount")
        reason = REASONS.get(note.reason or "", "requested_by_customer")
        made = refunds.refund(tx, invoice.payment_intent, amount=fields["refund_amount"], reason=reason, now=now)
        attached.append(NoteRefund(amount_refunded=made.amount, refund=made.id))
    if fields.get("credit_amount"):
        transaction = customer_balance.move(
            tx,
            note.customer,
            amount=-fields["credit_amount"],
            currency=note.currency,
            type="credit_note",
            invoice=invoice.id,
            credit_note=note.id,
            now=now,
        ).id
    return replace(note, customer_balance_transaction=transaction, refunds=attached)


def _intent(tx: Tx, invoice: Invoice) -> PaymentIntent | None:
    return tx.get(PaymentIntent, invoice.payment_intent) if invoice.payment_intent is not None else None


def _check_going(tx: Tx, invoice: Invoice) -> None:
    """Refuse while money for the whole invoice is on its way. Raises Conflict."""
    intent = _intent(tx, invoice)
    if invoice.status is not InvoiceStatus.PAID and intent is not None and intent.status is IntentStatus.PROCESSING:
        raise Conflict("A payment of this invoice is being processed; credit it when that has arrived.")


def _ask_anew(tx: Tx, invoice: Invoice, now: int) -> None:
    """The intent that waits for the customer asks for what remains now."""
    intent = _intent(tx, invoice)
    if invoice.status is InvoiceStatus.OPEN and intent is not None and intent.status in CHANGEABLE:
        payments.prepare(tx, invoice, method=None, now=now)
