"""A coupon with ten redemptions left gives ten, however many ask at once: over real HTTP, on both databases."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conformance.plain import Raw
from tests.conformance.shop import Shop
from tests.support.server import Server

ASKING, LEFT = 200, 10


@pytest.fixture(scope="module")
def server(each_server: Server) -> Server:
    return each_server


def test_two_hundred_at_once_redeem_a_coupon_ten_times(server: Server):
    key = server.key()
    shop, raw = Shop(server.client(key)), Raw(server.url, key)
    coupon, price, customer = (
        shop.coupon(max_redemptions=LEFT, duration="forever").id,
        shop.price().id,
        shop.customer().id,
    )
    params = {"customer": customer, "items[0][price]": price, "discounts[0][coupon]": coupon}

    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda _: raw.post("/v1/subscriptions", params), range(ASKING)))

    taken = [answer for answer in answers if answer.status == 200]
    refused = [answer for answer in answers if answer.status != 200]
    assert len(taken) == LEFT
    assert {(answer.status, answer.error["code"]) for answer in refused} == {(400, "coupon_expired")}
    after = shop.api.coupons.retrieve(coupon)
    assert (after.times_redeemed, after.valid) == (LEFT, False)
    made = shop.api.subscriptions.list({"customer": customer, "limit": 100}).data
    assert len(made) == LEFT and all(len(each.discounts) == 1 for each in made)
    events = shop.api.events.list({"type": "customer.discount.created", "limit": 100}).data
    assert len(events) == LEFT
