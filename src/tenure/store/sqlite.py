"""The embedded store: one SQLite file, one process.

loop ──read──▶ reader connection (a snapshot for each read, inline: cheaper than a hop to a thread)
loop ──write─▶ group committer ──▶ writer connection (WAL, synchronous=FULL)
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import apsw
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect

from tenure.domain.documents import Request, Scope
from tenure.domain.errors import Unavailable
from tenure.store import migrate
from tenure.store.cache import Cache
from tenure.store.committer import BatchLost, Committer
from tenure.store.errors import AlreadyExists
from tenure.store.statements import Plans, Raw
from tenure.store.store import Store
from tenure.store.tx import SystemTx, Tx

T = TypeVar("T")
Version = tuple[int, ...]

BUSY_MS = 10_000
# A page that changes often is copied back seldom (each 16 MB of log), the upper pages of large indexes stay read, and
# what a savepoint would put back is kept in memory: by default it goes to a file once it is more than 64 kB.
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "wal_autocheckpoint=4000",
    "cache_size=-32000",
    "temp_store=MEMORY",
)
# Kinds of failure that pass: the disk is full or does not answer, or somebody else holds the file.
_PASSING = (apsw.FullError, apsw.IOError, apsw.BusyError, apsw.LockedError, apsw.NoMemError, apsw.CantOpenError)


def check_library(version: str) -> None:
    """Refuse a SQLite library that can corrupt a WAL database when a reset races a writer.

    Source: sqlite.org, "WAL-reset bug": 3.7.0 to 3.51.2, fixed in 3.51.3 and, back-ported, 3.44.6 and 3.50.7.
    """
    number: Version = tuple(int(part) for part in version.split("."))
    repaired = (number[:2] == (3, 44) and number >= (3, 44, 6)) or (number[:2] == (3, 50) and number >= (3, 50, 7))
    if (3, 7, 0) <= number <= (3, 51, 2) and not repaired:
        raise RuntimeError(f"SQLite {version} can corrupt its database (WAL-reset race). Install apsw 3.51.3 or newer.")


class SqliteLink:
    """One connection, as transactions use it."""

    def __init__(self, connection: apsw.Connection, plans: Plans) -> None:
        self.connection = connection
        self.plans = plans

    def fetch(self, text: str, params: Mapping[str, Any]) -> list[Raw]:
        try:
            return self.connection.execute(text, params).fetchall()
        except apsw.Error as error:
            raise _translated(error) from error

    def change(self, text: str, params: Mapping[str, Any]) -> int:
        try:
            self.connection.execute(text, params)
        except apsw.Error as error:
            raise _translated(error) from error
        return self.connection.changes()

    def change_each(self, text: str, params: Sequence[Mapping[str, Any]]) -> None:
        try:
            self.connection.executemany(text, params)
        except apsw.Error as error:
            raise _translated(error) from error

    def command(self, text: str) -> None:
        """BEGIN, COMMIT and their kind."""
        try:
            self.connection.execute(text)
        except apsw.Error as error:
            raise _translated(error) from error


def _translated(error: apsw.Error) -> Exception:
    if isinstance(error, apsw.ConstraintError) and str(error).startswith("UNIQUE constraint failed"):
        return AlreadyExists(str(error).rpartition(": ")[2].partition(".")[0], "")
    if isinstance(error, _PASSING):
        return Unavailable("The database cannot take the write now. Nothing was changed; please try again.")
    return error


class SqliteWriter:
    """What the committer does with the writer connection."""

    def __init__(self, link: SqliteLink, cache: Cache, announce: Callable[[], None]) -> None:
        self.link = link
        self.woken = False
        self._cache = cache
        self._announce = announce

    def begin(self) -> None:
        self.woken = False
        self.rollback()
        self.link.command("BEGIN IMMEDIATE")

    def attempt(self, work: Callable[[], Any]) -> Any:
        self.link.command("SAVEPOINT waiter")
        try:
            result = work()
        except BaseException as error:
            if not self.link.connection.in_transaction:
                raise BatchLost from error
            self.link.command("ROLLBACK TO SAVEPOINT waiter")
            self.link.command("RELEASE SAVEPOINT waiter")
            raise
        self.link.command("RELEASE SAVEPOINT waiter")
        return result

    def commit(self) -> None:
        self.link.command("COMMIT")

    def rollback(self) -> None:
        """End what may still be open; when even that fails, the next batch tries again before it begins."""
        if self.link.connection.in_transaction:
            with suppress(Unavailable):
                self.link.command("ROLLBACK")

    def settle(self, *, committed: bool) -> None:
        self._cache.settle()
        if committed and self.woken:
            self._announce()


class SqliteStore(Store):
    """Documents in one file; `close()` waits for what is still to be written."""

    def __init__(self, path: str) -> None:
        super().__init__()
        check_library(apsw.sqlite_lib_version())
        self.path = Path(path)
        self._plans = Plans(sqlite_dialect(paramstyle="named"))
        self._cache = Cache()
        self._reader: SqliteLink | None = None
        self._writer: SqliteWriter | None = None
        self._committer: Committer | None = None

    def migrate(self) -> None:
        connection = self._connect()
        try:
            connection.execute("BEGIN EXCLUSIVE")
            known = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'").fetchall()
            found = connection.execute("SELECT version_num FROM alembic_version").fetchall() if known else []
            for statement in migrate.upgrade("sqlite", str(found[0][0]) if found else None):
                connection.execute(statement)
            connection.execute("COMMIT")
        finally:
            connection.close()

    async def start(self) -> None:
        writer = SqliteLink(self._connect(), self._plans)
        self._reader = SqliteLink(self._connect(), self._plans)
        self._reader.connection.execute("PRAGMA query_only=ON")
        self._writer = SqliteWriter(writer, self._cache, self.announce)
        self._committer = Committer(self._writer)

    async def close(self) -> None:
        if self._committer is None or self._reader is None or self._writer is None:
            return
        await self._committer.close()
        self._reader.connection.close()
        self._writer.link.connection.close()
        self._committer = self._reader = self._writer = None

    async def read(self, scope: Scope, fn: Callable[[Tx], T], *, now: int, request: Request | None = None) -> T:
        link = self._started_reader()
        return self._snapshot(link, fn, Tx(link, scope, now=now, request=request, cache=self._cache))

    async def write(
        self,
        scope: Scope,
        fn: Callable[[Tx], T],
        *,
        now: int,
        request: Request | None = None,
        background: bool = False,
    ) -> T:
        def tx() -> Tx:
            return Tx(
                self._started_writer().link, scope, now=now, request=request, cache=self._cache, site=self.public_url
            )

        return await self._submit(partial(self._run, tx, fn), background=background)

    async def system_read(self, fn: Callable[[SystemTx], T], *, now: int = 0) -> T:
        link = self._started_reader()
        return self._snapshot(link, fn, SystemTx(link, now=now, cache=self._cache))

    async def system_write(self, fn: Callable[[SystemTx], T], *, now: int = 0, background: bool = False) -> T:
        def tx() -> SystemTx:
            return SystemTx(self._started_writer().link, now=now, cache=self._cache)

        return await self._submit(partial(self._run, tx, fn), background=background)

    def _run(self, make: Callable[[], Any], fn: Callable[[Any], T]) -> T:
        tx = make()
        result = fn(tx)
        if tx.wakes:
            self._started_writer().woken = True
        return result

    async def _submit(self, work: Callable[[], T], *, background: bool) -> T:
        if self._committer is None:
            raise RuntimeError("The store is not started.")
        result: T = await self._committer.submit(work, background=background)
        return result

    def _snapshot(self, link: SqliteLink, fn: Callable[[Any], T], tx: SystemTx) -> T:
        """All statements of one read see the same moment."""
        link.command("BEGIN")
        try:
            return fn(tx)
        finally:
            if link.connection.in_transaction:
                link.command("COMMIT")

    def _connect(self) -> apsw.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = apsw.Connection(str(self.path), statementcachesize=500)
        connection.set_busy_timeout(BUSY_MS)
        # Else SQLite plans a statement anew for each value of its LIMIT: ten times what a short page costs.
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        return connection

    def _started_reader(self) -> SqliteLink:
        if self._reader is None:
            raise RuntimeError("The store is not started.")
        return self._reader

    def _started_writer(self) -> SqliteWriter:
        if self._writer is None:
            raise RuntimeError("The store is not started.")
        return self._writer
