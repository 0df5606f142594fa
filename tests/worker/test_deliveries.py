"""Webhooks from the commit to the receiver, on both databases, over real HTTP on loopback."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe
from standardwebhooks.webhooks import Webhook

from tenure.domain.documents import Change
from tenure.domain.retries import STEPS_S
from tenure.domain.signatures import new_secret, verify
from tenure.domain.webhook_endpoints import WebhookEndpoint
from tenure.store import audit_log
from tenure.store import deliveries as queue
from tenure.store.seal import KeyRing, open_ring
from tenure.store.store import Store
from tests.support.receiver import Answer, Receiver
from tests.worker.office import SCOPE, SECRET, Office

HOUR = 3600


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return open_ring(tmp_path)


@pytest.fixture
def office(store: Store, ring: KeyRing) -> Office:
    return Office(store, ring)


def names(receiver: Receiver) -> list[str]:
    return [each.json["data"]["object"]["name"] for each in receiver.deliveries]


async def test_an_event_arrives_signed_so_that_both_official_verifiers_accept_it(
    office: Office, receiver: Receiver
) -> None:
    office.now = int(time.time())
    await office.endpoint("we_1", receiver.url)
    async with office.open():
        await office.news("Ada", "Ada Lovelace")
        await office.settled()
    first, second = receiver.deliveries
    event = stripe.Webhook.construct_event(second.body, second.headers["stripe-signature"], SECRET)
    assert event.type == "customer.updated"
    assert event.data.object.name == "Ada Lovelace"
    assert second.json["data"]["previous_attributes"] == {"name": "Ada"}
    assert Webhook(SECRET).verify(second.body, second.headers) == json.loads(second.body)
    assert first.headers["webhook-id"] == first.json["id"] != second.json["id"]
    assert first.headers["user-agent"] == "Tenure/1.0 (+webhooks)"
    assert first.headers["content-type"] == "application/json; charset=utf-8"
    assert first.json["object"] == "event"
    assert first.json["pending_webhooks"] == 1
    assert await office.states() == ["delivered", "delivered"]
    [attempt] = await office.attempts((await office.rows())[0].id)
    assert (attempt.status, attempt.response, attempt.error) == (200, "ok", None)


async def test_a_rolled_secret_signs_beside_the_new_one_until_its_time_is_over(
    office: Office, receiver: Receiver
) -> None:
    old = new_secret(bytes(32))
    until = office.now + 24 * HOUR
    await office.endpoint(
        "we_1", receiver.url, previous_secret=office.ring.seal(old, "we_1"), previous_secret_until=until
    )
    async with office.open():
        await office.news("Ada")
        await office.settled()
        office.now = until
        await office.news("Eve")
        await office.settled()
    during, after = receiver.deliveries
    for secret in (SECRET, old):
        verify(during.body, during.headers, [secret], now=until - 24 * HOUR)
    assert during.headers["stripe-signature"].count("v1=") == 2
    assert after.headers["stripe-signature"].count("v1=") == 1
    verify(after.body, after.headers, [SECRET], now=until)


async def test_a_failing_event_is_tried_ten_times_on_the_schedule_and_given_up(
    office: Office, receiver: Receiver
) -> None:
    receiver.answers = [500] * 20
    await office.endpoint("we_1", receiver.url)
    async with office.open():
        await office.news("Ada")
        await office.settled()
        waits = [await office.later() for _ in range(9)]
    assert waits == list(STEPS_S[1:])
    assert sum(waits) == 75 * HOUR + 35 * 60 + 5
    assert await office.states() == ["failed"]
    assert len({each.headers["webhook-id"] for each in receiver.deliveries}) == 1
    assert [each.status for each in await office.attempts((await office.rows())[0].id)] == [500] * 10


async def test_a_retry_is_signed_with_the_time_of_the_retry(office: Office, receiver: Receiver) -> None:
    receiver.answers = [500, 500]
    await office.endpoint("we_1", receiver.url)
    async with office.open():
        await office.news("Ada")
        await office.settled()
        for _ in range(2):
            await office.later()
            last = receiver.deliveries[-1]
            verify(last.body, last.headers, [SECRET], now=office.now, tolerance_s=0)
    assert await office.states() == ["delivered"]


async def test_retry_after_is_obeyed(office: Office, receiver: Receiver) -> None:
    receiver.answers = [Answer(status=503, headers={"retry-after": "7200"}), 200]
    await office.endpoint("we_1", receiver.url)
    async with office.open():
        await office.news("Ada")
        await office.settled()
        assert await office.later() == 7200
    assert await office.states() == ["delivered"]


async def test_gone_disables_the_endpoint_at_once_and_what_waits_is_dropped(office: Office, receiver: Receiver) -> None:
    receiver.answers = [410]
    await office.endpoint("we_1", receiver.url)
    await office.news("Ada", "Eve", "Ida")
    async with office.open():
        await office.settled()
        assert (await office.find_endpoint("we_1")).status == "disabled"
        await office.news("Uma")
        await office.settled()
    assert names(receiver) == ["Ada"]
    assert await office.states() == ["failed", "dropped", "dropped"]
    [entry] = await office.read(lambda tx: audit_log.latest(tx, SCOPE.account))
    assert (entry.actor, entry.action, entry.object_id) == ("system", "webhook_endpoint.disabled", "we_1")
    assert "410" in (entry.detail or "")


async def test_120_hours_of_nothing_but_failures_disable_the_endpoint(office: Office, receiver: Receiver) -> None:
    receiver.answers = [500] * 1000
    await office.endpoint("we_1", receiver.url)
    start = office.now
    async with office.open():
        for day in range(6):
            await office.news(f"day {day}", customer=f"cus_{day}")
            await office.settled()
            while office.now < start + (day + 1) * 86_400 and "pending" in await office.states():
                await office.later()
            if day == 0:
                started = (await office.find_endpoint("we_1")).failing_since
    assert started == start + 5 + 300  # the third failure in a row
    endpoint = await office.find_endpoint("we_1")
    assert (endpoint.status, endpoint.failing_since) == ("disabled", None)
    assert office.now - started >= 120 * HOUR
    assert set(await office.states()) == {"failed", "dropped"}
    [entry] = await office.read(lambda tx: audit_log.latest(tx, SCOPE.account))
    assert "120 hours" in (entry.detail or "")


async def test_a_success_stops_the_clock_of_a_failing_endpoint(office: Office, receiver: Receiver) -> None:
    receiver.answers = [500, 500, 500, 200]
    await office.endpoint("we_1", receiver.url)
    async with office.open():
        await office.news("Ada")
        await office.settled()
        await office.later()
        await office.later()
        assert (await office.find_endpoint("we_1")).failing_since == office.now
        await office.later()
    assert (await office.find_endpoint("we_1")).failing_since is None


async def test_events_of_one_object_arrive_in_order_and_wait_for_a_failing_one_three_times(
    office: Office, receiver: Receiver
) -> None:
    receiver.answers = [500, 200, 500, 500, 200, 200]
    await office.endpoint("we_1", receiver.url)
    await office.news("A1", "A2", "A3", customer="cus_a")
    async with office.open():
        await _sent(receiver, 1)
        await office.news("B1", customer="cus_b")
        await _sent(receiver, 2)
        assert names(receiver) == ["A1", "B1"]  # another object does not wait
        office.now += 5
        await _sent(receiver, 3)
        office.now += 300
        await _sent(receiver, 6)
    # A1 failed three times; then A2 and A3 passed, in their order
    assert names(receiver) == ["A1", "B1", "A1", "A1", "A2", "A3"]


async def _sent(receiver: Receiver, count: int) -> None:
    await asyncio.to_thread(receiver.wait, count, 10)
    await asyncio.sleep(0.15)
    assert len(receiver.deliveries) == count


async def test_first_deliveries_of_every_object_are_in_order_under_load(office: Office, receiver: Receiver) -> None:
    receiver.answers = [500 if each % 7 == 0 else 200 for each in range(60)]
    await office.endpoint("we_1", receiver.url)
    async with office.open():
        for version in range(10):
            for customer in range(8):
                await office.news(f"{version}", customer=f"cus_{customer}")
        for _ in range(200):
            if await office.store.system_read(queue.next_due) is None:
                break
            office.now += 5
            await asyncio.sleep(0.05)
    seen: dict[str, list[str]] = defaultdict(list)
    for each in receiver.deliveries:
        thing = each.json["data"]["object"]
        if thing["name"] not in seen[thing["id"]]:
            seen[thing["id"]].append(thing["name"])
    assert set(await office.states()) == {"delivered"}
    assert all(versions == [str(each) for each in range(10)] for versions in seen.values())
    assert len(seen) == 8


async def test_an_endpoint_gets_only_the_types_that_it_enabled(office: Office, receiver: Receiver) -> None:
    await office.endpoint("we_1", receiver.url, enabled_events=["customer.updated"])
    async with office.open():
        await office.news("Ada", "Eve")
        await office.settled()
    assert names(receiver) == ["Eve"]


async def test_what_waits_for_an_endpoint_disabled_by_hand_is_dropped(office: Office, receiver: Receiver) -> None:
    endpoint = await office.endpoint("we_1", receiver.url)
    await office.news("Ada")

    def disable(tx: object) -> None:
        found = tx.lock(WebhookEndpoint, endpoint.id)  # type: ignore[attr-defined]
        tx.save(Change(after=(_disabled(found),)))  # type: ignore[attr-defined]

    await office.write(disable)
    async with office.open():
        await office.settled()
    assert receiver.deliveries == []
    assert await office.states() == ["dropped"]


def _disabled(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    return WebhookEndpoint(
        id=endpoint.id,
        created=endpoint.created,
        url=endpoint.url,
        enabled_events=endpoint.enabled_events,
        secret=endpoint.secret,
        status="disabled",
    )


async def test_an_event_can_be_sent_again_by_hand(office: Office, receiver: Receiver) -> None:
    await office.endpoint("we_1", receiver.url)
    async with office.open():
        await office.news("Ada")
        await office.settled()
        event = receiver.deliveries[0].json["id"]
        assert await office.write(lambda tx: queue.resend(tx, event, "we_1"))
        await office.settled()
    assert [each.json["id"] for each in receiver.deliveries] == [event, event]
    assert await office.states() == ["delivered", "delivered"]


async def test_a_lease_of_a_dead_worker_is_opened_again(office: Office, receiver: Receiver) -> None:
    await office.endpoint("we_1", receiver.url)
    await office.news("Ada")

    def take(tx: object) -> object:
        return queue.claim(
            tx,  # type: ignore[arg-type]
            endpoint_id="we_1",
            limit=4,
            worker="worker_dead",
            lease_until=office.now + 60,
            now=office.now,
        )

    assert await office.store.system_write(take)
    dialect = await office.store.system_read(lambda tx: tx.dialect)
    if dialect == "postgresql":  # another process may be alive: only time tells
        async with office.open():
            await asyncio.sleep(0.1)
            assert receiver.deliveries == []
        office.now += 61
    async with office.open():
        await office.settled()
    assert names(receiver) == ["Ada"]
    [row] = await office.rows()
    assert (row.state, row.attempt) == ("delivered", 2)


async def test_deliveries_on_their_way_are_finished_when_the_worker_stops(office: Office, receiver: Receiver) -> None:
    receiver.answers = [Answer(delay_s=0.3)]
    await office.endpoint("we_1", receiver.url)
    await office.news("Ada")
    async with office.open():
        while not receiver.deliveries:
            await asyncio.sleep(0.01)
        await office.deliveries.drain(5)
    assert await office.states() == ["delivered"]


async def test_a_secret_that_does_not_open_is_a_failure_and_nothing_is_sent(office: Office, receiver: Receiver) -> None:
    await office.endpoint("we_1", receiver.url, secret=office.ring.seal(SECRET, "we_2"))
    async with office.open():
        await office.news("Ada")
        await office.settled()
    assert receiver.deliveries == []
    [attempt] = await office.attempts((await office.rows())[0].id)
    assert attempt.error == "The signing secret of the endpoint could not be opened."


async def test_a_private_address_is_refused_where_the_setting_does_not_allow_it(
    store: Store, ring: KeyRing, receiver: Receiver
) -> None:
    office = Office(store, ring, allow_private=False)
    await office.endpoint("we_1", receiver.url)
    async with office.open():
        await office.news("Ada")
        await office.settled()
    assert receiver.deliveries == []
    [attempt] = await office.attempts((await office.rows())[0].id)
    assert attempt.error == "The address of the endpoint may not be used."


class Twenty(Receiver):
    """Twenty endpoints on one port: /0 hangs, /1 fails, /2 is slow; when each delivery arrived, by path."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived: dict[str, list[float]] = defaultdict(list)

    def _record(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        with self._lock:
            self.arrived[path].append(time.monotonic())
        return {"/0": Answer(delay_s=30), "/1": Answer(status=500), "/2": Answer(delay_s=1)}.get(path, Answer())


@pytest.fixture
def twenty() -> Iterator[Twenty]:
    server = Twenty()
    yield server
    server.close()


async def test_of_twenty_endpoints_the_four_bad_ones_slow_no_healthy_one_down(
    store: Store, ring: KeyRing, twenty: Twenty
) -> None:
    office = Office(store, ring, total_s=2)
    root = twenty.url.rsplit("/", 1)[0]
    for number in range(20):
        await office.endpoint(f"we_{number}", "http://127.0.0.1:1/" if number == 3 else f"{root}/{number}")
    healthy = [f"/{number}" for number in range(4, 20)]
    sent = []
    async with office.open():
        for number in range(15):
            await office.news(f"{number}", customer=f"cus_{number}")
            sent.append(time.monotonic())
            await asyncio.sleep(0.05)
        end = time.monotonic() + 10
        while any(len(twenty.arrived[path]) < 15 for path in healthy) and time.monotonic() < end:
            await asyncio.sleep(0.02)
    assert [len(twenty.arrived[path]) for path in healthy] == [15] * 16
    waits = (at - sent[place] for path in healthy for place, at in enumerate(sorted(twenty.arrived[path])))
    late = sorted(waits)
    assert late[int(len(late) * 0.99)] < 1.0, late[-5:]
