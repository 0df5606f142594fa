import asyncio
import subprocess
import sys
from collections.abc import Callable
from functools import partial

import psycopg
import pytest
from msgspec.structs import replace

from tenure.domain.customers import Customer
from tenure.domain.documents import Change
from tenure.store.store import Store
from tenure.store.tx import Tx
from tests.store.samples import NOW, customer, saving
from tests.support.stores import SCOPE


@pytest.fixture
def postgres(postgres_database: Callable[..., str], migrated_postgres: str) -> str:
    return postgres_database(migrated_postgres)


async def test_two_processes_that_lock_in_opposite_order_both_get_through(
    postgres: str, open_stores: Callable[[str], Store]
) -> None:
    loop = asyncio.get_running_loop()
    first = await loop.run_in_executor(None, open_stores, postgres)
    second = await loop.run_in_executor(None, open_stores, postgres)
    await first.write(SCOPE, saving(customer("cus_1"), customer("cus_2")), now=NOW)

    def add(tx: Tx, order: tuple[str, str]) -> None:
        for id in order:
            doc = tx.lock(Customer, id)
            tx.save(Change(after=(replace(doc, balance=doc.balance + 1),)))

    works = []
    for _ in range(4):
        works.append(first.write(SCOPE, partial(add, order=("cus_1", "cus_2")), now=NOW))
        works.append(second.write(SCOPE, partial(add, order=("cus_2", "cus_1")), now=NOW))
    await asyncio.gather(*works)
    people = await first.read(SCOPE, lambda tx: tx.page(Customer).items, now=NOW)
    assert [person.balance for person in people] == [8, 8]  # 4 of each order


async def test_a_connection_that_dies_is_replaced_and_the_write_made_once(
    postgres: str, open_stores: Callable[[str], Store]
) -> None:
    store = await asyncio.get_running_loop().run_in_executor(None, open_stores, postgres)
    await store.write(SCOPE, saving(customer("cus_1")), now=NOW)
    tries: list[int] = []

    def add(tx: Tx) -> None:
        doc = tx.lock(Customer, "cus_1")
        tx.save(Change(after=(replace(doc, balance=doc.balance + 1),)))
        tries.append(1)
        if len(tries) == 1:
            _kill_others(postgres)
        tx.count(Customer)

    await store.write(SCOPE, add, now=NOW)
    assert len(tries) == 2
    assert (await store.read(SCOPE, lambda tx: tx.need(Customer, "cus_1"), now=NOW)).balance == 1


def _kill_others(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )


def test_every_struct_is_worked_out_before_threads_convert_to_it() -> None:
    """In msgspec two threads at once may crash on one that nobody has used."""
    script = "import tenure.app; from tenure.domain.documents import ready_structs; print(ready_structs())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 400
