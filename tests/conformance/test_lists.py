"""Lists, searches and expansion, by the official SDK."""

import time
from typing import Any

import pytest
import stripe

from tests.conformance.declared import body, faults
from tests.conformance.plain import Raw
from tests.conformance.shop import Shop


@pytest.fixture
def five(shop: Shop) -> list[str]:
    """Ids of five customers with one e-mail, newest first."""
    email = f"{shop.word()}@example.com"
    return [shop.customer(email=email).id for _ in range(5)][::-1]


@pytest.fixture
def email(shop: Shop, five: list[str]) -> str:
    return str(shop.api.customers.retrieve(five[0]).email)


def ids(page: Any) -> list[str]:
    return [each.id for each in page.data]


def test_pages_follow_each_other_in_both_directions(shop: Shop, five: list[str], email: str):
    listed = shop.api.customers.list
    first = listed({"email": email, "limit": 2})
    assert (ids(first), first.has_more, first.url) == (five[:2], True, "/v1/customers")
    second = listed({"email": email, "limit": 2, "starting_after": five[1]})
    assert (ids(second), second.has_more) == (five[2:4], True)
    last = listed({"email": email, "limit": 2, "starting_after": five[3]})
    assert (ids(last), last.has_more) == (five[4:], False)
    exact = listed({"email": email, "limit": 5})
    assert (ids(exact), exact.has_more) == (five, False)
    before = listed({"email": email, "limit": 2, "ending_before": five[4]})
    assert (ids(before), before.has_more) == (five[2:4], True)
    start = listed({"email": email, "limit": 2, "ending_before": five[2]})
    assert (ids(start), start.has_more) == (five[:2], False)
    assert [each.id for each in listed({"email": email, "limit": 2}).auto_paging_iter()] == five


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", ""])
def test_a_limit_is_from_1_to_100(raw: Raw, limit: str):
    answer = raw.get(f"/v1/customers?limit={limit}")
    assert (answer.status, answer.error["param"]) == (400, "limit")


def test_a_wrong_cursor_is_told(raw: Raw, five: list[str]):
    both = raw.get(f"/v1/customers?starting_after={five[0]}&ending_before={five[1]}")
    assert both.status == 400 and "starting_after and ending_before" in both.error["message"]
    unknown = raw.get("/v1/customers?starting_after=cus_none")
    assert (unknown.status, unknown.error["code"]) in ((404, "resource_missing"), (400, "resource_missing"))
    assert unknown.error["param"] == "starting_after"


def test_created_is_a_moment_or_a_range(shop: Shop, five: list[str], email: str):
    listed = shop.api.customers.list
    at = shop.api.customers.retrieve(five[2]).created
    everything = {id: shop.api.customers.retrieve(id).created for id in five}
    for name, holds in {
        "gte": lambda created: created >= at,
        "gt": lambda created: created > at,
        "lte": lambda created: created <= at,
        "lt": lambda created: created < at,
    }.items():
        found = listed({"email": email, "created": {name: at}})
        assert ids(found) == [id for id in five if holds(everything[id])], name
    assert five[2] in ids(listed({"email": email, "created": at}))
    assert ids(listed({"email": email, "created": {"gt": int(time.time()) + 60}})) == []


def test_subscriptions_are_filtered_by_what_they_are(shop: Shop):
    customer, price = shop.customer().id, shop.price().id
    items = [{"price": price}]
    active = shop.subscription(customer=customer, items=items).id
    gone = shop.subscription(customer=customer, items=items).id
    shop.api.subscriptions.cancel(gone)
    trial = shop.subscription(customer=customer, items=items, trial_period_days=7).id
    listed = shop.api.subscriptions.list
    assert ids(listed({"customer": customer})) == [trial, active]
    assert ids(listed({"customer": customer, "status": "all"})) == [trial, gone, active]
    assert ids(listed({"customer": customer, "status": "ended"})) == [gone]
    assert ids(listed({"customer": customer, "status": "canceled"})) == [gone]
    assert ids(listed({"customer": customer, "status": "trialing"})) == [trial]
    assert ids(listed({"price": price, "status": "active"})) == [active]
    end = shop.api.subscriptions.retrieve(trial)["items"].data[0].current_period_end
    assert ids(listed({"customer": customer, "current_period_end": {"lte": end}})) == [trial]


def test_what_is_not_sold_any_more_can_be_left_out(shop: Shop):
    product = shop.product().id
    old, new = shop.price(product=product).id, shop.price(product=product, lookup_key=shop.word())
    shop.api.prices.update(old, {"active": False})
    listed = shop.api.prices.list
    assert ids(listed({"product": product, "active": True})) == [new.id]
    assert ids(listed({"product": product, "active": False})) == [old]
    assert ids(listed({"lookup_keys": [new.lookup_key]})) == [new.id]
    assert ids(shop.api.products.list({"ids": [product]})) == [product]


