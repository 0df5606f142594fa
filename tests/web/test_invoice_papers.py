"""Invoices, receipts and credit notes on paper: what stands there, in English and in German."""

from io import BytesIO

import pytest
from msgspec.structs import replace
from pypdf import PdfReader

from tenure.domain.credit_notes import CreditNote, CreditNoteLine, summed
from tenure.domain.customers import Address, Shipping
from tenure.domain.invoices import CustomerTaxId, Invoice, InvoiceStatus, Rendering
from tenure.i18n.languages import language
from tenure.pdf.press import print_now
from tenure.web.credit_notes import credit_note_paper
from tenure.web.invoice_lines import Words
from tenure.web.invoice_papers import invoice_paper, receipt_paper
from tenure.web.invoices import Bill
from tenure.web.readers import Merchant, Reader
from tests.hosted.bills import END, INSIDE, LAUNCH, OFF, START, VAT, as_paid, invoice, line

HALYARD = Merchant(
    account="acct_1",
    name="Halyard",
    color="#0e7c6b",
    letter="H",
    support_email="help@halyard.example",
    time_zone="Europe/Berlin",
    country="DE",
    address="Hafenstraße 12\n20457 Hamburg",
)
WORDS = Words(
    products={"prod_1": "Halyard Studio"},
    rates={VAT.id: VAT, INSIDE.id: INSIDE},
    coupons={LAUNCH.id: LAUNCH},
    discounts={OFF.id: OFF},
)
FULL = {
    "lines": [
        line(14500, quantity=5, product="prod_1"),
        line(-1200, proration=True, product="prod_1"),
        line(2410, proration=True, product="prod_1", quantity=2),
    ],
    "discounts": [OFF],
    "default_tax_rates": [VAT.id],
    "due_date": START + 40 * 86400,
    "description": "Thank you for sailing with us.",
    "footer": "Registered in Hamburg",
}


def bill(made: Invoice, tag: str = "en", **given: str) -> Bill:
    reader = Reader(language=language(tag), time_zone="Europe/Berlin", now=START + 86400)
    return Bill(invoice=made, words=WORDS, reader=reader, merchant=HALYARD, **given)


def pages(data: bytes) -> list[str]:
    """The text of each page, spaces evened out."""
    found = [page.extract_text() for page in PdfReader(BytesIO(data)).pages]
    return [" ".join(text.replace("\u00a0", " ").split()) for text in found]


def text_of(made: Invoice, tag: str = "en") -> str:
    return " ".join(pages(print_now(invoice_paper(bill(made, tag)))))


def test_an_invoice_says_it_all_in_english():
    text = text_of(replace(invoice(**FULL), hosted_invoice_url="https://x.example/i/t", number="HAL-7"))
    for part in (
        "Invoice Halyard H",
        "Invoice number HAL-7",
        "Date of issue November 3, 2026",
        "Date due December 13, 2026",
        "PO number 4711",
        "Hafenstraße 12 20457 Hamburg help@halyard.example",
        "Bill to Ada Moreau Lindenweg 4 10115 Berlin Germany ada@moreau.example EU VAT DE123456789",
        "€136.64 due on December 13, 2026",
        "Pay online",
        "Thank you for sailing with us.",
        "Description Qty Unit price Tax Amount",
        "Halyard Studio",
        "Nov 3, 2026 – Dec 3, 2026",
        "5 €29.00 19% €145.00",
        "Launch (25% off) −€36.25",  # 145.00 × 25 %
        "Unused time on Halyard Studio after Nov 3, 2026",
        "−€12.00",
        "Remaining time on 2 × Halyard Studio after Nov 3, 2026",
        "Subtotal €157.10",  # 145.00 − 12.00 + 24.10
        "Launch (25% off) −€42.28",  # 36.25 + 6.03 (24.10 × 25 % = 6.025)
        "Total excluding tax €114.82",
        "VAT DE (19% on €114.82) €21.82",  # 114.82 × 19 % = 21.8158
        "Total €136.64",
        "Amount due €136.64",
        "Registered in Hamburg",
        "HAL-7 · €136.64 due on December 13, 2026 Page 1 of 1",
    ):
        assert part in text, part


