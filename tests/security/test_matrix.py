"""Every route of every door against strangers, other customers, other merchants, low roles and other sites.

The routes are those of the application itself: one without an entry in the tables below fails, so that whoever adds an
address says who may use it.
"""

import re
import secrets
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from falcon.inspect import inspect_routes

from tenure import api, app, dashboard
from tenure.dashboard.visit import ROLES, Route
from tenure.store.open import open_store
from tenure.store.seal import new_key_line, read_ring
from tenure.web.context import App
from tests.dashboard.visitor import Visitor, signed_in
from tests.hosted.bills import Desk
from tests.portal.visitors import Shop
from tests.portal.visitors import Visitor as Customer
from tests.security.strangers import Merchant, merchants, new_key
from tests.support.server import Server

PLACE = re.compile(r"{\w+(:path)?}")
CROSS = ("cross-site", "same-site", "")

# Whom a portal address serves: a link's holder, any session, or only the session of the customer whose id it names.
PORTAL = {
    "/p": "session",
    "/p/": "session",
    "/p/invoices": "session",
    "/p/language": "session",
    "/p/payment-methods": "session",
    "/p/payment-methods/{id}/default": "session",
    "/p/payment-methods/{id}/remove": "session",
    "/p/session": "link",
    "/p/session/{secret}": "link",
    "/p/subscriptions/{id}/cancel": "owner",
    "/p/subscriptions/{id}/cancel/confirm": "owner",
    "/p/subscriptions/{id}/cancel/done": "owner",
    "/p/subscriptions/{id}/cancel/keep": "owner",
    "/p/subscriptions/{id}/cancel/offer": "owner",
    "/p/subscriptions/{id}/cancel/reason": "owner",
    "/p/subscriptions/{id}/renew": "owner",
    "/p/{rest:path}": "session",
}

# The pages of invoices serve whoever holds the token in their address: it opens one invoice, or one question of a bank.
# The verbs are those that a holder may use.
HOSTED = {
    "/i/{token}": ("GET",),
    "/i/{token}/credit_notes/{note}/pdf": ("GET",),
    "/i/{token}/language": ("POST",),
    "/i/{token}/pay": ("POST",),
    "/i/{token}/pdf": ("GET",),
    "/i/{token}/receipt": ("GET",),
    "/i/{token}/receipt/pdf": ("GET",),
    "/i/{token}/{rest:path}": (),
    "/i/authenticate/{token}": ("GET", "POST"),
}

