"""Every operation of every resource, performed by the official SDK and held against what it declares.

A new operation of RESOURCES without an entry in PERFORMED fails here.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from tenure.api import RESOURCES
from tests.conformance.crediting import CREDITING
from tests.conformance.declared import body, faults
from tests.conformance.invoicing import INVOICING
from tests.conformance.paying import NOT_HERE, PAYING
from tests.conformance.shop import Shop
from tests.conformance.usage import USAGE
from tests.portal.visitors import Visitor
from tests.support.wait import until

OPERATIONS = [f"{each.verb} {resource.path}{each.path}" for resource in RESOURCES for each in resource.operations]
CONFIGURATIONS = "/v1/billing_portal/configurations"
OPTIONS = "/v1/billing/feedback_options"
CLOCKS = "/v1/test_helpers/test_clocks"
OURS = {name for name in OPERATIONS if "/v1/cancellation_sessions" in name}


def _session(shop: Shop) -> Any:
    subscription = shop.subscription()
    flow = {"type": "subscription_cancel", "subscription_cancel": {"subscription": subscription.id}}
    return shop.api.billing_portal.sessions.create(
        {"customer": subscription.customer, "return_url": "https://example.com/", "flow_data": flow}
    )


def _advanced(shop: Shop) -> Any:
    clock = shop.clock()
    return shop.api.test_helpers.test_clocks.advance(clock.id, {"frozen_time": clock.frozen_time + 60})


def _left(shop: Shop) -> dict[str, Any]:
    """The cancel flow of a customer who has just come to the portal's cancel page."""
    link = str(_session(shop).url)
    Visitor(link.split("/p/")[0]).open(link)
    found: dict[str, Any] = body(_raw(shop, "/v1/cancellation_sessions?limit=1"))["data"][0]
    return found


def _flow(shop: Shop) -> Any:
    listed = _left(shop)
    found = _raw(shop, f"/v1/cancellation_sessions/{listed['id']}?expand[]=customer")
    assert body(found)["customer"]["id"] == listed["customer"] and body(found)["subscription"].startswith("sub_")
    return found


def _paused(shop: Shop) -> Any:
    return shop.api.subscriptions.pause(shop.subscription().id)


def _discounted(shop: Shop) -> Any:
    return shop.subscription(discounts=[{"coupon": shop.coupon(duration="forever").id}])


def _schedule(shop: Shop, **fields: Any) -> Any:
    phase = {"items": [{"price": shop.price().id, "quantity": 2}], "duration": {"interval": "month"}}
    asked = {"customer": shop.customer().id, "start_date": "now", "phases": [phase]} | fields
    return shop.api.subscription_schedules.create(asked)


def _rescheduled(shop: Shop) -> Any:
    made = shop.api.subscription_schedules.create({"from_subscription": _discounted(shop).id})
    now = made.phases[0]
    first = {"items": [{"price": now["items"][0].price}], "start_date": now.start_date, "end_date": now.end_date}
    later = {"items": [{"price": shop.price().id}], "duration": {"interval": "year", "interval_count": 2}}
    return shop.api.subscription_schedules.update(made.id, {"phases": [first, later], "metadata": {"a": "b"}})


def _item(shop: Shop) -> Any:
    return body(shop.subscription())["items"]["data"][0]


def _raw(shop: Shop, path: str) -> Any:
    response = shop.client.raw_request("get", path)
    return shop.client.deserialize(response, api_mode="V1")


def _found(shop: Shop, kind: str, make: Callable[[dict[str, str]], Any]) -> Any:
    word = shop.word()
    made = make({"ship": word})
    found = getattr(shop.api, kind).search({"query": f"metadata['ship']:'{word}'"})
    assert [each.id for each in found.data] == [made.id]
    return found


