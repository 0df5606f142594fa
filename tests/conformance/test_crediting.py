"""What is refused of balances, tax ids, tax rates, invoice items and credit notes, and how their lists go on."""

from typing import Any

import pytest
import stripe

from tests.conformance.crediting import VAT, invoice, item, lines, moved, note, numbered, rate
from tests.conformance.shop import Shop
from tests.conformance.test_errors import refused, told
from tests.support.wait import until


@pytest.mark.parametrize(
    ("fields", "told_of"),
    [
        ({"cash_balance": {"settings": {"reconciliation_mode": "manual"}}}, ("parameter_unsupported", "cash_balance")),
        ({"source": "tok_visa"}, ("parameter_unsupported", "source")),
        ({"invoice_prefix": "boat"}, (None, "invoice_prefix")),
        ({"invoice_prefix": "AB"}, (None, "invoice_prefix")),
        ({"next_invoice_sequence": 0}, ("parameter_invalid_integer", "next_invoice_sequence")),
        ({"tax_id_data": [{"type": "moon_vat", "value": "1"}]}, (None, "tax_id_data[0][type]")),
        ({"tax_id_data": [{"type": "us_ein", "value": "1"}]}, ("tax_id_invalid", "tax_id_data[0][value]")),
        ({"payment_method": "pm_none"}, ("resource_missing", "payment_method")),
        (
            {"invoice_settings": {"default_payment_method": "pm_none"}},
            ("resource_missing", "invoice_settings[default_payment_method]"),
        ),
    ],
)
def test_what_a_customer_cannot_have(shop: Shop, fields: dict[str, Any], told_of: tuple[str | None, str]):
    assert told(refused(shop.api.customers.create, fields)) == (400, *told_of)


def test_a_customer_comes_with_a_method_and_pays_with_it(shop: Shop):
    made = shop.customer(
        payment_method="pm_card_visa", invoice_settings={"default_payment_method": "pm_card_visa", "footer": "Ahoy"}
    )
    default = made.invoice_settings.default_payment_method
    assert [each.id for each in shop.api.customers.payment_methods.list(made.id).data] == [default]
    news = shop.api.events.list({"limit": 10}).data
    told_of = [each for each in news if each.data.object.id in (made.id, default)]
    assert [each.type for each in reversed(told_of)] == ["customer.created", "payment_method.attached"]
    assert told_of[-1].data.object.invoice_settings.default_payment_method == default
    other = refused(
        shop.api.customers.update, shop.customer().id, {"invoice_settings": {"default_payment_method": default}}
    )
    assert told(other) == (400, "resource_missing", "invoice_settings[default_payment_method]")
    cleared = shop.api.customers.update(made.id, {"invoice_settings": {"default_payment_method": ""}})
    assert cleared.invoice_settings.default_payment_method is None


def test_a_balance_keeps_its_currency(shop: Shop):
    customer, _ = moved(shop)
    error = refused(shop.api.customers.balance_transactions.create, customer, {"amount": 1, "currency": "usd"})
    assert told(error) == (400, None, "currency")
    of_another = refused(shop.api.customers.balance_transactions.retrieve, customer, moved(shop)[1].id)
    assert told(of_another) == (404, "resource_missing", "transaction")


def test_a_tax_id_is_verified_after_a_moment(shop: Shop):
    customer = shop.customer(tax_id_data=[{"type": "eu_vat", "value": "DE000000000"}]).id
    first = shop.api.customers.tax_ids.list(customer).data[0]
    assert (first.country, first.owner.type) == ("DE", "customer")
    found = shop.api.customers.tax_ids
    until(lambda: found.retrieve(customer, first.id).verification.status == "verified", 30, every=0.1)
    error = refused(found.create, customer, {"type": "eu_vat", "value": "DE12"})
    assert (error.user_message, *told(error)) == ("Invalid value for eu_vat.", 400, "tax_id_invalid", "value")
    assert told(refused(found.create, customer, {**VAT, "type": "moon_vat"})) == (400, None, "type")
    assert told(refused(found.delete, shop.customer().id, first.id)) == (404, "resource_missing", "id")