# The least role that reads a dashboard address, and the least that sends its form.
DASHBOARD = {
    "": ("viewer", None),
    "/account": (None, "viewer"),
    "/coupons": ("viewer", None),
    "/coupons/new": ("editor", "editor"),
    "/coupons/{id}": ("viewer", "editor"),
    "/coupons/{id}/delete": (None, "editor"),
    "/customers": ("viewer", None),
    "/customers.csv": ("viewer", None),
    "/customers/{id}": ("viewer", None),
    "/customers/{id}/portal-link": (None, "editor"),
    "/emails": ("viewer", None),
    "/emails/{id}": ("viewer", None),
    "/emails/{id}/preview": ("viewer", None),
    "/emails/{id}/resend": (None, "editor"),
    "/events": ("viewer", None),
    "/events/{id}": ("viewer", None),
    "/events/{id}/resend": (None, "editor"),
    "/invoices": ("viewer", None),
    "/invoices/{id}": ("viewer", None),
    "/invoices/{id}/finalize": (None, "editor"),
    "/invoices/{id}/pay": (None, "editor"),
    "/invoices/{id}/send": (None, "editor"),
    "/invoices/{id}/uncollectible": (None, "editor"),
    "/invoices/{id}/void": (None, "editor"),
    "/keys": ("viewer", "owner"),
    "/keys/{id}/revoke": (None, "owner"),
    "/mode": (None, "viewer"),
    "/prices/{id}": (None, "editor"),
    "/products": ("viewer", None),
    "/products/new": ("editor", "editor"),
    "/products/{id}": ("viewer", "editor"),
    "/products/{id}/prices": (None, "editor"),
    "/search": ("viewer", None),
    "/security": ("viewer", None),
    "/security/factor": ("viewer", "viewer"),
    "/security/factor-off": (None, "viewer"),
    "/security/password": (None, "viewer"),
    "/security/sessions/revoke-others": (None, "viewer"),
    "/security/sessions/{id}/revoke": (None, "viewer"),
    "/settings/billing": ("viewer", "editor"),
    "/settings/emails": ("viewer", "editor"),
    "/settings/portal": ("viewer", "editor"),
    "/settings/portal/preview": ("viewer", "viewer"),
    "/settings/portal/new": (None, "editor"),
    "/settings/portal/{id}": (None, "editor"),
    "/sign-out": (None, "viewer"),
    "/sql": ("viewer", "viewer"),
    "/sql/saved/{id}/delete": (None, "editor"),
    "/subscriptions": ("viewer", None),
    "/subscriptions.csv": ("viewer", None),
    "/subscriptions/{id}": ("viewer", None),
    "/subscriptions/{id}/cancel": ("editor", "editor"),
    "/subscriptions/{id}/collection": (None, "editor"),
    "/subscriptions/{id}/coupon": (None, "editor"),
    "/subscriptions/{id}/undo": (None, "editor"),
    "/webhooks": ("viewer", None),
    "/webhooks/new": ("editor", "editor"),
    "/webhooks/{id}": ("viewer", "editor"),
    "/webhooks/{id}/delete": (None, "editor"),
    "/webhooks/{id}/roll": (None, "owner"),
    "/webhooks/{id}/status": (None, "editor"),
}
FORMS = {
    "/coupons/{id}": {"name": "Taken over"},
    "/prices/{id}": {"active": "false"},
    "/products/{id}": {"name": "Taken over"},
    "/products/{id}/prices": {"amount": "5", "currency": "eur", "interval": "month"},
    "/subscriptions/{id}/cancel": {"mode": "immediately"},
    "/subscriptions/{id}/collection": {"to": "void"},
    "/webhooks/{id}": {"url": "https://evil.example/x", "all": "on"},
    "/webhooks/{id}/status": {"to": "disabled"},
}
# Addresses without a door: they serve everybody and change nothing.
OUTSIDE = {"/", "/favicon.ico", "/healthz", "/static/brand/{name}", "/static/{name}"}
DOORLESS = {"/dashboard/sign-in", "/dashboard/static/{name}"}
API_PARAMS = {
    "/v1/payment_methods/{id}/attach": {"customer": "cus_never"},
    "/v1/payment_intents/{id}/increment_authorization": {"amount": "1"},
    "/v1/test_helpers/test_clocks/{id}/advance": {"frozen_time": "1900000000"},
    "/v1/subscriptions/{id}/migrate": {"billing_mode[type]": "flexible"},
    "GET /v1/billing/meters/{id}/event_summaries": {"customer": "cus_never", "start_time": "0", "end_time": "60"},
    "POST /v1/products/{id}/features": {"entitlement_feature": "feat_never"},
    "POST /v1/customers/{id}/balance_transactions": {"amount": "-1", "currency": "eur"},
    "POST /v1/customers/{id}/tax_ids": {"type": "eu_vat", "value": "DE136695976"},
    "/v1/invoices/{id}/attach_payment": {"payment_intent": "pi_never"},
    "/v1/invoices/{id}/add_lines": {"lines[0][amount]": "1"},
    "/v1/invoices/{id}/update_lines": {"lines[0][id]": "il_never"},
    "/v1/invoices/{id}/remove_lines": {"lines[0][id]": "il_never", "lines[0][behavior]": "delete"},
}


