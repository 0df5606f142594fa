"""Payments over HTTP with the official SDK: what a bank refuses is answered with 402 and kept; numbers are not kept."""

from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import stripe

from tenure.api import idempotency
from tenure.store.seal import new_key_line, read_ring
from tests.conformance.declared import body, faults
from tests.conformance.paying import NUMBER, attached, intent, method
from tests.conformance.plain import Raw
from tests.conformance.shop import Shop
from tests.support.server import Server, serving


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


@pytest.fixture(scope="module")
def shop(server: Server) -> Shop:
    return Shop(server.client(server.key()))


@pytest.fixture(scope="module")
def live(server: Server) -> Shop:
    return Shop(server.client(server.key(live=True)))


def kept(server: Server) -> bytes:
    """Everything that the server has written: the database with its log, and what it said."""
    files = [path for path in Path(server.data).rglob("*") if path.is_file()]
    return b"".join(path.read_bytes() for path in files) + server.log.encode()


def test_a_decline_is_a_card_error_and_the_intent_stays(shop: Shop):
    with pytest.raises(stripe.CardError) as refused:
        intent(shop, payment_method="pm_card_chargeDeclinedInsufficientFunds", confirm=True)
    error = refused.value.error
    assert refused.value.http_status == 402 and error is not None
    assert (error.code, error.decline_code, error.type) == ("card_declined", "insufficient_funds", "card_error")
    assert error.message == "Your card has insufficient funds." and error.payment_method.card.last4 == "9995"
    assert error.doc_url == "https://stripe.com/docs/error-codes/card-declined"
    again = shop.api.payment_intents.retrieve(error.payment_intent.id)
    assert again.status == "requires_payment_method" and again.last_payment_error.decline_code == "insufficient_funds"
    assert again.payment_method is None and again.latest_charge is None


def test_a_declined_request_that_is_repeated_is_not_tried_again(shop: Shop):
    token, told = shop.word(), []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as refused:
            shop.api.payment_intents.create(
                {"amount": 2900, "currency": "eur", "payment_method": "pm_card_chargeDeclined", "confirm": True},
                {"idempotency_key": token},
            )
        assert refused.value.error is not None
        told.append(refused.value.error.payment_intent.id)
    assert told[0] == told[1]


def test_a_number_is_neither_stored_nor_logged(shop: Shop, live: Shop, server: Server):
    paid = intent(shop, confirm=True, payment_method_data={"type": "card", "card": NUMBER})
    assert paid.status == "succeeded"
    method(shop, card={**NUMBER, "number": "5555555555554444"})
    for number in ("4000056655665557", "4111111111111111"):
        with pytest.raises(stripe.CardError):
            method(shop, card={**NUMBER, "number": number})
    with pytest.raises(stripe.CardError, match="generally unsafe"):
        method(live, card={**NUMBER, "number": "4111111111111111"})
    everything = kept(server)
    for number in (b"4242424242424242", b"5555555555554444", b"4000056655665557", b"4111111111111111"):
        assert number not in everything
    assert b'"last4":"4242"' in everything


def test_what_is_kept_of_a_request_tells_nothing_without_the_key():
    raw = b"card[number]=4111111111111111"
    old, new = read_ring(new_key_line()), new_key_line()
    both = read_ring(new + f"{old.primary} {b64encode(old.keys[old.primary]).decode()}")
    assert idempotency.digests(raw, old) != (sha256(raw).hexdigest(),)
    assert idempotency.digests(raw, old)[0] in idempotency.digests(raw, both)[1:]


def test_events_hold_objects_that_the_sdk_declares(shop: Shop):
    intent(shop, payment_method="pm_card_visa", confirm=True)
    shop.api.payment_methods.detach(attached(shop).id)
    for each in body(shop.api.events.list({"limit": 100}))["data"]:
        assert not faults(each["data"]["object"]), each["type"]


def test_a_card_is_refused_in_stripes_words(shop: Shop):
    for fields, code, param in (
        ({"number": "4242424242424241"}, "incorrect_number", "number"),
        ({"exp_year": 2019}, "invalid_expiry_year", "exp_year"),
        ({"exp_month": 13}, "invalid_expiry_month", "exp_month"),
        ({"cvc": "9"}, "invalid_cvc", "cvc"),
    ):
        with pytest.raises(stripe.CardError) as refused:
            method(shop, card={**NUMBER, **fields})
        assert (refused.value.code, refused.value.param, refused.value.http_status) == (code, param, 402)