def test_an_invoice_says_it_all_in_german():
    text = text_of(replace(invoice(**FULL), number="HAL-7"), "de")
    for part in (
        "Rechnungsnummer HAL-7",
        "Ausgestellt am 3. November 2026",
        "Rechnung an Ada Moreau Lindenweg 4 10115 Berlin Deutschland",
        "136,64 € fällig am 13. Dezember 2026",
        "5 29,00 € 19 % 145,00 €",
        "Launch (25 % Rabatt) −36,25 €",
        "Nicht genutzte Zeit mit Halyard Studio ab 3. Nov. 2026",
        "VAT DE (19 % auf 114,82 €) 21,82 €",
        "Fälliger Betrag 136,64 €",
        "Seite 1 von 1",
    ):
        assert part in text, part
    assert "Pay online" not in text


def test_inclusive_taxes_are_told_as_included():
    text = text_of(invoice(lines=[line(2900, product="prod_1")], default_tax_rates=[INSIDE.id]))
    assert "Total excluding tax €24.37 VAT (19%, included) €4.63 Total €29.00" in text  # 29.00 / 1.19 = 24.3697


def test_a_customer_who_pays_the_tax_is_told_so():
    made = invoice(lines=[line(2900)], default_tax_rates=[VAT.id], customer_tax_exempt="reverse")
    reverse = replace(
        made,
        total_taxes=[replace(each, amount=0, taxability_reason="reverse_charge") for each in made.total_taxes],
    )
    assert "VAT DE, to be paid by you (reverse charge) €0.00" in text_of(reverse)


@pytest.mark.parametrize(
    ("changes", "rows"),
    [
        ({"starting_balance": -1000, "amount_due": 1900, "amount_remaining": 1900},
         "Total €29.00 Paid from your credit balance −€10.00 Amount due €19.00"),
        ({"starting_balance": 500, "amount_due": 3400, "amount_remaining": 3400},
         "Total €29.00 Carried over from before €5.00 Amount due €34.00"),
        ({"pre_payment_credit_notes_amount": 900, "amount_due": 2000, "amount_remaining": 2000},
         "Total €29.00 Credit notes −€9.00 Amount due €20.00"),
        ({"starting_balance": 500, "pre_payment_credit_notes_amount": 900, "amount_due": 2500,
          "amount_remaining": 2500},
         "Total €29.00 Carried over from before €5.00 Credit notes −€9.00 Amount due €25.00"),
        ({"status": InvoiceStatus.VOID}, "Total €29.00 Amount due €0.00"),
        ({"status": InvoiceStatus.PAID, "amount_paid": 2900, "amount_remaining": 0,
          "post_payment_credit_notes_amount": 700},
         "Total €29.00 Amount paid −€29.00 Credited after payment −€7.00 Amount due €0.00"),
    ],
)  # fmt: skip
def test_how_a_total_became_what_is_due(changes, rows):
    assert rows in text_of(replace(invoice(lines=[line(2900)]), **changes))


def test_an_invoice_that_gives_back_adds_to_the_balance():
    made = invoice(lines=[line(-1500, proration=True, product="prod_1")])
    assert "Total −€15.00 Added to your credit balance €15.00 Amount due €0.00" in text_of(made)


def test_a_void_invoice_carries_a_stamp():
    text = text_of(replace(invoice(), status=InvoiceStatus.VOID))
    assert "This invoice is void. Nothing is due. Void" in text


def test_a_receipt_says_what_was_paid_when_and_with_what():
    paid = replace(as_paid(invoice(lines=[line(2900, product="prod_1")])), number="HAL-9", receipt_number="2211-9")
    text = " ".join(pages(print_now(receipt_paper(bill(paid, paid_with="Visa ending 4242")))))
    assert "Receipt Halyard H Invoice number HAL-9 Receipt number 2211-9 Date paid December 3, 2026" in text
    assert "Payment method Visa ending 4242" in text
    assert "€29.00 paid on December 3, 2026" in text