def site() -> Any:
    """The application as it is served, over a store that nobody opens."""
    folder = Path(tempfile.gettempdir())
    made = App(
        store=open_store(f"sqlite:///{folder / 'never-opened.db'}"),
        clock=app.now,
        ring=read_ring(new_key_line()),
        public_url="http://127.0.0.1:1",
        data_dir=folder,
        secure=False,
    )
    return app.pages(made)


ROUTES = sorted(route.path for route in inspect_routes(site()))
PORTAL_PATHS = [path for path in ROUTES if path == "/p" or path.startswith("/p/")]
DASHBOARD_ROUTES = {route.path.removeprefix("/dashboard"): route for route in dashboard.ROUTES}


def _operations() -> Iterator[tuple[str, str, bool]]:
    for resource in api.RESOURCES:
        for operation in resource.operations:
            yield operation.verb, resource.path + operation.path, operation.writes


OPERATIONS = sorted(_operations())


@pytest.fixture(scope="module")
def both(server: Server) -> tuple[Merchant, Merchant]:
    return merchants(server)


@pytest.fixture(scope="module")
def shop(both: tuple[Merchant, Merchant]) -> Shop:
    return Shop(both[0].client())


@pytest.fixture(scope="module")
def people(server: Server, both: tuple[Merchant, Merchant]) -> dict[str, Visitor]:
    return {role: signed_in(server, role=role) for role in ROLES[:-1]} | {ROLES[-1]: both[0].owner}


# The tables are complete


def test_every_route_has_an_entry():
    inside = {"/dashboard" + path for path in DASHBOARD} | DOORLESS | set(PORTAL) | set(HOSTED) | OUTSIDE
    unknown = set(ROUTES) - inside
    assert not unknown, f"Say in tests/security/test_matrix.py who may use {unknown}"
    assert inside <= set(ROUTES), f"There is no route {inside - set(ROUTES)} any more"


@pytest.mark.parametrize("path", sorted(DASHBOARD_ROUTES))
def test_a_dashboard_route_asks_for_the_role_that_is_agreed(path: str):
    route: Route = DASHBOARD_ROUTES[path]
    assert (route.reads if route.get else None, route.writes if route.post else None) == DASHBOARD[path]


# The portal


@pytest.fixture(scope="module")
def pair(shop: Shop, server: Server) -> tuple[Customer, Any]:
    """The browser of one customer, and the subscription of another who has just begun to cancel it."""
    ada, eve = shop.customer(), shop.customer(name="Eve")
    theirs = shop.subscription(ada)
    Customer(server.url).open(shop.link(ada)).press("cancel-subscription")
    shop.subscription(eve)
    return Customer(server.url).open(shop.link(eve)), theirs


@pytest.mark.parametrize("path", PORTAL_PATHS)
def test_a_portal_page_shows_nothing_without_a_session(server: Server, pair: tuple[Customer, Any], path: str):
    stranger = Customer(server.url)
    stranger.http.cookies.set("tenure_portal", "x" * 43)
    for visit in (stranger.get, stranger.post):
        visit(PLACE.sub(pair[1].id, path))
        assert stranger.status in ({405, 410} if PORTAL[path] == "link" else {404, 410})
        assert "Studio" not in stranger.page.text
        assert "moreau" not in stranger.page.text
        assert "default-src 'none'" in stranger.page.headers["content-security-policy"]


@pytest.mark.parametrize("path", [path for path in PORTAL_PATHS if PORTAL.get(path) == "owner"])
def test_the_subscription_of_another_customer_does_not_exist(pair: tuple[Customer, Any], shop: Shop, path: str):
    eve, theirs = pair
    before = shop.now(theirs)
    for ask in (lambda to: eve.get(to), lambda to: eve.post(to, {"choice": "accept", "version": "x"})):
        ask(path.replace("{id}", theirs.id))
        foreign = (eve.status, eve.heading)
        ask(path.replace("{id}", "sub_never"))
        assert foreign == (eve.status, eve.heading) == (404, "We can’t find that page")
    assert shop.now(theirs) == before


