"""Attacks on the portal: links, sessions, flows in the wrong state, addresses that lead away."""

import re
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
import stripe

from tests.portal.visitors import Shop, Visitor
from tests.support.server import Server


@pytest.fixture(scope="module")
def shop(client: stripe.StripeClient) -> Shop:
    return Shop(client)


@pytest.fixture
def browse(server: Server) -> Callable[[], Visitor]:
    return lambda: Visitor(server.url)


def _offer(coupon: Any) -> dict[str, Any]:
    return {"type": "coupon_offer", "coupon_offer": {"coupon": coupon.id}}


def _flow(server: Server, client: stripe.StripeClient, subscription: Any) -> Any:
    found = client.raw_request("get", f"/v1/cancellation_sessions?subscription={subscription.id}")
    return client.deserialize(found, api_mode="V1")["data"][0]


def _post(visitor: Visitor, path: str, **fields: str) -> requests.Response:
    return visitor.http.post(f"{visitor.base}{path}", data=fields, allow_redirects=False, timeout=20)


def test_parallel_clicks_in_many_sessions_on_two_subscriptions_give_one_offer(browse, shop):
    coupon = shop.coupon()
    config, ada = shop.configuration(retention=_offer(coupon)), shop.customer()
    subscriptions = [shop.subscription(ada), shop.subscription(ada)]
    sessions = [browse().open(shop.link(ada, config)) for _ in range(4)]
    places = [(each, f"/p/subscriptions/{sub.id}/cancel") for each in sessions for sub in subscriptions]
    for visitor, place in places:
        _post(visitor, place)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda at: _post(at[0], f"{at[1]}/offer", choice="accept"), places))
    assert {each.status_code for each in answers} == {303}
    assert shop.api.coupons.retrieve(coupon.id).times_redeemed == 1
    assert sorted(len(shop.now(each).discounts) for each in subscriptions) == [0, 1]


def test_parallel_confirms_cancel_once(browse, shop):
    ada = shop.customer()
    subscription = shop.subscription(ada)
    visitor = browse().open(shop.link(ada, shop.configuration(ask=None))).press("cancel-subscription")
    version = re.search(r'name="version" value="([^"]*)"', visitor.page.text)
    assert version is not None
    place = f"/p/subscriptions/{subscription.id}/cancel/confirm"
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda _: _post(visitor, place, version=version[1]), range(8))
        assert {each.status_code for each in answers} == {303}
    assert [each.type for each in shop.events(subscription)].count("customer.subscription.updated") == 1


def test_a_deep_link_opens_its_own_subscription_alone_and_gives_its_coupon_to_no_other(browse, shop):
    ada = shop.customer()
    named, other = shop.subscription(ada), shop.subscription(ada)
    ends = {"after_completion": {"type": "portal_homepage"}}
    link = shop.deep_link(named, shop.configuration(ask=None), retention=_offer(shop.coupon()), **ends)
    visitor = browse().open(link)
    assert visitor.heading == "Stay for 25% less?"
    place = f"/p/subscriptions/{other.id}/cancel"
    for path in (place, f"{place}/offer", f"{place}/confirm", f"/p/subscriptions/{other.id}/renew"):
        assert _post(visitor, path, choice="accept").status_code == 404
    visitor.press("retention-decline").press("confirm")
    assert visitor.path.startswith("/p/?canceled=")
    _post(visitor, place)
    assert visitor.get(place).heading == "Confirm your cancellation"
    assert shop.now(other).discounts == []


def test_an_answer_that_was_given_after_the_cancel_is_not_overwritten_or_wiped(browse, shop, client, server):
    ada = shop.customer()
    subscription = shop.subscription(ada)
    visitor = browse().open(shop.link(ada, shop.configuration())).press("cancel-subscription").press("confirm")
    visitor.press("cancellation_reason_submit", feedback="unused", comment="first")
    place = f"/p/subscriptions/{subscription.id}/cancel/reason"
    for fields in ({"feedback": "other", "comment": "second"}, {"action": "skip"}):
        assert _post(visitor, place, **fields).headers["location"].endswith("/cancel/done")
    flow = _flow(server, client, subscription)
    assert (flow.feedback, flow.comment) == ("unused", "first")
    assert shop.now(subscription).cancellation_details.comment == "first"


