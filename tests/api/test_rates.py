"""A key may make so many requests in a second: Stripe's words for one more, and an SDK that waits and goes on."""

import time
from collections.abc import Iterator

import pytest
import stripe

from tests.conformance.plain import Answer, Raw
from tests.support.server import Server, serving

LIMIT = 2  # so few that a busy machine is fast enough to ask for more


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(env={"TENURE_RATE_LIMIT": str(LIMIT)}) as started:
        yield started


def _until_refused(raw: Raw) -> Answer:
    """The first answer that is not given; a machine so slow that it never asks too much fails after a minute."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        answer = raw.get("/v1/customers")
        if answer.status != 200:
            return answer
    raise AssertionError("no request was refused")


def test_one_request_too_many_is_refused_in_the_words_of_stripe(server: Server):
    answer = _until_refused(Raw(server.url, server.key()))
    assert answer.status == 429
    assert (answer.error["type"], answer.error["code"]) == ("invalid_request_error", "rate_limit")
    assert answer.error["message"].startswith("Request rate limit exceeded")
    assert (answer.headers["retry-after"], answer.headers["stripe-should-retry"]) == ("1", "true")


def test_the_sdk_waits_and_goes_on(server: Server):
    client = server.client(max_network_retries=5)
    made = [client.v1.customers.create({"email": f"c{number}@example.com"}).id for number in range(LIMIT * 2 + 1)]
    assert len(set(made)) == LIMIT * 2 + 1


def test_one_key_does_not_use_up_what_another_has(server: Server):
    busy, other, live = (
        Raw(server.url, server.key()),
        Raw(server.url, server.key()),
        Raw(server.url, server.key(live=True)),
    )
    assert _until_refused(busy).status == 429
    assert (other.get("/v1/customers").status, live.get("/v1/customers").status) == (200, 200)


def test_a_refused_write_did_nothing_and_its_idempotency_key_is_free(server: Server):
    key = server.key()
    raw, client = Raw(server.url, key), server.client(key)
    assert _until_refused(raw).status == 429
    with pytest.raises(stripe.RateLimitError) as refused:
        for _ in range(LIMIT * 20):
            client.v1.products.create({"name": "Studio"}, {"idempotency_key": "once"})
    assert refused.value.error is not None and refused.value.error.code == "rate_limit"
    patient = server.client(key, max_network_retries=5)
    patient.v1.products.create({"name": "Studio"}, {"idempotency_key": "once"})
    assert len(patient.v1.products.list().data) == 1


def test_requests_without_a_valid_key_are_not_counted(server: Server):
    raw = Raw(server.url, "sk_test_wrong")
    assert {raw.get("/v1/customers").status for _ in range(LIMIT * 3)} == {401}
