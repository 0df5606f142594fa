"""What is refused, in the words that clients match on."""

import time
from typing import Any

import pytest
import stripe

from tests.conformance.plain import Raw
from tests.conformance.shop import Shop

CANCEL = "features[subscription_cancel]"


def refused(act: Any, *arguments: Any) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        act(*arguments)
    return caught.value


def told(error: stripe.InvalidRequestError) -> tuple[Any, ...]:
    return error.http_status, error.code, error.param


def flow(subscription: str, **more: Any) -> dict[str, Any]:
    return {"type": "subscription_cancel", "subscription_cancel": {"subscription": subscription} | more}


def session(shop: Shop, **fields: Any) -> stripe.InvalidRequestError:
    return refused(shop.api.billing_portal.sessions.create, fields)


def test_an_error_object_has_what_the_sdk_reads(shop: Shop):
    error = refused(shop.api.customers.retrieve, "cus_none")
    assert told(error) == (404, "resource_missing", "id")
    assert error.user_message == "No such customer: 'cus_none'"
    assert error.error.type == "invalid_request_error"
    assert error.request_id.startswith("req_")


@pytest.mark.parametrize(
    ("path", "noun", "param"),
    [
        ("/v1/billing_portal/configurations/x", "configuration", "configuration"),
        ("/v1/coupons/x", "coupon", "coupon"),
        ("/v1/events/x", "event", "id"),
        ("/v1/prices/x", "price", "id"),
        ("/v1/products/x", "product", "id"),
        ("/v1/promotion_codes/x", "promotion code", "promotion_code"),
        ("/v1/subscriptions/x", "subscription", "id"),
        ("/v1/webhook_endpoints/x", "webhook endpoint", "webhook_endpoint"),
    ],
)
def test_what_does_not_exist_is_named(raw: Raw, path: str, noun: str, param: str):
    answer = raw.get(path)
    assert (answer.status, answer.error["code"]) == (404, "resource_missing")
    assert answer.error["message"] == f"No such {noun}: 'x'"


@pytest.mark.parametrize(
    ("path", "params", "code", "param"),
    [
        ("/v1/customers", "nme=Ada", "parameter_unknown", "nme"),
        ("/v1/customers", "address[planet]=Mars", "parameter_unknown", "address[planet]"),
        ("/v1/prices", "currency=eur&unit_amount=x&product=p", "parameter_invalid_integer", "unit_amount"),
        ("/v1/prices", "unit_amount=5&product=p", "parameter_missing", "currency"),
        ("/v1/subscriptions", "items[0][price]=p", "parameter_missing", "customer"),
        ("/v1/subscriptions", "customer=c", "parameter_missing", "items"),
        ("/v1/subscriptions", "customer=c&items[0][price]=p&default_source=s", "parameter_unsupported", None),
        ("/v1/coupons", "percent_off=10&duration=always", None, "duration"),
        ("/v1/billing_portal/configurations", "name=x", "parameter_missing", "features"),
        ("/v1/customers", "source=tok_1", "parameter_unsupported", "source"),
    ],
)
def test_parameters_are_judged_one_by_one(raw: Raw, path: str, params: str, code: str | None, param: str | None):
    answer = raw.post(path, params)
    assert answer.status == 400 and answer.error["type"] == "invalid_request_error"
    assert code is None or answer.error["code"] == code
    assert param is None or answer.error["param"] == param


def test_links_into_the_portal_are_refused_in_the_references_words(shop: Shop, server):
    sub = shop.subscription()
    customer = sub.customer
    assert told(session(shop, customer="cus_none")) == (400, "resource_missing", "customer")
    assert told(session(shop, customer=customer, configuration="bpc_none")) == (
        400,
        "resource_missing",
        "configuration",
    )
    at = "flow_data[subscription_cancel][subscription]"
    assert told(session(shop, customer=customer, flow_data=flow("sub_none"))) == (400, "resource_missing", at)
    other = shop.subscription()
    assert told(session(shop, customer=customer, flow_data=flow(other.id)))[2] == at
    off = shop.configuration(enabled=False).id
    error = session(shop, customer=customer, configuration=off, flow_data=flow(sub.id))
    assert "subscription cancel feature in the portal configuration is disabled" in str(error)
    error = session(
        shop,
        customer=customer,
        flow_data={"type": "subscription_update", "subscription_update": {"subscription": sub.id}},
    )
    assert "subscription update feature in the portal configuration is disabled" in str(error)
    offer = {"type": "coupon_offer", "coupon_offer": {"coupon": "NONE"}}
    error = session(shop, customer=customer, flow_data=flow(sub.id, retention=offer))
    assert error.param == "flow_data[subscription_cancel][retention][coupon_offer][coupon]"
    error = session(shop, customer=customer, flow_data=flow(sub.id) | {"after_completion": {"type": "redirect"}})
    assert told(error)[1:] == ("parameter_missing", "flow_data[after_completion][redirect]")
    assert session(shop, customer=customer, locale="tlh").param == "locale"


