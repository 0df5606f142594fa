"""Plans over the wire, on both databases: each is a recurring price by its older name."""

from typing import Any

import pytest
import stripe

from tests.conformance.declared import body, faults
from tests.conformance.shop import Shop
from tests.conformance.usage import meter


def plan(shop: Shop, **fields: Any) -> Any:
    owner = {} if "product" in fields else {"product": shop.product().id}
    return shop.api.plans.create({"currency": "eur", "interval": "month", "amount": 2900, **owner, **fields})


def test_a_plan_and_its_price_are_one(each_shop: Shop):
    name = each_shop.word()
    made = plan(
        each_shop,
        id=name,
        amount=900,
        interval="week",
        interval_count=2,
        trial_period_days=7,
        transform_usage={"divide_by": 10, "round": "up"},
    )
    price = body(each_shop.api.prices.retrieve(name))
    assert price["recurring"] == {
        "interval": "week",
        "interval_count": 2,
        "meter": None,
        "trial_period_days": 7,
        "usage_type": "licensed",
    }
    assert (price["unit_amount"], price["transform_quantity"]["divide_by"]) == (900, 10)
    subscription = body(each_shop.subscription(items=[{"plan": made.id}]))
    assert subscription["items"]["data"][0]["plan"] == body(made) == body(each_shop.api.plans.retrieve(name))
    assert body(each_shop.api.plans.retrieve(each_shop.price().id))["amount"] == 2900


def test_a_plan_brings_its_product_tiers_and_meter(each_shop: Shop):
    counted = meter(each_shop)
    made = each_shop.api.plans.create(
        {
            "currency": "eur",
            "interval": "month",
            "billing_scheme": "tiered",
            "tiers_mode": "volume",
            "tiers": [{"up_to": 5, "unit_amount": 700}, {"up_to": "inf", "unit_amount": 500}],
            "usage_type": "metered",
            "meter": counted.id,
            "product": {"name": "Calls"},
        }
    )
    shown = body(each_shop.api.plans.retrieve(made.id, {"expand": ["tiers", "product"]}))
    assert [tier["unit_amount"] for tier in shown["tiers"]] == [700, 500]
    assert (shown["product"]["name"], shown["meter"], shown["usage_type"]) == ("Calls", counted.id, "metered")
    assert "tiers" not in body(made) and not faults(shown)


def test_a_change_of_a_plan_is_one_of_its_price(each_shop: Shop):
    made, other = plan(each_shop), each_shop.product().id
    each_shop.api.plans.update(made.id, {"nickname": "Team", "trial_period_days": 3, "product": other})
    price = each_shop.api.prices.retrieve(made.id)
    assert (price.nickname, price.recurring.trial_period_days, price.product) == ("Team", 3, other)
    assert price.recurring.interval == "month"
    each_shop.subscription(items=[{"price": made.id}])
    with pytest.raises(stripe.InvalidRequestError) as refused:
        each_shop.api.plans.update(made.id, {"product": each_shop.product().id})
    assert refused.value.param == "product"


def test_deleting_a_plan_only_keeps_new_subscribers_away(each_shop: Shop):
    made = plan(each_shop)
    subscription = each_shop.subscription(items=[{"price": made.id}])
    gone = body(each_shop.api.plans.delete(made.id))
    assert gone == {"id": made.id, "object": "plan", "deleted": True}
    assert not each_shop.api.prices.retrieve(made.id).active
    assert body(each_shop.api.subscriptions.retrieve(subscription.id))["items"]["data"][0]["plan"]["id"] == made.id
    with pytest.raises(stripe.InvalidRequestError):
        each_shop.subscription(items=[{"price": made.id}])


def test_plans_are_listed_without_one_time_prices(each_shop: Shop):
    product = each_shop.product().id
    each_shop.api.prices.create({"product": product, "currency": "eur", "unit_amount": 5})
    made = [plan(each_shop, product=product).id for _ in range(3)]
    each_shop.api.plans.update(made[0], {"active": False})
    listed = each_shop.api.plans.list({"product": product, "limit": 2})
    assert [each.id for each in listed.auto_paging_iter()] == made[::-1]
    assert [each.id for each in each_shop.api.plans.list({"product": product, "active": False}).data] == made[:1]


def test_what_is_no_plan_is_not_found(each_shop: Shop):
    once = each_shop.api.prices.create({"product": each_shop.product().id, "currency": "eur", "unit_amount": 5}).id
    for id in (once, "gold"):
        with pytest.raises(stripe.InvalidRequestError) as missing:
            each_shop.api.plans.retrieve(id)
        assert (missing.value.http_status, missing.value.user_message) == (404, f"No such plan: '{id}'")


@pytest.mark.parametrize(
    ("fields", "param"),
    [({"amount": None}, "amount"), ({"product": None}, "product"), ({"usage_type": "metered"}, None)],
)
def test_what_makes_no_plan_is_refused(each_shop: Shop, fields: dict[str, Any], param: str | None):
    whole = {"currency": "eur", "interval": "month", "amount": 5, "product": each_shop.product().id, **fields}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        each_shop.api.plans.create({name: value for name, value in whole.items() if value is not None})
    assert refused.value.param == param


def test_an_id_is_used_once(each_shop: Shop):
    made = plan(each_shop)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        plan(each_shop, id=made.id)
    assert (refused.value.code, refused.value.user_message) == ("resource_already_exists", "Plan already exists.")