def test_events_are_listed_by_type(shop: Shop):
    product = shop.product().id
    shop.api.products.update(product, {"name": "Renamed"})
    for asked in ({"type": "product.*"}, {"types": ["product.updated", "product.created"]}):
        found = shop.api.events.list(asked).data
        assert [each.type for each in found[:2]] == ["product.updated", "product.created"]
        assert {each.type.split(".")[0] for each in found} == {"product"}
    assert found[0].data.previous_attributes["name"] == "Halyard Team"


def test_items_are_listed_page_by_page(shop: Shop):
    items = [{"price": shop.price().id} for _ in range(3)]
    subscription = shop.subscription(items=items)
    wanted = [each.id for each in subscription["items"].data]
    listed = shop.api.subscription_items.list
    page = listed({"subscription": subscription.id, "limit": 2})
    assert (ids(page), page.has_more) == (wanted[:2], True)
    rest = listed({"subscription": subscription.id, "limit": 2, "starting_after": wanted[1]})
    assert (ids(rest), rest.has_more) == (wanted[2:], False)
    back = listed({"subscription": subscription.id, "limit": 1, "ending_before": wanted[2]})
    assert (ids(back), back.has_more) == (wanted[1:2], True)


def test_search_finds_by_fields_and_metadata_page_by_page(shop: Shop):
    word = shop.word()
    made = [shop.customer(email=f"{word}.{n}@example.com", metadata={"ship": word}).id for n in range(3)][::-1]
    search = shop.api.customers.search
    first = search({"query": f"metadata['ship']:'{word}'", "limit": 2})
    assert (ids(first), first.has_more) == (made[:2], True)
    rest = search({"query": f"metadata['ship']:'{word}'", "limit": 2, "page": first.next_page})
    assert (ids(rest), rest.has_more) == (made[2:], False)
    assert ids(search({"query": f"email:'{word}.1@example.com'"})) == made[1:2]
    assert ids(search({"query": f"metadata['ship']:'{word}' AND -email:'{word}.1@example.com'"})) == [made[0], made[2]]
    found = [each.id for each in search({"query": f"email~'{word}'", "limit": 1}).auto_paging_iter()]
    assert found == made


@pytest.mark.parametrize("query", ["", "email", "email:", "shoe:'1'", "email:'a' AND name:'b' OR phone:'c'"])
def test_a_query_that_makes_no_sense_is_refused(shop: Shop, query: str):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.api.customers.search({"query": query})
    assert refused.value.http_status == 400


def test_what_is_asked_for_is_shown_in_place_of_its_id(shop: Shop):
    coupon = shop.coupon(applies_to={"products": [shop.product().id]}, duration="forever")
    price = shop.price(product=coupon_product(shop, coupon.id))
    made = shop.subscription(items=[{"price": price.id}], discounts=[{"coupon": coupon.id}])
    paths = ["customer", "discounts.source.coupon", "items.data.price.product", "items.data.price.currency_options"]
    whole = body(shop.api.subscriptions.retrieve(made.id, {"expand": paths}))
    assert not faults(whole)
    assert whole["customer"]["id"] == made.customer
    assert whole["discounts"][0]["source"]["coupon"]["id"] == coupon.id
    assert "applies_to" not in whole["discounts"][0]["source"]["coupon"]
    assert whole["items"]["data"][0]["price"]["product"]["name"] == "Halyard Team"
    plain = body(shop.api.subscriptions.retrieve(made.id))
    assert plain["discounts"] == [whole["discounts"][0]["id"]]
    assert plain["customer"] == made.customer
    listed = shop.api.subscriptions.list({"customer": made.customer, "expand": ["data.customer", "data.discounts"]})
    shown = body(listed)
    assert not faults(shown) and shown["data"][0]["customer"]["object"] == "customer"
    assert shown["data"][0]["discounts"][0]["object"] == "discount"


def coupon_product(shop: Shop, coupon: str) -> str:
    """The product that a coupon is for: shown only when it is asked for."""
    assert "applies_to" not in body(shop.api.coupons.retrieve(coupon))
    found: str = body(shop.api.coupons.retrieve(coupon, {"expand": ["applies_to"]}))["applies_to"]["products"][0]
    return found


def test_a_new_object_is_expanded_too(shop: Shop):
    made = body(shop.subscription(expand=["customer.subscriptions"]))
    assert made["customer"]["subscriptions"]["data"][0]["id"] == made["id"]
    assert not faults(made)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("id", "This property cannot be expanded (id)."),
        ("data.customer", "This property cannot be expanded (data)."),
        ("customer.subscriptions.data.customer.subscriptions", "You cannot expand more than 4 levels"),
        ("latest_invoice.moon", "This property cannot be expanded (latest_invoice.moon)."),
    ],
)
def test_what_cannot_be_expanded_is_told(shop: Shop, path: str, words: str):
    made = shop.subscription()
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.api.subscriptions.retrieve(made.id, {"expand": [path]})
    assert words in str(refused.value.user_message) and refused.value.http_status == 400


def test_a_list_says_that_data_comes_first(shop: Shop):
    with pytest.raises(stripe.InvalidRequestError, match="data.customer"):
        shop.api.subscriptions.list({"expand": ["customer"]})