@pytest.mark.parametrize("path", PORTAL_PATHS)
def test_another_site_can_post_nothing_to_the_portal(shop: Shop, server: Server, path: str):
    ada = shop.customer()
    own = shop.subscription(ada)
    link = shop.link(ada)
    browser = Customer(server.url).open(shop.link(ada)).press("cancel-subscription")
    for headers in ({"Sec-Fetch-Site": site} for site in CROSS):
        browser.post(PLACE.sub(own.id, path), {"secret": link.rpartition("/")[2]}, **headers)
        assert browser.status == (405 if path == "/p/session/{secret}" else 403), headers
    browser.post(PLACE.sub(own.id, path), Origin="https://evil.example")
    assert browser.status in (403, 405)
    assert shop.now(own).cancel_at is None


# The pages of invoices


@pytest.mark.parametrize("path", sorted(HOSTED))
def test_a_wrong_token_opens_nothing_and_all_wrong_ones_sound_alike(server: Server, path: str):
    seen = set()
    for token in (secrets.token_urlsafe(32), "x", "acct_1.test.pi_1_secret_2", "acct_1.live.seti_1_secret_2", "%27--"):
        stranger = Customer(server.url)
        for visit in (stranger.get, stranger.post):
            visit(PLACE.sub(token, path))
            if stranger.status != 405:  # a paper takes no forms, whoever asks
                seen.add((stranger.status, stranger.text))
            assert "default-src 'none'" in stranger.page.headers["content-security-policy"]
    assert len(seen) == 1
    assert seen.pop()[0] == 404


@pytest.mark.parametrize("path", sorted(path for path, verbs in HOSTED.items() if "POST" in verbs))
def test_another_site_can_post_nothing_to_the_pages_of_an_invoice(server: Server, path: str):
    browser = Customer(server.url)
    for headers in ({"Sec-Fetch-Site": site} for site in CROSS):
        browser.post(PLACE.sub("x" * 43, path), {"outcome": "complete"}, **headers)
        assert browser.status == 403, headers


@pytest.fixture(scope="module")
def desk(server: Server) -> Desk:
    return Desk(server)


def test_the_token_of_one_invoice_shows_nothing_of_another(desk: Desk, shop: Shop, server: Server):
    ada, eve = shop.customer(), shop.customer(name="Eve")
    hers, other = desk.invoice(ada, paid=True), desk.invoice(eve, customer_name="Eve Adams")
    also_hers = desk.invoice(ada)
    for path in ("", "/receipt", "/pdf", "/receipt/pdf"):
        page = Customer(server.url).get(f"/i/{hers.hosted_token}{path}").page
        for hidden in (other.number, also_hers.number, other.hosted_token, also_hers.hosted_token, "Eve Adams"):
            assert str(hidden).encode() not in page.content
    browser = Customer(server.url).post(f"/i/{other.hosted_token}/pay", {"method": ada.id})
    assert browser.status == 422


# The dashboard


def _real(path: str, ids: dict[str, str]) -> str:
    """The address with the id that stands behind its noun."""
    noun = path.split("/{")[0].rpartition("/")[2]
    noun = "configurations" if noun == "portal" else noun
    return PLACE.sub(lambda _: ids[noun], path)


@pytest.mark.parametrize("path", sorted(DASHBOARD))
def test_the_dashboard_shows_strangers_the_sign_in_page(server: Server, both: tuple[Merchant, Merchant], path: str):
    stranger = Visitor(server)
    stranger.web.cookies.set("tenure_dashboard", "x" * 43)
    reads, writes = DASHBOARD[path]
    for answer in [stranger.get(_real(path, both[0].ids))] * (reads is not None) + [
        stranger.post(_real(path, both[0].ids), **FORMS.get(path, {}))
    ] * (writes is not None):
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/dashboard/sign-in")
        assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", sorted(path for path, (_, writes) in DASHBOARD.items() if writes))
