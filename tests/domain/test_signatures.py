"""The official verifiers of Stripe and of Standard Webhooks are the oracles."""

import base64
import json
import random
from datetime import UTC, datetime

import pytest
import stripe
import time_machine
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tenure.domain.errors import Invalid
from tenure.domain.signatures import new_secret, sign, stripe_header, verify

NOW = 1_767_225_600
RANDOM = random.Random(20260101)


def body_of(number: int) -> bytes:
    text = RANDOM.choice(["Müller & Söhne", "日本", "a\nb", "=1+1", '"quoted"', "\u2028"]) * RANDOM.randint(1, 40)
    event = {"id": f"evt_{number}", "object": "event", "type": "customer.updated", "data": {"object": {"name": text}}}
    return json.dumps(event, ensure_ascii=RANDOM.random() < 0.5).encode()


def mutated(body: bytes) -> bytes:
    place = RANDOM.randrange(len(body))
    return body[:place] + bytes([body[place] ^ (1 << RANDOM.randrange(8))]) + body[place + 1 :]


@pytest.fixture
def secret() -> str:
    return new_secret(RANDOM.randbytes(32))


def test_a_secret_is_base64_of_32_bytes_behind_its_prefix(secret: str) -> None:
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret[6:], validate=True)) == 32
    with pytest.raises(ValueError, match="32 random bytes"):
        new_secret(b"short")


@time_machine.travel(datetime.fromtimestamp(NOW, UTC), tick=False)
def test_one_secret_satisfies_both_official_verifiers_a_thousand_times(secret: str) -> None:
    for number in range(1000):
        body = body_of(number)
        headers = sign(body, [secret], message_id=f"evt_{number}", at=NOW)
        event = stripe.Webhook.construct_event(body, headers["stripe-signature"], secret)
        assert event.id == f"evt_{number}"
        assert Webhook(secret).verify(body, headers) == json.loads(body)
        verify(body, headers, [secret], now=NOW)


@time_machine.travel(datetime.fromtimestamp(NOW, UTC), tick=False)
def test_not_one_of_a_thousand_mutated_bodies_is_accepted(secret: str) -> None:
    for number in range(1000):
        body = body_of(number)
        headers = sign(body, [secret], message_id="evt_1", at=NOW)
        changed = mutated(body)
        with pytest.raises((stripe.SignatureVerificationError, UnicodeDecodeError)):
            stripe.Webhook.construct_event(changed, headers["stripe-signature"], secret)
        with pytest.raises((WebhookVerificationError, UnicodeDecodeError)):
            Webhook(secret).verify(changed, headers)
        with pytest.raises(Invalid):
            verify(changed, headers, [secret], now=NOW)
        with pytest.raises(Invalid):
            verify(changed, {"Stripe-Signature": headers["stripe-signature"]}, [secret], now=NOW)


@time_machine.travel(datetime.fromtimestamp(NOW, UTC), tick=False)
def test_while_a_secret_is_rolled_the_old_and_the_new_one_both_verify(secret: str) -> None:
    new = new_secret(RANDOM.randbytes(32))
    body = body_of(1)
    headers = sign(body, [new, secret], message_id="evt_1", at=NOW)
    assert headers["stripe-signature"].count("v1=") == 2
    assert headers["webhook-signature"].count("v1,") == 2
    for each in (new, secret):
        stripe.Webhook.construct_event(body, headers["stripe-signature"], each)
        Webhook(each).verify(body, headers)
        verify(body, headers, [each], now=NOW)
    with pytest.raises(Invalid, match="No signature"):
        verify(body, headers, [new_secret(bytes(32))], now=NOW)


def test_a_message_id_is_part_of_what_standard_webhooks_sign(secret: str) -> None:
    headers = sign(b"{}", [secret], message_id="evt_1", at=NOW)
    with pytest.raises(Invalid, match="No signature"):
        verify(b"{}", headers | {"webhook-id": "evt_2"}, [secret], now=NOW)


@pytest.mark.parametrize(("age", "accepted"), [(0, True), (300, True), (301, False), (-300, True), (-301, False)])
def test_a_signature_is_good_for_300_seconds_either_way(secret: str, age: int, accepted: bool) -> None:
    headers = sign(b"{}", [secret], message_id="evt_1", at=NOW - age)
    for each in (headers, {"Stripe-Signature": headers["stripe-signature"]}):
        if accepted:
            verify(b"{}", each, [secret], now=NOW)
        else:
            with pytest.raises(Invalid, match=r"ago|future"):
                verify(b"{}", each, [secret], now=NOW)


@pytest.mark.parametrize("header", ["", "t=,v1=", "v1=00", "t=x,v1=00", f"t={NOW}", f"t={NOW},v0=00", "t=9" * 40, "é"])
def test_a_damaged_header_is_refused(secret: str, header: str) -> None:
    with pytest.raises(Invalid):
        verify(b"{}", {"Stripe-Signature": header}, [secret], now=NOW)


def test_a_message_without_a_signature_is_refused(secret: str) -> None:
    with pytest.raises(Invalid, match="no signature"):
        verify(b"{}", {}, [secret], now=NOW)


def test_the_header_is_built_as_stripe_documents_it() -> None:
    # printf '1767225600.{}' | openssl dgst -sha256 -hmac whsec_test
    known = "t=1767225600,v1="
    assert stripe_header(b"{}", ["whsec_test"], at=NOW).startswith(known)
    assert len(stripe_header(b"{}", ["whsec_test"], at=NOW)) == len(known) + 64
