"""The group committer of SQLite: many waiting transactions share one durable COMMIT.

    interactive ──▶ ┐                    SAVEPOINT ─ fn ─ RELEASE        ┐
                    ├─▶ BEGIN IMMEDIATE ─ SAVEPOINT ─ fn ─ ROLLBACK TO   ├─▶ COMMIT (the fsync, in a thread) ─▶ answers
    background  ──▶ ┘  (at most 100)     SAVEPOINT ─ fn ─ RELEASE        ┘

Nothing is answered, not even a refusal, before the COMMIT is durable: a refusal may rest on what an earlier
transaction of the same batch wrote. Fails the COMMIT, then fails every waiter of the batch.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from tenure.domain.errors import Unavailable

MOST_INTERACTIVE = 200
MOST_BACKGROUND = 100
# The loop must not be held for longer than this by one batch; what is left goes into the next.
BATCH_S = 0.004
# Background work may hold it longer: a commit costs much more than the longer wait costs the people between.
BACKGROUND_S = 0.04
# A lone commit stays on the loop while commits have been quicker than this: a thread costs about 0.1 ms.
QUICK_S = 0.0005


class BatchLost(Exception):
    """The database gave up the whole open transaction, as it does when the disk is full."""


class Writer(Protocol):
    """The connection that the committer drives."""

    def begin(self) -> None: ...
    def attempt(self, work: Callable[[], Any]) -> Any:
        """Run inside a savepoint of its own; raises BatchLost when the open transaction is gone."""

    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def settle(self, *, committed: bool) -> None: ...


@dataclass(slots=True)
class Waiter:
    """One transaction that waits to be run and to be durable."""

    work: Callable[[], Any]
    done: "asyncio.Future[Any]"
    result: Any = None
    error: BaseException | None = None


class Committer:
    """Runs on the event loop's thread; only the COMMIT may run in another."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._interactive: deque[Waiter] = deque()
        self._background: deque[Waiter] = deque()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="commit")
        self._task: asyncio.Task[None] | None = None
        self._usual_s = 0.0

    async def submit(self, work: Callable[[], Any], *, background: bool) -> Any:
        """The result of `work`, once it is durable."""
        waiter = Waiter(work, asyncio.get_running_loop().create_future())
        (self._background if background else self._interactive).append(waiter)
        if self._task is None:
            self._task = asyncio.create_task(self._drain())
        return await waiter.done

    async def close(self) -> None:
        """Let everything that waits become durable, then stop."""
        while self._task is not None:
            await self._task
        self._thread.shutdown()

    async def _drain(self) -> None:
        try:
            while self._interactive or self._background:
                await self._batch()
                # Requests that came in meanwhile get the loop before the next batch takes it.
                await asyncio.sleep(0)
        finally:
            self._task = None

    async def _batch(self) -> None:
        ran: list[Waiter] = []
        committed = False
        try:
            self._writer.begin()
            self._run(ran)
            await self._commit(alone=len(ran) == 1)
            committed = True
        except Exception as error:
            for waiter in ran or self._take_all(ran):
                waiter.error = _lost(error)
            self._writer.rollback()
        finally:
            self._writer.settle(committed=committed)
            _answer(ran, committed=committed)

    def _run(self, ran: list[Waiter]) -> None:
        """Run what waits, interactive first, for as long as a batch may take."""
        started, limits = time.monotonic(), ((MOST_INTERACTIVE, BATCH_S), (MOST_BACKGROUND, BACKGROUND_S))
        for queue, (most, seconds) in zip((self._interactive, self._background), limits, strict=True):
            taken = 0
            while queue and taken < most and (not ran or time.monotonic() < started + seconds):
                waiter = queue.popleft()
                if waiter.done.cancelled():
                    continue
                taken += 1
                ran.append(waiter)
                try:
                    waiter.result = self._writer.attempt(waiter.work)
                except BatchLost:
                    raise
                except Exception as error:
                    # Whatever the action raised is for its caller; the others of the batch go on.
                    waiter.error = error

    async def _commit(self, *, alone: bool) -> None:
        started = time.monotonic()
        if alone and self._usual_s < QUICK_S:
            self._writer.commit()
        else:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._writer.commit)
        self._usual_s = 0.8 * self._usual_s + 0.2 * (time.monotonic() - started)

    def _take_all(self, ran: list[Waiter]) -> list[Waiter]:
        """The database did not even begin: nobody who waits can be served."""
        ran += [*self._interactive, *self._background]
        self._interactive.clear()
        self._background.clear()
        return ran


def _lost(error: Exception) -> Unavailable:
    """What everybody in the batch is told; the cause stays attached for the log."""
    if isinstance(error, Unavailable):
        return error
    lost = Unavailable("The database cannot take the write now. Nothing was changed; please try again.")
    lost.__cause__ = error
    return lost


def _answer(waiters: list[Waiter], *, committed: bool) -> None:
    for waiter in waiters:
        if waiter.done.done():
            continue
        if waiter.error is not None:
            waiter.done.set_exception(waiter.error)
        elif committed:
            waiter.done.set_result(waiter.result)
        else:
            waiter.done.cancel()
