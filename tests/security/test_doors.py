"""Attacks on the dashboard, the API and what lies outside the doors: text, guesses, addresses and broken requests."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import stripe

from tests.dashboard.visitor import Visitor, signed_in
from tests.portal.visitors import Shop
from tests.portal.visitors import Visitor as Customer
from tests.security.strangers import new_key
from tests.support.server import Server, User, serving

EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}"
RAW = ("<script>alert", "<img src=x", ">49<")
HEADERS = ("content-security-policy", "x-content-type-options", "referrer-policy")


@pytest.fixture(scope="module")
def owner(server: Server) -> Visitor:
    return signed_in(server)


@pytest.fixture(scope="module")
def client(server: Server, owner: Visitor) -> stripe.StripeClient:
    return server.client(new_key(owner, "secret"))


@pytest.fixture(scope="module")
def person(server: Server) -> User:
    return server.user()


@pytest.fixture(scope="module")
def stored(server: Server, client: stripe.StripeClient, owner: Visitor) -> dict[str, Any]:
    """Hostile text in every field that takes text."""
    api: Any = client.v1
    shop = Shop(client)
    shop.product = api.products.create({"name": f"=1+1{EVIL}", "description": EVIL, "metadata": {"<b>": EVIL}})
    recurring = {"interval": "month"}
    price = {"product": shop.product.id, "currency": "eur", "unit_amount": 900, "recurring": recurring}
    shop.price = api.prices.create(price | {"nickname": EVIL})
    coupon = api.coupons.create({"percent_off": 5, "duration": "once", "name": EVIL[:40]})
    option = client.raw_request("post", "/v1/billing/feedback_options", description="<script>alert(3)</script>")
    chosen = client.deserialize(option, api_mode="V1")["id"]
    ada = shop.customer(name=EVIL, email="=cmd@evil.example", phone="+1", description=EVIL)
    sub = shop.subscription(ada, description=EVIL, metadata={"x": EVIL}, discounts=[{"coupon": coupon.id}])
    hook = {"url": "http://127.0.0.1:9/?<script>alert(4)</script>", "enabled_events": ["customer.created"]}
    made = api.webhook_endpoints.create(hook | {"description": EVIL})
    owner.post("/sql", action="save", name=EVIL[:80], sql=f"select '{EVIL.replace(chr(39), '')}' as x")
    profile = {"headline": "<script>alert(5)</script>"}
    reason = {"enabled": True, "options": ["other"], "feedback_options": [chosen]}
    retention = {"type": "coupon_offer", "coupon_offer": {"coupon": shop.coupon(name=EVIL[:40]).id}}
    cancel = {"enabled": True, "cancellation_reason": reason, "retention": retention}
    config = api.billing_portal.configurations.create(
        {"business_profile": profile, "features": {"subscription_cancel": cancel}}
    )
    return {"shop": shop, "ada": ada, "sub": sub, "hook": made, "coupon": coupon, "config": config, "option": chosen}


def _inert(text: str) -> bool:
    return not [each for each in RAW if each in text]


def test_text_of_others_is_only_ever_text_on_portal_pages(server: Server, stored: dict[str, Any]):
    shop, sub = stored["shop"], stored["sub"]
    message = {"type": "hosted_confirmation", "hosted_confirmation": {"custom_message": EVIL}}
    visitor = Customer(server.url).open(shop.link(stored["ada"], stored["config"]))
    pages = [visitor.page.text]
    visitor.open(shop.deep_link(sub, stored["config"], after_completion=message))
    pages.append(visitor.page.text)
    pages.append(visitor.press("retention-decline").page.text)
    pages.append(visitor.press("confirm").page.text)
    visitor.press("cancellation_reason_submit", feedback=stored["option"], comment=f"@SUM(1){EVIL}")
    pages.append(visitor.page.text)
    assert EVIL in html.unescape(visitor.page.text)
    assert all(_inert(page) for page in pages)


def test_text_of_others_is_only_ever_text_on_dashboard_pages(owner: Visitor, stored: dict[str, Any]):
    sub, ada, hook, product = stored["sub"].id, stored["ada"].id, stored["hook"].id, stored["shop"].product.id
    query = requests.utils.quote(EVIL)  # type: ignore[attr-defined]
    places = ["", "/subscriptions", f"/subscriptions/{sub}", "/customers", f"/customers/{ada}", "/products"]
    places += [f"/products/{product}", "/coupons", f"/coupons/{stored['coupon'].id}", "/events", "/webhooks"]
    places += [f"/webhooks/{hook}", "/sql", "/security", f"/search?q={query}", f"/customers?q={query}"]
    places += [f"/events?type={query}", f"/sql?template={query}", f"/subscriptions?price={query}"]
    for place in places:
        answer = owner.get(place)
        assert answer.status_code == 200, place
        assert _inert(answer.text), place
    stranger = Visitor(owner.server).get(f"/sign-in?next={query}").text
    assert _inert(stranger)
    assert _inert(owner.post("/coupons/new", name=EVIL, type="percent", percent_off=EVIL).text)


def test_text_of_others_is_only_ever_text_in_query_results_and_drawings(owner: Visitor, stored: dict[str, Any]):
    sql = 'select name, count(*) as "<img src=x onerror=alert(2)>" from customers group by 1'
    answer = owner.post("/sql", action="run", sql=sql)
    assert answer.status_code == 200
    assert _inert(answer.text)
    broken = owner.post("/sql", action="run", sql=f'select "{EVIL}"')
    assert broken.status_code == 422
    assert _inert(broken.text)


@pytest.mark.parametrize("place", ["/customers.csv", "/subscriptions.csv"])
def test_no_cell_of_an_export_is_a_formula(owner: Visitor, stored: dict[str, Any], place: str):
    cells = re.findall(r'(?:^|,)("(?:[^"]|"")*"|[^,\r\n]*)', owner.get(place).text, re.M)
    assert any(cell.strip('"').startswith("'=") for cell in cells)
    assert not [cell for cell in cells if cell.strip('"')[:1] in ("=", "@", "+", "\t")]


SQL = [
    "select * from read_text('/etc/passwd')",
    "select getenv('HOME')",
    "copy (select 1) to '/tmp/x'",
    "select * from information_schema.tables",
    "select * from duckdb_settings()",
    "attach 'x'",
    "select * from 'x.parquet'",
    'select * from "../../customers.parquet"',
    "select 1; select 2",
    "select query('select 1')",
    "select " + "(" * 3000 + "1" + ")" * 3000,
    "set memory_limit='1TB'",
    "select c from customers c",
    "with customers as (select * from secrets) select * from customers",
]


@pytest.mark.parametrize("sql", SQL)
def test_hostile_sql_is_refused_in_words(owner: Visitor, sql: str):
    answer = owner.post("/sql", action="run", sql=sql)
    assert answer.status_code == 422
    assert 'id="sql-error"' in answer.text
    assert "Traceback" not in answer.text


def test_a_viewer_gets_nobody_by_sql(server: Server, stored: dict[str, Any]):
    viewer = signed_in(server, role="viewer")
    for column in ("email", "name", "phone"):
        assert viewer.post("/sql", action="csv", sql=f"select {column} from customers").status_code == 422
        assert viewer.post("/sql", action="csv", sql=f"select 1 from customers where {column} > ''").status_code == 422
    every = viewer.post("/sql", action="csv", sql="select * from customers")
    assert every.status_code == 200
    assert stored["ada"].id in every.text
    assert not [word for word in ("evil.example", "onerror") if word in every.text]


# Guesses


def test_a_stolen_cookie_is_no_place_to_guess_the_password(server: Server, person: User):
    visitor = Visitor(server)
    visitor.sign_in(person)
    answers = [visitor.post("/security/factor-off", off_password=f"guess {at}").status_code for at in range(12)]
    assert answers == [422] * 10 + [429] * 2
    assert visitor.post("/security/password", old=person.password, new="seventeen small owls").status_code == 429
    assert Visitor(server).sign_in(person).status_code == 303


def test_signing_in_gives_a_fresh_token_and_ends_the_one_before(server: Server, person: User):
    visitor = Visitor(server)
    visitor.web.cookies.set("tenure_dashboard", "attacker-chose-this-one", domain="127.0.0.1", path="/")
    first = visitor.sign_in(person).cookies["tenure_dashboard"]
    assert first != "attacker-chose-this-one"
    copy = Visitor(server)
    copy.web.cookies.set("tenure_dashboard", first)
    second = visitor.sign_in(person).cookies["tenure_dashboard"]
    assert second != first
    assert copy.get("").status_code == 303


def test_a_password_of_many_megabytes_costs_nothing(server: Server):
    answer = Visitor(server).post("/sign-in", email="a@b.example", password="x" * 300_000)
    assert answer.status_code in (400, 403, 413)
    assert Visitor(server).sign_in(User("nul\0@b.example", "\0")).status_code == 401


# Outside the doors, and requests that are broken


@pytest.mark.parametrize("verb", ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"])
@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/nope", "/p/", "/p/x/y", "/dashboard", "/dashboard/x", "/static/x", "/metrics"]
)
def test_every_answer_has_headers_that_keep_it_inert(server: Server, verb: str, path: str):
    answer = requests.request(verb, server.url + path, allow_redirects=False, timeout=20)
    assert answer.status_code < 500
    for name in HEADERS:
        assert name in answer.headers, name
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("query", ["next=//[", "&".join(["a=1"] * 3000), "next=%00", "next=/dashboard/%0d%0aX:1"])
def test_a_broken_query_does_not_break_the_dashboard(server: Server, owner: Visitor, query: str):
    for visitor in (Visitor(server), owner):
        for place in ("/sign-in", "/customers", "/customers/%00", "/nope"):
            answer = visitor.get(f"{place}?{query}")
            assert answer.status_code in (200, 303, 404)
            assert "x" not in answer.headers


def test_a_broken_origin_is_another_site(server: Server, owner: Visitor):
    for path in ("/dashboard/mode", "/dashboard/sign-in", "/p/session"):
        cookies = owner.web.cookies.get_dict()
        for origin in ("http://[", "http://127.0.0.1.evil.example", "", "file://", f"{server.url}@evil.example"):
            headers = {"Origin": origin}
            answer = requests.post(
                server.url + path, headers=headers, cookies=cookies, allow_redirects=False, timeout=20
            )
            assert answer.status_code == 403, (path, origin)


BODIES: list[bytes | str] = [
    b"name=\xff\xfe",
    "name=%ff",
    "name=a%00b",
    "name=%zz",
    "a" + "[b]" * 200 + "=1",
    "&".join(f"metadata[k{at}]=1" for at in range(10_001)),
    "metadata" + "[" * 5000 + "=1",
    "name[a]=1",
    b"name=" + b"x" * 1_000_001,
    "test_clock[]=1",
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: str(body)[:20])
def test_broken_bodies_are_told_so(server: Server, keys: str, body: bytes | str):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = requests.post(f"{server.url}/v1/customers", data=body, headers=headers, auth=(keys, ""), timeout=20)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("id", ["*", "%00", "%ff", "..%2f..%2fetc", "%", "x" * 5000, "'%20or%201=1--", "_"])
@pytest.mark.parametrize("noun", ["customers", "webhook_endpoints", "events", "coupons", "products", "prices"])
def test_odd_ids_are_missing_ones(server: Server, keys: str, client: stripe.StripeClient, noun: str, id: str):
    for _ in range(2):
        answer = requests.get(f"{server.url}/v1/{noun}/{id}", auth=(keys, ""), timeout=20)
        assert answer.status_code == 404
        client.v1.customers.create({"name": "an event, so that the endpoints are looked up"})


@pytest.fixture(scope="module")
def keys(owner: Visitor) -> str:
    return new_key(owner, "secret")


def test_an_idempotency_key_that_is_blank_is_none(server: Server, keys: str):
    headers = {"Idempotency-Key": ""}
    ids = {
        requests.post(f"{server.url}/v1/customers", headers=headers, auth=(keys, ""), timeout=20).json()["id"]
        for _ in range(2)
    }
    assert len(ids) == 2


@pytest.fixture(scope="module")
def public() -> Iterator[stripe.StripeClient]:
    """A server whose operator allows no private addresses; it sends nothing at all."""
    with serving(env={"TENURE_ALLOW_PRIVATE_WEBHOOKS": "false", "TENURE_WORKERS": "false"}) as started:
        yield started.client()


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "https://127.0.0.1/", "https://[::1]/", "https://2130706433/", "https://169.254.169.254/"]
    + ["https://localhost/", "https://a@example.com/", "https://example.com:22/", "file:///etc/passwd", "javascript:1"],
)
def test_webhooks_are_sent_into_no_private_network_unless_the_operator_says_so(public: stripe.StripeClient, url: str):
    with pytest.raises(stripe.InvalidRequestError):
        public.v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})
    made = public.v1.webhook_endpoints.create({"url": "https://hooks.example/", "enabled_events": ["*"]})
    with pytest.raises(stripe.InvalidRequestError):
        public.v1.webhook_endpoints.update(made.id, {"url": url})
    public.v1.webhook_endpoints.delete(made.id)