def test_a_form_of_the_dashboard_is_closed_to_lower_roles_and_other_sites(
    people: dict[str, Visitor], both: tuple[Merchant, Merchant], path: str
):
    least = ROLES.index(DASHBOARD[path][1])
    place, form = _real(path, both[0].ids), FORMS.get(path, {})
    for role in ROLES[:least]:
        assert people[role].post(place, **form).status_code == 403, role
    for role in ROLES[least:]:
        for sent_from in CROSS[:2]:
            assert people[role].post(place, sent_from=sent_from, **form).status_code == 403, (role, sent_from)


@pytest.mark.parametrize(
    "path", sorted(path for path, (reads, _) in DASHBOARD.items() if reads not in (None, "viewer"))
)
def test_a_page_that_only_serves_a_form_is_closed_to_lower_roles(
    people: dict[str, Visitor], both: tuple[Merchant, Merchant], path: str
):
    assert people["viewer"].get(_real(path, both[0].ids)).status_code == 403


@pytest.mark.parametrize("path", sorted(path for path in DASHBOARD if "{id}" in path))
def test_what_belongs_to_another_merchant_is_not_there(both: tuple[Merchant, Merchant], path: str):
    mine, theirs = both
    for here, there in ((mine, theirs), (theirs, mine)):
        _check_absent(here.owner, path, there)
    if "/sessions/" not in path and "/keys/" not in path and DASHBOARD[path][0]:
        mine.owner.post("/mode", mode="live")
        _check_absent(mine.owner, path, mine)
        mine.owner.post("/mode", mode="test")


def _check_absent(owner: Visitor, path: str, other: Merchant) -> None:
    reads, writes = DASHBOARD[path]
    form = {"coupon": other.ids["coupons"], "endpoint": other.ids["webhooks"]} | FORMS.get(path, {})
    for verb, allowed in ((owner.get, reads), (lambda to: owner.post(to, **form), writes)):
        if allowed:
            foreign, missing = verb(_real(path, other.ids)), verb(PLACE.sub("never", path))
            assert foreign.status_code == missing.status_code == 404
            assert foreign.text == missing.text


def test_nothing_of_the_other_merchant_is_in_lists_searches_exports_and_queries(both: tuple[Merchant, Merchant]):
    mine, theirs = both
    pages = [path for path, (reads, _) in DASHBOARD.items() if reads and "{id}" not in path]
    pages += [f"/search?q={theirs.ids['customers']}", "/search?q=Only", "/customers?q=mine@example.com"]
    for page in pages:
        text = mine.owner.get(page).text
        assert not [noun for noun, id in theirs.ids.items() if id in text.replace(f'value="{id}"', "")], page
    for sql in ("select id from customers", "select id, customer_id from subscriptions", "select id from coupons"):
        answer = mine.owner.post("/sql", action="csv", sql=sql)
        assert answer.status_code == 200, answer.text
        assert not [id for id in theirs.ids.values() if id in answer.text], sql


# The API


def _ask(server: Server, verb: str, path: str, **given: Any) -> requests.Response:
    where = "params" if verb == "GET" else "data"
    fields = {where: given.pop("fields", {})}
    return requests.request(verb, server.url + path, timeout=20, **fields, **given)


@pytest.mark.parametrize(("verb", "path", "writes"), OPERATIONS)
def test_an_operation_needs_a_key_that_may(
    server: Server, both: tuple[Merchant, Merchant], keys: dict[str, str], verb: str, path: str, writes: bool
):
    place = _real(path, both[0].ids) if "{" in path else path
    cookies = both[0].owner.web.cookies.get_dict()
    assert _ask(server, verb, place, cookies=cookies).status_code == 401
    for wrong in ("sk_test_" + "A" * 32, "", keys["secret"].swapcase(), keys["secret"].replace("test", "live")):
        assert _ask(server, verb, place, auth=(wrong, "")).status_code == 401
    other = {"Stripe-Account": both[1].ids["accounts"]}
    assert _ask(server, verb, place, auth=(keys["secret"], ""), headers=other).status_code == 403
    if writes:
        assert _ask(server, verb, place, auth=(keys["restricted"], "")).status_code == 403


