"""Runs each query in a process of its own, which can read one folder and nothing else, and is killed when it is late.

    run ── at most 2 an account, 20 wait ──▶ query_process ──pipe, capped──▶ Result
                                                  └─ deadline + 2 s: SIGKILL

`query_process` locks itself in before it looks at the query; at first use it attacks itself, and if something that must
be refused is not, no query is run at all.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

import tenure
from tenure.analytics import manifest as manifests
from tenure.analytics.guard import QueryError
from tenure.analytics.query_process import Answer, Order
from tenure.domain.errors import TooMany, Unavailable

RUNNING_PER_ACCOUNT = 2
WAITING_PER_ACCOUNT = 20
GRACE_S = 2.0
MB = 1 << 20
EXPORT_ROWS = 1_000_000
EXPORT_BYTES = 256 * MB
START_S = 30.0


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a query: times as text in UTC, exact decimals as text; `total` is None where counting took too long."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[list[Any]]
    truncated: bool
    total: int | None
    seconds: float
    data_load_time: int


class Layers(msgspec.Struct, frozen=True):
    """What holds a query in: the kernel's version of Landlock, 0 for none, and attacks that were not refused."""

    landlock: int
    breaches: tuple[str, ...]


class Sandbox:
    """Starts the processes and keeps count of them."""

    def __init__(
        self, *, memory_mb: int = 512, threads: int = 2, processes: int = 4, waiting: int = WAITING_PER_ACCOUNT
    ) -> None:
        """`processes` run at once over all accounts; `waiting` are the most that wait for one account."""
        self._most = RUNNING_PER_ACCOUNT + waiting
        self._memory_mb = memory_mb
        self._threads = threads
        self._all = asyncio.Semaphore(processes)
        self._accounts: dict[str, asyncio.Semaphore] = {}
        self._waiting: Counter[str] = Counter()
        self._layers: Layers | None = None
        self._testing = asyncio.Lock()

    async def run(
        self, directory: Path, sql: str, *, limit_rows: int = 1000, timeout_s: float = 30, pii: bool = True
    ) -> Result:
        """The first rows of a query. Raises QueryError, TooMany, Unavailable."""
        load_time = manifests.read(directory).data_load_time
        async with self._place(directory):
            await self.layers(directory)
            started = time.monotonic()
            answer = await self._ask(
                directory, sql=sql, data_load_time=load_time, limit_rows=limit_rows, timeout_s=timeout_s, pii=pii
            )
        return Result(
            columns=tuple(answer.columns),
            types=tuple(answer.types),
            rows=answer.rows,
            truncated=answer.truncated,
            total=answer.total,
            seconds=time.monotonic() - started,
            data_load_time=load_time,
        )

    async def csv(
        self, directory: Path, sql: str, *, limit_rows: int = EXPORT_ROWS, timeout_s: float = 600, pii: bool = True
    ) -> AsyncIterator[bytes]:
        """All rows as CSV, piece by piece. Raises QueryError, before the first piece when the query cannot start."""
        load_time = manifests.read(directory).data_load_time
        async with self._place(directory):
            await self.layers(directory)
            async with self._process(
                directory,
                sql=sql,
                output="csv",
                data_load_time=load_time,
                limit_rows=limit_rows,
                limit_bytes=EXPORT_BYTES,
                timeout_s=timeout_s,
                pii=pii,
            ) as process:
                async with asyncio.timeout(timeout_s + GRACE_S):
                    while piece := await _stdout(process).read(64 * 1024):
                        yield piece
                    said = await process.stderr.read(MB) if process.stderr else b""
                if await process.wait() != 0:
                    raise _error(_decoded(said))

    async def layers(self, directory: Path) -> Layers:
        """What holds queries in, found out once by an attack from inside. Raises Unavailable when it does not hold."""
        async with self._testing:
            if self._layers is None:
                self._layers = await self._attack(directory)
        if self._layers.breaches:
            raise Unavailable("SQL is switched off: its sandbox does not hold on this machine.", code="sandbox_unsafe")
        return self._layers

    async def _attack(self, directory: Path) -> Layers:
        try:
            answer = await self._ask(directory, output="layers", timeout_s=START_S)
        except QueryError as error:
            raise Unavailable(
                f"SQL is switched off: its sandbox does not start. {error}", code="sandbox_unsafe"
            ) from None
        return Layers(answer.landlock, tuple(answer.breaches))

    @asynccontextmanager
    async def _place(self, directory: Path) -> AsyncIterator[None]:
        """A place among the account's running queries, and among all."""
        account = directory.parent.name
        if self._waiting[account] >= self._most:
            raise TooMany("Too many queries are waiting already. Try again when some have finished.", code="rate_limit")
        self._waiting[account] += 1
        try:
            async with self._accounts.setdefault(account, asyncio.Semaphore(RUNNING_PER_ACCOUNT)), self._all:
                yield
        finally:
            self._waiting[account] -= 1
            if not self._waiting[account]:
                del self._waiting[account]
                self._accounts.pop(account, None)

    async def _ask(self, directory: Path, **order: Any) -> Answer:
        timeout_s = order["timeout_s"]
        async with self._process(directory, **order) as process:
            try:
                async with asyncio.timeout(timeout_s + GRACE_S):
                    raw = await _stdout(process).read()
            except TimeoutError:
                raise QueryError(f"The query ran longer than {timeout_s:g} seconds and was stopped.") from None
        answer = _decoded(raw)
        if answer.error is not None:
            raise _error(answer)
        return answer

    @asynccontextmanager
    async def _process(self, directory: Path, **order: Any) -> AsyncIterator[asyncio.subprocess.Process]:
        """A process at work on an order; it does not outlive the block."""
        with tempfile.TemporaryDirectory(prefix="tenure-sql-") as temporary:
            wanted = Order(
                directory=str(directory.resolve()),
                temporary=temporary,
                memory_mb=self._memory_mb,
                threads=self._threads,
                **order,
            )
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-s", "-P", "-m", "tenure.analytics.query_process"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=temporary,
                env=_environment(temporary),
                limit=MB,
            )
            try:
                assert process.stdin is not None
                process.stdin.write(msgspec.json.encode(wanted))
                process.stdin.close()
                yield process
                await asyncio.wait_for(process.wait(), GRACE_S)
            except BaseException:
                if process.returncode is None:
                    process.kill()
                raise
            finally:
                await process.wait()


def _environment(temporary: str) -> dict[str, str]:
    """Where to find this package, and nothing of the server's own environment."""
    source = str(Path(tenure.__file__).parent.parent)
    return {"PYTHONPATH": source, "HOME": temporary, "TZ": "UTC", "LANG": "C.UTF-8", "PATH": os.defpath}


def _stdout(process: asyncio.subprocess.Process) -> asyncio.StreamReader:
    assert process.stdout is not None
    return process.stdout


def _decoded(raw: bytes) -> Answer:
    try:
        return msgspec.json.decode(raw, type=Answer)
    except msgspec.DecodeError:
        return Answer(error="The query needed more memory or time than it may use, and was stopped.")


def _error(answer: Answer) -> QueryError:
    """The process's words as they are: the place is in them already."""
    error = QueryError(answer.error or "The query was stopped.")
    error.line, error.column = answer.line, answer.column
    return error
