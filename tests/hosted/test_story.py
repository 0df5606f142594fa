"""From a subscription that waits for its first payment to a paid one, by the invoice's page alone."""

from io import BytesIO

from pypdf import PdfReader


def text_of(content):
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    return " ".join(text.replace("\u00a0", " ").split())


def test_a_customer_pays_the_first_invoice_and_is_a_subscriber(browse, shop, server):
    ada = shop.customer(address={"line1": "1 Main St", "city": "Austin", "state": "TX", "country": "US"})
    vat = shop.api.tax_rates.create({"display_name": "VAT", "percentage": 19, "inclusive": False})
    discounts = [{"coupon": shop.coupon(name="Launch").id}]
    subscription = shop.subscription(
        ada, payment_behavior="default_incomplete", default_tax_rates=[vat.id], discounts=discounts
    )
    assert subscription.status == "incomplete"
    invoice = shop.api.invoices.retrieve(subscription.latest_invoice)
    visitor = browse().get(invoice.hosted_invoice_url)
    # 29.00 − 25 % = 21.75, and 19 % of it: 4.13
    assert "VAT (19% on €21.75) €4.13 Total €25.88 Amount due €25.88" in visitor.text
    visitor.press("pay", number="4242424242424242", expiry="12/36", cvc="123")
    assert "Your payment arrived" in visitor.text
    assert shop.now(subscription).status == "active"
    assert "Amount paid −€25.88" in text_of(visitor.get(invoice.invoice_pdf).page.content)
    note = shop.api.credit_notes.create({"invoice": invoice.id, "amount": 500, "credit_amount": 500})
    assert "Total credited €5.00 Added to your credit balance €5.00" in text_of(visitor.get(note.pdf).page.content)
    assert note.number in visitor.get(invoice.hosted_invoice_url).text
