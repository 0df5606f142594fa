"""Lanes: who is held and who is released; what a claim touches; writers and workers at once."""

import asyncio
import json
import re
import threading
from collections.abc import Callable
from typing import Any

import apsw
import psycopg
import pytest
from sqlalchemy import bindparam, func, insert, select, text, update

from tenure.domain.customers import Customer
from tenure.store import deliveries as queue
from tenure.store.deliveries import Delivery
from tenure.store.schema import deliveries
from tenure.store.store import Store
from tenure.store.tx import SystemTx, Tx
from tests.store.samples import NOW, customer, endpoint, saving, updating
from tests.support.stores import SCOPE

_INSERT = insert(deliveries).values({c.name: bindparam(c.name) for c in deliveries.c if c.name != "id"})
_HOLD = update(deliveries).where(deliveries.c.id == bindparam("number")).values(held=True)
_HELD = select(func.count().label("number")).where(deliveries.c.held)
_ANALYZE = text("ANALYZE deliveries")


async def _claim(store: Store, *, limit: int = 100, now: int = NOW, until: int = NOW + 60) -> list[Delivery]:
    return await store.system_write(
        lambda tx: queue.claim(tx, endpoint_id="we_1", limit=limit, worker="w1", lease_until=until, now=now)
    )


async def _finish(store: Store, delivery: Delivery) -> None:
    assert await store.system_write(lambda tx: queue.finish(tx, delivery.id, "delivered", 200, NOW))


async def _retry(store: Store, delivery: Delivery, at: int = NOW) -> None:
    assert await store.system_write(lambda tx: queue.retry_at(tx, delivery.id, at, 500))


async def _lanes(store: Store, now: int = NOW) -> list[str]:
    return [lane.endpoint_id for lane in await store.system_read(lambda tx: queue.endpoints_with_due(tx, now))]


async def _news(store: Store, rounds: int) -> None:
    await store.write(SCOPE, saving(endpoint(), customer()), now=NOW)
    for number in range(rounds):
        await store.write(SCOPE, updating(Customer, "cus_1", name=f"{number}"), now=NOW)


async def test_an_endpoint_whose_due_deliveries_all_wait_for_others_is_not_listed(store: Store) -> None:
    await _news(store, rounds=3)
    assert await _lanes(store) == ["we_1"]
    (head,) = await _claim(store)
    assert await _lanes(store) == []
    await _retry(store, head, NOW + 5)
    assert await _lanes(store, NOW + 4) == []
    assert await _lanes(store, NOW + 5) == ["we_1"]


async def test_each_endpoint_with_something_due_is_listed_once(store: Store) -> None:
    await store.write(SCOPE, saving(endpoint("we_3"), endpoint("we_1"), endpoint("we_2"), customer()), now=NOW)
    await store.write(SCOPE, saving(customer("cus_2"), customer("cus_3")), now=NOW)
    for id in ("cus_1", "cus_2", "cus_3"):
        await store.write(SCOPE, updating(Customer, id, name="Ada"), now=NOW)
    await store.system_write(lambda tx: queue.drop_all(tx, "we_2", NOW))
    assert await _lanes(store) == ["we_1", "we_3"]
    assert await _lanes(store, NOW - 1) == []


async def test_one_that_was_passed_releases_nobody_while_another_holds_the_lane(store: Store) -> None:
    await _news(store, rounds=4)
    for _ in range(3):
        (passed,) = await _claim(store)
        await _retry(store, passed)
    again, head = await _claim(store)
    assert (again.id, again.attempt, head.attempt) == (passed.id, 4, 1)
    await _finish(store, again)
    assert await _claim(store) == []
    await _finish(store, head)
    (third,) = await _claim(store)
    assert third.id > head.id
    await _finish(store, third)
    assert [each.id > third.id for each in await _claim(store)] == [True]


