"""The page of an invoice over HTTP: what it says in each state, what can be downloaded, and to whom it opens."""

import secrets
from io import BytesIO

import pytest
from msgspec.structs import replace
from pypdf import PdfReader

from tenure.domain.credit_notes import CreditNote, CreditNoteLine, summed
from tenure.domain.invoices import InvoiceStatus
from tests.hosted.bills import END, OFF, START, VAT, line

LATER = 4_000_000_000


@pytest.fixture(scope="module")
def ada(shop):
    return shop.customer()


def url(invoice):
    return f"/i/{invoice.hosted_token}"


def pdf(answer):
    assert answer.headers["content-type"] == "application/pdf"
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)
    return " ".join(text.replace("\u00a0", " ").split())


def test_an_open_invoice_says_what_is_due_and_how_to_pay(browse, desk, shop, ada):
    lines = [line(14500, quantity=5, product=shop.product.id), line(-1200, proration=True, product=shop.product.id)]
    made = desk.invoice(ada, lines=lines, discounts=[OFF], default_tax_rates=[VAT.id], due_date=LATER)
    visitor = browse().get(url(made))
    assert visitor.status == 200
    assert visitor.heading == f"Invoice {made.number}"
    # 145.00 − 36.25 − 12.00 = 96.75, and 19 % of it: 18.38
    for text in ("€115.13", "Open", "Studio", "5 × €29.00", "Launch (25% off)", "VAT DE (19% on €96.75)", "€18.38"):
        assert text in visitor.text, text
    assert "Unused time on Studio after Nov 3, 2026" in visitor.text
    assert 'data-testid="pay-form"' in visitor.page.text
    assert "receipt" not in visitor.page.text


@pytest.mark.parametrize(
    ("given", "badge", "says"),
    [
        ({"due_date": START}, "Overdue", "This invoice is overdue"),
        ({"status": InvoiceStatus.VOID}, "Void", "You don’t have to pay it."),
        ({"status": InvoiceStatus.UNCOLLECTIBLE}, "Uncollectible", "Pay €29.00"),
        ({"paid": True}, "Paid", "€29.00 paid on December 3, 2026"),
        ({"attempted": True}, "Open", "The last payment didn’t go through"),
    ],
)
def test_each_state_has_its_word(browse, desk, ada, given, badge, says):
    visitor = browse().get(url(desk.invoice(ada, **given)))
    assert badge in visitor.page.text.partition('data-testid="invoice-status"')[2].partition("</span>")[0]
    assert says in visitor.text
    payable = badge in ("Overdue", "Open", "Uncollectible")
    assert ('data-testid="pay-form"' in visitor.page.text) is payable


def test_german_reads_german_whatever_the_papers_speak(browse, desk, shop):
    kunde = shop.customer(preferred_locales=["de"])
    made = desk.invoice(kunde)
    assert browse().get(url(made)).heading == f"Rechnung {made.number}"  # the customer's language, not the browser's
    english = browse().post(f"{url(made)}/language", {"language": "en"})
    assert english.heading == f"Invoice {made.number}"
    assert "Rechnungsnummer" in pdf(english.get(f"{url(made)}/pdf").page)


def test_the_papers_of_a_customer_without_a_language_speak_the_readers(browse, desk, ada):
    made = desk.invoice(ada)
    assert "Rechnungsnummer" in pdf(browse(language="de-DE").get(f"{url(made)}/pdf").page)
    assert "Invoice number" in pdf(browse().get(f"{url(made)}/pdf").page)


def test_a_language_that_is_none_changes_nothing(browse, desk, ada):
    made = desk.invoice(ada)
    visitor = browse().post(f"{url(made)}/language", {"language": "../../x"})
    assert visitor.path == url(made)
    assert not visitor.http.cookies


def test_the_invoice_comes_as_a_file_with_its_number(browse, desk, ada):
    made = desk.invoice(ada, number='HAL "7"/\n../x')
    answer = browse().get(f"{url(made)}/pdf").page
    assert answer.headers["content-disposition"] == 'attachment; filename="Invoice-HAL--7------x.pdf"'
    assert "€29.00 due now" in pdf(answer)


