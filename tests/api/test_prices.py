"""Prices over the wire, on both databases: metered and tiered ones, in many currencies, as the SDK sees them."""

from typing import Any

import pytest
import stripe

from tests.conformance.declared import body, faults
from tests.conformance.shop import Shop
from tests.conformance.usage import meter

METERED = {"interval": "month", "usage_type": "metered"}
STEPS = [{"up_to": 100, "unit_amount": 10}, {"up_to": "inf", "unit_amount_decimal": "2.50", "flat_amount": 500}]


def refusal(shop: Shop, **fields: Any) -> tuple[str, str | None, str | None]:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.price(**fields)
    return refused.value.user_message or "", refused.value.code, refused.value.param


def test_a_metered_price_has_an_active_meter(each_shop: Shop):
    counted = meter(each_shop)
    made = each_shop.price(recurring={**METERED, "meter": counted.id})
    assert (made.recurring.usage_type, made.recurring.meter) == ("metered", counted.id)
    words = "Starting with Stripe version `2025-03-31.basil`, metered prices must be backed by meters."
    assert refusal(each_shop, recurring=METERED) == (words, None, None)
    assert refusal(each_shop, recurring={**METERED, "meter": "mtr_x"})[1:] == ("resource_missing", "recurring[meter]")
    each_shop.api.billing.meters.deactivate(counted.id)
    assert refusal(each_shop, recurring={**METERED, "meter": counted.id})[2] == "recurring[meter]"


def test_prices_are_found_by_their_meter_and_usage(each_shop: Shop):
    counted = meter(each_shop)
    product = each_shop.product().id
    metered = each_shop.price(product=product, recurring={**METERED, "meter": counted.id}).id
    licensed = each_shop.price(product=product).id
    each_shop.api.prices.create({"product": product, "currency": "eur", "unit_amount": 5})
    found = {
        name: [price.id for price in each_shop.api.prices.list({"product": product, "recurring": wanted}).data]
        for name, wanted in {
            "meter": {"meter": counted.id},
            "other": {"meter": "mtr_x"},
            "metered": {"usage_type": "metered"},
            "licensed": {"usage_type": "licensed"},
            "year": {"interval": "year"},
        }.items()
    }
    assert found == {"meter": [metered], "other": [], "metered": [metered], "licensed": [licensed], "year": []}


def test_tiers_and_currencies_are_shown_when_they_are_asked_for(each_shop: Shop):
    tiered = {"billing_scheme": "tiered", "tiers_mode": "graduated", "tiers": STEPS}
    made = each_shop.api.prices.create(
        {
            **tiered,
            "currency": "EUR",
            "product": each_shop.product().id,
            "recurring": {"interval": "month"},
            "currency_options": {
                "KWD": {"tiers": [{**STEPS[0], "flat_amount": 100}, {"up_to": "inf", "unit_amount": 10}]}
            },
        }
    )
    assert not {"tiers", "currency_options"} & body(made).keys()
    shown = body(each_shop.api.prices.retrieve(made.id, {"expand": ["tiers", "currency_options"]}))
    assert shown["tiers"] == [
        {
            "flat_amount": None,
            "flat_amount_decimal": None,
            "unit_amount": 10,
            "unit_amount_decimal": "10",
            "up_to": 100,
        },
        {
            "flat_amount": 500,
            "flat_amount_decimal": "500",
            "unit_amount": None,
            "unit_amount_decimal": "2.5",
            "up_to": None,
        },
    ]
    assert list(shown["currency_options"]) == ["eur", "kwd"]
    assert shown["currency_options"]["eur"]["tiers"] == shown["tiers"]
    assert shown["currency_options"]["kwd"]["tiers"][0]["flat_amount"] == 100
    assert (shown["unit_amount"], shown["unit_amount_decimal"], faults(shown)) == (None, None, [])


def test_a_currency_can_be_added_later(each_shop: Shop):
    made = each_shop.price(currency_options={"usd": {"unit_amount": 3100}})
    each_shop.api.prices.update(
        made.id, {"currency_options": {"jpy": {"unit_amount": 4000, "tax_behavior": "inclusive"}}}
    )
    options = body(each_shop.api.prices.retrieve(made.id, {"expand": ["currency_options"]}))["currency_options"]
    assert {name: each["unit_amount_decimal"] for name, each in options.items()} == {
        "eur": "2900",
        "jpy": "4000",
        "usd": "3100",
    }
    assert options["jpy"]["tax_behavior"] == "inclusive"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        each_shop.api.prices.update(made.id, {"currency_options": {"kwd": {"unit_amount": 4001}}})
    assert refused.value.param == "currency_options[kwd][unit_amount]"


def test_refusals_are_in_the_words_of_the_reference(each_shop: Shop):
    chosen = {"enabled": True, "minimum": 100}
    product = {"product": each_shop.product().id, "product_data": {"name": "Sail"}}
    one = "You may only specify one of these parameters: product, product_data."
    assert refusal(each_shop, **product) == (one, None, "product")
    assert refusal(each_shop, unit_amount_decimal="1.5")[0].startswith("You may only specify one of these parameters: ")
    once = each_shop.api.prices.create(
        {"currency": "eur", "product": each_shop.product().id, "custom_unit_amount": chosen}
    )
    assert (once.unit_amount, once.custom_unit_amount.minimum, faults(body(once))) == (None, 100, [])
    with pytest.raises(stripe.InvalidRequestError) as refused:
        each_shop.api.prices.create(
            {
                "currency": "eur",
                "product": each_shop.product().id,
                "custom_unit_amount": chosen,
                "recurring": {"interval": "month"},
            }
        )
    assert refused.value.param == "custom_unit_amount"


def test_the_default_price_of_a_new_product_keeps_the_same_rules(each_shop: Shop):
    made = each_shop.product(
        default_price_data={
            "currency": "EUR",
            "unit_amount_decimal": "0.50",
            "recurring": {"interval": "month"},
            "currency_options": {"usd": {"unit_amount": 60}},
        }
    )
    price = each_shop.api.prices.retrieve(made.default_price)
    assert (price.currency, str(price.unit_amount_decimal), price.unit_amount) == ("eur", "0.5", None)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        each_shop.product(default_price_data={"currency": "eur", "unit_amount": 1, "recurring": METERED})
    assert "backed by meters" in str(refused.value)
