"""An opened store over a fresh database: on a real SQLite file, and again on a real PostgreSQL.

    def test_a(store, run): run(store.write(SCOPE, lambda tx: tx.save(change), now=1_700_000_000))
    async def test_b(store): …

The schema is migrated once per run and kind; a test gets a copy.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tenure.domain.documents import Scope
from tenure.store.open import open_store
from tenure.store.store import Store

SCOPE = Scope("acct_test", livemode=False)
OTHER_ACCOUNT = Scope("acct_other", livemode=False)
OTHER_MODE = Scope("acct_test", livemode=True)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that has the schema and nothing else."""
    path = tmp_path_factory.mktemp("template") / "tenure.sqlite"
    open_store(f"sqlite:///{path}").migrate()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_database: Callable[..., str]) -> str:
    """The name of a PostgreSQL database that has the schema and nothing else."""
    url = postgres_database()
    open_store(url).migrate()
    return url.split("?")[0].rsplit("/", 1)[1]


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a fresh database with the schema in it."""
    if request.param == "sqlite":
        path = tmp_path / "tenure.sqlite"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        return f"sqlite:///{path}"
    template = request.getfixturevalue("migrated_postgres")
    return str(request.getfixturevalue("postgres_database")(template))


@pytest.fixture
def open_stores(loop_thread: Any) -> Iterator[Callable[[str], Store]]:
    """open_stores(url) -> a started store, closed at the end of the test"""
    opened: list[Store] = []

    async def start(url: str) -> Store:
        store = open_store(url)
        await store.start()
        return store

    def open_(url: str) -> Store:
        opened.append(loop_thread.run(start(url)))
        return opened[-1]

    yield open_
    for store in opened:
        loop_thread.run(store.close())


@pytest.fixture
def store(store_url: str, open_stores: Callable[[str], Store]) -> Store:
    """A started store on a fresh database."""
    return open_stores(store_url)
