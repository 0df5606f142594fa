"""An SDK of every older API version works here as it did there: its parameters, its shapes, its webhooks.

Each runs in a process of its own, from the folder that `make test` has put it in (.cache/sdk/<major version>).
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tenure.wire import versions
from tests.conformance.plain import Raw
from tests.support.server import Server, serving

ROOT = Path(__file__).parents[2]
SDKS = ROOT / ".cache" / "sdk"
SPOKEN = {
    (10, None): "2024-06-20",
    (11, None): "2024-10-28.acacia",
    (12, None): "2025-03-31.basil",
    (13, None): "2025-09-30.clover",
    (15, None): "2026-03-25.dahlia",
    (16, None): "2026-09-30.endive",
    (9, None): "2024-04-10",
    (9, "2024-06-20"): "2024-06-20",
}
"""What an SDK speaks by itself, or when an integration sets `stripe_version`."""
PERIODS = {"current_period_end", "current_period_start"}


@pytest.fixture(scope="module", params=SPOKEN, ids=lambda each: "-".join(str(part) for part in each if part))
def told(request: pytest.FixtureRequest, server: Server) -> dict[str, Any]:
    """What the story says that the SDK of one version tells."""
    major, override = request.param
    folder = SDKS / str(major)
    if not (folder / "stripe").exists():
        pytest.skip(f"{folder} is not there: `make test` installs it")
    found = os.pathsep.join((str(folder), str(ROOT)))
    done = subprocess.run(
        [sys.executable, "-m", "tests.conformance.older_story", server.key(), server.url, *filter(None, [override])],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": found},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    story: dict[str, Any] = json.loads(done.stdout)
    assert story["version"] == SPOKEN[request.param]
    return story


def test_every_version_has_its_sdk():
    assert set(versions.SUPPORTED) - set(SPOKEN.values()) == {versions.CURRENT}
    assert {f"requirements-sdk-{major}.lock" for major, _ in SPOKEN} == {
        each.name for each in ROOT.glob("*-sdk-*.lock")
    }


def test_every_answer_and_every_webhook_is_as_the_sdk_declares(told: dict[str, Any]):
    assert told["faults"] == []


def test_periods_and_discounts_are_where_the_version_has_them(told: dict[str, Any]):
    made, version = told["facts"]["subscription"], told["version"]
    item = made["items"]["data"][0]
    before_basil = version < "2025-03-31"
    assert (PERIODS <= made.keys(), PERIODS <= item.keys()) == (before_basil, not before_basil)
    assert ("discount" in made) is before_basil
    assert ("billing_mode" in made) is (version >= "2025-09-30")
    [discount] = told["facts"]["discounts"]
    if version < "2025-09-30":
        assert discount["coupon"]["id"] == told["facts"]["coupon"]
        assert "source" not in discount
    else:
        assert discount["source"] == {"coupon": told["facts"]["coupon"], "type": "coupon"}
    if before_basil:
        assert made["discount"] == discount
    assert told["facts"]["code"] == told["facts"]["coupon"]
    assert told["facts"]["cleared"] == []


def test_invoices_before_basil_say_who_paid_what_in_their_own_words(told: dict[str, Any]):
    invoice, phase = told["facts"]["invoice"], told["facts"]["phase"]
    [line] = invoice["lines"]["data"]
    if told["version"] < "2025-03-31":
        assert (invoice["paid"], invoice["paid_out_of_band"]) == (True, False)
        assert invoice["payment_intent"]["status"] == "succeeded"
        assert invoice["payment_intent"]["invoice"] == invoice["id"]
        assert invoice["subscription"] == line["subscription"]
        assert (invoice["tax"], [tax["inclusive"] for tax in invoice["total_tax_amounts"]]) == (551, [False])
        assert (line["type"], line["proration"], line["price"]["unit_amount"]) == ("subscription", False, 2900)
        assert [rate["percentage"] for rate in line["tax_rates"]] == [19.0]
        assert phase["coupon"] == told["facts"]["coupon"]
    else:
        assert not {"paid", "payment_intent", "tax"} & invoice.keys()
        assert invoice["payments"]["data"][0]["status"] == "paid"
        assert line["pricing"]["price_details"]["price"]
        assert "coupon" not in phase
    assert told["facts"]["upcoming"] == 11543  # two months of 29.00, one of them late, and 10.00, each with 19 %


def test_errors_name_the_parameter_that_the_caller_knows(told: dict[str, Any]):
    name = "coupon" if told["version"] < "2025-09-30" else "promotion[coupon]"
    assert told["facts"]["wrong"] == ["resource_missing", name]
    assert told["facts"]["declined"] == "card_declined"


def test_events_are_of_the_endpoints_version_also_in_what_they_say_was_before(told: dict[str, Any]):
    events = told["facts"]["events"]
    assert {event["api_version"] for event in events} == {told["version"]}
    assert [event["type"].rpartition(".")[2] for event in events] == ["created", *["updated"] * 4, "deleted"]
    cleared = events[4]["data"]["previous_attributes"]
    assert cleared["discounts"] == [told["facts"]["discounts"][0]["id"]]
    if told["version"] < "2025-03-31":
        assert cleared["discount"]["id"] == cleared["discounts"][0]
        assert cleared["discount"]["coupon"]["id"] == told["facts"]["coupon"]
    else:
        assert cleared.keys() == {"discounts"}


@pytest.mark.parametrize("version", versions.SUPPORTED)
def test_the_version_is_echoed_also_with_an_error(raw: Raw, version: str):
    for answer in (raw.get("/v1/customers", stripe_version=version), raw.get("/v1/none", stripe_version=version)):
        assert answer.headers["stripe-version"] == version


@pytest.mark.parametrize(("version", "mode"), [("2025-03-31.basil", "classic"), ("2025-09-30.clover", "flexible")])
def test_flexible_billing_is_the_default_since_clover(raw: Raw, version: str, mode: str):
    price = raw.post("/v1/prices", PRICE).json["id"]
    customer = raw.post("/v1/customers").json["id"]
    made = raw.post("/v1/subscriptions", {"customer": customer, "items[0][price]": price}, stripe_version=version)
    assert raw.get(f"/v1/subscriptions/{made.json['id']}").json["billing_mode"]["type"] == mode


@pytest.mark.parametrize(
    ("path", "params", "param"),
    [
        ("/v1/subscriptions", {"coupon": "a", "promotion_code": "b"}, "coupon"),
        ("/v1/subscriptions", {"coupon": "a", "discounts[0][coupon]": "b"}, "coupon"),
        ("/v1/subscriptions", {"customer": "cus_x", "items[0][price]": "p", "plan": "x"}, "plan"),
        ("/v1/customers", {"coupon": "a"}, "coupon"),
        ("/v1/promotion_codes", {"coupon": "a", "promotion[coupon]": "b"}, "coupon"),
    ],
)
def test_what_an_older_version_cannot_ask_for_is_refused_by_its_own_name(
    raw: Raw, path: str, params: dict[str, Any], param: str
):
    refused = raw.post(path, params, stripe_version="2024-06-20")
    assert (refused.status, refused.error["param"]) == (400, param)


def test_an_endpoint_of_a_version_that_is_not_spoken_is_refused(raw: Raw):
    given = {"url": "https://example.com/hook", "enabled_events[]": "*", "api_version": "2011-01-01"}
    refused = raw.post("/v1/webhook_endpoints", given)
    assert (refused.status, refused.error["param"]) == (400, "api_version")
    assert refused.error["message"] == "Invalid Stripe API version: 2011-01-01"


def test_parameters_of_older_versions_are_unknown_to_newer_ones(raw: Raw):
    refused = raw.post("/v1/promotion_codes", {"coupon": "a"})
    assert (refused.status, refused.error["code"]) == (400, "parameter_unknown")


def test_an_installation_can_speak_an_older_version_to_those_who_name_none():
    with serving(env={"TENURE_API_VERSION": "2024-06-20"}) as server:
        raw = Raw(server.url, server.key())
        coupon = raw.post("/v1/coupons", {"percent_off": 25, "duration": "once"}).json["id"]
        made = raw.post("/v1/promotion_codes", {"coupon": coupon})
        assert made.headers["stripe-version"] == "2024-06-20"
        assert made.json["coupon"]["id"] == coupon
        event = raw.get("/v1/events?type=promotion_code.created").json["data"][0]
        assert raw.get(f"/v1/events/{event['id']}", stripe_version=versions.CURRENT).json == event
        assert (event["api_version"], event["data"]["object"]["coupon"]["id"]) == ("2024-06-20", coupon)
        newest = raw.get(f"/v1/promotion_codes/{made.json['id']}", stripe_version=versions.CURRENT)
        assert newest.json["promotion"] == {"type": "coupon", "coupon": coupon}


PRICE = {
    "currency": "eur",
    "unit_amount": 2900,
    "recurring[interval]": "month",
    "product_data[name]": "Halyard Team",
}