def test_what_tenure_has_not_is_refused_by_name(shop: Shop):
    with pytest.raises(stripe.InvalidRequestError, match="type `klarna` is not supported by Tenure"):
        shop.api.payment_methods.create({"type": "klarna"})
    with pytest.raises(stripe.InvalidRequestError, match="parameter `acss_debit` is not supported"):
        shop.api.payment_methods.create({"type": "acss_debit", "acss_debit": {"account_number": "1"}})
    for name, value in (("transfer_data", {"destination": "acct_2"}), ("application_fee_amount", 5)):
        with pytest.raises(stripe.InvalidRequestError, match=f"parameter `{name}` is not supported"):
            intent(shop, **{name: value})
    with pytest.raises(stripe.InvalidRequestError, match="unless `confirm` is set to true"):
        intent(shop, off_session=True)
    with pytest.raises(stripe.InvalidRequestError, match="Not a valid URL"):
        intent(shop, payment_method="pm_card_visa", confirm=True, return_url="javascript:alert(1)")
    with pytest.raises(stripe.InvalidRequestError, match="only specify one of these parameters"):
        intent(shop, payment_method="pm_card_visa", payment_method_data={"type": "card", "card": NUMBER})
    with pytest.raises(stripe.InvalidRequestError, match="amount to confirm"):
        shop.api.payment_intents.confirm(intent(shop).id, {"amount_to_confirm": 5, "payment_method": "pm_card_visa"})


def test_authentication_is_asked_for_where_the_customer_comes_back(shop: Shop, server: Server):
    fields = {"payment_method": "pm_card_authenticationRequired", "confirm": True}
    back = "https://shop.example/back"
    asked = intent(shop, **fields, return_url=back)
    assert asked.next_action.redirect_to_url.return_url == back
    assert asked.next_action.redirect_to_url.url.startswith(f"{server.url}/i/authenticate/")
    assert asked.next_action.redirect_to_url.url.endswith(f".{asked.client_secret}")
    in_page = intent(shop, **fields, return_url=back, use_stripe_sdk=True)
    assert in_page.next_action.type == "use_stripe_sdk"
    with pytest.raises(stripe.CardError) as refused:
        intent(shop, **fields, error_on_requires_action=True)
    assert refused.value.code == "authentication_required"


def test_lists_show_what_is_asked_for(shop: Shop):
    mine = attached(shop)
    other = shop.api.payment_methods.update(attached(shop, customer=mine.customer).id, {"allow_redisplay": "always"})
    listed = shop.api.customers.payment_methods.list(mine.customer)
    assert [each.id for each in listed.data] == [other.id, mine.id]
    assert listed.url == f"/v1/customers/{mine.customer}/payment_methods"
    always = shop.api.payment_methods.list({"customer": mine.customer, "allow_redisplay": "always"})
    assert [each.id for each in always.data] == [other.id]
    assert not shop.api.payment_methods.list({"customer": mine.customer, "type": "sepa_debit"}).data
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.api.customers.payment_methods.retrieve(shop.customer().id, mine.id)
    assert refused.value.http_status == 404
    paid = intent(shop, customer=mine.customer, payment_method=mine.id, confirm=True, off_session=True)
    found = shop.api.payment_intents.list({"customer": mine.customer, "expand": ["data.payment_method"]})
    assert [each.id for each in found.data] == [paid.id] and found.data[0].payment_method.id == mine.id
    query = f"customer:'{mine.customer}' AND status:'succeeded' AND amount>2899"
    assert [each.id for each in shop.api.payment_intents.search({"query": query}).data] == [paid.id]


def test_an_address_is_cleared_line_by_line(shop: Shop):
    mine = attached(shop)
    shop.api.payment_methods.update(mine.id, {"billing_details": {"address": {"city": "Riga"}, "email": "a@b.example"}})
    cleared = shop.api.payment_methods.update(mine.id, {"billing_details": {"address": "", "email": ""}})
    assert cleared.billing_details.address.city is None and cleared.billing_details.email is None


def test_plain_requests_get_the_same_error(server: Server):
    raw = Raw(server.url, server.key())
    params = {"amount": "2900", "currency": "EUR", "payment_method": "pm_card_visa_chargeDeclined", "confirm": "true"}
    answer = raw.post("/v1/payment_intents", params)
    assert answer.status == 402
    assert set(answer.error) == {
        "advice_code",
        "code",
        "decline_code",
        "doc_url",
        "message",
        "payment_intent",
        "payment_method",
        "payment_method_type",
        "type",
    }
    assert answer.error["payment_intent"]["currency"] == "eur"