PERFORMED: dict[str, Callable[[Shop], Any]] = {
    "GET /v1/account": lambda shop: shop.api.accounts.retrieve_current(),
    "GET /v1/accounts": lambda shop: shop.api.accounts.list(),
    "GET /v1/accounts/{id}": lambda shop: shop.api.accounts.retrieve(shop.api.accounts.retrieve_current().id),
    f"POST {CONFIGURATIONS}": lambda shop: shop.configuration(cancellation_reason={"enabled": True}),
    f"GET {CONFIGURATIONS}/{{id}}": lambda shop: shop.api.billing_portal.configurations.retrieve(
        shop.configuration().id
    ),
    f"POST {CONFIGURATIONS}/{{id}}": lambda shop: shop.api.billing_portal.configurations.update(
        shop.configuration().id, {"business_profile": {"headline": "Halyard"}, "active": False}
    ),
    f"GET {CONFIGURATIONS}": lambda shop: shop.api.billing_portal.configurations.list({"active": True}),
    "POST /v1/billing_portal/sessions": _session,
    f"POST {OPTIONS}": lambda shop: shop.feedback_option(),
    f"GET {OPTIONS}/{{id}}": lambda shop: shop.api.billing.feedback_options.retrieve(shop.feedback_option().id),
    f"POST {OPTIONS}/{{id}}": lambda shop: shop.api.billing.feedback_options.update(
        shop.feedback_option().id, {"description": "We moved ashore."}
    ),
    f"GET {OPTIONS}": lambda shop: (shop.feedback_option(), shop.api.billing.feedback_options.list())[1],
    f"POST {OPTIONS}/{{id}}/deactivate": lambda shop: shop.api.billing.feedback_options.deactivate(
        shop.feedback_option().id
    ),
    "GET /v1/cancellation_sessions": lambda shop: (_left(shop), _raw(shop, "/v1/cancellation_sessions"))[1],
    "GET /v1/cancellation_sessions/{id}": _flow,
    "POST /v1/coupons": lambda shop: shop.coupon(amount_off=500, currency="EUR", name="Five off"),
    "GET /v1/coupons/{id}": lambda shop: shop.api.coupons.retrieve(shop.coupon().id),
    "POST /v1/coupons/{id}": lambda shop: shop.api.coupons.update(shop.coupon().id, {"name": "Stay"}),
    "DELETE /v1/coupons/{id}": lambda shop: shop.api.coupons.delete(shop.coupon().id),
    "GET /v1/coupons": lambda shop: (shop.coupon(), shop.api.coupons.list())[1],
    "POST /v1/customers": lambda shop: shop.customer(
        address={"city": "Riga", "country": "LV"},
        shipping={"name": "Ada", "address": {"line1": "Kuģu iela 1"}},
        preferred_locales=["de", "en"],
        tax_exempt="reverse",
    ),
    "GET /v1/customers/{id}": lambda shop: shop.api.customers.retrieve(shop.customer().id),
    "POST /v1/customers/{id}": lambda shop: shop.api.customers.update(shop.customer().id, {"name": "Grace"}),
    "DELETE /v1/customers/{id}": lambda shop: shop.api.customers.delete(shop.customer().id),
    "GET /v1/customers": lambda shop: (shop.customer(), shop.api.customers.list({"email": "ada@example.com"}))[1],
    "GET /v1/customers/search": lambda shop: _found(shop, "customers", lambda m: shop.customer(metadata=m)),
    "GET /v1/customers/{id}/subscriptions": lambda shop: _raw(
        shop, f"/v1/customers/{shop.subscription().customer}/subscriptions"
    ),
    "GET /v1/events": lambda shop: (_discounted(shop), shop.api.events.list({"limit": 50}))[1],
    "GET /v1/events/{id}": lambda shop: (
        shop.customer(),
        shop.api.events.retrieve(shop.api.events.list({"limit": 1}).data[0].id),
    )[1],
    "POST /v1/prices": lambda shop: shop.price(
        recurring={"interval": "year", "trial_period_days": 14}, lookup_key=shop.word(), nickname="Yearly"
    ),
    "GET /v1/prices/{id}": lambda shop: shop.api.prices.retrieve(shop.price().id),
    "POST /v1/prices/{id}": lambda shop: shop.api.prices.update(shop.price().id, {"active": False}),
    "GET /v1/prices": lambda shop: (shop.price(), shop.api.prices.list({"type": "recurring"}))[1],
    "GET /v1/prices/search": lambda shop: _found(shop, "prices", lambda m: shop.price(metadata=m)),
    "POST /v1/products": lambda shop: shop.product(
        default_price_data={"currency": "eur", "unit_amount": 900, "recurring": {"interval": "month"}},
        marketing_features=[{"name": "Charts"}],
        package_dimensions={"height": 1, "length": 2, "weight": 3, "width": 4},
    ),
    "GET /v1/products/{id}": lambda shop: shop.api.products.retrieve(shop.product().id),
    "POST /v1/products/{id}": lambda shop: shop.api.products.update(shop.product().id, {"description": "Sails"}),
    "DELETE /v1/products/{id}": lambda shop: shop.api.products.delete(shop.product().id),
    "GET /v1/products": lambda shop: (shop.product(), shop.api.products.list())[1],
    "GET /v1/products/search": lambda shop: _found(shop, "products", lambda m: shop.product(metadata=m)),
    "POST /v1/promotion_codes": lambda shop: shop.promotion_code(
        restrictions={"minimum_amount": 100, "minimum_amount_currency": "eur"}
    ),
    "GET /v1/promotion_codes/{id}": lambda shop: shop.api.promotion_codes.retrieve(shop.promotion_code().id),
    "POST /v1/promotion_codes/{id}": lambda shop: shop.api.promotion_codes.update(
        shop.promotion_code().id, {"active": False}
    ),
    "GET /v1/promotion_codes": lambda shop: (shop.promotion_code(), shop.api.promotion_codes.list())[1],
    "POST /v1/subscription_items": lambda shop: shop.api.subscription_items.create(
        {"subscription": shop.subscription().id, "price": shop.price().id, "quantity": 3}
    ),
    "GET /v1/subscription_items/{id}": lambda shop: shop.api.subscription_items.retrieve(_item(shop)["id"]),
    "POST /v1/subscription_items/{id}": lambda shop: shop.api.subscription_items.update(
        _item(shop)["id"], {"quantity": 4, "metadata": {"seat": "window"}}
    ),
    "DELETE /v1/subscription_items/{id}": lambda shop: shop.api.subscription_items.delete(
        shop.api.subscription_items.create({"subscription": shop.subscription().id, "price": shop.price().id}).id
    ),
    "GET /v1/subscription_items": lambda shop: shop.api.subscription_items.list(
        {"subscription": shop.subscription().id}
    ),
    "POST /v1/subscription_schedules": lambda shop: _schedule(shop, end_behavior="cancel", metadata={"crew": "7"}),
    "GET /v1/subscription_schedules/{id}": lambda shop: shop.api.subscription_schedules.retrieve(_schedule(shop).id),
    "POST /v1/subscription_schedules/{id}": _rescheduled,
    "GET /v1/subscription_schedules": lambda shop: (
        _schedule(shop, start_date=2_000_000_000),
        shop.api.subscription_schedules.list({"scheduled": True, "expand": ["data.customer"]}),
    )[1],
    "POST /v1/subscription_schedules/{id}/cancel": lambda shop: shop.api.subscription_schedules.cancel(
        _schedule(shop).id, {"invoice_now": False, "prorate": False}
    ),
    "POST /v1/subscription_schedules/{id}/release": lambda shop: shop.api.subscription_schedules.release(
        _schedule(shop).id, {"preserve_cancel_date": True}
    ),
    "POST /v1/subscriptions": lambda shop: shop.subscription(
        trial_period_days=14, billing_mode={"type": "classic"}, metadata={"crew": "7"}
    ),
    "GET /v1/subscriptions/{id}": lambda shop: shop.api.subscriptions.retrieve(_discounted(shop).id),
    "POST /v1/subscriptions/{id}": lambda shop: shop.api.subscriptions.update(
        shop.subscription().id, {"cancel_at_period_end": True, "cancellation_details": {"feedback": "unused"}}
    ),
    "DELETE /v1/subscriptions/{id}": lambda shop: shop.api.subscriptions.cancel(
        shop.subscription().id, {"cancellation_details": {"comment": "Bye"}}
    ),
    "GET /v1/subscriptions": lambda shop: (shop.subscription(), shop.api.subscriptions.list({"status": "all"}))[1],
    "GET /v1/subscriptions/search": lambda shop: _found(shop, "subscriptions", lambda m: shop.subscription(metadata=m)),
    "POST /v1/subscriptions/{id}/pause": _paused,
    "POST /v1/subscriptions/{id}/resume": lambda shop: shop.api.subscriptions.resume(_paused(shop).id),
    "POST /v1/subscriptions/{id}/migrate": lambda shop: shop.api.subscriptions.migrate(
        shop.subscription(billing_mode={"type": "classic"}).id, {"billing_mode": {"type": "flexible"}}
    ),
    "DELETE /v1/subscriptions/{id}/discount": lambda shop: shop.api.subscriptions.delete_discount(_discounted(shop).id),
    f"POST {CLOCKS}": lambda shop: shop.clock(),
    f"GET {CLOCKS}/{{id}}": lambda shop: shop.api.test_helpers.test_clocks.retrieve(shop.clock().id),
    f"DELETE {CLOCKS}/{{id}}": lambda shop: shop.api.test_helpers.test_clocks.delete(shop.clock().id),
    f"GET {CLOCKS}": lambda shop: (shop.clock(), shop.api.test_helpers.test_clocks.list())[1],
    f"POST {CLOCKS}/{{id}}/advance": _advanced,
    "POST /v1/webhook_endpoints": lambda shop: _endpoint(shop, lambda made: made),
    "GET /v1/webhook_endpoints/{id}": lambda shop: _endpoint(shop, lambda e: shop.api.webhook_endpoints.retrieve(e.id)),
    "POST /v1/webhook_endpoints/{id}": lambda shop: _endpoint(
        shop, lambda e: shop.api.webhook_endpoints.update(e.id, {"disabled": True})
    ),
    "DELETE /v1/webhook_endpoints/{id}": lambda shop: shop.api.webhook_endpoints.delete(shop.endpoint().id),
    "GET /v1/webhook_endpoints": lambda shop: _endpoint(shop, lambda e: shop.api.webhook_endpoints.list()),
    **CREDITING,
    **INVOICING,
    **PAYING,
    **USAGE,
}


