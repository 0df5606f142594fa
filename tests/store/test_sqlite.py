from pathlib import Path

import apsw
import pytest

from tenure.domain.subscriptions import Subscription
from tenure.store.sqlite import SqliteStore, check_library
from tests.support.stores import SCOPE


@pytest.mark.parametrize("version", ["3.7.0", "3.40.1", "3.44.5", "3.45.0", "3.50.6", "3.51.0", "3.51.2"])
def test_a_library_with_the_wal_reset_race_is_refused(version: str) -> None:
    with pytest.raises(RuntimeError, match="WAL-reset"):
        check_library(version)


@pytest.mark.parametrize("version", ["3.44.6", "3.44.9", "3.50.7", "3.51.3", "3.52.0", "3.54.1", "4.0.0"])
def test_a_repaired_library_is_accepted(version: str) -> None:
    check_library(version)


async def test_a_statement_is_compiled_once_whatever_its_values(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "tenure.db"))
    store.migrate()
    await store.start()
    asked, asked_after = [], []

    def note(*what: str | int | None) -> int:
        asked.append(what)
        return apsw.SQLITE_OK

    try:
        assert store._reader is not None
        store._reader.connection.set_authorizer(note)  # SQLite asks it whenever it compiles
        for customer in ("cus_1", "cus_2", "cus_3"):
            where = [("customer", "=", customer)]
            await store.read(SCOPE, lambda tx, where=where: tx.page(Subscription, where), now=1)
            asked_after.append(len(asked))
    finally:
        await store.close()
    assert asked_after[0] > 0
    assert asked_after == [asked_after[0]] * 3
