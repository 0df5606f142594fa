"""The worker's job brings every account's changes into SQL by itself, and the loop goes on meanwhile."""

import asyncio
import time
from pathlib import Path

from tenure.analytics.sandbox import Sandbox
from tenure.analytics.warehouse import warehouse_of
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, Scope
from tenure.store import accounts
from tenure.store.store import Store
from tenure.worker.warehouse import EVERY_S, warehouse_job
from tests.support.stores import OTHER_MODE, SCOPE

NOW = 1_790_000_000


async def save(store: Store, scope: Scope, *ids: str) -> None:
    docs = tuple(Customer(id=id, created=NOW) for id in ids)
    await store.write(scope, lambda tx: tx.save(Change(after=docs)), now=NOW)


async def test_changes_of_both_modes_arrive_without_being_asked_for(store: Store, tmp_path: Path):
    await store.system_write(lambda tx: accounts.create(tx, id=SCOPE.account, name="Halyard", created=NOW))
    await save(store, SCOPE, "cus_1")
    await save(store, OTHER_MODE, "cus_1", "cus_2")
    job = warehouse_job(store, lambda: NOW, tmp_path)
    task = asyncio.create_task(job.run())
    warehouse, sandbox = warehouse_of(store, tmp_path), Sandbox()
    async with asyncio.timeout(20):
        while not warehouse.data_load_time(OTHER_MODE):
            await asyncio.sleep(0.02)
    counts = [
        (await sandbox.run(warehouse.directory(scope), "select count(*) from customers")).rows
        for scope in (SCOPE, OTHER_MODE)
    ]
    job.stop()
    await task
    assert counts == [[[1]], [[2]]]
    assert EVERY_S <= 30


async def test_the_loop_is_free_while_many_documents_are_copied(store: Store, tmp_path: Path):
    for number in range(10):
        await save(store, SCOPE, *(f"cus_{number}_{each}" for each in range(300)))
    lags = []

    async def watch() -> None:
        while True:
            started = time.perf_counter()
            await asyncio.sleep(0.001)
            lags.append(time.perf_counter() - started - 0.001)

    watching = asyncio.create_task(watch())
    await warehouse_of(store, tmp_path).refresh(SCOPE, now_ms=NOW * 1000)
    watching.cancel()
    assert len(lags) > 5
    assert sorted(lags)[len(lags) // 2] < 0.05  # s; the median, since the machine is shared
