"""Paying an invoice on its page: saved cards, test cards, refusals, 3-D Secure, and what is never kept of a number."""

import pytest

from tenure.domain.invoices import Invoice
from tests.hosted.bills import Desk

VISA = {"number": "4242 4242 4242 4242", "expiry": "08 / 36", "cvc": "123"}
AUTHENTICATES = VISA | {"number": "4000 0027 6000 3184"}


@pytest.fixture
def ada(shop):
    return shop.customer()


@pytest.fixture
def open_invoice(desk, ada):
    return desk.invoice(ada)


def url(invoice):
    return f"/i/{invoice.hosted_token}"


def now(desk: Desk, invoice: Invoice) -> Invoice:
    return desk.write(lambda tx: tx.need(Invoice, invoice.id))


def pay(visitor, invoice, **fields):
    return visitor.get(url(invoice)).press("pay", **fields)


def everything(server) -> bytes:
    """All that the server has on disk: database, write-ahead log, what it logged."""
    files = [path for path in server.data.parent.rglob("*") if path.is_file()]
    return b"".join(path.read_bytes() for path in files)


def test_a_test_card_pays(browse, desk, open_invoice, shop):
    visitor = pay(browse(), open_invoice, **VISA)
    assert visitor.path == f"{url(open_invoice)}?paid=1"
    assert "Your payment arrived" in visitor.text
    assert now(desk, open_invoice).status == "paid"
    assert "Visa ending 4242" in visitor.get(f"{url(open_invoice)}/receipt").text
    types = [event.type for event in shop.api.events.list({"limit": 20}).data]
    assert "invoice.paid" in types and "payment_intent.succeeded" in types


def test_a_saved_card_pays_and_is_the_first_choice(browse, desk, shop, ada, open_invoice):
    card = shop.api.payment_methods.attach("pm_card_mastercard", {"customer": ada.id})
    visitor = browse().get(url(open_invoice))
    assert "Mastercard ending 4444" in visitor.text
    assert f'value="{card.id}" checked' in visitor.page.text
    assert pay(visitor, open_invoice, method=card.id).path.endswith("?paid=1")
    assert now(desk, open_invoice).status == "paid"


def test_a_card_of_another_customer_is_no_choice(browse, desk, shop, open_invoice):
    theirs = shop.api.payment_methods.attach("pm_card_visa", {"customer": shop.customer().id})
    for method in (theirs.id, "pm_card_visa", "pm_never", ""):
        visitor = browse().post(f"{url(open_invoice)}/pay", {"method": method})
        assert visitor.status == 422
        assert "Choose how to pay." in visitor.text
    assert now(desk, open_invoice).status == "open"


@pytest.mark.parametrize(
    ("changes", "says", "status"),
    [
        ({"number": ""}, "Check the card number.", 422),
        ({"number": "4242 4242 4242 4241"}, "Check the card number.", 422),
        ({"number": "hello"}, "Check the card number.", 422),
        ({"number": "9" * 5000}, "Check the card number.", 422),
        ({"number": "4539 1488 0343 6467"}, "Test mode takes test cards only.", 422),
        ({"expiry": "13/36"}, "Check the expiry date, such as 08 / 30.", 422),
        ({"expiry": "08/20"}, "Check the expiry date, such as 08 / 30.", 422),
        ({"expiry": "soon"}, "Check the expiry date, such as 08 / 30.", 422),
        ({"cvc": "12"}, "Check the security code.", 422),
        ({"cvc": ""}, "Check the security code.", 422),
        ({"number": "4000 0000 0000 0002"}, "Your bank declined the payment.", 402),
        ({"number": "4000 0000 0000 9995"}, "There isn’t enough money on this card.", 402),
        ({"number": "4000 0000 0000 0069"}, "This card has expired. Use another one.", 402),
        ({"number": "4000 0000 0000 0127"}, "Check the security code.", 402),
    ],
)
def test_what_goes_wrong_is_said_where_it_stands(browse, desk, open_invoice, changes, says, status):
    visitor = pay(browse(), open_invoice, **(VISA | changes))
    assert visitor.status == status
    assert says in visitor.text
    assert "There is a problem" in visitor.text
    assert 'aria-invalid="true"' in visitor.page.text
    assert now(desk, open_invoice).status == "open"
    given = (VISA | changes)["number"]
    assert not given or f'value="{given}"' not in visitor.page.text


