"""Expansion replaces ids by objects, with one load for each kind and level, and shows hidden fields on request."""

from typing import Any

import pytest

from tenure.domain.errors import Invalid
from tenure.wire.expand import FIELDS, expand

Tree = dict[str, Any]


class Shop:
    """Renders any object afresh, as a resource layer does, and writes down what it was asked for."""

    def __init__(self) -> None:
        self.loads: list[tuple[str, int]] = []

    def __call__(self, kind: str, ids: list[str]) -> dict[str, Any]:
        assert len(set(ids)) == len(ids)
        self.loads.append((kind, len(ids)))
        if kind == "customer.subscriptions":
            return {each: listing([subscription(1), subscription(2)]) for each in ids}
        if kind not in MAKERS:
            return {}
        return {each: MAKERS[kind](each) for each in ids if not each.endswith("_missing")}


def listing(data: list[Tree]) -> Tree:
    return {"object": "list", "data": data, "has_more": False, "url": "/v1/x"}


def customer(id: str) -> Tree:
    return {"id": id, "object": "customer", "default_source": None, "test_clock": None}


def coupon(id: str) -> Tree:
    return {"id": id, "object": "coupon", "applies_to": {"products": ["prod_1"]}, "currency_options": {}, "name": id}


def discount(id: str) -> Tree:
    source = {"type": "coupon", "coupon": "co_1"}
    return {"id": id, "object": "discount", "customer": "cus_1", "promotion_code": None, "source": source}


def price(id: str) -> Tree:
    return {"id": id, "object": "price", "product": "prod_1", "tiers": [{"up_to": 5}], "currency_options": {}}


def product(id: str) -> Tree:
    return {"id": id, "object": "product", "default_price": "price_1", "tax_code": None}


def configuration(id: str) -> Tree:
    reasons = {"options": ["unused"], "feedback_options": ["fbo_1", "fbo_2"]}
    features = {
        "subscription_cancel": {"cancellation_reason": reasons},
        "subscription_update": {"enabled": True, "products": [{"product": "prod_1", "prices": ["price_1"]}]},
    }
    return {"id": id, "object": "billing_portal.configuration", "application": None, "features": features}


MAKERS = {
    "billing.feedback_option": lambda id: {"id": id, "object": "billing.feedback_option"},
    "billing_portal.configuration": configuration,
    "coupon": coupon,
    "customer": customer,
    "discount": discount,
    "price": price,
    "product": product,
}


def subscription(number: int) -> Tree:
    shown_price = {"id": f"price_{number % 3}", "object": "price", "product": f"prod_{number % 2}"}
    item = {"id": f"si_{number}", "object": "subscription_item", "discounts": [], "price": shown_price}
    return {
        "id": f"sub_{number}",
        "object": "subscription",
        "cancellation_details": {"feedback_option": None, "comment": None},
        "customer": f"cus_{number % 7}",
        "discounts": ["di_1", "di_2"],
        "items": listing([item]),
        "latest_invoice": None,
    }


def test_an_id_becomes_the_object() -> None:
    shown = expand(subscription(1), ["customer"], Shop())
    assert shown["customer"] == customer("cus_1")
    assert shown["discounts"] == ["di_1", "di_2"]


def test_a_list_of_a_hundred_makes_one_load_for_each_kind_and_level() -> None:
    shop = Shop()
    tree = listing([subscription(number) for number in range(100)])
    shown = expand(tree, ["data.customer", "data.discounts.source.coupon", "data.items.data.price"], shop)
    assert shop.loads == [("customer", 7), ("discount", 2), ("coupon", 1)]
    assert {each["customer"]["id"] for each in shown["data"]} == {f"cus_{at}" for at in range(7)}
    assert shown["data"][0]["discounts"][1]["source"]["coupon"]["name"] == "co_1"


def test_objects_that_an_expansion_brought_are_expanded_further() -> None:
    shop = Shop()
    shown = expand(subscription(1), ["items.data.price.product", "customer.subscriptions.data.customer"], shop)
    assert shown["items"]["data"][0]["price"]["product"] == product("prod_1")
    assert shown["customer"]["subscriptions"]["data"][0]["customer"] == customer("cus_1")
    assert shop.loads == [("product", 1), ("customer", 1), ("customer.subscriptions", 1), ("customer", 2)]


def test_the_same_object_is_expanded_differently_in_different_places() -> None:
    tree = {**subscription(1), "discounts": [discount("di_1")]}
    shown = expand(tree, ["customer.subscriptions", "discounts.customer"], Shop())
    assert "subscriptions" in shown["customer"]
    assert "subscriptions" not in shown["discounts"][0]["customer"]
    assert shown["customer"]["id"] == shown["discounts"][0]["customer"]["id"]