@pytest.fixture(scope="module")
def keys(both: tuple[Merchant, Merchant]) -> dict[str, str]:
    owner = both[0].owner
    return {
        "secret": both[0].key,
        "restricted": new_key(owner, "restricted"),
        "live": new_key(owner, "secret", live=True),
    }


@pytest.mark.parametrize(("verb", "path"), sorted({(verb, path) for verb, path, _ in OPERATIONS if "{id}" in path}))
def test_an_object_of_another_account_or_mode_is_as_missing_as_none(
    server: Server, both: tuple[Merchant, Merchant], keys: dict[str, str], verb: str, path: str
):
    mine, theirs = both
    named = path.split("/{")[0].rpartition("/")[2]
    crossings: list[tuple[str, dict[str, str]]] = [(mine.key, theirs.ids), (theirs.key, mine.ids)]
    if named != "accounts":
        crossings.append((keys["live"], mine.ids))
    for key, ids in crossings:
        fields = API_PARAMS.get(path, API_PARAMS.get(f"{verb} {path}", {}))
        foreign = _ask(server, verb, _real(path, ids), auth=(key, ""), fields=fields)
        missing = _ask(server, verb, PLACE.sub("never", path), auth=(key, ""), fields=fields)
        assert foreign.status_code == missing.status_code == 404, foreign.text
        assert foreign.json()["error"]["message"].replace(ids[named], "never") == missing.json()["error"]["message"]


CHILDREN = {"features": "product_features"}  # where a child has another name than the last noun of its address


@pytest.mark.parametrize(("verb", "path"), sorted({(verb, path) for verb, path, _ in OPERATIONS if "{child}" in path}))
def test_a_child_of_another_account_is_not_found_below_an_own_parent(
    server: Server, both: tuple[Merchant, Merchant], verb: str, path: str
):
    mine, theirs = both
    noun = path.rpartition("/{")[0].rpartition("/")[2]
    child = theirs.ids[CHILDREN.get(noun, noun)]
    named = path.replace("{child}", child)
    answer = _ask(server, verb, _real(named, mine.ids), auth=(mine.key, ""))
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "resource_missing"), answer.text
    if ("GET", path) in {(v, p) for v, p, _ in OPERATIONS}:
        assert _ask(server, "GET", _real(named, theirs.ids), auth=(theirs.key, "")).status_code == 200


@pytest.mark.parametrize("path", sorted({path for verb, path, _ in OPERATIONS if verb == "GET" and "{" not in path}))
def test_a_list_holds_nothing_of_another_account_or_mode(
    server: Server, both: tuple[Merchant, Merchant], keys: dict[str, str], path: str
):
    mine, theirs = both
    fields = {"query": 'created>0 OR metadata["a"]:"b"'} if path.endswith("/search") else {"limit": "100"}
    if path == "/v1/subscription_items":
        fields = {"subscription": mine.ids["subscriptions"]}
    if path == "/v1/entitlements/active_entitlements":
        fields = {"customer": mine.ids["customers"]}
    if path == "/v1/account":
        fields = {}
    for key, ids in ((mine.key, theirs.ids), (theirs.key, mine.ids), (keys["live"], mine.ids)):
        answer = _ask(server, "GET", path, auth=(key, ""), fields=fields)
        hidden = [
            id
            for noun, id in ids.items()
            if noun != "accounts"
            and id in answer.text.replace(fields.get("subscription", fields.get("customer", "-")), "")
        ]
        assert not hidden, answer.text


