"""The pages of an invoice, ready to be rendered: the invoice with its way to pay, the receipt, the bank's question.

Bill ── invoice_page │ receipt_page │ authenticate_page ──▶ portal_pages.render ──▶ HTML
"""

from dataclasses import dataclass
from typing import ClassVar

from tenure.pdf.papers import Columns, Party
from tenure.web import invoices
from tenure.web.invoice_lines import LineText, Sum, invoice_sums, left_to_pay, line_texts
from tenure.web.invoice_papers import columns, parties, payment_facts
from tenure.web.invoices import Bill
from tenure.web.portal_pages import Notice
from tenure.web.portal_plans import Badge


@dataclass(frozen=True, kw_only=True)
class Digest:
    """The invoice in short, for the rail: what it is about in money, and its facts."""

    label: str
    amount: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Way:
    """A saved way to pay."""

    id: str
    mark: str
    text: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class PayForm:
    """How to pay: saved ways, and the fields of a card; `errors` are pairs of a field and what is wrong there."""

    label: str
    ways: tuple[Way, ...] = ()
    chosen: str = ""
    cards: bool = False
    expiry: str = ""
    errors: tuple[tuple[str, str], ...] = ()

    def error(self, field: str) -> str:
        """What is wrong with a field."""
        return next((text for name, text in self.errors if name == field), "")


@dataclass(frozen=True, kw_only=True)
class NoteRow:
    """A credit note of the invoice."""

    number: str
    date: str
    amount: str
    url: str


@dataclass(frozen=True, kw_only=True)
class InvoicePage:
    """The invoice; `pay` is None where there is nothing to pay or no way to do it here."""

    template: ClassVar[str] = "hosted/invoice.html"
    url: str
    title: str
    lead: str
    badge: Badge
    digest: Digest
    columns: Columns
    lines: tuple[LineText, ...]
    sums: tuple[Sum, ...]
    parties: tuple[Party, ...]
    memo: str = ""
    footer: str = ""
    paid: bool = False
    test: bool = False
    notice: Notice | None = None
    pay: PayForm | None = None
    instructions: str = ""
    question: str = ""
    notes: tuple[NoteRow, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReceiptPage:
    """What was paid, when and with what."""

    template: ClassVar[str] = "hosted/receipt.html"
    url: str
    title: str
    lead: str
    digest: Digest
    rows: tuple[tuple[str, str], ...]
    lines: tuple[LineText, ...]
    sums: tuple[Sum, ...]
    columns: Columns
    test: bool = False


@dataclass(frozen=True, kw_only=True)
class AuthenticatePage:
    """What a bank would ask the customer, in test mode: let the payment through, or not."""

    template: ClassVar[str] = "hosted/authenticate.html"
    url: str
    title: str
    lead: str
    rows: tuple[tuple[str, str], ...]
    digest: None = None
    test: bool = True


def digest(bill: Bill) -> Digest:
    """The one amount that matters in this state, and what stands at the invoice's head."""
    _, invoice = bill.reader.language.gettext, bill.invoice
    match bill.state:
        case "paid":
            return Digest(label=_("Amount paid"), amount=bill.money(invoice.amount_paid), facts=invoices.facts(bill))
        case "void":
            return Digest(label=_("Total"), amount=bill.money(invoice.total), facts=invoices.facts(bill))
        case _:
            due = bill.money(left_to_pay(invoice))
            return Digest(label=_("Amount due"), amount=due, facts=invoices.facts(bill))


def invoice_page(
    bill: Bill,
    url: str,
    *,
    pay: PayForm | None = None,
    notice: Notice | None = None,
    question: str = "",
    notes: tuple[NoteRow, ...] = (),
) -> InvoicePage:
    """The invoice at its address; `question` is where the customer's bank waits for an answer."""
    _, invoice = bill.reader.language.gettext, bill.invoice
    lines = line_texts(invoice, bill.words, bill.reader)
    paid = bill.state == "paid"
    number = invoices.number_of(invoice)
    return InvoicePage(
        url=url,
        title=_("Invoice %(number)s", number=number),
        lead=invoices.headline(bill),
        badge=invoices.badge_of(invoice, bill.reader),
        digest=digest(bill),
        columns=columns(bill, lines),
        lines=lines,
        sums=invoice_sums(invoice, bill.words, bill.reader),
        parties=parties(bill),
        memo=invoice.description or "",
        footer=invoice.footer or "",
        paid=paid,
        test=not invoice.livemode,
        notice=notice or (_asked(bill) if question else _standing(bill)),
        pay=pay,
        instructions=_instructions(bill) if pay is None else "",
        question=question,
        notes=notes,
    )


def _asked(bill: Bill) -> Notice:
    _ = bill.reader.language.gettext
    text = _("The payment goes on when you have answered.")
    return Notice(_("Your bank wants you to confirm the payment"), text, "warn", "alert")


def _standing(bill: Bill) -> Notice | None:
    """What the state asks for attention."""
    _, due = bill.reader.language.gettext, bill.invoice.due_date
    match bill.state:
        case "overdue" if due is not None:
            text = _("It was due on %(date)s.", date=bill.reader.day(due))
            return Notice(_("This invoice is overdue"), text, "bad", "alert")
        case "void":
            return Notice(_("This invoice is void"), _("You don’t have to pay it."), "info", "info")
        case "open" | "overdue" if bill.invoice.attempted:
            return Notice(
                _("The last payment didn’t go through"), _("You can pay here in another way."), "bad", "alert"
            )
        case _:
            return None


def _instructions(bill: Bill) -> str:
    """What to do where the page takes no payment."""
    _, merchant = bill.reader.language.gettext, bill.merchant
    if not bill.payable:
        return ""
    if merchant.support_email:
        return _(
            "%(merchant)s takes this payment in another way. Questions go to %(email)s.",
            merchant=merchant.name,
            email=merchant.support_email,
        )
    return _("%(merchant)s takes this payment in another way.", merchant=merchant.name)


def pay_form(
    bill: Bill,
    ways: tuple[Way, ...],
    *,
    cards: bool,
    chosen: str = "",
    expiry: str = "",
    errors: tuple[tuple[str, str], ...] = (),
) -> PayForm | None:
    """The form, where there is something to pay and a way to do it here."""
    if not bill.payable or not (ways or cards):
        return None
    label = bill.reader.language.gettext("Pay %(amount)s", amount=bill.money(left_to_pay(bill.invoice)))
    first = ways[0].id if ways else "card"
    return PayForm(label=label, ways=ways, chosen=chosen or first, cards=cards, expiry=expiry, errors=errors)


def receipt_page(bill: Bill, url: str) -> ReceiptPage:
    """The receipt of a paid invoice."""
    _, invoice = bill.reader.language.gettext, bill.invoice
    lines = line_texts(invoice, bill.words, bill.reader)
    rows = [(_("Invoice number"), invoices.number_of(invoice))]
    if invoice.receipt_number:
        rows.append((_("Receipt number"), invoice.receipt_number))
    return ReceiptPage(
        url=url,
        title=_("Receipt from %(merchant)s", merchant=bill.merchant.name),
        lead=invoices.headline(bill),
        digest=digest(bill),
        rows=(*rows, *payment_facts(bill)),
        lines=lines,
        sums=invoice_sums(invoice, bill.words, bill.reader),
        columns=columns(bill, lines),
        test=not invoice.livemode,
    )