def test_what_is_null_missing_or_unknown_to_the_loader_stays_as_it_is() -> None:
    tree = {**subscription(1), "customer": "cus_missing", "schedule": "sub_sched_1"}
    paths = ["customer", "latest_invoice", "cancellation_details.feedback_option", "default_source.owner"]
    assert expand(tree, paths, Shop()) == tree
    assert tree["customer"] == "cus_missing"


def test_a_path_to_what_is_embedded_anyway_changes_nothing() -> None:
    assert expand(subscription(1), ["items", "items.data", "items.data.price"], Shop()) == subscription(1)
    tree = listing([subscription(1)])
    assert expand(tree, ["data", "total_count"], Shop()) == listing([subscription(1)])


def test_hidden_fields_are_left_out_unless_they_are_asked_for() -> None:
    assert "applies_to" not in expand(coupon("co_1"), [], Shop())
    shown = expand(coupon("co_1"), ["applies_to"], Shop())
    assert shown["applies_to"] == {"products": ["prod_1"]}
    assert "currency_options" not in shown
    assert "tiers" not in expand(listing([price("price_1")]), [], Shop())["data"][0]
    assert expand(listing([price("price_1")]), ["data.tiers"], Shop())["data"][0]["tiers"] == [{"up_to": 5}]


def test_hidden_fields_of_expanded_objects_are_left_out_too() -> None:
    shown = expand(product("prod_1"), ["default_price"], Shop())
    assert shown["default_price"] == {"id": "price_1", "object": "price", "product": "prod_1"}
    shown = expand(product("prod_1"), ["default_price.tiers"], Shop())
    assert shown["default_price"]["tiers"] == [{"up_to": 5}]


def test_hidden_fields_that_the_renderer_left_out_are_loaded() -> None:
    shop = Shop()
    shown = expand(subscription(1), ["items.data.price.tiers"], shop)
    assert shown["items"]["data"][0]["price"]["tiers"] == [{"up_to": 5}]
    assert shop.loads == [("price", 1)]


def test_a_configuration_shows_its_products_on_request_only() -> None:
    update = expand(configuration("bpc_1"), [], Shop())["features"]["subscription_update"]
    assert update == {"enabled": True, "products": None}
    shown = expand(configuration("bpc_1"), ["features.subscription_update.products"], Shop())
    assert shown["features"]["subscription_update"]["products"][0]["product"] == "prod_1"


def test_a_list_of_ids_inside_of_parts_is_expanded() -> None:
    path = "features.subscription_cancel.cancellation_reason.feedback_options"
    shown = expand(configuration("bpc_1"), [path], Shop())
    reasons = shown["features"]["subscription_cancel"]["cancellation_reason"]
    assert [each["id"] for each in reasons["feedback_options"]] == ["fbo_1", "fbo_2"]


@pytest.mark.parametrize(
    ("tree", "path", "message"),
    [
        (subscription(1), "foo", "This property cannot be expanded (foo)."),
        (subscription(1), "", "This property cannot be expanded ()."),
        (subscription(1), "status", "This property cannot be expanded (status)."),
        (subscription(1), "customer.foo", "This property cannot be expanded (customer.foo)."),
        (subscription(1), "cancellation_details", "This property cannot be expanded (cancellation_details)."),
        (subscription(1), "items.price", "This property cannot be expanded (items.price)."),
        (subscription(1), "data.customer", "This property cannot be expanded (data)."),
        (listing([]), "data.foo", "This property cannot be expanded (data.foo)."),
        (
            listing([]),
            "customer",
            "This property cannot be expanded (customer). You may want to try expanding 'data.customer' instead.",
        ),
        (
            listing([]),
            "data.items.data.price.product",
            "You cannot expand more than 4 levels of a property. Property: data.items.data.price.product",
        ),
    ],
)
def test_what_cannot_be_expanded_is_refused_even_where_there_is_nothing_to_expand(
    tree: Tree, path: str, message: str
) -> None:
    shop = Shop()
    with pytest.raises(Invalid) as refused:
        expand(
            tree, ["customer" if tree["object"] == "subscription" else "data.customer", path], shop, kind="subscription"
        )
    assert (refused.value.message, refused.value.param) == (message, "expand")
    assert shop.loads == []


def test_every_embedded_kind_is_described() -> None:
    def kinds(edge: Any) -> list[str]:
        if hasattr(edge, "fields"):
            return [kind for each in edge.fields.values() for kind in kinds(each)]
        return [edge.kind] if type(edge).__name__ == "Inside" else []

    assert {kind for fields in FIELDS.values() for edge in fields.values() for kind in kinds(edge)} <= set(FIELDS)
