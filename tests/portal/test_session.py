"""A link opens once, in one browser, for a short time; nothing of another customer is behind it."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tenure.domain.portal import ABSOLUTE_S, IDLE_S, OPENS_WITHIN_S
from tests.portal.visitors import Visitor

HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
}


def change_session(server, **values):
    """Set columns of every portal session, as if time had passed."""
    with sqlite3.connect(next(Path(server.data).glob("*.db")), timeout=10) as database:
        database.execute(
            f"update portal_sessions set {', '.join(f'{name} = {value}' for name, value in values.items())}"
        )


def test_a_link_becomes_a_cookie_and_a_clean_address(browse, shop, server):
    ada = shop.customer()
    shop.subscription(ada)
    link = shop.link(ada)
    visitor = browse().get(link)
    assert visitor.status == 200
    assert "Continue" in visitor.text
    assert not visitor.http.cookies
    visitor.open(link)
    assert visitor.path == "/p/"
    assert link.rpartition("/")[2] not in visitor.page.text
    cookie = next(iter(visitor.http.cookies))
    assert cookie.name == "tenure_portal"
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert "SameSite=Lax" in visitor.page.history[-1].headers["set-cookie"]


def test_a_scanner_that_only_reads_does_not_use_the_link_up(browse, shop):
    ada = shop.customer()
    link = shop.link(ada)
    for _ in range(3):
        assert browse().get(link).status == 200
    assert browse().open(link).path == "/p/"


def test_the_same_browser_goes_on_and_another_one_sees_the_calm_page(browse, shop):
    ada = shop.customer()
    link = shop.link(ada)
    first = browse().open(link)
    assert first.open(link).path == "/p/"
    other = browse().get(link)
    assert (other.status, other.heading) == (410, "This link has expired")
    other.post("/p/session", {"secret": link.rpartition("/")[2]})
    assert other.status == 410
    assert not other.http.cookies


def test_of_many_that_open_a_link_at_once_one_gets_in(browse, shop):
    link = shop.link(shop.customer())
    secret = link.rpartition("/")[2]
    visitors = [browse() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: each.post("/p/session", {"secret": secret}), visitors))
    assert sorted(each.status for each in visitors) == [200] + [410] * 7


@pytest.mark.parametrize("secret", ["test_nothing", "x" * 500, "%00", "test_%F0%9F%92%A9"])
def test_a_secret_that_never_was_says_the_same(browse, secret):
    visitor = browse().get(f"/p/session/{secret}")
    assert (visitor.status, visitor.heading) == (410, "This link has expired")


def test_a_link_dies_unopened(browse, shop, server):
    link = shop.link(shop.customer())
    change_session(server, expires_at="unixepoch() - 1")
    assert browse().open(link).status == 410
    assert OPENS_WITHIN_S == 300


def test_a_session_ends_when_it_is_idle_or_too_old(browse, shop, server):
    visitor = browse().open(shop.link(shop.customer()))
    assert visitor.get("/p/").status == 200
    change_session(server, expires_at="unixepoch() - 1")
    assert (visitor.get("/p/").status, visitor.heading) == (410, "Your session has ended")
    assert (IDLE_S, ABSOLUTE_S) == (1800, 3600)


def test_use_keeps_a_session_alive_but_not_beyond_an_hour(browse, shop, server):
    visitor = browse().open(shop.link(shop.customer()))
    change_session(server, seen_at="unixepoch() - 1000", opened_at="unixepoch() - 3000", expires_at="unixepoch() + 60")
    visitor.get("/p/").get("/p/")
    with sqlite3.connect(next(Path(server.data).glob("*.db"))) as database:
        rows = database.execute("select expires_at - opened_at from portal_sessions where seen_at >= unixepoch() - 10")
        assert {row[0] for row in rows} == {3600}


def test_without_a_session_every_page_is_the_same_calm_one(browse):
    for path in ("/p/", "/p", "/p/subscriptions/sub_1/cancel", "/p/subscriptions/sub_1/cancel/confirm"):
        visitor = browse().get(path)
        assert (visitor.status, visitor.heading) == (410, "This link has expired"), path


def test_an_address_that_is_not_there_is_404(browse, shop):
    assert browse().get("/p/nowhere").status == 404
    assert browse().open(shop.link(shop.customer())).get("/p/a/b/c").heading == "We can’t find that page"


def test_the_secret_is_neither_stored_nor_logged(browse, shop, server):
    link = shop.link(shop.customer())
    secret = link.rpartition("/")[2]
    browse().open(link).get("/p/")
    files = [path for path in Path(server.data).rglob("*") if path.is_file()]
    assert len(files) > 1
    assert [path.name for path in files if secret.encode() in path.read_bytes()] == []
    assert secret not in server.log


def test_a_secret_is_long_and_says_its_mode(shop):
    secret = shop.link(shop.customer()).rpartition("/")[2]
    assert secret.startswith("test_")
    assert len(secret.removeprefix("test_")) >= 43  # 256 bits in base64


@pytest.mark.parametrize("path", ["/p/", "/p/session/test_x", "/p/nowhere"])
def test_every_page_has_the_headers_that_keep_it_private(browse, path):
    headers = browse().get(path).page.headers
    assert {name: headers[name] for name in HEADERS} == HEADERS
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "strict-transport-security" not in headers  # the tests speak http


def test_another_site_cannot_post(browse, shop):
    ada = shop.customer()
    subscription = shop.subscription(ada)
    visitor = browse().open(shop.link(ada))
    path = f"/p/subscriptions/{subscription.id}/cancel"
    assert visitor.post(path, **{"Sec-Fetch-Site": "cross-site"}).status == 403
    assert visitor.post(path, **{"Origin": "https://evil.example"}).status == 403
    assert visitor.get(path).path == "/p/"
    assert visitor.post(path, **{"Sec-Fetch-Site": "same-origin"}).status == 200


@pytest.mark.parametrize("path", ["", "/cancel", "/cancel/reason", "/cancel/offer", "/cancel/confirm", "/cancel/done"])
def test_a_foreign_subscription_is_the_same_as_none(browse, shop, path):
    ada, bo = shop.customer(), shop.customer(name="Bo")
    foreign = shop.subscription(bo)
    visitor = browse().open(shop.link(ada))
    answers = []
    for id in (foreign.id, "sub_unknown"):
        for ask in (visitor.get, visitor.post):
            ask(f"/p/subscriptions/{id}{path}")
            answers.append((visitor.status, visitor.heading, visitor.text.replace(id, "…")))
    assert {answer[:2] for answer in answers} == {(404, "We can’t find that page")}
    assert answers[0] == answers[2] and answers[1] == answers[3]
    for action in ("renew", "cancel/keep"):
        assert visitor.post(f"/p/subscriptions/{foreign.id}/{action}").status == 404


def test_a_verb_that_a_page_does_not_have_is_refused(browse, shop):
    visitor = browse().open(shop.link(shop.customer()))
    assert visitor.http.put(f"{visitor.base}/p/").status_code == 405
    assert visitor.post("/p/").status == 404


def test_a_form_that_is_too_large_changes_nothing(browse, shop):
    ada = shop.customer()
    subscription = shop.subscription(ada)
    visitor = browse().open(shop.link(ada))
    visitor.post(f"/p/subscriptions/{subscription.id}/cancel")
    visitor.post(f"/p/subscriptions/{subscription.id}/cancel/reason", {"comment": "x" * 70_000})
    assert visitor.status == 400


def test_the_language_is_that_of_the_link_then_the_choice_then_the_customer_then_the_browser(browse, shop):
    ada = shop.customer(preferred_locales=["de"])
    by_customer = browse().open(shop.link(ada))
    assert 'lang="de"' in by_customer.page.text
    by_link = browse().open(shop.link(ada, locale="en-GB"))
    assert '<html lang="en-GB"' in by_link.page.text
    by_link.post("/p/language", {"language": "de", "back": "/p/"})
    assert '<html lang="de"' in by_link.page.text
    assert by_link.page.headers["content-language"] == "de"
    by_browser: Visitor = browse(language="de-AT,de;q=0.9").open(shop.link(shop.customer(), locale="auto"))
    assert '<html lang="de"' in by_browser.page.text


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/dashboard", "/p/\\evil.example", "", "/p/\r\nx"]
)
def test_choosing_a_language_never_leads_away(browse, shop, back):
    visitor = browse().open(shop.link(shop.customer()))
    visitor.post("/p/language", {"language": "de", "back": back})
    assert visitor.path == "/p/"