def test_a_declined_try_is_counted(browse, desk, open_invoice):
    pay(browse(), open_invoice, **(VISA | {"number": "4000 0000 0000 0002"}))
    after = now(desk, open_invoice)
    assert (after.attempted, after.attempt_count, after.status) == (True, 1, "open")
    visitor = browse().get(url(open_invoice))
    assert "The last payment didn’t go through" in visitor.text
    assert pay(visitor, open_invoice, **VISA).path.endswith("?paid=1")


def test_all_that_is_missing_is_named_at_once(browse, open_invoice):
    text = pay(browse(), open_invoice).text
    assert "Check the card number. Check the expiry date, such as 08 / 30. Check the security code." in text


def test_a_second_click_pays_nothing_more(browse, desk, open_invoice, shop):
    visitor = pay(browse(), open_invoice, **VISA)
    before = now(desk, open_invoice)
    again = visitor.post(f"{url(open_invoice)}/pay", VISA | {"method": "card"})
    assert again.path == f"{url(open_invoice)}?paid=1"
    assert now(desk, open_invoice) == before


def test_a_notice_in_the_address_is_shown_only_when_it_is_true(browse, open_invoice):
    assert "Your payment arrived" not in browse().get(f"{url(open_invoice)}?paid=1").text


def test_a_number_is_not_kept_and_not_logged(browse, open_invoice, server):
    for number in ("4000000000000002", "4539148803436467", "4242424242424242"):
        pay(browse(), open_invoice, number=number, expiry="08/36", cvc="987")
    kept = everything(server)
    assert b"4242" in kept  # the last digits are
    for number in (b"4000000000000002", b"4539148803436467", b"4242424242424242", b"4000 0000 0000 0002"):
        assert number not in kept


def test_a_bank_that_asks_is_answered(browse, desk, open_invoice):
    visitor = pay(browse(), open_invoice, **AUTHENTICATES)
    assert visitor.path.startswith("/i/authenticate/acct_")
    assert visitor.heading == "Confirm that it’s you"
    assert "€29.00" in visitor.text and "Visa ending 3184" in visitor.text
    question = visitor.path
    assert "Your bank wants you to confirm the payment" in browse().get(url(open_invoice)).text
    visitor.press("authenticate-complete", outcome="complete")
    assert visitor.path == f"{url(open_invoice)}?paid=1"
    assert now(desk, open_invoice).status == "paid"
    assert browse().get(question).path == f"{url(open_invoice)}?paid=1"
    assert browse().post(question, {"outcome": "fail"}).path == f"{url(open_invoice)}?paid=1"
    assert now(desk, open_invoice).status == "paid"


def test_a_bank_that_says_no_leaves_the_invoice_open(browse, desk, open_invoice):
    visitor = pay(browse(), open_invoice, **AUTHENTICATES).press("authenticate-fail", outcome="fail")
    assert visitor.path == url(open_invoice)
    assert "The last payment didn’t go through" in visitor.text
    assert now(desk, open_invoice).status == "open"
    assert pay(visitor, open_invoice, **VISA).path.endswith("?paid=1")


def test_another_site_can_neither_pay_nor_answer(browse, desk, open_invoice):
    question = pay(browse(), open_invoice, **AUTHENTICATES).path
    for path, form in ((f"{url(open_invoice)}/pay", VISA), (question, {"outcome": "complete"})):
        visitor = browse().post(path, form, **{"Sec-Fetch-Site": "cross-site"})
        assert (visitor.status, visitor.heading) == (403, "That wasn’t possible")
    assert now(desk, open_invoice).status == "open"


def test_live_mode_takes_no_cards_and_says_whom_to_ask(browse, desk, server, ada):
    desk.settle_account(support_email="help@halyard.example")
    live = Desk(server).invoice(ada, livemode=True)
    visitor = browse().get(url(live))
    assert visitor.status == 200
    assert "Test mode" not in visitor.text
    assert "card-fields" not in visitor.page.text
    assert "takes this payment in another way. Questions go to help@halyard.example." in visitor.text
    assert visitor.post(f"{url(live)}/pay", VISA).path == url(live)
