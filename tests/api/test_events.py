"""Events by whether their webhooks arrived: those that wait or failed are found, on both databases."""

import stripe

from tests.conformance.shop import Shop
from tests.support.receiver import Receiver
from tests.support.wait import until


def _types(shop: Shop, *, delivered: bool) -> list[str]:
    listed = shop.api.events.list({"delivery_success": delivered, "limit": 100})
    return [event.type for event in listed.data]


def test_events_are_found_by_whether_their_webhooks_arrived(each_shop: Shop, receiver: Receiver):
    api = each_shop.api
    assert _types(each_shop, delivered=False) == []
    api.products.create({"name": "Before the endpoint"})
    api.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["customer.created", "coupon.created"]})
    receiver.answers = [500]
    api.customers.create({"email": "ada@example.com"})
    receiver.wait(1)
    assert _types(each_shop, delivered=False) == ["customer.created"]
    api.coupons.create({"percent_off": 10, "duration": "once"})
    receiver.wait(2)
    until(lambda: "coupon.created" in _types(each_shop, delivered=True), 20)
    assert _types(each_shop, delivered=False) == ["customer.created"]
    assert {"coupon.created", "product.created"} <= set(_types(each_shop, delivered=True))
    assert isinstance(api.events.list({"delivery_success": False}).data[0], stripe.Event)
