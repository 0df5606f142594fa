"""The fixtures that other tests lean on, where they could fail without being noticed."""

import asyncio
import sys
import urllib.error
import urllib.request

import psycopg
import pytest
from playwright.sync_api import Error

from tenure.domain.customers import Customer
from tenure.domain.documents import Change
from tests.support.network import Forbidden
from tests.support.receiver import Answer, Receiver
from tests.support.stores import OTHER_ACCOUNT, OTHER_MODE, SCOPE


def test_a_connection_beyond_loopback_is_refused():
    with pytest.raises(Forbidden, match="192.0.2.1"):
        sys.audit("socket.connect", None, ("192.0.2.1", 443))


def test_a_name_lookup_beyond_loopback_is_refused():
    with pytest.raises(Forbidden, match="example"):
        sys.audit("socket.getaddrinfo", "shop.example", 443, 0, 0, 0)


def test_loopback_is_allowed():
    for host in ("127.0.0.1", "::1", "localhost", "demo.localhost"):
        sys.audit("socket.connect", None, (host, 80))


def test_each_postgres_database_is_new(postgres_database):
    for url in (postgres_database(), postgres_database()):
        with psycopg.connect(url) as connection:
            connection.execute("create table only_here (id int)")
            assert connection.info.server_version >= 150000


async def test_a_coroutine_runs_on_the_loop_of_its_fixtures(loop_thread):
    assert asyncio.get_running_loop() is loop_thread.loop


def test_run_hands_back_the_result(run):
    async def answer() -> int:
        await asyncio.sleep(0)
        return 42

    assert run(answer()) == 42


def test_a_receiver_answers_as_told_and_records(receiver: Receiver):
    receiver.answers = [Answer(503, {"retry-after": "1"}), 200]
    statuses = [_post(receiver.url, b"{}"), _post(receiver.url, b"{}")]
    assert statuses == [503, 200]
    assert [each.status for each in receiver.wait(2)] == [503, 200]
    assert receiver.deliveries[0].headers["content-type"] == "application/json"


def _post(url: str, body: bytes) -> int:
    request = urllib.request.Request(url, body, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_chromium_shows_a_page_and_finds_nothing_beyond_loopback(browser):
    with browser.new_context() as context:
        page = context.new_page()
        page.set_content("<h1>Here</h1>")
        assert page.get_by_role("heading").inner_text() == "Here"
        with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
            page.goto("http://portal.invalid/", timeout=5000)


def test_coroutines_run_while_a_browser_is_open(page, run):
    page.set_content("<p>Open</p>")
    assert run(asyncio.sleep(0, "done")) == "done"


def test_a_store_is_open_and_empty(store, run):
    assert run(store.read(SCOPE, lambda tx: tx.count(Customer), now=1)) == 0


async def test_a_store_is_open_inside_a_coroutine(store):
    customer = Customer(id="cus_1", created=1, livemode=False)
    await store.write(SCOPE, lambda tx: tx.save(Change(after=(customer,))), now=1)
    assert await store.read(SCOPE, lambda tx: tx.get(Customer, "cus_1"), now=1) == customer
    assert await store.read(OTHER_ACCOUNT, lambda tx: tx.get(Customer, "cus_1"), now=1) is None
    assert await store.read(OTHER_MODE, lambda tx: tx.get(Customer, "cus_1"), now=1) is None
