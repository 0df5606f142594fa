"""Who may enter and what every answer carries: keys, accounts, modes, versions, headers, and URLs that do not exist."""

import base64
import re

import pytest
import stripe

from tests.conformance.plain import Raw
from tests.conformance.shop import Shop
from tests.support.server import Server

VERSION = "2026-10-28.endive"
NO_KEY = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth "
    "(e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
)


@pytest.fixture(scope="session")
def live_key(server: Server) -> str:
    return server.key(live=True)


@pytest.fixture(scope="session")
def restricted_key(server: Server) -> str:
    return server.key(restricted=True)


def test_no_key_is_refused_in_the_references_words(raw: Raw):
    answer = raw.get("/v1/customers", authorization="")
    assert answer.status == 401
    assert answer.error == {"message": NO_KEY, "type": "invalid_request_error"} | {
        name: answer.error[name] for name in ("doc_url", "request_log_url") if name in answer.error
    }
    assert answer.headers["request-id"].startswith("req_")


@pytest.mark.parametrize("wrong", ["sk_test_0123456789abcdefghij", "sk_live_0123456789abcdefghij", "nonsense-nonsense"])
def test_a_wrong_key_is_refused_and_only_its_end_is_shown(raw: Raw, wrong: str):
    answer = raw.get("/v1/customers", authorization=f"Bearer {wrong}")
    assert answer.status == 401
    assert answer.error["message"].startswith("Invalid API Key provided: ")
    assert wrong[-4:] in answer.error["message"] and wrong[8:-4] not in answer.error["message"]


def test_a_revoked_or_foreign_scheme_is_refused(raw: Raw):
    assert raw.get("/v1/customers", authorization="Digest abc").status == 401
    assert raw.get("/v1/customers", authorization="Basic %%%").status == 401
    assert raw.get("/v1/customers", authorization="Bearer").status == 401


def test_basic_and_bearer_are_the_same(raw: Raw, key: str):
    for user in (f"{key}:", f"{key}:ignored", key):
        basic = base64.b64encode(user.encode()).decode()
        assert raw.get("/v1/account", authorization=f"Basic {basic}").status == 200
    assert raw.get("/v1/account", authorization=f"bearer {key}").status == 200


def test_the_sdk_raises_an_authentication_error(server: Server):
    with pytest.raises(stripe.AuthenticationError):
        server.client("sk_test_0123456789abcdefghij").v1.customers.list()


def test_a_restricted_key_reads_and_does_not_write(raw: Raw, server: Server, restricted_key: str, shop: Shop):
    reading = Raw(server.url, restricted_key)
    customer = shop.customer()
    assert restricted_key.startswith("rk_test_")
    assert reading.get(f"/v1/customers/{customer.id}").status == 200
    for answer in (
        reading.post("/v1/customers", {"name": "No"}),
        reading.post(f"/v1/customers/{customer.id}", {"name": "No"}),
        reading.delete(f"/v1/customers/{customer.id}"),
    ):
        assert answer.status == 403
        assert "does not have the required permissions" in answer.error["message"]
        assert restricted_key not in answer.error["message"]
    with pytest.raises(stripe.PermissionError):
        server.client(restricted_key).v1.customers.create({})


def test_stripe_account_may_name_the_own_account_only(raw: Raw, shop: Shop):
    own = shop.api.accounts.retrieve_current().id
    assert raw.get("/v1/customers", stripe_account=own).status == 200
    other = raw.get("/v1/customers", stripe_account="acct_somebodyelse")
    assert (other.status, other.error["code"]) == (403, "account_invalid")
    assert "does not have access to account 'acct_somebodyelse'" in other.error["message"]


def test_nothing_of_test_mode_is_seen_in_live_mode(server: Server, shop: Shop, live_key: str):
    live = server.client(live_key).v1
    subscription = shop.subscription()
    for retrieve, id in (
        (live.subscriptions.retrieve, subscription.id),
        (live.customers.retrieve, subscription.customer),
        (live.prices.retrieve, subscription["items"].data[0].price.id),
        (live.subscription_items.retrieve, subscription["items"].data[0].id),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            retrieve(id)
        assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
    assert subscription.customer not in {each.id for each in live.customers.list().data}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        live.subscriptions.create({"customer": subscription.customer, "items": [{"price": "price_none"}]})
    assert refused.value.param == "customer"
    with pytest.raises(stripe.InvalidRequestError):
        live.test_helpers.test_clocks.create({"frozen_time": 1_800_000_000})
    made = live.customers.create({"name": "Live"})
    assert made.livemode is True
    assert [each.livemode for each in live.events.list({"type": "customer.created"}).data] == [True]


def test_every_answer_carries_an_id_and_the_version(raw: Raw):
    for answer in (
        raw.get("/v1/customers"),
        raw.get("/v1/customers/cus_none"),
        raw.get("/v1/nothing"),
        raw.get("/v1/customers", authorization=""),
        raw.get("/v1/customers", stripe_version=VERSION),
    ):
        assert re.fullmatch(r"req_[0-9A-Za-z]{20,}", answer.headers["request-id"])
        assert answer.headers["stripe-version"] == VERSION
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "no-cache, no-store"
        assert answer.body.startswith(b'{\n  "')
    ids = {raw.get("/v1/account").headers["request-id"] for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize("version", ["2023-10-16", "2026-10-28", "tomorrow"])
def test_another_version_is_refused(raw: Raw, version: str):
    answer = raw.get("/v1/customers", stripe_version=version)
    assert (answer.status, answer.error["message"]) == (400, f"Invalid Stripe API version: {version}")


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "/v1/nothing"),
        ("GET", "/v1/"),
        ("PUT", "/v1/customers"),
        ("PATCH", "/v1/customers/cus_1"),
        ("DELETE", "/v1/customers"),
        ("DELETE", "/v1/prices/price_1"),
        ("GET", "/v1/billing_portal/sessions"),
        ("GET", "/v1/billing_portal/sessions/bps_1"),
        ("DELETE", "/v1/billing_portal/configurations/bpc_1"),
        ("POST", "/v1/events"),
        ("GET", "/v1/customers/cus_1/nothing"),
    ],
)
def test_an_unknown_url_or_verb_is_answered_as_the_reference_does(raw: Raw, verb: str, path: str):
    answer = raw.send(verb, path, "", {})
    assert answer.status == 404
    assert answer.error["type"] == "invalid_request_error"
    assert answer.error["message"].startswith(f"Unrecognized request URL ({verb}: {path}).")


def test_bodies_are_forms(raw: Raw):
    answer = raw.post("/v1/customers", '{"name": "Ada"}', content_type="application/json")
    assert answer.status == 400 and "application/x-www-form-urlencoded" in answer.error["message"]
    assert raw.post("/v1/customers", "name=%zz").status == 400
    assert raw.post("/v1/customers", "name=%ff").status == 400
    assert raw.post("/v1/customers", "a" * 1_000_001).status == 400
    assert raw.post("/v1/customers?name=Ada", "phone=1").json["name"] == "Ada"
    assert raw.post("/v1/customers", "name=Ada", content_type="").json["name"] == "Ada"


def test_text_of_every_script_survives(shop: Shop):
    name = 'Zoë 🛟 المركب 船 \\ " <b>'
    made = shop.customer(name=name, metadata={"ключ": name})
    again = shop.api.customers.retrieve(made.id)
    assert again.name == name and again.metadata["ключ"] == name