def test_a_comment_is_not_taken_where_nothing_is_asked(browse, shop, client, server):
    ada = shop.customer()
    subscription = shop.subscription(ada)
    visitor = browse().open(shop.link(ada, shop.configuration(ask=None))).press("cancel-subscription")
    _post(visitor, f"/p/subscriptions/{subscription.id}/cancel/reason", comment="nobody asked")
    assert _flow(server, client, subscription).comment is None


def test_an_offer_cannot_be_taken_after_keeping_or_confirming(browse, shop, client, server):
    ada, config = shop.customer(), shop.configuration(retention=_offer(shop.coupon()), ask=None)
    for last in ("keep", "confirm"):
        subscription = shop.subscription(ada)
        visitor = browse().open(shop.link(ada, config))
        place = f"/p/subscriptions/{subscription.id}/cancel"
        visitor.post(place)
        if last == "confirm":
            visitor.press("retention-decline").press("confirm")
        else:
            visitor.post(f"{place}/keep")
        before = _flow(server, client, subscription)
        for choice in ("accept", "decline"):
            assert _post(visitor, f"{place}/offer", choice=choice).headers["location"].endswith("/cancel/done")
        assert _flow(server, client, subscription) == before
        assert shop.now(subscription).discounts == []


def test_an_offer_that_is_taken_in_the_end_was_not_declined(browse, shop, client, server):
    ada = shop.customer()
    subscription = shop.subscription(ada)
    config = shop.configuration(retention=_offer(shop.coupon()))
    visitor = browse().open(shop.link(ada, config)).press("cancel-subscription").press("retention-decline")
    _post(visitor, f"/p/subscriptions/{subscription.id}/cancel/offer", choice="accept")
    offer = _flow(server, client, subscription).offer
    assert (offer.accepted_at is None) is not (offer.declined_at is None)


def test_the_end_cannot_be_taken_back_once_it_is_reached(browse, shop):
    ada = shop.customer()
    subscription = shop.subscription(ada)
    visitor = browse().open(shop.link(ada, shop.configuration(ask=None, mode="immediately")))
    visitor.press("cancel-subscription").press("confirm")
    assert _post(visitor, f"/p/subscriptions/{subscription.id}/renew").status_code == 409
    assert shop.now(subscription).status == "canceled"


def test_deleting_a_customer_ends_links_and_sessions_at_once(browse, shop):
    ada = shop.customer()
    link, visitor = shop.link(ada), browse().open(shop.link(ada))
    assert visitor.status == 200
    shop.api.customers.delete(ada.id)
    assert visitor.get("/p/").status == 410
    assert visitor.heading == "Your session has ended"
    assert browse().get(link).status == 410
    assert _post(browse(), "/p/session", secret=link.rpartition("/")[2]).status_code == 410


def test_a_cookie_that_the_visitor_brings_is_never_taken_over(browse, shop):
    visitor = browse()
    visitor.http.cookies.set("tenure_portal", "attacker-chose-this-one", domain="127.0.0.1", path="/")
    link = shop.link(shop.customer())
    answer = _post(visitor, "/p/session", secret=link.rpartition("/")[2])
    given = answer.cookies["tenure_portal"]
    assert given != "attacker-chose-this-one"
    assert link.rpartition("/")[2] != given


