"""The group committer on a real SQLite file; commits fail through SQLite's own hook and page limit."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tenure.domain.customers import Customer
from tenure.domain.documents import Change
from tenure.domain.errors import Conflict, Unavailable
from tenure.store import committer
from tenure.store.sqlite import SqliteStore
from tenure.store.store import Store
from tenure.store.tx import Tx
from tests.store.samples import NOW, customer, saving
from tests.support.stores import SCOPE


@pytest.fixture
def sqlite(migrated_sqlite: Path, tmp_path: Path, open_stores: Callable[[str], Store]) -> SqliteStore:
    path = tmp_path / "tenure.sqlite"
    path.write_bytes(migrated_sqlite.read_bytes())
    store = open_stores(f"sqlite:///{path}")
    assert isinstance(store, SqliteStore)
    return store


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine would cut batches short: how long one may hold the loop is no part of these tests."""
    monkeypatch.setattr(committer, "BATCH_S", 60.0)
    monkeypatch.setattr(committer, "BACKGROUND_S", 60.0)


def writer(store: SqliteStore) -> Any:
    assert store._writer is not None
    return store._writer.link.connection


async def everyone(store: SqliteStore) -> list[str]:
    people = await store.read(SCOPE, lambda tx: tx.page(Customer, limit=100).items, now=NOW)
    return sorted(person.id for person in people)


async def test_a_failing_commit_fails_everybody_who_waits(sqlite: SqliteStore) -> None:
    def refuse(tx: Tx) -> None:
        raise Conflict("This rests on what was never committed.")

    writer(sqlite).set_commit_hook(lambda: True)
    works = [saving(customer(f"cus_{number}")) for number in range(5)]
    answers = await asyncio.gather(
        *(sqlite.write(SCOPE, work, now=NOW) for work in (*works, refuse)), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [Unavailable] * 6
    writer(sqlite).set_commit_hook(None)
    assert await everyone(sqlite) == []
    await sqlite.write(SCOPE, works[0], now=NOW)
    assert await everyone(sqlite) == ["cus_0"]


async def test_a_failing_commit_of_one_fails_it_too(sqlite: SqliteStore) -> None:
    writer(sqlite).set_commit_hook(lambda: True)
    with pytest.raises(Unavailable):
        await sqlite.write(SCOPE, saving(customer()), now=NOW)
    writer(sqlite).set_commit_hook(None)
    assert await everyone(sqlite) == []


async def test_one_that_fails_does_not_hurt_the_others_of_its_batch(sqlite: SqliteStore) -> None:
    commits: list[int] = []
    writer(sqlite).set_commit_hook(lambda: bool(commits.append(1)))

    def fail(tx: Tx) -> None:
        saving(customer("cus_half"))(tx)
        raise RuntimeError("stop")

    works = [saving(customer("cus_1")), fail, saving(customer("cus_2"))]
    answers = await asyncio.gather(*(sqlite.write(SCOPE, each, now=NOW) for each in works), return_exceptions=True)
    assert [type(answer) for answer in answers] == [type(None), RuntimeError, type(None)]
    assert await everyone(sqlite) == ["cus_1", "cus_2"]
    assert len(commits) == 1


async def test_people_go_before_background_work_and_so_many_of_that_at_most_in_a_batch(
    sqlite: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committer, "MOST_BACKGROUND", 10)
    order: list[str] = []
    writer(sqlite).set_commit_hook(lambda: bool(order.append("commit")))

    def note(name: str) -> Callable[[Tx], None]:
        def act(tx: Tx) -> None:
            order.append(name)
            # The hook is called only where something was written.
            tx.save(Change(after=(customer(tx.new_id("cus_")),)))

        return act

    background = [sqlite.write(SCOPE, note("later"), now=NOW, background=True) for _ in range(25)]
    people = [sqlite.write(SCOPE, note("now"), now=NOW) for _ in range(5)]
    await asyncio.gather(*background, *people)
    batches = " ".join(order).split("commit")
    counts = [(batch.split().count("now"), batch.split().count("later")) for batch in batches if batch.strip()]
    assert counts[0][0] == 5
    assert batches[0].split()[:5] == ["now"] * 5
    assert max(later for _, later in counts) <= 10
    assert sum(later for _, later in counts) == 25


async def test_nothing_is_answered_before_the_commit(sqlite: SqliteStore) -> None:
    answered: list[bool] = []
    writer(sqlite).set_commit_hook(lambda: bool(answered.append(any(task.done() for task in tasks))))
    tasks = [asyncio.ensure_future(sqlite.write(SCOPE, saving(customer(f"cus_{n}")), now=NOW)) for n in range(3)]
    await asyncio.gather(*tasks)
    assert answered == [False]


async def test_a_request_that_went_away_does_not_run(sqlite: SqliteStore) -> None:
    gone = asyncio.ensure_future(sqlite.write(SCOPE, saving(customer("cus_gone")), now=NOW))
    stays = asyncio.ensure_future(sqlite.write(SCOPE, saving(customer("cus_stays")), now=NOW))
    await asyncio.sleep(0)
    gone.cancel()
    await stays
    assert "cus_stays" in await everyone(sqlite)
    assert gone.cancelled()


async def test_a_full_disk_is_told_and_passes(sqlite: SqliteStore) -> None:
    pages = writer(sqlite).execute("PRAGMA page_count").fetchall()[0][0]
    writer(sqlite).execute(f"PRAGMA max_page_count = {pages + 3}").fetchall()
    works = [saving(customer(f"cus_{number}", description="x" * 6000)) for number in range(8)]
    answers = await asyncio.gather(*(sqlite.write(SCOPE, work, now=NOW) for work in works), return_exceptions=True)
    failed = [number for number, answer in enumerate(answers) if isinstance(answer, Unavailable)]
    assert failed
    assert await everyone(sqlite) == [f"cus_{number}" for number in range(8) if number not in failed]
    writer(sqlite).execute("PRAGMA max_page_count = 1000000").fetchall()
    for number in failed:
        await sqlite.write(SCOPE, works[number], now=NOW)
    assert len(await everyone(sqlite)) == 8
    assert writer(sqlite).execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_closing_waits_for_what_was_asked_for(sqlite: SqliteStore) -> None:
    tasks = [asyncio.ensure_future(sqlite.write(SCOPE, saving(customer(f"cus_{n}")), now=NOW)) for n in range(20)]
    await asyncio.sleep(0)
    await sqlite.close()
    assert [await task for task in tasks] == [None] * 20
    await sqlite.start()
    assert len(await everyone(sqlite)) == 20
