"""What fuzzing has found: requests that once failed, each refused by the name of what is wrong with it."""

import pytest

from tests.conformance.plain import Raw
from tests.conformance.shop import Shop
from tests.support.server import Server

FAR = "9223372036854775807"
ANCHOR = "billing_cycle_anchor_config"
REFUSED = [
    ("/v1/subscriptions", f"{ANCHOR}[day_of_month]=2900", f"{ANCHOR}[day_of_month]"),
    ("/v1/subscriptions", f"{ANCHOR}[day_of_month]=3&{ANCHOR}[month]=13", f"{ANCHOR}[month]"),
    ("/v1/subscriptions", f"{ANCHOR}[day_of_month]=3&{ANCHOR}[hour]=24", f"{ANCHOR}[hour]"),
    ("/v1/subscriptions", f"{ANCHOR}[day_of_month]=3&{ANCHOR}[minute]=-1", f"{ANCHOR}[minute]"),
    ("/v1/subscriptions", f"{ANCHOR}[day_of_month]=3&{ANCHOR}[second]=60", f"{ANCHOR}[second]"),
    ("/v1/subscription_schedules", f"start_date={FAR}", None),
    ("/v1/subscription_schedules", "start_date=253402300000", None),
]
SUPPOSED = "subscription_details[billing_cycle_anchor]"


@pytest.fixture(scope="module")
def key(server: Server) -> str:
    return server.key()


@pytest.fixture(scope="module")
def raw(server: Server, key: str) -> Raw:
    return Raw(server.url, key)


@pytest.fixture(scope="module")
def shop(server: Server, key: str) -> Shop:
    return Shop(server.client(key))


@pytest.mark.parametrize(("path", "form", "param"), REFUSED)
def test_a_time_that_is_none_is_refused(shop: Shop, raw: Raw, path: str, form: str, param: str | None):
    line = "phases[0][items][0]" if "schedules" in path else "items[0]"
    form += "&phases[0][duration][interval]=month" if "schedules" in path else ""
    answer = raw.post(path, f"customer={shop.customer().id}&{line}[price]={shop.price().id}&{form}")
    assert (answer.status, answer.error.get("param")) == (400, param)


@pytest.mark.parametrize(
    ("anchor", "param"),
    [
        (f"{SUPPOSED}[type]=unchanged&{SUPPOSED}[timestamp]=1797978748", f"{SUPPOSED}[timestamp]"),
        (f"{SUPPOSED}[type]=timestamp", f"{SUPPOSED}[timestamp]"),
        (f"{SUPPOSED}[type]=timestamp&{SUPPOSED}[timestamp]=1797978748", SUPPOSED),
        (f"{SUPPOSED}=1797978748", SUPPOSED),
    ],
)
def test_the_anchor_of_a_subscription_that_runs_is_no_moment(shop: Shop, raw: Raw, anchor: str, param: str):
    answer = raw.post("/v1/invoices/create_preview", f"subscription={shop.subscription().id}&{anchor}")
    assert (answer.status, answer.error["param"]) == (400, param)


def test_a_flag_that_may_only_be_true_is_taken_and_refused_otherwise(shop: Shop, raw: Raw):
    terms = {"amount": 900, "currency": "eur", "payment_method": "pm_card_visa", "capture_method": "manual"}
    made = shop.api.payment_intents.create({**terms, "confirm": True, "return_url": "https://example.com/"})
    refused = raw.post(f"/v1/payment_intents/{made.id}/capture", "final_capture=false")
    assert (refused.status, refused.error["param"]) == (400, "final_capture")
    assert raw.post(f"/v1/payment_intents/{made.id}/capture", "final_capture=true").json["status"] == "succeeded"


def test_a_payment_while_the_customer_is_away_may_ask_for_errors_too(shop: Shop, raw: Raw):
    made = shop.api.payment_intents.create({"amount": 900, "currency": "eur"})
    form = "payment_method=pm_card_visa&off_session=true&error_on_requires_action=false"
    assert raw.post(f"/v1/payment_intents/{made.id}/confirm", form).json["status"] == "succeeded"


@pytest.mark.parametrize(
    "form",
    [
        "description=" + "x" * 10_000_000,
        "a" + "[b]" * 2000 + "=1",
        "metadata" + "[" * 5000 + "=1",
        "&".join(f"metadata[k{number}]=v" for number in range(20_000)),
        "name=" + "%ED%A0%80",
        "name=%00",
        "name=%",
        "expand[]=" + ".".join(["data"] * 500),
    ],
)
def test_what_is_too_large_too_deep_or_no_text_is_refused(raw: Raw, form: str):
    try:
        answer = raw.post("/v1/customers", form)
    except (BrokenPipeError, ConnectionResetError):  # it does not read on for what it does not want
        assert len(form) > 1_000_000
    else:
        assert answer.status == 400 and answer.error["message"]
    assert raw.get("/v1/customers?limit=1").status == 200


ADDRESSES = ["javascript:alert(1)", "data:text/html,x", "//x.example", "https://a@b.example", "x", "https://"]


@pytest.mark.parametrize("url", ADDRESSES)
def test_the_address_of_a_product_is_one_of_the_web(raw: Raw, url: str):
    for name in ("url", "images[0]"):
        refused = raw.post("/v1/products", {"name": "Studio", name: url})
        assert (refused.status, refused.error["code"], refused.error["param"]) == (400, "url_invalid", name)
    made = raw.post("/v1/products", {"name": "Studio", "url": "http://a.example/b", "images[0]": "https://a.example/c"})
    assert raw.post(f"/v1/products/{made.json['id']}", {"url": url}).status == 400