def test_secrets_are_nowhere_in_the_database_or_the_log(server, shop, client):
    """The SDK sends an idempotency key with each POST, so every answer is kept."""
    key = client.v1.customers.create({"name": "x"}, {"idempotency_key": "one"}).id
    ada, again = shop.customer(), {"idempotency_key": "a-link"}
    link = shop.api.billing_portal.sessions.create({"customer": ada.id}, again)
    endpoint = {"url": "http://127.0.0.1:9/y", "enabled_events": ["customer.created"]}
    hook = shop.api.webhook_endpoints.create(endpoint, {"idempotency_key": "a-hook"})
    assert hook.secret.startswith("whsec_")
    rows = _everything(server)
    assert key in rows
    assert link.url.rpartition("/")[2] not in rows + server.log
    assert hook.secret not in rows + server.log
    assert "whsec_" not in rows
    assert shop.api.billing_portal.sessions.create({"customer": ada.id}, again).url == link.url
    assert shop.api.webhook_endpoints.create(endpoint, {"idempotency_key": "a-hook"}).secret == hook.secret


def _everything(server: Server) -> str:
    with sqlite3.connect(f"file:{server.data / 'tenure.db'}?mode=ro", uri=True) as database:
        tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        return "\n".join(str(row) for table in tables for row in database.execute(f"select * from {table}"))  # noqa: S608


BAD_LINKS = [
    "javascript:alert(1)",
    "data:text/html,x",
    "//evil.example/",
    "/p/",
    "http://shop.example/",
    "https://shop.example@evil.example/",
    "https://shop.example\\@evil.example/",
    "https://shop.example/\n",
    "https://shop.example/\r\nX-Evil: 1",
    "https://shop.example/\x01",
    "https://shop.example/\u202e",
    "https://shop.example/ x",
    'https://shop.example/"onmouseover=1',
    "https://[",
    "https://:80/",
    "https:///x",
    "https://shop.example:99999/",
    "ftp://localhost/",
]


@pytest.mark.parametrize("url", BAD_LINKS)
def test_no_page_can_be_made_to_lead_to_such_an_address(shop, url):
    ada = shop.customer()
    subscription, config = shop.subscription(ada), shop.configuration()
    after = {"type": "redirect", "redirect": {"return_url": url}}
    for attempt in (
        lambda: shop.link(ada, return_url=url),
        lambda: shop.deep_link(subscription, after_completion=after),
        lambda: shop.api.billing_portal.configurations.update(config.id, {"default_return_url": url}),
        lambda: shop.api.billing_portal.configurations.update(
            config.id, {"business_profile": {"privacy_policy_url": url}}
        ),
        lambda: shop.api.billing_portal.configurations.update(
            config.id, {"business_profile": {"terms_of_service_url": url}}
        ),
    ):
        with pytest.raises(stripe.InvalidRequestError):
            attempt()


def test_plain_http_leads_to_this_machine_in_test_mode_only(shop, server):
    assert shop.link(shop.customer(), return_url="http://localhost:3000/account")
    live = server.client(server.key(live=True)).v1
    customer = live.customers.create({"name": "Live"})
    with pytest.raises(stripe.InvalidRequestError, match="https://"):
        live.billing_portal.sessions.create({"customer": customer.id, "return_url": "http://localhost:3000/"})


@pytest.mark.parametrize("path", ["/p/", "/p/session/never", "/p/subscriptions/%00/cancel", "/p/%ff%00"])
def test_broken_addresses_and_queries_get_calm_pages(browse, shop, path):
    for visitor in (browse(), browse().open(shop.link(shop.customer()))):
        visitor.get(path + "?" + "&".join(f"a{number}=%00" for number in range(60)))
        assert visitor.status in (200, 404, 410)
        assert "default-src 'none'" in visitor.page.headers["content-security-policy"]
        assert visitor.post(path, Origin="http://[").status in (403, 405)


@pytest.mark.parametrize(
    "back",
    [
        "//evil.example",
        "/p/\\evil.example",
        "javascript:1",
        "/p/\r\nX-Evil: 1",
        "/dashboard",
        "https://evil.example/p/",
    ],
)
def test_the_language_form_leads_nowhere_else(browse, shop, back):
    visitor = browse().open(shop.link(shop.customer()))
    answer = _post(visitor, "/p/language", language="de", back=back)
    assert answer.headers["location"] == "/p/"
    assert "x-evil" not in answer.headers