@pytest.mark.parametrize("ending", [{"cancel_at_period_end": True}, {"cancel_at": int(time.time()) + 86400}])
def test_a_subscription_that_is_ending_has_no_cancel_link(shop: Shop, ending: dict[str, Any]):
    sub = shop.subscription()
    shop.api.subscriptions.update(sub.id, ending)
    error = session(shop, customer=sub.customer, flow_data=flow(sub.id))
    assert "is already set to be canceled at period end" in str(error)
    shop.api.subscriptions.cancel(sub.id)
    assert session(shop, customer=sub.customer, flow_data=flow(sub.id)).http_status == 400


def test_an_inactive_configuration_makes_no_links(shop: Shop):
    config = shop.configuration()
    shop.api.billing_portal.configurations.update(config.id, {"active": False})
    error = session(shop, customer=shop.customer().id, configuration=config.id)
    assert error.param == "configuration" and "inactive" in str(error)


@pytest.mark.parametrize(
    ("features", "words"),
    [
        (
            {"subscription_update": {"enabled": True}},
            "Cannot enable subscription updates while payment method update is disabled.",
        ),
        ({"subscription_cancel": {"enabled": True, "proration_behavior": "always_invoice"}}, "always_invoice"),
        (
            {"subscription_cancel": {"enabled": True, "proration_behavior": "create_prorations"}},
            "`create_prorations` can only be used when the cancellation `mode` is `immediately`",
        ),
        (
            {"subscription_cancel": {"retention": {"type": "coupon_offer", "coupon_offer": {"coupon": "NONE"}}}},
            "No such coupon: 'NONE'",
        ),
        ({"subscription_cancel": {"cancellation_reason": {"enabled": True, "options": ["rain"]}}}, "options"),
        ({"subscription_cancel": {"cancellation_reason": {"enabled": True, "feedback_options": ["fbo_0"]}}}, "fbo_0"),
    ],
)
def test_features_that_contradict_each_other_are_refused(shop: Shop, features: dict[str, Any], words: str):
    error = refused(shop.api.billing_portal.configurations.create, {"features": features})
    assert error.http_status == 400 and words in f"{error} {error.param}"


def test_two_prices_of_a_product_with_one_interval_are_refused(shop: Shop):
    product = shop.product().id
    prices = [shop.price(product=product).id for _ in range(2)]
    features = {
        "payment_method_update": {"enabled": True},
        "subscription_update": {
            "enabled": True,
            "default_allowed_updates": ["price"],
            "products": [{"product": product, "prices": prices}],
        },
    }
    error = refused(shop.api.billing_portal.configurations.create, {"features": features})
    assert error.param == "features[subscription_update][products][0][prices][1]"


def test_a_reason_that_is_no_longer_offered_cannot_be_used(shop: Shop):
    option = shop.feedback_option().id
    shop.api.billing.feedback_options.deactivate(option)
    assert refused(shop.api.billing.feedback_options.deactivate, option).http_status == 400
    details = {"cancellation_details": {"feedback_option": option}}
    error = refused(shop.api.subscriptions.update, shop.subscription().id, details)
    assert error.param == "cancellation_details[feedback_option]"


def test_after_the_end_only_words_change(shop: Shop):
    sub = shop.subscription()
    shop.api.subscriptions.cancel(sub.id)
    change = shop.api.subscriptions.update
    assert "can only update its cancellation_details and metadata" in str(
        refused(change, sub.id, {"cancel_at_period_end": False})
    )
    after = change(
        sub.id, {"cancellation_details": {"feedback": "unused", "comment": "Ashore"}, "metadata": {"a": "1"}}
    )
    assert (after.cancellation_details.feedback, after.metadata["a"], after.status) == ("unused", "1", "canceled")
    assert after.cancellation_details.reason == "cancellation_requested"
    again = change(sub.id, {"cancellation_details": {"feedback": ""}})
    assert (again.cancellation_details.feedback, again.cancellation_details.comment) == (None, "Ashore")
    assert refused(shop.api.subscriptions.cancel, sub.id).code == "resource_missing"


def subscribing(shop: Shop, **fields: Any) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.subscription(**fields)
    return caught.value


def test_a_subscription_needs_prices_that_recur_together(shop: Shop):
    price = shop.price()
    once = shop.api.prices.create({"product": shop.product().id, "currency": "eur", "unit_amount": 5})
    assert subscribing(shop, items=[{"price": once.id}]).param == "items[0][price]"
    assert subscribing(shop, items=[{"price": "price_none"}]).code == "resource_missing"
    assert "same plan" in str(subscribing(shop, items=[{"price": price.id}, {"price": price.id}]))
    dollars = shop.price(currency="usd")
    error = subscribing(shop, items=[{"price": price.id}, {"price": dollars.id}])
    assert error.param == "items[1][price]" and "`usd`" in str(error)
    error = subscribing(shop, items=[{"price": price.id}], currency="usd")
    assert "`eur`" in str(error)
    shop.api.prices.update(price.id, {"active": False})
    assert "inactive" in str(subscribing(shop, items=[{"price": price.id}]))
    assert subscribing(shop, items=[{"price": dollars.id, "quantity": -1}]).param == "items[0][quantity]"


