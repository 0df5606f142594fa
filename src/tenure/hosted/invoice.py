"""The invoice's page, its receipt, and both on paper.

GET /i/<token>            GET /i/<token>/receipt            once it is paid; before that it leads to the invoice
GET /i/<token>/pdf        GET /i/<token>/receipt/pdf        GET /i/<token>/credit_notes/<id>/pdf
"""

from tenure.domain.credit_notes import CreditNote, CreditNoteStatus
from tenure.domain.errors import NotFound
from tenure.hosted.guest import Guest
from tenure.hosted.paying import form_for, question_of
from tenure.i18n.languages import translated_tags
from tenure.pdf.papers import Paper
from tenure.store import Tx
from tenure.web.asked import Answer, Goto, Shown
from tenure.web.credit_notes import credit_note_paper
from tenure.web.invoice_pages import NoteRow, invoice_page, receipt_page
from tenure.web.invoice_papers import invoice_paper, receipt_paper
from tenure.web.invoices import Bill, number_of
from tenure.web.portal_pages import Notice

MOST_NOTES = 100


def show(tx: Tx, guest: Guest) -> Answer:
    """The invoice, with its way to pay where there is something to pay."""
    bill = guest.bill(tx)
    question = question_of(tx, guest.invoice) if bill.payable else ""
    pay = form_for(tx, guest, bill)
    notes = _notes(tx, guest)
    return Shown(invoice_page(bill, guest.url, pay=pay, notice=_said(guest, bill), question=question, notes=notes))


def _said(guest: Guest, bill: Bill) -> Notice | None:
    """What was just done, if it is true."""
    if "paid" in guest.asked.query and bill.state == "paid":
        title, text = guest.gettext("Your payment arrived"), guest.gettext("You can download the receipt here.")
        return Notice(title, text, "ok", "check-circle", focus=True)
    if "processing" in guest.asked.query and bill.payable:
        title = guest.gettext("Your payment is on its way")
        return Notice(title, guest.gettext("This can take a few days."), "info", "clock", focus=True)
    return None


def receipt(tx: Tx, guest: Guest) -> Answer:
    """What was paid; nothing to show before."""
    bill = guest.bill(tx)
    return Shown(receipt_page(bill, guest.url)) if bill.state == "paid" else Goto(guest.url)


def printed(tx: Tx, guest: Guest) -> tuple[Paper, str]:
    """The invoice as paper, and the name of its file."""
    return invoice_paper(guest.bill(tx, paper=True)), f"Invoice-{number_of(guest.invoice)}"


def printed_receipt(tx: Tx, guest: Guest) -> tuple[Paper, str]:
    """The receipt as paper. Raises NotFound before the invoice is paid."""
    bill = guest.bill(tx, paper=True)
    if bill.state != "paid":
        raise NotFound("There is no receipt yet.")
    return receipt_paper(bill), f"Receipt-{number_of(guest.invoice)}"


def printed_credit_note(tx: Tx, guest: Guest) -> tuple[Paper, str]:
    """A credit note of this invoice as paper. Raises NotFound where there is no such note."""
    note = tx.need(CreditNote, guest.asked.ids["note"])
    if note.invoice != guest.invoice.id:
        raise NotFound("There is no such page.")
    return credit_note_paper(guest.bill(tx, paper=True), note), f"Credit-note-{note.number}"


def _notes(tx: Tx, guest: Guest) -> tuple[NoteRow, ...]:
    """The credit notes of this invoice, the oldest first."""
    found = tx.page(CreditNote, [("invoice", "=", guest.invoice.id)], limit=MOST_NOTES).items
    return tuple(
        NoteRow(
            number=each.number,
            date=guest.reader.day(each.effective_at or each.created),
            amount=guest.reader.money(each.total, each.currency),
            url=f"{guest.url}/credit_notes/{each.id}/pdf",
        )
        for each in reversed(found)
        if each.status is CreditNoteStatus.ISSUED
    )


def choose_language(tx: Tx, guest: Guest) -> Answer:
    """Let the browser remember the language and show the invoice again."""
    tag = guest.asked.form.get("language", "")
    return Goto(guest.url, tag if tag in translated_tags() else None)
