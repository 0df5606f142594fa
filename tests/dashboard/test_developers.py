"""API keys, webhook endpoints, events and SQL."""

import re

import pytest
import stripe

from tests.dashboard.visitor import Visitor, signed_in
from tests.support.receiver import Receiver
from tests.support.server import Server, serving
from tests.support.wait import until


@pytest.fixture(scope="module")
def server():
    """May send to loopback, where the receiver is."""
    with serving(env={"TENURE_ALLOW_PRIVATE_WEBHOOKS": "true"}) as started:
        yield started


@pytest.fixture(scope="module")
def visitor(server: Server) -> Visitor:
    return signed_in(server)


def _key(visitor: Visitor, kind: str) -> str:
    made = visitor.post("/keys", name=f"For {kind}", kind=kind)
    assert made.status_code == 200
    found = re.search(r'value="([sr]k_test_\w+)"', made.text)
    assert found is not None
    return found[1]


def test_a_key_is_shown_once_works_and_can_be_revoked(server: Server, visitor: Visitor):
    key = _key(visitor, "secret")
    assert re.fullmatch(r"sk_test_[0-9A-Za-z]{32}", key)
    server.client(key).v1.customers.create({"name": "By key"})
    page = visitor.shown("/keys")
    assert key not in page
    assert f"sk_test_…{key[-4:]}" in page
    row = page.split(f"…{key[-4:]}")[1]
    found = re.search(r"/dashboard/keys/(key_\w+)/revoke", row)
    assert found is not None
    assert visitor.post(f"/keys/{found[1]}/revoke").status_code == 303
    with pytest.raises(stripe.AuthenticationError):
        server.client(key).v1.customers.list()
    assert visitor.post(f"/keys/{found[1]}/revoke").status_code == 404


def test_a_restricted_key_only_reads(server: Server, visitor: Visitor):
    client = server.client(_key(visitor, "restricted"))
    client.v1.customers.list()
    with pytest.raises(stripe.PermissionError):
        client.v1.customers.create({"name": "No"})


def test_a_key_of_the_other_mode_is_neither_listed_nor_revoked(visitor: Visitor):
    key = _key(visitor, "secret")
    row = visitor.shown("/keys").split(f"…{key[-4:]}")[1]
    found = re.search(r"/dashboard/keys/(key_\w+)/revoke", row)
    assert found is not None
    visitor.post("/mode", mode="live")
    assert key[-4:] not in visitor.shown("/keys")
    assert visitor.post(f"/keys/{found[1]}/revoke").status_code == 404
    visitor.post("/mode", mode="test")


def test_an_endpoint_is_made_receives_and_is_sent_to_again(visitor: Visitor, server: Server, receiver: Receiver):
    made = visitor.post("/webhooks/new", url=receiver.url, events=["customer.created"])
    assert made.status_code == 200, made.text
    secret = re.search(r'value="(whsec_[^"]+)"', made.text)
    place = re.search(r"/dashboard/webhooks/(we_\w+)", made.text)
    assert secret is not None
    assert place is not None
    endpoint = place[1]
    assert "whsec_" not in visitor.shown(f"/webhooks/{endpoint}")
    assert "The server’s default" in visitor.shown(f"/webhooks/{endpoint}")
    customer = server.client().v1.customers.create({"name": "News"})
    receiver.wait(1)
    event = receiver.events(secret[1].replace("&#43;", "+"))[0]
    assert event.data.object["id"] == customer.id
    assert customer.id in visitor.shown(f"/events/{event.id}")
    # The receiver has it a moment before the worker writes down that it has.
    until(lambda: "Delivered" in visitor.shown(f"/events/{event.id}"))
    assert visitor.post(f"/events/{event.id}/resend", endpoint=endpoint).status_code == 303
    assert receiver.wait(2)[1].json["id"] == event.id
    assert visitor.post(f"/events/{event.id}/resend", endpoint="we_other").status_code == 404
    assert visitor.post("/events/evt_other/resend", endpoint=endpoint).status_code == 404