def test_a_receipt_is_there_once_it_is_paid(browse, desk, ada):
    made, paid = desk.invoice(ada), desk.invoice(ada, paid=True)
    assert browse().get(f"{url(made)}/receipt").path == url(made)
    assert browse().get(f"{url(made)}/receipt/pdf").status == 404
    visitor = browse().get(url(paid))
    assert f'href="{url(paid)}/receipt"' in visitor.page.text
    assert "Date paid December 3, 2026" in visitor.get(f"{url(paid)}/receipt").text
    assert "€29.00 paid on December 3, 2026" in pdf(visitor.get(f"{url(paid)}/receipt/pdf").page)


def test_a_draft_has_no_page(browse, desk, ada):
    made = desk.invoice(ada, status=InvoiceStatus.DRAFT)
    for path in ("", "/pdf", "/receipt", "/receipt/pdf"):
        visitor = browse().get(url(made) + path)
        assert (visitor.status, visitor.heading) == (404, "We can’t find that page")


def test_wrong_tokens_are_all_the_same_calm_page(browse, desk, ada):
    made = desk.invoice(ada)
    token = made.hosted_token
    wrong = [
        secrets.token_urlsafe(32), "x", token[:-1], token + "A", token.swapcase(), made.id, "%00", "%F0%9F%98%80",
        "x" * 5000, "..%2f..%2fetc", "pdf", "authenticate",
    ]  # fmt: skip
    answers = {(visitor.status, visitor.text) for visitor in (browse().get(f"/i/{each}") for each in wrong)}
    assert len(answers) == 1
    status, text = answers.pop()
    assert status == 404
    assert "We can’t find that page" in text and "Halyard" not in text


def test_what_is_not_an_address_is_the_same_page(browse, desk, ada):
    made = desk.invoice(ada)
    for path in ("/nothing", "/pay", "/receipt/nothing", "/credit_notes/cn_x/pdf", "/language"):
        visitor = browse().get(url(made) + path)
        assert (visitor.status, visitor.heading) == (404, "We can’t find that page"), path
    assert browse().post(url(made)).status == 404


def test_credit_notes_of_the_invoice_can_be_downloaded_and_no_others(browse, desk, ada):
    made, other = desk.invoice(ada, paid=True), desk.invoice(ada, paid=True)
    part = CreditNoteLine(id="cnli_1", amount=900, type="custom_line_item", description="A week without wind")
    note = summed(
        CreditNote(
            id="cn_1", created=END, currency="eur", customer=ada.id, invoice=made.id, number=f"{made.number}-CN-01",
            post_payment_amount=900,
        ),
        [part],
    )  # fmt: skip
    desk.keep(note)
    visitor = browse().get(url(made))
    assert f"{made.number}-CN-01" in visitor.text
    text = pdf(visitor.get(f"{url(made)}/credit_notes/cn_1/pdf").page)
    assert "A week without wind" in text and "Total credited €9.00" in text
    assert browse().get(f"{url(other)}/credit_notes/cn_1/pdf").status == 404


def test_pages_are_private_and_inert(browse, desk, ada):
    made = desk.invoice(ada, paid=True)
    for path in ("", "/pdf", "/receipt", "/nothing"):
        headers = browse().get(url(made) + path).page.headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert "noindex" in headers["x-robots-tag"]
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"


def test_names_with_tags_are_shown_as_text(browse, desk, shop):
    evil = "<script>alert(1)</script>"
    made = desk.invoice(
        shop.customer(), lines=[replace(line(2900), description=evil, parent=None)], customer_name=evil,
        description=evil, footer=evil, number=evil,
    )  # fmt: skip
    page = browse().get(url(made)).page.text
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 5


def test_an_invoice_outlives_its_customer(browse, desk, shop):
    gone = shop.customer()
    made = desk.invoice(gone)
    shop.api.customers.delete(gone.id)
    visitor = browse().get(url(made))
    assert (visitor.status, visitor.heading) == (200, f"Invoice {made.number}")
