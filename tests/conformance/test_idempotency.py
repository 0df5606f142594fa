"""Idempotency keys with the reference's meaning.

first use ─▶ run and keep        same again ─▶ the same bytes        other parameters ─▶ 400        in flight ─▶ 409
"""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe

from tests.conformance.plain import Raw
from tests.conformance.shop import Shop


@pytest.fixture
def token() -> str:
    return uuid.uuid4().hex


def test_a_repeated_key_gets_the_same_bytes_and_makes_one_object(raw: Raw, shop: Shop, token: str):
    email = f"{token}@example.com"
    first = raw.post("/v1/customers", {"email": email}, idempotency_key=token)
    again = raw.post("/v1/customers", {"email": email}, idempotency_key=token)
    assert first.status == again.status == 200
    assert first.body == again.body
    assert "idempotent-replayed" not in first.headers and again.headers["idempotent-replayed"] == "true"
    assert again.headers["original-request"] == first.headers["request-id"]
    assert again.headers["request-id"] != first.headers["request-id"]
    assert [each.id for each in shop.api.customers.list({"email": email}).data] == [first.json["id"]]


def test_other_parameters_or_another_url_under_the_same_key_are_refused(raw: Raw, shop: Shop, token: str):
    made = raw.post("/v1/customers", {"name": "Ada"}, idempotency_key=token).json["id"]
    for path, params in (
        ("/v1/customers", {"name": "Grace"}),
        ("/v1/customers", {"name": "Ada", "phone": "1"}),
        (f"/v1/customers/{made}", {"name": "Ada"}),
        ("/v1/products", {"name": "Ada"}),
    ):
        answer = raw.post(path, params, idempotency_key=token)
        assert (answer.status, answer.error["type"]) == (400, "idempotency_error")
        assert "same parameters they were first used with" in answer.error["message"]
    with pytest.raises(stripe.IdempotencyError):
        shop.api.customers.create({"name": "Grace"}, {"idempotency_key": token})


def test_a_key_belongs_to_one_mode(raw: Raw, server, token: str):
    test = raw.post("/v1/customers", {"name": "Ada"}, idempotency_key=token).json
    live = Raw(server.url, server.key(live=True)).post("/v1/customers", {"name": "Ada"}, idempotency_key=token)
    assert live.status == 200 and live.json["id"] != test["id"] and live.json["livemode"] is True


def test_refused_parameters_are_not_kept(raw: Raw, token: str):
    wrong = raw.post("/v1/customers", {"nme": "Ada"}, idempotency_key=token)
    assert (wrong.status, wrong.error["code"]) == (400, "parameter_unknown")
    right = raw.post("/v1/customers", {"name": "Ada"}, idempotency_key=token)
    assert right.status == 200 and "idempotent-replayed" not in right.headers


def test_a_refusal_of_the_rules_is_kept(raw: Raw, shop: Shop, token: str):
    subscription = shop.subscription()
    shop.api.subscriptions.cancel(subscription.id)
    params = {"items[0][id]": subscription["items"].data[0].id, "items[0][quantity]": "2"}
    first = raw.post(f"/v1/subscriptions/{subscription.id}", params, idempotency_key=token)
    again = raw.post(f"/v1/subscriptions/{subscription.id}", params, idempotency_key=token)
    assert first.status == again.status == 400
    assert first.body == again.body and again.headers["idempotent-replayed"] == "true"


def test_reading_and_deleting_take_no_notice_of_a_key(raw: Raw, shop: Shop, token: str):
    customer = shop.customer()
    assert raw.get(f"/v1/customers/{customer.id}", idempotency_key=token).status == 200
    assert raw.delete(f"/v1/customers/{customer.id}", idempotency_key=token).status == 200
    fresh = raw.post("/v1/customers", {"name": "Ada"}, idempotency_key=token)
    assert fresh.status == 200 and "idempotent-replayed" not in fresh.headers


def test_a_key_that_is_too_long_is_refused(raw: Raw):
    assert raw.post("/v1/customers", {"name": "A"}, idempotency_key="k" * 255).status == 200
    assert raw.post("/v1/customers", {"name": "A"}, idempotency_key="k" * 256).status == 400


def test_one_key_in_twenty_requests_at_once_makes_one_object(raw: Raw, shop: Shop, token: str):
    email = f"{token}@example.com"
    with ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(lambda _: raw.post("/v1/customers", {"email": email}, idempotency_key=token), range(20))
        )
    assert {answer.status for answer in answers} <= {200, 409}
    assert len({answer.body for answer in answers if answer.status == 200}) == 1
    for answer in answers:
        if answer.status == 409:
            assert answer.error["code"] == "idempotency_key_in_use"
            assert answer.headers["stripe-should-retry"] == "true"
    assert len(shop.api.customers.list({"email": email}).data) == 1


def test_the_event_quotes_the_request_and_its_key(raw: Raw, shop: Shop, token: str):
    made = raw.post("/v1/products", {"name": "Sail"}, idempotency_key=token)
    events = shop.api.events.list({"type": "product.created", "limit": 5}).data
    event = next(each for each in events if each.data.object["id"] == made.json["id"])
    assert event.request.id == made.headers["request-id"]
    assert event.request.idempotency_key == token