def test_an_endpoint_is_changed_rolled_disabled_and_deleted(visitor: Visitor, server: Server):
    made = visitor.post("/webhooks/new", url="https://shop.example/hooks", all="on")
    place = re.search(r"/dashboard/webhooks/(we_\w+)", made.text)
    assert place is not None
    path, client = f"/webhooks/{place[1]}", server.client()
    assert visitor.post(path, url="https://shop.example/other", events=["coupon.created"]).status_code == 303
    assert client.v1.webhook_endpoints.retrieve(place[1]).enabled_events == ["coupon.created"]
    rolled = visitor.post(f"{path}/roll", overlap="day")
    assert "whsec_" in rolled.text
    assert "signs too until" in visitor.shown(path)
    visitor.post(f"{path}/status", to="disabled")
    assert client.v1.webhook_endpoints.retrieve(place[1]).status == "disabled"
    visitor.post(f"{path}/status", to="enabled")
    assert visitor.post(f"{path}/delete").status_code == 303
    assert visitor.get(path).status_code == 404


@pytest.mark.parametrize(
    ("field", "form"),
    [
        ("url", {"url": "ftp://shop.example", "all": "on"}),
        ("url", {"url": "http://169.254.169.254/latest", "all": "on"}),
        ("url", {"url": "https://user:pass@shop.example", "all": "on"}),
        ("events", {"url": "https://shop.example"}),
        ("events", {"url": "https://shop.example", "events": "no.such.event"}),
    ],
)
def test_an_endpoint_that_will_not_do_is_given_back(visitor: Visitor, field: str, form: dict[str, str]):
    answer = visitor.post("/webhooks/new", **form)
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text


def test_sql_answers_with_a_table_a_chart_and_csv(visitor: Visitor, server: Server):
    client = server.client()
    for name in ("Uno", "=2+3"):
        client.v1.customers.create({"name": name, "email": "sql@example.com"})
    query = (
        "select name, count(*) as customers from customers where email = 'sql@example.com' group by 1 order by 1 desc"
    )
    until(lambda: "<td>Uno</td>" in visitor.post("/sql", action="run", sql=query).text, 20, every=1)
    page = visitor.post("/sql", action="run", sql=query)
    assert "2 rows" in page.text
    assert "<svg" in page.text
    answer = visitor.post("/sql", action="csv", sql=query)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.splitlines() == ["name,customers", "Uno,1", "'=2+3,1"]


@pytest.mark.parametrize(
    "slug",
    [
        "cancellations_by_reason", "cancellation_comments", "cancellations_by_product_and_tenure", "scheduled_to_end",
        "retention_offers", "saved_customers", "undone_cancellations", "voluntary_and_involuntary",
    ],
)  # fmt: skip
def test_every_template_opens_in_the_editor(visitor: Visitor, slug: str):
    assert "from " in visitor.shown(f"/sql?template={slug}")


def test_a_wrong_query_is_marked_at_its_line(visitor: Visitor):
    page = visitor.post("/sql", action="run", sql="select id\nfrom nowhere")
    assert page.status_code == 422
    assert "<mark>from nowhere</mark>" in page.text
    assert visitor.post("/sql", action="run", sql="drop table customers").status_code == 422


def test_queries_are_saved_by_editors_for_the_account(visitor: Visitor, server: Server):
    kept = visitor.post("/sql", action="save", sql="select 1 as one", name="One <b>")
    assert kept.status_code == 303
    page = visitor.shown(kept.headers["location"].removeprefix("/dashboard"))
    assert "select 1 as one" in page
    assert "One &lt;b&gt;" in page
    found = re.search(r"/dashboard/sql/saved/(qry_\w+)/delete", page)
    assert found is not None
    viewer = signed_in(server, role="viewer")
    assert "One &lt;b&gt;" in viewer.shown("/sql")
    assert viewer.post("/sql", action="save", sql="select 2", name="Two").status_code == 403
    assert viewer.post("/sql", action="run", sql="select email from customers").status_code in (200, 422)
    assert visitor.post(f"/sql/saved/{found[1]}/delete").status_code == 303
    assert "One &lt;b&gt;" not in visitor.shown("/sql")


def test_viewers_do_not_read_the_names_of_people(server: Server):
    viewer = signed_in(server, role="viewer")
    answer = viewer.post("/sql", action="run", sql="select email from customers")
    assert "sql@example.com" not in answer.text


def test_what_was_done_is_in_the_accounts_log(visitor: Visitor):
    log = visitor.shown("/security")
    for action in ("api_key.create", "webhook_endpoint.create", "sql.run"):
        assert action in log
