"""The worker as a whole on both databases: webhooks, periods, test clocks and cleaning by themselves."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import func, insert, select

from tenure.actions import customers, prices, products, subscriptions, test_clocks
from tenure.domain.documents import Change, Scope
from tenure.domain.requests import CreateSubscription, ItemGiven
from tenure.domain.subscriptions import Subscription
from tenure.domain.test_clocks import TestClock
from tenure.store import idempotency, user_sessions
from tenure.store.schema import user_sessions as sessions_table
from tenure.store.schema import users
from tenure.store.seal import KeyRing, open_ring
from tenure.store.store import Store
from tenure.store.tx import Tx
from tenure.worker.cleaning import Cleaning
from tenure.worker.clock import Clock
from tenure.worker.jobs import Job
from tenure.worker.loop import Worker
from tests.support.receiver import Receiver
from tests.worker.office import NOW, SCOPE, SECRET, Office

DAY = 86_400
MONTH = 31 * DAY  # January 2026, in which NOW lies


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return open_ring(tmp_path)


@contextlib.asynccontextmanager
async def working(store: Store, ring: KeyRing, clock: Callable[[], int], *jobs: Job) -> AsyncIterator[Worker]:
    worker = Worker(store, clock=clock, ring=ring, allow_private=True, jobs=jobs, grace_s=2)
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        await asyncio.wait_for(task, 10)


async def soon(check: Callable[[], Awaitable[bool]], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not await check():
        assert time.monotonic() < end, "It did not come true."
        await asyncio.sleep(0.02)


def subscribed(tx: Tx, *, count: int = 1, clock: str | None = None) -> list[str]:
    """As many subscriptions of one customer to one monthly price."""
    product = products.create(tx, {"name": "Halyard"})
    fields = {"product": product.id, "currency": "eur", "unit_amount": 900}
    price = prices.create(tx, fields | {"recurring": {"interval": "month", "interval_count": 1}})
    customer = customers.create(tx, {"name": "Ada", "test_clock": clock})
    params = CreateSubscription(customer=customer.id, items=[ItemGiven(price=price.id)])
    return [subscriptions.create(tx, params).id for _ in range(count)]


async def period_start(store: Store, id: str, scope: Scope = SCOPE) -> int:
    found = await store.read(scope, lambda tx: tx.need(Subscription, id), now=NOW)
    return found.items[0].current_period_start


async def test_everything_happens_by_itself_while_the_worker_runs(
    store: Store, ring: KeyRing, receiver: Receiver
) -> None:
    office = Office(store, ring)
    office.now = int(time.time())
    await office.endpoint("we_1", receiver.url, enabled_events=["customer.subscription.updated"])
    [id] = await office.write(subscribed)
    started = await period_start(store, id)
    async with working(store, ring, lambda: office.now):
        office.now += 32 * DAY

        async def renewed() -> bool:
            return await period_start(store, id) > started

        await soon(renewed)
        await asyncio.to_thread(receiver.wait_for, "customer.subscription.updated")
    assert receiver.deliveries[0].json["data"]["object"]["id"] == id
    assert "t=" in receiver.deliveries[0].headers["stripe-signature"]
    assert SECRET not in receiver.deliveries[0].headers["stripe-signature"]


async def test_a_job_of_others_joins_and_one_that_fails_harms_no_other(
    store: Store, ring: KeyRing, receiver: Receiver
) -> None:
    rounds: list[int] = []

    async def fails() -> bool:
        rounds.append(1)
        raise ValueError("a bug")

    office = Office(store, ring)
    await office.endpoint("we_1", receiver.url)
    async with working(store, ring, lambda: office.now, Job("fails", fails, every_s=1)):
        await office.news("Ada")
        await asyncio.to_thread(receiver.wait, 1)
    assert rounds
    assert await office.states() == ["delivered"]


async def test_due_subscriptions_renew_once_and_in_their_own_scope(store: Store) -> None:
    other = Scope("acct_other", livemode=True)
    mine = await store.write(SCOPE, lambda tx: subscribed(tx, count=23), now=NOW)
    [theirs] = await store.write(other, subscribed, now=NOW)
    worker = Clock(store, clock=lambda: NOW + MONTH)
    while await worker.pass_time():
        pass
    assert {await period_start(store, id) for id in mine} == {NOW + MONTH}
    assert await period_start(store, theirs, other) == NOW + MONTH


async def test_one_subscription_that_cannot_advance_holds_no_other_up(store: Store) -> None:
    ids = await store.write(SCOPE, lambda tx: subscribed(tx, count=15), now=NOW)

    def spoil(tx: Tx) -> None:
        for id in ids[:12]:
            found = tx.lock(Subscription, id)
            items = [replace(item, price="price_unknown") for item in found.items]
            tx.save(Change(after=(replace(found, items=items),)))

    await store.write(SCOPE, spoil, now=NOW)
    now = NOW + MONTH
    worker = Clock(store, clock=lambda: now)
    for _ in range(3):
        await worker.pass_time()
    assert {await period_start(store, id) for id in ids[12:]} == {now}

    def mend(tx: Tx) -> None:
        good = tx.need(Subscription, ids[12]).items[0].price
        for id in ids[:12]:
            found = tx.lock(Subscription, id)
            items = [replace(item, price=good) for item in found.items]
            tx.save(Change(after=(replace(found, items=items),)))

    await store.write(SCOPE, mend, now=now)
    await worker.pass_time()
    assert await period_start(store, ids[0]) == NOW  # set aside for a minute
    now += 60
    for _ in range(3):
        await worker.pass_time()
    assert {await period_start(store, id) for id in ids[:12]} == {NOW + MONTH}


async def test_an_advancing_test_clock_reaches_its_target(store: Store, ring: KeyRing) -> None:
    clock = await store.write(SCOPE, lambda tx: test_clocks.create(tx, frozen_time=NOW), now=NOW)
    [id] = await store.write(SCOPE, lambda tx: subscribed(tx, clock=clock.id), now=NOW)
    async with working(store, ring, lambda: NOW):
        await store.write(SCOPE, lambda tx: test_clocks.advance(tx, clock.id, frozen_time=NOW + MONTH + 60), now=NOW)

        async def ready() -> bool:
            found = await store.read(SCOPE, lambda tx: tx.need(TestClock, clock.id), now=NOW)
            return found.status == "ready"

        await soon(ready)
    found = await store.read(SCOPE, lambda tx: tx.need(TestClock, clock.id), now=NOW)
    assert found.frozen_time == NOW + MONTH + 60
    assert await period_start(store, id) == NOW + MONTH


async def test_cleaning_forgets_what_is_old_and_keeps_what_is_not(store: Store) -> None:
    def keep(tx: Tx) -> None:
        idempotency.put(tx, f"key {tx.now}", method_path="POST /", params_hash="", status=200, body="{}", headers="{}")

    for age in (26 * 3600, 24 * 3600):
        await store.write(SCOPE, keep, now=NOW - age)

    def sign_in(tx: Tx) -> None:
        tx.run(insert(users).values(id="usr_1", email="a@b.example", password_hash="", created=NOW))
        for age in (31, 29):
            seen = NOW - age * DAY
            session = user_sessions.UserSession(
                hash=f"h{age}", id=f"s{age}", user_id="usr_1", created=seen, seen_at=seen
            )
            user_sessions.create(tx, session)

    await store.write(SCOPE, sign_in, now=NOW)
    assert await Cleaning(store, clock=lambda: NOW).clean() is False
    kept = [
        await store.read(SCOPE, lambda tx, age=age: idempotency.get(tx, f"key {NOW - age}"), now=NOW)
        for age in (26 * 3600, 24 * 3600)
    ]
    assert [each is not None for each in kept] == [False, True]
    count = select(func.count().label("number")).select_from(sessions_table)
    assert (await store.system_read(lambda tx: tx.rows(count)))[0].number == 1
