"""Papers of an invoice: the invoice itself, the receipt of its payment, and credit notes, as texts for the press.

    Bill ── invoice_paper │ receipt_paper ──▶ Paper ── pdf/press.py ──▶ PDF

A paper is in the customer's language, dated with the invoice and not with the moment of its printing.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from tenure.domain.invoices import Invoice
from tenure.pdf.papers import Columns, Paper, PaperLine, PaperSize, PaperSum, Party
from tenure.web import brand, invoices
from tenure.web.invoice_lines import LineText, Sum, invoice_sums, line_texts
from tenure.web.invoices import Bill

# Where paper is cut in inches. Source: CLDR, "paperSize".
LETTER_COUNTRIES = frozenset({"BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE"})


def paper_size(invoice: Invoice, merchant_country: str | None) -> PaperSize:
    """What the invoice asks for, else what is usual where the customer is."""
    pdf = invoice.rendering.pdf if invoice.rendering else None
    asked = pdf.get("page_size") if pdf else None
    if asked in ("a4", "letter"):
        return "a4" if asked == "a4" else "us-letter"
    country = (invoice.customer_address.country if invoice.customer_address else None) or merchant_country
    return "us-letter" if country in LETTER_COUNTRIES else "a4"


def invoice_paper(bill: Bill) -> Paper:
    """The invoice, as it stands now."""
    _, invoice = bill.reader.language.gettext, bill.invoice
    pay = (_("Pay online"), invoice.hosted_invoice_url) if bill.payable and invoice.hosted_invoice_url else None
    return replace(
        _with_lines(bill, _("Invoice")),
        facts=invoices.facts(bill),
        link=pay,
        stamp=_stamp(bill),
        memo=invoice.description or "",
    )


def receipt_paper(bill: Bill) -> Paper:
    """What was paid, when and how."""
    _, invoice = bill.reader.language.gettext, bill.invoice
    facts = [(_("Invoice number"), invoices.number_of(invoice))]
    if invoice.receipt_number:
        facts.append((_("Receipt number"), invoice.receipt_number))
    return replace(_with_lines(bill, _("Receipt")), facts=(*facts, *payment_facts(bill)))


def payment_facts(bill: Bill) -> tuple[tuple[str, str], ...]:
    """When it was paid and with what."""
    _, at = bill.reader.language.gettext, bill.invoice.status_transitions.paid_at
    rows = [(_("Date paid"), bill.reader.day(at))] if at is not None else []
    if bill.paid_with:
        rows.append((_("Payment method"), bill.paid_with))
    return tuple(rows)


def _stamp(bill: Bill) -> str:
    state = bill.state
    return "" if state in ("open", "paid") else invoices.badge_of(bill.invoice, bill.reader).text


def _with_lines(bill: Bill, title: str) -> Paper:
    """What invoice and receipt share: lines and sums."""
    lines = line_texts(bill.invoice, bill.words, bill.reader)
    sums = invoice_sums(bill.invoice, bill.words, bill.reader)
    bare = blank(
        bill,
        title=title,
        number=invoices.number_of(bill.invoice),
        headline=invoices.headline(bill),
        at=invoices.issued_at(bill.invoice),
        columns=columns(bill, lines),
    )
    return replace(bare, lines=tuple(_line(each) for each in lines), sums=paper_sums(sums))


def blank(bill: Bill, *, title: str, number: str, headline: str, at: int, columns: Columns) -> Paper:
    """A paper with nothing on it yet but people, language and the merchant's colours."""
    colors = brand.scheme(known_color(bill.merchant.color), "light")
    tag, _unused, region = bill.reader.language.tag.partition("-")
    return Paper(
        title=title,
        subject=number,
        headline=headline,
        columns=columns,
        color=colors["brand-text"],
        mark_color=colors["brand"],
        on_color=colors["brand-fg"],
        size=paper_size(bill.invoice, bill.merchant.country),
        language=tag,
        region=region if len(region) == 2 else None,
        rtl=bill.reader.language.rtl,
        letter=bill.merchant.letter,
        parties=parties(bill),
        footer=bill.invoice.footer or "",
        foot=f"{number} · {headline}",
        # L10n: {n} and {of} are replaced when the page is printed; keep them as they are.
        page=bill.reader.language.gettext("Page {n} of {of}"),
        at=at,
    )


def known_color(color: str) -> str:
    """The merchant's colour, or ours where theirs is none."""
    return color if brand.HEX.fullmatch(color.strip()) else brand.DEFAULT_COLOR


def parties(bill: Bill) -> tuple[Party, ...]:
    _, invoice = bill.reader.language.gettext, bill.invoice
    issuer = Party(label=_("From"), name=invoice.account_name or bill.merchant.name, lines=invoices.issuer_lines(bill))
    customer = Party(label=_("Bill to"), name=invoices.customer_name(invoice), lines=invoices.customer_lines(bill))
    shipping = invoices.shipping_lines(bill)
    return (issuer, customer, Party(label=_("Ship to"), lines=shipping)) if shipping else (issuer, customer)


def columns(bill: Bill, lines: tuple[LineText, ...]) -> Columns:
    """The heads of the table; what no line has gets no column."""
    pgettext = bill.reader.language.pgettext
    return Columns(
        text=pgettext("invoice", "Description"),
        quantity=pgettext("invoice", "Qty") if any(line.quantity for line in lines) else "",
        unit=pgettext("invoice", "Unit price") if any(line.unit for line in lines) else "",
        tax=pgettext("invoice", "Tax") if any(line.tax for line in lines) else "",
        amount=pgettext("invoice", "Amount"),
    )


def _line(line: LineText) -> PaperLine:
    return PaperLine(
        text=line.text,
        detail=line.period,
        quantity=line.quantity,
        unit=line.unit,
        tax=line.tax,
        amount=line.amount,
        notes=line.discounts,
    )


def paper_sums(sums: Iterable[Sum]) -> tuple[PaperSum, ...]:
    """The rows below the lines."""
    return tuple(PaperSum(label=each.label, amount=each.amount, strong=each.strong) for each in sums)