def test_times_must_make_sense(shop: Shop):
    past = int(time.time()) - 3600
    for name, value in {
        "cancel_at": past,
        "trial_end": past,
        "billing_cycle_anchor": past,
        "backdate_start_date": int(time.time()) + 3600,
    }.items():
        assert subscribing(shop, **{name: value}).param == name
    sub = shop.subscription()
    change = shop.api.subscriptions.update
    assert refused(change, sub.id, {"cancel_at": past}).param == "cancel_at"
    assert refused(change, sub.id, {"cancel_at": past + 7200, "cancel_at_period_end": True}).http_status == 400
    pause = {"pause_collection": {"behavior": "void", "resumes_at": past}}
    assert refused(change, sub.id, pause).param == "pause_collection[resumes_at]"
    assert subscribing(shop, trial_end=past + 7200, trial_period_days=3).http_status == 400
    assert subscribing(shop, days_until_due=3).param == "days_until_due"


def test_coupons_and_codes_say_why_they_do_not_apply(shop: Shop):
    used = shop.coupon(max_redemptions=1).id
    shop.subscription(discounts=[{"coupon": used}])
    assert not shop.api.coupons.retrieve(used).valid
    assert subscribing(shop, discounts=[{"coupon": used}]).code == "coupon_expired"
    assert subscribing(shop, discounts=[{"coupon": "NONE"}]).code == "resource_missing"
    assert subscribing(shop, discounts=[{"coupon": shop.coupon(amount_off=5, currency="usd").id}]).http_status == 400
    other = shop.coupon(applies_to={"products": [shop.product().id]}).id
    assert "does not apply" in str(subscribing(shop, discounts=[{"coupon": other}]))
    code = shop.promotion_code(code=shop.word()[:12])
    shop.subscription(discounts=[{"promotion_code": code.id}])
    assert shop.api.promotion_codes.retrieve(code.id).times_redeemed == 1
    shop.api.promotion_codes.update(code.id, {"active": False})
    assert subscribing(shop, discounts=[{"promotion_code": code.id}]).code == "promotion_code_expired"
    make = shop.api.coupons.create
    assert refused(make, {"percent_off": 5, "amount_off": 5, "currency": "eur"}).http_status == 400
    assert refused(make, {}).http_status == 400
    assert refused(make, {"percent_off": 101}).param == "percent_off"
    assert refused(make, {"percent_off": 0}).param == "percent_off"
    assert refused(make, {"amount_off": 5}).param == "currency"
    assert refused(make, {"percent_off": 5, "duration": "repeating"}).param == "duration_in_months"
    assert refused(make, {"percent_off": 5, "redeem_by": 1}).param == "redeem_by"
    assert refused(make, {"percent_off": 5, "id": used}).code == "resource_already_exists"


def test_a_refused_discount_leaves_no_trace(shop: Shop):
    good = shop.coupon(max_redemptions=5).id
    subscribing(shop, discounts=[{"coupon": good}, {"coupon": "NONE"}])
    assert shop.api.coupons.retrieve(good).times_redeemed == 0


def test_pausing_and_migrating_have_conditions(shop: Shop):
    classic = shop.subscription(billing_mode={"type": "classic"}).id
    api = shop.api.subscriptions
    assert refused(api.pause, classic).http_status == 400
    assert refused(api.pause, shop.subscription(trial_period_days=3).id).http_status == 400
    assert refused(api.resume, classic).http_status == 400
    moved = api.migrate(classic, {"billing_mode": {"type": "flexible"}})
    assert moved.billing_mode.type == "flexible" and moved.billing_mode.updated_at is not None
    assert refused(api.migrate, classic, {"billing_mode": {"type": "flexible"}}).param == "billing_mode[type]"


def test_one_item_must_stay(shop: Shop):
    sub = shop.subscription()
    assert "at least one" in str(refused(shop.api.subscription_items.delete, sub["items"].data[0].id))


def test_webhook_endpoints_name_events_and_public_addresses(shop: Shop):
    make = shop.api.webhook_endpoints.create
    assert refused(make, {"url": "https://example.com/", "enabled_events": ["moon.risen"]}).param == "enabled_events[0]"
    assert refused(make, {"url": "ftp://example.com/", "enabled_events": ["*"]}).param == "url"
    assert refused(make, {"url": "https://example.com/", "enabled_events": []}).http_status == 400
