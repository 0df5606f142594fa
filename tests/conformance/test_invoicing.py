"""What is refused of invoices, in the words that clients match on, and how their numbers and lines go on."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from tests.conformance.crediting import item
from tests.conformance.declared import body, faults
from tests.conformance.invoicing import draft, opened, sent
from tests.conformance.paying import attached, intent
from tests.conformance.shop import Shop
from tests.conformance.test_errors import refused, told

Acts = Callable[[Any, str], Any]
ACTS: dict[str, Acts] = {
    "add_lines": lambda api, id: api.add_lines(id, {"lines": [{"amount": 5}]}),
    "attach_payment": lambda api, id: api.attach_payment(id, {"payment_intent": "pi_none"}),
    "delete": lambda api, id: api.delete(id),
    "finalize": lambda api, id: api.finalize_invoice(id),
    "line": lambda api, id: api.line_items.update(id, "il_none", {"amount": 5}),
    "lines": lambda api, id: api.line_items.list(id),
    "mark_uncollectible": lambda api, id: api.mark_uncollectible(id),
    "pay": lambda api, id: api.pay(id),
    "remove_lines": lambda api, id: api.remove_lines(id, {"lines": [{"id": "il_none", "behavior": "delete"}]}),
    "retrieve": lambda api, id: api.retrieve(id),
    "send": lambda api, id: api.send_invoice(id),
    "update": lambda api, id: api.update(id, {"description": "x"}),
    "update_lines": lambda api, id: api.update_lines(id, {"lines": [{"id": "il_none"}]}),
    "void": lambda api, id: api.void_invoice(id),
}


def paid(shop: Shop) -> Any:
    return shop.api.invoices.pay(opened(shop).id, {"paid_out_of_band": True})


def void(shop: Shop) -> Any:
    return shop.api.invoices.void_invoice(opened(shop).id)


@pytest.mark.parametrize("name", sorted(ACTS))
def test_an_invoice_that_is_not_there_is_named(shop: Shop, name: str):
    error = refused(ACTS[name], shop.api.invoices, "in_none")
    assert told(error) == (404, "resource_missing", "invoice")
    assert error.user_message == "No such invoice: 'in_none'"


@pytest.mark.parametrize(
    ("make", "name", "code", "words"),
    [
        (paid, "pay", "invoice_already_paid", "Invoice is already paid"),
        (void, "pay", "invoice_not_editable", "voided"),
        (opened, "finalize", None, "you can't re-finalize a non-draft invoice"),
        (paid, "finalize", None, "already finalized"),
        (draft, "void", "invoice_not_editable", "open or uncollectible"),
        (paid, "void", "invoice_not_editable", "open or uncollectible"),
        (void, "void", "invoice_not_editable", "open or uncollectible"),
        (paid, "mark_uncollectible", "invoice_not_editable", "open invoices"),
        (paid, "send", "invoice_not_editable", "open invoices"),
        (opened, "update", "invoice_not_editable", "`description` can only be changed on a draft"),
        (opened, "add_lines", "invoice_not_editable", "no longer editable"),
        (opened, "update_lines", "invoice_not_editable", "no longer editable"),
        (opened, "remove_lines", "invoice_not_editable", "no longer editable"),
        (opened, "line", "invoice_not_editable", "no longer editable"),
        (opened, "delete", "invoice_not_editable", "draft invoices"),
    ],
)
def test_a_state_that_does_not_allow_it(
    shop: Shop, make: Callable[[Shop], Any], name: str, code: str | None, words: str
):
    made = make(shop)
    error = refused(ACTS[name], shop.api.invoices, made.id)
    assert (error.http_status, error.code) == (400, code)
    assert words in str(error)
    assert shop.api.invoices.retrieve(made.id) == made


def test_the_invoice_of_a_subscription_is_not_deleted(shop: Shop):
    sub = shop.subscription()
    assert "part of a subscription" in str(refused(shop.api.invoices.delete, sub.latest_invoice))


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"customer": "cus_none"}, "resource_missing", "customer"),
        ({}, "parameter_missing", "customer"),
        ({"subscription": "sub_none"}, "resource_missing", "subscription"),
        ({"customer": "own", "days_until_due": 3}, None, "days_until_due"),
        ({"customer": "own", "due_date": 5, "collection_method": "send_invoice"}, None, "due_date"),
        ({"customer": "own", "default_payment_method": "pm_none"}, "resource_missing", "default_payment_method"),
        ({"customer": "own", "default_tax_rates": ["txr_none"]}, "resource_missing", "default_tax_rates[0]"),
        ({"customer": "own", "discounts": [{"coupon": "NONE"}]}, "resource_missing", "discounts[0][coupon]"),
        ({"customer": "own", "automatic_tax": {"enabled": True}}, None, "automatic_tax[enabled]"),
        ({"customer": "own", "application_fee_amount": 5}, "parameter_unsupported", "application_fee_amount"),
        ({"customer": "own", "from_invoice": {"action": "revision", "invoice": "in_1"}}, "parameter_unsupported", None),
    ],
)
def test_what_a_draft_cannot_have(shop: Shop, fields: dict[str, Any], code: str | None, param: str | None):
    given = fields | ({"customer": shop.customer().id} if fields.get("customer") == "own" else {})
    error = refused(shop.api.invoices.create, given)
    assert (error.http_status, error.code) == (400, code)
    assert param is None or error.param == param


def test_a_line_that_is_not_on_the_invoice(shop: Shop):
    made = draft(shop)
    api = shop.api.invoices
    assert told(refused(api.line_items.update, made.id, "il_none", {"amount": 1})) == (
        404,
        "resource_missing",
        "line_item",
    )
    for edit, more in ((api.update_lines, {}), (api.remove_lines, {"behavior": "delete"})):
        error = refused(edit, made.id, {"lines": [{"id": "il_none", **more}]})
        assert told(error)[1:] == ("resource_missing", "lines[0][id]")
    missing = refused(api.add_lines, made.id, {"lines": [{"invoice_item": "ii_none"}]})
    assert told(missing) == (400, "resource_missing", "lines[0][invoice_item]")
    elsewhere = refused(api.add_lines, made.id, {"lines": [{"invoice_item": item(shop).id}]})
    assert told(elsewhere) == (400, None, "lines[0][invoice_item]")


def test_a_payment_that_cannot_pay_it(shop: Shop):
    made = opened(shop)
    attach = shop.api.invoices.attach_payment
    assert told(refused(attach, made.id, {"payment_intent": "pi_none"}))[1:] == ("resource_missing", "payment_intent")
    for fields in ({"amount": made.amount_due - 1}, {"amount": made.amount_due, "currency": "usd"}):
        assert refused(attach, made.id, {"payment_intent": intent(shop, **fields).id}).param == "payment_intent"
    whole = intent(shop, amount=made.amount_due)
    assert refused(attach, draft(shop).id, {"payment_intent": whole.id}).code == "invoice_not_editable"


@pytest.mark.parametrize("name", ["forgive", "mandate", "source"])
def test_a_way_to_pay_that_is_not_here_is_refused(shop: Shop, name: str):
    error = refused(shop.api.invoices.pay, opened(shop).id, {name: "true"})
    assert told(error) == (400, "parameter_unsupported", name)


def test_a_decline_is_kept_and_the_invoice_stays_open(shop: Shop):
    made = opened(shop)
    bad = attached(shop, "pm_card_chargeCustomerFail", customer=made.customer).id
    with pytest.raises(stripe.CardError) as caught:
        shop.api.invoices.pay(made.id, {"payment_method": bad})
    assert (caught.value.http_status, caught.value.code) == (402, "card_declined")
    after = shop.api.invoices.retrieve(made.id)
    assert (after.status, after.attempt_count, after.attempted) == ("open", 1, True)


def test_nothing_is_coming(shop: Shop):
    preview = shop.api.invoices.create_preview
    customer = shop.customer().id
    error = refused(preview, {"customer": customer})
    assert (error.http_status, error.code) == (400, "invoice_upcoming_none")
    assert error.user_message == f"No upcoming invoices for customer: {customer}"
    assert refused(preview, {"subscription": "sub_none"}).param == "subscription"
    assert refused(preview, {}).code == "parameter_missing"
    assert refused(preview, {"customer": customer, "preview_mode": "recurring"}).param == "preview_mode"
    gone = shop.subscription()
    shop.api.subscriptions.cancel(gone.id)
    assert refused(preview, {"subscription": gone.id}).code == "invoice_upcoming_none"


def test_a_preview_leaves_nothing_behind(shop: Shop):
    customer = shop.customer()
    before = shop.api.events.list({"limit": 1}).data[0].id
    extra = {"amount": 700, "currency": "eur"}
    shown = shop.api.invoices.create_preview({"customer": customer.id, "invoice_items": [extra]})
    assert (shown.total, shown.status, shown.number) == (700, "draft", None)
    assert shop.api.events.list({"limit": 1}).data[0].id == before
    assert shop.api.invoices.list({"customer": customer.id}).data == []
    assert shop.api.invoice_items.list({"customer": customer.id}).data == []


def test_numbers_of_one_customer_follow_each_other(shop: Shop):
    customer = shop.customer(invoice_prefix="BOAT9", next_invoice_sequence=7).id
    numbers = [opened(shop, customer=customer).number for _ in range(3)]
    assert numbers == ["BOAT9-0007", "BOAT9-0008", "BOAT9-0009"]


def test_lines_are_listed_page_by_page(shop: Shop):
    made = draft(shop)
    for amount in (100, 200):
        item(shop, customer=made.customer, invoice=made.id, amount=amount, currency="eur")
    pages = [each.amount for each in shop.api.invoices.line_items.list(made.id, {"limit": 1}).auto_paging_iter()]
    assert pages == [2500, 100, 200]
    error = refused(shop.api.invoices.line_items.list, made.id, {"starting_after": "il_none"})
    assert error.code == "resource_missing"


def test_one_that_is_sent_says_when_it_is_due(shop: Shop):
    after = shop.api.invoices.send_invoice(sent(shop).id)
    assert after.due_date == after.status_transitions.finalized_at + 14 * 86400
    told_of = [each.type for each in shop.api.events.list({"limit": 10}).data if each.data.object.id == after.id]
    assert told_of[:2] == ["invoice.sent", "invoice.finalized"]


def test_events_of_an_invoices_life_hold_objects_that_the_sdk_declares(shop: Shop):
    paid(shop), void(shop), shop.api.invoices.mark_uncollectible(opened(shop).id)
    shop.api.invoices.delete(draft(shop).id)
    shop.subscription(customer=attached(shop).customer, trial_period_days=3)
    for each in body(shop.api.events.list({"limit": 100}))["data"]:
        assert each["type"] in stripe.Event.__annotations__["type"].__args__
        assert not faults(each["data"]["object"]), each["type"]


def test_an_invoice_does_not_say_whether_its_subscription_keeps_the_card(shop: Shop):
    settings = {"payment_method_types": ["card"], "save_default_payment_method": "on_subscription"}
    made = shop.subscription(payment_settings=settings, expand=["latest_invoice"])
    assert made.payment_settings.save_default_payment_method == "on_subscription"
    assert body(made)["latest_invoice"]["payment_settings"] == {
        "default_mandate": None,
        "payment_method_options": None,
        "payment_method_types": ["card"],
    }