async def test_a_lease_of_the_third_attempt_that_runs_out_lets_the_next_one_pass(store: Store) -> None:
    await _news(store, rounds=3)
    for _ in range(2):
        (head,) = await _claim(store)
        await _retry(store, head)
    await _claim(store)
    assert await store.system_write(lambda tx: queue.reap(tx, NOW + 61)) == 1
    assert [each.attempt for each in await _claim(store, now=NOW + 61)] == [4, 1]
    assert await _claim(store, now=NOW + 61) == []


async def test_what_is_sent_again_waits_for_what_is_on_its_way(store: Store) -> None:
    await _news(store, rounds=1)
    (head,) = await _claim(store)
    await store.write(SCOPE, lambda tx: queue.resend(tx, head.event_id, "we_1"), now=NOW)
    assert await _claim(store) == []
    await _finish(store, head)
    assert [each.event_id for each in await _claim(store)] == [head.event_id]


async def test_a_lane_that_lost_its_head_gets_one_when_leases_are_looked_through(store: Store) -> None:
    await _news(store, rounds=2)
    (head,) = await _claim(store)
    await _finish(store, head)
    await store.system_write(lambda tx: tx.run(_HOLD, number=head.id + 1))
    await store.write(SCOPE, updating(Customer, "cus_1", name="Eve"), now=NOW)
    assert await _claim(store) == []
    woken: list[int] = []
    store.on_events(lambda: woken.append(1))
    assert await store.system_write(lambda tx: queue.reap(tx, NOW)) == 0
    assert woken == [1]
    assert [each.id for each in await _claim(store)] == [head.id + 1]


async def test_dropping_all_leaves_nobody_held(store: Store) -> None:
    await _news(store, rounds=5)
    await _claim(store)
    assert await store.system_write(lambda tx: queue.drop_all(tx, "we_1", NOW)) == 5
    assert (await store.system_read(lambda tx: tx.rows(_HELD)))[0].number == 0
    await store.write(SCOPE, updating(Customer, "cus_1", name="Eve"), now=NOW)
    assert [each.attempt for each in await _claim(store)] == [1]


@pytest.fixture
def postgres(
    migrated_postgres: str, postgres_database: Callable[..., str], open_stores: Callable[[str], Store]
) -> Store:
    return open_stores(postgres_database(migrated_postgres))


async def test_a_head_that_finishes_while_another_is_written_releases_that_one(postgres: Store) -> None:
    await _news(postgres, rounds=1)
    (head,) = await _claim(postgres)
    written, go = threading.Event(), threading.Event()

    def slow(tx: Tx) -> None:
        updating(Customer, "cus_1", name="Eve")(tx)
        written.set()
        assert go.wait(10)

    writing = asyncio.create_task(postgres.write(SCOPE, slow, now=NOW))
    assert await asyncio.to_thread(written.wait, 10)
    finishing = asyncio.create_task(_finish(postgres, head))
    await asyncio.sleep(0.2)
    assert not finishing.done()
    go.set()
    await asyncio.gather(writing, finishing)
    assert [each.id > head.id for each in await _claim(postgres)] == [True]


async def test_writers_and_workers_at_once_lose_nothing_and_keep_the_order(store: Store) -> None:
    people, rounds = ["cus_0", "cus_1", "cus_2"], 15
    await store.write(SCOPE, saving(endpoint(), *(customer(id) for id in people)), now=NOW)
    sent: list[Delivery] = []

    async def write(id: str) -> None:
        for number in range(rounds):
            await store.write(SCOPE, updating(Customer, id, name=f"{number}"), now=NOW)

    async def work() -> None:
        while len(sent) < len(people) * rounds:
            claimed = await _claim(store, limit=2)
            for each in claimed:
                sent.append(each)
                await _finish(store, each)
            if not claimed:
                await asyncio.sleep(0.005)
                await store.system_write(lambda tx: queue.reap(tx, NOW))

    async with asyncio.timeout(30):
        await asyncio.gather(*(write(id) for id in people), work(), work(), work())
    for id in people:
        numbers = [each.id for each in sent if each.object_id == id]
        assert numbers == sorted(numbers)
        assert len(set(numbers)) == rounds


