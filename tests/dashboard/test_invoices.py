"""Invoices on the dashboard: the list by state, one invoice, and what a merchant does with it."""

from typing import Any

import pytest
import stripe

from tests.dashboard.visitor import Visitor, signed_in
from tests.support.server import Server


@pytest.fixture(scope="module")
def api(client: stripe.StripeClient) -> Any:
    return client.v1


@pytest.fixture(scope="module")
def owner(server: Server) -> Visitor:
    return signed_in(server)


@pytest.fixture(scope="module")
def ada(api: Any) -> Any:
    return api.customers.create({"name": "Ada <Moreau>", "email": "ada@example.com"})


def made(api: Any, customer: Any, *, final: bool = True, **given: Any) -> Any:
    item = {"amount": 2900, "currency": "eur", "description": "Set-up <b>once</b>"}
    draft = api.invoices.create({"customer": customer.id, "auto_advance": False, "currency": "eur"} | given)
    api.invoice_items.create({"customer": customer.id, "invoice": draft.id} | item)
    return api.invoices.finalize_invoice(draft.id) if final else api.invoices.retrieve(draft.id)


def done(answer: Any) -> str:
    return str(answer.headers["location"].partition("?done=")[2])


def test_the_list_shows_each_state_under_its_tab(api: Any, owner: Visitor, ada: Any) -> None:
    draft, opened, paid = made(api, ada, final=False), made(api, ada), made(api, ada)
    api.invoices.pay(paid.id, {"paid_out_of_band": True})
    for tab, here, elsewhere in (("draft", draft, opened), ("open", opened, paid), ("paid", paid, draft)):
        page = owner.shown(f"/invoices?tab={tab}")
        assert here.id in page and elsewhere.id not in page
        assert "Ada &lt;Moreau&gt;" in page and "€29.00" in page
    assert owner.get("/invoices?tab=lost").status_code == 404
    assert opened.hosted_invoice_url.partition("/i/")[2] in owner.shown("/invoices")


def test_an_invoice_shows_lines_sums_and_what_can_be_done(api: Any, owner: Visitor, ada: Any) -> None:
    page = owner.shown(f"/invoices/{made(api, ada).id}")
    assert "Set-up &lt;b&gt;once&lt;/b&gt;" in page and "Amount due" in page
    for action in ("Send to customer", "Mark as paid", "Mark as uncollectible", "Void invoice"):
        assert action in page
    assert "Charge customer" not in page  # there is no card
    assert "Finalize" in owner.shown(f"/invoices/{made(api, ada, final=False).id}")


@pytest.mark.parametrize(
    ("verb", "form", "said", "status"),
    [
        ("send", {}, "sent", "open"),
        ("pay", {"how": "outside"}, "paid", "paid"),
        ("void", {}, "voided", "void"),
        ("uncollectible", {}, "uncollectible", "uncollectible"),
    ],
)
def test_an_action_leaves_the_state_that_it_says(
    api: Any, owner: Visitor, ada: Any, verb: str, form: dict[str, str], said: str, status: str
) -> None:
    invoice = made(api, ada)
    assert done(owner.post(f"/invoices/{invoice.id}/{verb}", **form)) == said
    assert api.invoices.retrieve(invoice.id).status == status


def test_a_draft_is_made_final(api: Any, owner: Visitor, ada: Any) -> None:
    draft = made(api, ada, final=False)
    assert done(owner.post(f"/invoices/{draft.id}/finalize")) == "finalized"
    assert api.invoices.retrieve(draft.id).number


def test_charging_uses_the_customers_card_and_says_when_it_declines(api: Any, owner: Visitor) -> None:
    good, bad = (api.customers.create({"name": name}) for name in ("Good", "Bad"))
    for customer, card in ((good, "pm_card_visa"), (bad, "pm_card_chargeCustomerFail")):
        method = api.payment_methods.attach(card, {"customer": customer.id})
        api.customers.update(customer.id, {"invoice_settings": {"default_payment_method": method.id}})
    paid, open_ = made(api, good), made(api, bad)
    assert "Charge customer" in owner.shown(f"/invoices/{paid.id}")
    assert done(owner.post(f"/invoices/{paid.id}/pay")) == "paid"
    refused = owner.post(f"/invoices/{open_.id}/pay")
    assert refused.status_code == 402 and "Your card was declined." in refused.text
    kept = api.invoices.retrieve(open_.id)
    assert (kept.status, kept.attempt_count) == ("open", 1)


def test_what_is_over_cannot_be_done_again(api: Any, owner: Visitor, ada: Any) -> None:
    invoice = made(api, ada)
    owner.post(f"/invoices/{invoice.id}/void")
    assert owner.post(f"/invoices/{invoice.id}/pay", how="outside").status_code == 400
    assert "Void invoice" not in owner.shown(f"/invoices/{invoice.id}")


def test_customer_and_subscription_show_invoices_card_and_what_comes(api: Any, owner: Visitor) -> None:
    eve = api.customers.create({"name": "Eve"})
    card = api.payment_methods.attach("pm_card_visa", {"customer": eve.id})
    price = api.prices.create(
        {"currency": "eur", "unit_amount": 1250, "recurring": {"interval": "month"}, "product_data": {"name": "Studio"}}
    )
    items = [{"price": price.id, "quantity": 2}]
    sub = api.subscriptions.create({"customer": eve.id, "items": items, "default_payment_method": card.id})
    number = api.invoices.retrieve(sub.latest_invoice).number
    page = owner.shown(f"/subscriptions/{sub.id}")
    assert "Next invoice: €25.00 on" in page and number in page
    assert "Visa ending 4242" in page and "Default" in page
    customer = owner.shown(f"/customers/{eve.id}")
    assert number in customer and "Visa ending 4242" in customer
    assert owner.get(f"/search?q={sub.latest_invoice}").headers["location"].endswith(f"/invoices/{sub.latest_invoice}")


def test_an_invoice_lists_its_credit_notes_and_a_customer_their_balance(api: Any, owner: Visitor) -> None:
    bea = api.customers.create({"name": "Bea"})
    invoice = made(api, bea)
    assert "Credit notes" not in owner.shown(f"/invoices/{invoice.id}")
    assert "in credit" not in owner.shown(f"/customers/{bea.id}")
    issued, gone = (api.credit_notes.create({"invoice": invoice.id, "amount": amount}) for amount in (900, 400))
    api.credit_notes.void_credit_note(gone.id)
    api.customers.balance_transactions.create(bea.id, {"amount": -750, "currency": "eur"})
    page = owner.shown(f"/invoices/{invoice.id}")
    assert all(text in page for text in (issued.number, gone.number, "€9.00", "€4.00", "Issued", f"{issued.id}/pdf"))
    assert "€7.50 in credit" in owner.shown(f"/customers/{bea.id}")