def test_tax_ids_are_listed_by_their_owner(shop: Shop):
    customer, made = numbered(shop)
    own = shop.api.tax_ids.create(VAT)
    mine = shop.api.tax_ids.list({"limit": 100}).data
    assert own.id in [each.id for each in mine] and made.id not in [each.id for each in mine]
    theirs = shop.api.tax_ids.list({"owner": {"type": "customer", "customer": customer}}).data
    assert [each.id for each in theirs] == [made.id]
    missing = refused(shop.api.tax_ids.list, {"owner": {"type": "customer"}})
    assert told(missing) == (400, "parameter_missing", "owner[customer]")
    assert told(refused(shop.api.tax_ids.list, {"owner": {"type": "application"}})) == (400, None, "owner[type]")


@pytest.mark.parametrize("percentage", [-1, 100.5, 7.12345])
def test_a_percentage_has_its_limits(shop: Shop, percentage: float):
    error = refused(lambda: rate(shop, percentage=percentage))
    assert told(error) == (400, None, "percentage")


def test_an_invoice_item_says_what_it_costs_once(shop: Shop):
    error = refused(lambda: item(shop, unit_amount_decimal="5", amount=5, currency="eur"))
    assert told(error) == (400, None, "amount")
    assert told(refused(lambda: item(shop, tax_code="txcd_1"))) == (400, "parameter_unsupported", "tax_code")
    assert told(refused(lambda: item(shop, tax_rates=["txr_none"]))) == (400, "resource_missing", "tax_rates[0]")


def test_a_note_has_the_limits_of_its_invoice(shop: Shop):
    of = invoice(shop)
    assert told(refused(shop.api.credit_notes.create, lines(of, 2501))) == (400, None, "lines[0][amount]")
    assert told(refused(shop.api.credit_notes.create, {"invoice": of.id})) == (400, "parameter_missing", "lines")
    shipped = refused(shop.api.credit_notes.create, {"invoice": of.id, "shipping_cost": {"shipping_rate": "x"}})
    assert told(shipped) == (400, "parameter_unsupported", "shipping_cost")
    with pytest.raises(stripe.InvalidRequestError, match="must be the total of the lines, 816"):
        shop.api.credit_notes.create({**lines(of), "amount": 815})
    made = note(shop)
    shop.api.credit_notes.void_credit_note(made.id)
    with pytest.raises(stripe.InvalidRequestError, match="void already"):
        shop.api.credit_notes.void_credit_note(made.id)


def test_the_lines_of_a_note_come_page_by_page(shop: Shop):
    of = invoice(shop)
    asked = {**lines(of), "lines": [lines(of, amount)["lines"][0] for amount in (300, 200, 100)]}
    made = shop.api.credit_notes.create(asked)
    listed = shop.api.credit_notes.line_items
    ids = [each.id for each in made.lines.data]
    first = listed.list(made.id, {"limit": 2})
    assert ([each.id for each in first.data], first.has_more) == (ids[:2], True)
    rest = listed.list(made.id, {"limit": 2, "starting_after": ids[1]})
    assert ([each.amount for each in rest.data], rest.has_more) == ([100], False)
    before = listed.list(made.id, {"limit": 1, "ending_before": ids[2]})
    assert ([each.id for each in before.data], before.has_more) == ([ids[1]], True)
    assert told(refused(listed.list, made.id, {"starting_after": "x"}))[1:] == ("resource_missing", "starting_after")
    shown = shop.api.credit_notes.preview_lines
    page = shown.list({**asked, "limit": 1})
    following = shown.list({**asked, "limit": 1, "starting_after": page.data[0].id})
    assert [each.amount for each in (*page.data, *following.data)] == [300, 200]