def _endpoint(shop: Shop, act: Callable[[Any], Any]) -> Any:
    """What `act` answers about a new endpoint, which is gone afterwards so that nothing is sent anywhere."""
    made = shop.endpoint()
    try:
        return act(made)
    finally:
        shop.api.webhook_endpoints.delete(made.id)


def no_discount(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.api.customers.delete_discount(shop.customer().id)
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_sdk_performs_it_and_gets_what_it_declares(shop: Shop, operation: str):
    if operation == "DELETE /v1/customers/{id}/discount":
        no_discount(shop)
        return
    if operation in NOT_HERE:
        with pytest.raises(stripe.InvalidRequestError):
            NOT_HERE[operation](shop)
        return
    answer = PERFORMED[operation](shop)
    shown = body(answer)
    if operation not in OURS:
        assert type(answer) is not stripe.StripeObject
        assert not faults(shown)
    if operation.startswith("GET") and shown["object"] == "list":
        assert shown["data"], "a list must be seen with something in it"
    assert answer.last_response.code == 200
    assert answer.last_response.body == json.dumps(shown, indent=2, ensure_ascii=False)


def test_there_is_no_entry_for_an_operation_that_is_gone():
    assert set(PERFORMED) <= set(OPERATIONS)


def test_the_check_finds_what_is_wrong(shop: Shop):
    right = body(shop.subscription())
    assert faults(right) == []
    item = right["items"]["data"][0]
    assert faults(right | {"status": "asleep"}) and faults(right | {"created": "1"}) and faults(right | {"sail": 1})
    assert faults({key: value for key, value in right.items() if key != "start_date"})
    assert faults(right | {"items": {**right["items"], "data": [item | {"quantity": True}]}})
    assert faults(right | {"customer": None}) and faults(right | {"cancellation_details": {"reason": "moon"}})


def test_a_secret_is_shown_once(shop: Shop):
    made = shop.endpoint()
    shop.api.webhook_endpoints.delete(made.id)
    assert made.secret.startswith("whsec_")
    again = body(_endpoint(shop, lambda e: shop.api.webhook_endpoints.retrieve(e.id)))
    assert not {"secret", "previous_secret", "failing_since"} & again.keys()


def test_a_deleted_customer_answers_that_it_is_deleted(shop: Shop):
    subscription = shop.subscription()
    shop.api.customers.delete(subscription.customer)
    assert body(shop.api.customers.retrieve(subscription.customer)) == {
        "id": subscription.customer,
        "object": "customer",
        "deleted": True,
    }
    assert shop.api.subscriptions.retrieve(subscription.id).status == "canceled"


def test_events_of_every_type_hold_objects_that_the_sdk_declares(shop: Shop):
    subscription = _discounted(shop)
    shop.api.subscriptions.update(subscription.id, {"cancel_at_period_end": True, "metadata": {"a": "b"}})
    shop.api.subscriptions.delete_discount(subscription.id)
    shop.api.subscriptions.cancel(subscription.id)
    shop.api.customers.delete(subscription.customer)
    until(lambda: len(shop.api.events.list({"limit": 100}).data) > 5)
    for each in body(shop.api.events.list({"limit": 100}))["data"]:
        assert each["type"] in stripe.Event.__annotations__["type"].__args__
        assert not faults(each["data"]["object"]), each["type"]
        assert ("previous_attributes" in each["data"]) == each["type"].endswith(".updated")
        assert each["request"] == {"id": None, "idempotency_key": None} or each["request"]["id"].startswith("req_")