def _fill(tx: SystemTx, *, finished: int, pending: int, objects: int) -> None:
    for number in range(finished + pending):
        done, place = number < finished, number - finished
        tx.run(
            _INSERT,
            account="acct_test",
            livemode=False,
            endpoint_id="we_1",
            event_id=f"evt_{number}",
            object_id=f"cus_{number % 50 if done else place % objects}",
            state="delivered" if done else "pending",
            attempt=int(done),
            next_at=NOW,
            held=not done and place >= objects,
            claimed_by=None,
            lease_until=None,
            last_code=None,
            created=NOW,
            finished_at=NOW if done else None,
        )
    tx.run(_ANALYZE)


def _statement(tx: SystemTx) -> tuple[str, Any]:
    return tx.link.plans.of(queue._CLAIM[tx.dialect]).bind(
        {"lane": "we_1", "now": NOW, "limit": 4, "worker": "w1", "until": NOW + 60}
    )


def _plan(tx: SystemTx) -> str:
    text_, params = _statement(tx)
    if tx.dialect == "sqlite":
        return "\n".join(row[3] for row in tx.link.fetch(f"EXPLAIN QUERY PLAN {text_}", params))
    return json.dumps(tx.link.fetch(f"EXPLAIN (FORMAT JSON) {text_}", params)[0][0])


def _touched(tx: SystemTx) -> int:
    """How many rows a claim touches (PostgreSQL), or how many steps it takes (SQLite)."""
    text_, params = _statement(tx)
    if tx.dialect != "sqlite":
        [[plans]] = tx.link.fetch(f"EXPLAIN (ANALYZE, FORMAT JSON) {text_}", params)
        return sum(_rows(plan["Plan"]) for plan in plans)
    connection: apsw.Connection = tx.link.connection  # type: ignore[attr-defined]
    steps: list[int] = []
    connection.trace_v2(
        apsw.SQLITE_TRACE_PROFILE,
        lambda event: steps.append(event["stmt_status"]["SQLITE_STMTSTATUS_VM_STEP"]),
    )
    tx.link.fetch(text_, params)
    connection.trace_v2(0, None)
    return steps[0]


def _rows(plan: dict[str, Any]) -> int:
    own = int((plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"])
    return own + sum(_rows(each) for each in plan.get("Plans", ()))


@pytest.mark.parametrize("objects", [1, 2000])
async def test_a_claim_reads_the_index_of_what_is_ready_and_nothing_else(store: Store, objects: int) -> None:
    await store.system_write(lambda tx: _fill(tx, finished=3000, pending=2000, objects=objects))
    plan = await store.system_write(_plan)
    assert "ix_deliveries_ready" in plan
    assert not any(word in plan for word in ("SCAN deliveries", "Seq Scan", "TEMP B-TREE", '"Sort"')), plan
    touched = await store.system_write(_touched)
    assert touched <= (1000 if await store.system_read(lambda tx: tx.dialect) == "sqlite" else 40)


def _generic_plan(tx: SystemTx) -> str:
    """The plan that PostgreSQL makes once for all values; it knows only what the text says."""
    names: dict[str, int] = {}
    text_ = re.sub(r"%\((\w+)\)s", lambda found: f"${names.setdefault(found[1], len(names) + 1)}", _statement(tx)[0])
    connection: psycopg.Connection[Any] = tx.link.connection  # type: ignore[attr-defined]
    return json.dumps(connection.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {text_}").fetchall())


async def test_a_plan_that_knows_no_values_reads_the_same_index(postgres: Store) -> None:
    await postgres.system_write(lambda tx: _fill(tx, finished=3000, pending=2000, objects=2000))
    plan = await postgres.system_write(_generic_plan)
    assert "ix_deliveries_ready" in plan
    assert "Seq Scan" not in plan
