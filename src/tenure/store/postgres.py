"""The store for many processes and hosts: PostgreSQL, a pool of connections, and a handful of threads.

loop ──read / write──▶ thread ──▶ connection of the pool ──▶ READ COMMITTED, `lock()` is SELECT … FOR UPDATE
                          └── serialization failure, deadlock, stale version, lost connection: once more
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout
from sqlalchemy.dialects.postgresql.psycopg import dialect as postgres_dialect

from tenure.domain.documents import Request, Scope, ready, ready_structs
from tenure.domain.errors import Unavailable
from tenure.store import migrate
from tenure.store.errors import AlreadyExists, Stale
from tenure.store.kinds import KINDS
from tenure.store.statements import Plans, Raw
from tenure.store.store import Store
from tenure.store.tx import SystemTx, Tx

T = TypeVar("T")
Connection = psycopg.Connection[Raw]

TRIES = 10
FIRST_PAUSE_S = 0.02
LONGEST_PAUSE_S = 1.0
# Background work may never take all connections from people who wait.
BACKGROUND_THREADS = 2
# An arbitrary number that all processes of Tenure agree on.
MIGRATION_LOCK = 7_203_114
_AGAIN = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected, psycopg.OperationalError, Stale)


class PostgresLink:
    """One connection, as transactions use it."""

    def __init__(self, connection: Connection, plans: Plans, *, writable: bool) -> None:
        self.connection = connection
        self.plans = plans
        self.writable = writable

    def fetch(self, text: str, params: Mapping[str, Any]) -> list[Raw]:
        try:
            return self.connection.execute(text, params).fetchall()
        except psycopg.errors.UniqueViolation as error:
            raise AlreadyExists(error.diag.table_name or "row", "") from error

    def change(self, text: str, params: Mapping[str, Any]) -> int:
        if not self.writable:
            raise RuntimeError("A read must not write.")
        try:
            return self.connection.execute(text, params).rowcount
        except psycopg.errors.UniqueViolation as error:
            raise AlreadyExists(error.diag.table_name or "row", "") from error

    def change_each(self, text: str, params: Sequence[Mapping[str, Any]]) -> None:
        if not self.writable:
            raise RuntimeError("A read must not write.")
        if len(params) == 1:
            self.connection.execute(text, params[0])
        else:
            self.connection.cursor().executemany(text, params)


class PostgresStore(Store):
    """Documents on a server; any number of processes may use it."""

    shared = True

    def __init__(self, url: str, *, connections: int = 8) -> None:
        super().__init__()
        self._url = url
        self._most = connections
        self._plans = Plans(postgres_dialect())  # type: ignore[no-untyped-call]
        self._pool: ConnectionPool[Connection] | None = None
        self._threads: ThreadPoolExecutor | None = None
        self._background: ThreadPoolExecutor | None = None

    def migrate(self) -> None:
        try:
            opened = psycopg.connect(self._url)
        except psycopg.OperationalError as error:
            raise Unavailable(f"The database cannot be reached: {str(error).splitlines()[0]}") from error
        with opened as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (MIGRATION_LOCK,))
            known = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
            found = None
            if known is not None and known[0] is not None:
                found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            for statement in migrate.upgrade("postgresql", found[0] if found else None):
                connection.execute(statement)

    async def start(self) -> None:
        for cls in KINDS:
            ready(cls)
        ready_structs()
        self._threads = ThreadPoolExecutor(self._most, thread_name_prefix="postgres")
        self._background = ThreadPoolExecutor(BACKGROUND_THREADS, thread_name_prefix="postgres-background")
        self._pool = ConnectionPool(
            self._url,
            min_size=1,
            max_size=self._most + BACKGROUND_THREADS,
            timeout=10,
            kwargs={"autocommit": True},
            open=False,
        )
        await asyncio.to_thread(self._pool.open)

    async def close(self) -> None:
        if self._pool is None or self._threads is None or self._background is None:
            return
        await asyncio.to_thread(self._threads.shutdown)
        await asyncio.to_thread(self._background.shutdown)
        await asyncio.to_thread(self._pool.close)
        self._pool = self._threads = self._background = None

    async def read(self, scope: Scope, fn: Callable[[Tx], T], *, now: int, request: Request | None = None) -> T:
        return await self._in_thread(lambda: self._read(lambda link: fn(Tx(link, scope, now=now, request=request))))

    async def write(
        self,
        scope: Scope,
        fn: Callable[[Tx], T],
        *,
        now: int,
        request: Request | None = None,
        background: bool = False,
    ) -> T:
        site = self.public_url
        return await self._write(
            lambda link: Tx(link, scope, now=now, request=request, site=site), fn, background=background
        )

    async def system_read(self, fn: Callable[[SystemTx], T], *, now: int = 0) -> T:
        return await self._in_thread(lambda: self._read(lambda link: fn(SystemTx(link, now=now))))

    async def system_write(self, fn: Callable[[SystemTx], T], *, now: int = 0, background: bool = False) -> T:
        return await self._write(lambda link: SystemTx(link, now=now), fn, background=background)

    async def _write(self, make: Callable[[PostgresLink], Any], fn: Callable[[Any], T], *, background: bool) -> T:
        result, wakes = await self._in_thread(lambda: self._transaction(make, fn), background=background)
        if wakes:
            self.announce()
        return result

    async def _in_thread(self, work: Callable[[], T], *, background: bool = False) -> T:
        threads = self._background if background else self._threads
        if threads is None:
            raise RuntimeError("The store is not started.")
        return await asyncio.get_running_loop().run_in_executor(threads, work)

    def _read(self, work: Callable[[PostgresLink], T]) -> T:
        """Each statement sees what is committed then; a lost connection is replaced."""

        def once() -> T:
            with self._connection() as connection:
                return work(PostgresLink(connection, self._plans, writable=False))

        return _again(once)

    def _transaction(self, make: Callable[[PostgresLink], Any], fn: Callable[[Any], T]) -> tuple[T, bool]:
        """Run `fn` until it gets through undisturbed; only a COMMIT is never repeated."""

        def once() -> tuple[T, bool]:
            with self._connection() as connection:
                tx = make(PostgresLink(connection, self._plans, writable=True))
                connection.execute("BEGIN")
                try:
                    result = fn(tx)
                except BaseException:
                    if not connection.closed:
                        connection.rollback()
                    raise
                _commit(connection)
                return result, tx.wakes

        return _again(once)

    def _connection(self) -> Any:
        if self._pool is None:
            raise RuntimeError("The store is not started.")
        return self._pool.connection()


def _commit(connection: Connection) -> None:
    """Make it durable. When the connection dies here the outcome is unknown, so it is not run again."""
    try:
        connection.execute("COMMIT")
    except psycopg.errors.UniqueViolation as error:
        raise AlreadyExists(error.diag.table_name or "row", "") from error
    except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
        raise
    except psycopg.OperationalError as error:
        raise Unavailable("The database did not confirm the write. Please try again with the same key.") from error


def _again(once: Callable[[], T]) -> T:
    """What `once` answers, tried anew where others got in the way; the pauses grow and differ, so that they part."""
    for attempt in range(TRIES - 1):
        try:
            return once()
        except PoolTimeout as error:
            raise _unavailable() from error
        except _AGAIN:
            time.sleep(random.uniform(0, min(FIRST_PAUSE_S * 2**attempt, LONGEST_PAUSE_S)))
    try:
        return once()
    except Stale:
        raise
    except _AGAIN as error:
        raise _unavailable() from error


def _unavailable() -> Unavailable:
    return Unavailable("The database cannot take the request now. Nothing was changed; please try again.")