def test_a_credit_note_says_which_way_the_money_goes():
    made = replace(as_paid(invoice(lines=[line(2900, product="prod_1")])), number="HAL-9")
    part = CreditNoteLine(
        id="cnli_1", amount=1450, type="invoice_line_item", invoice_line_item=made.lines[0].id, quantity=1
    )
    blank = CreditNote(
        id="cn_1",
        created=END,
        currency="eur",
        customer="cus_1",
        invoice=made.id,
        number="HAL-9-CN-01",
        memo="Half of the month was dark.",
        post_payment_amount=1450,
        out_of_band_amount=450,
    )
    note = summed(blank, [part])
    text = " ".join(pages(print_now(credit_note_paper(bill(made), note))))
    for part_of_text in (
        "Credit note Halyard H Credit note number HAL-9-CN-01 Invoice number HAL-9",
        "€14.50 credited on December 3, 2026",
        "Half of the month was dark.",
        "Halyard Studio",
        "Total credited €14.50 Added to your credit balance €10.00 Given back in another way €4.50",
    ):
        assert part_of_text in text, part_of_text
    german = " ".join(pages(print_now(credit_note_paper(bill(made, "de"), note))))
    assert "Gutschrift Halyard H Gutschriftsnummer HAL-9-CN-01" in german


@pytest.mark.parametrize(
    ("country", "asked", "width"),
    [("DE", None, 595), ("US", None, 612), ("US", "a4", 595), ("DE", "letter", 612), ("DE", "auto", 595)],
)
def test_paper_is_cut_as_the_customer_knows_it(country, asked, width):
    rendering = Rendering(pdf={"page_size": asked}) if asked else None
    made = replace(invoice(), customer_address=Address(country=country), rendering=rendering)
    box = PdfReader(BytesIO(print_now(invoice_paper(bill(made))))).pages[0].mediabox
    assert round(box.width) == width


def test_goods_have_an_address_of_their_own():
    to = Shipping(name="Ada’s boat", address=Address(line1="Pier 3", city="Kiel", country="DE"))
    assert "Ship to Ada’s boat Pier 3 Kiel Germany" in text_of(replace(invoice(), customer_shipping=to))


def test_texts_of_people_are_never_markup():
    evil = '#panic("x") = $ *bold* _it_ @ref <label> `raw` \\ // [#read("/etc/passwd")] #let x = 1 {n} "; drop'
    made = replace(
        invoice(lines=[replace(line(2900), description=evil, parent=None)]),
        customer_name=evil,
        description=evil,
        footer=evil,
        number="#1",
        customer_tax_ids=[CustomerTaxId(type="eu_vat", value=evil)],
    )
    assert text_of(made).count(" ".join(evil.split())) >= 4


def test_a_long_invoice_goes_over_pages_with_its_head_on_each():
    lines = [replace(line(100), description=f"Part {n}", parent=None) for n in range(120)]
    found = pages(print_now(invoice_paper(bill(invoice(lines=lines)))))
    assert len(found) > 3
    assert all("Description Qty Unit price Amount" in page for page in found[:3])
    assert f"Page 2 of {len(found)}" in found[1]
    assert "Amount due €120.00" in found[-1]


@pytest.mark.parametrize(
    "name", ["株式会社ヨット", "قارب", "Łódź Ćwikła ŐŰ", "Ναυτικός", "Корабль", "אונייה", "Ship 🚢"]
)
def test_every_script_can_be_printed(name):
    assert print_now(invoice_paper(bill(replace(invoice(), customer_name=name)))).startswith(b"%PDF-")


def test_the_same_invoice_is_the_same_file():
    made = replace(invoice(), id="in_1", number="HAL-1")
    assert print_now(invoice_paper(bill(made))) == print_now(invoice_paper(bill(made)))