REFERENCES: dict[str, Callable[[dict[str, str]], dict[str, str]]] = {
    "billing_portal/sessions": lambda ids: {"customer": ids["customers"]},
    "subscriptions": lambda ids: {"customer": ids["customers"], "items[0][price]": ids["prices"]},
    "prices": lambda ids: {"product": ids["products"], "currency": "eur", "unit_amount": "1"},
    "plans": lambda ids: {"product": ids["products"], "currency": "eur", "interval": "month", "amount": "1"},
    "customer_sessions": lambda ids: {
        "customer": ids["customers"],
        "components[customer_portal][enabled]": "true",
    },
    "promotion_codes": lambda ids: {"promotion[type]": "coupon", "promotion[coupon]": ids["coupons"]},
    "customers": lambda ids: {"test_clock": ids["test_clocks"]},
    "payment_intents": lambda ids: {
        "amount": "1",
        "currency": "eur",
        "customer": ids["customers"],
        "payment_method": ids["payment_methods"],
    },
    "setup_intents": lambda ids: {"payment_method": ids["payment_methods"]},
    "invoices": lambda ids: {"customer": ids["customers"]},
    "invoices/create_preview": lambda ids: {"subscription": ids["subscriptions"]},
    "invoiceitems": lambda ids: {"customer": ids["customers"], "amount": "1", "currency": "eur"},
    "credit_notes": lambda ids: {"invoice": ids["invoices"], "amount": "1"},
    "tax_ids": lambda ids: {
        "owner[type]": "customer",
        "owner[customer]": ids["customers"],
        "type": "eu_vat",
        "value": "DE136695976",
    },
    "subscription_schedules": lambda ids: {"from_subscription": ids["subscriptions"]},
    "subscription_items": lambda ids: {"subscription": ids["subscriptions"], "price": ids["prices"]},
    "billing_portal/configurations": lambda ids: {
        "features[subscription_cancel][retention][type]": "coupon_offer",
        "features[subscription_cancel][retention][coupon_offer][coupon]": ids["coupons"],
    },
}


@pytest.mark.parametrize("path", sorted(REFERENCES))
def test_a_new_object_cannot_name_one_of_another_account(server: Server, both: tuple[Merchant, Merchant], path: str):
    mine, theirs = both
    never = dict.fromkeys(theirs.ids, "never")
    foreign, missing = (
        _ask(server, "POST", f"/v1/{path}", auth=(mine.key, ""), fields=REFERENCES[path](ids)).json()["error"]
        for ids in (theirs.ids, never)
    )
    assert foreign["code"] == missing["code"] == "resource_missing"
    assert foreign["param"] == missing["param"]


def test_the_portal_settings_of_another_merchant_can_be_neither_seen_nor_saved(both: tuple[Merchant, Merchant]):
    mine, theirs = both
    foreign = {"configuration": theirs.ids["configurations"], "headline": "Taken over", "version": "0"}
    query = f"?configuration={foreign['configuration']}"
    for page in ("/settings/portal", "/settings/portal/preview"):
        assert mine.owner.get(page + query).status_code == 404
        for action in ("save", "overwrite", "create_coupon", "add_reason", "up:other"):
            answer = mine.owner.post(page, action=action, **foreign)
            assert answer.status_code in (404, 422), action
            assert theirs.ids["configurations"] not in answer.text
    retired = mine.owner.post("/settings/portal", action=f"retire:{theirs.ids['feedback_options']}")
    assert retired.status_code == 404
    api: Any = theirs.client().v1
    assert api.billing_portal.configurations.retrieve(foreign["configuration"]).business_profile.headline is None


def test_a_preview_of_hostile_settings_is_inert(people: dict[str, Visitor]):
    evil = {"terms": "javascript:alert(1)", "privacy": "javascript:alert(2)", "return_url": "javascript:alert(3)"}
    named = {"headline": "<script>alert(4)</script>", "business_name": "<img src=x>", "brand_color": "#000;}*{x:y"}
    for page in ("home", "reason", "offer", "confirm", "done", "saved", "../x"):
        answer = people["viewer"].post("/settings/portal/preview", preview_page=page, **evil, **named)
        assert answer.status_code == 200
        assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
        for raw in ("javascript:", "<script>alert", "<img src=x", "}*{"):
            assert raw not in answer.text, page
