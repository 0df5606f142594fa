"""Time passes: whatever is due takes its step in a transaction of its own, many at a time, the longest waiting first.

    due ──▶ [n × claim, step] ── [n × …]        schedules, subscriptions and invoices; interactive writes go between
             ├ another worker has it: left to that one
             └ fails: logged, set aside for 1, 2, 4 … 60 min; the others are not held up

SQLite's one worker asks for a hundred at once, which share a commit as far as its time allows. Workers of one
PostgreSQL ask for ten, and begin at different places among what is due, so that they seldom ask for the same one.
Test clocks that are advancing are carried to their target the same way.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy import bindparam, false, select

from tenure.actions import passing, test_clocks
from tenure.domain.documents import Scope
from tenure.store.due import Due, due
from tenure.store.schema import test_clocks as clocks
from tenure.store.store import Store

BATCH = 10
ALONE = 100
ROUND = 100
AMONG = 400
MOST_SET_ASIDE = 10_000
FIRST_ASIDE_S = 60
LONGEST_ASIDE_S = 3600
STEPS_AT_ONCE = 10

log = structlog.get_logger(__name__)
Key = tuple[Scope, str]

_ADVANCING = (
    select(clocks.c.account, clocks.c.livemode, clocks.c.id)
    .where(clocks.c.status == "advancing", clocks.c.deleted == false())
    .order_by(clocks.c.changed)
    .limit(bindparam("limit"))
)


@dataclass(frozen=True, slots=True)
class _Aside:
    """Something that failed: how often, and until when it is left alone."""

    failures: int
    until: int


class Clock:
    """Does what is due at `clock()`, unix seconds."""

    def __init__(self, store: Store, *, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._aside: dict[Key, _Aside] = {}

    async def pass_time(self) -> bool:
        """One round of what is due, batch after batch; whether there may be more."""
        now = self._clock()
        skipped = self._still_aside(now)
        shared = self._store.shared
        limit = AMONG + len(skipped)
        found = await self._store.system_read(lambda tx: due(tx, now, limit))
        moved = False
        for batch in _batches([each for each in found if (each.scope, each.id) not in skipped], shared=shared):
            done = any(await asyncio.gather(*(self._step(each, now) for each in batch)))
            moved |= done
            if shared and not done:
                break  # others are at work here: look again
        return moved

    async def advance_clocks(self) -> bool:
        """A few steps of each advancing test clock; whether one of them is not there yet."""
        now = self._clock()
        skipped = self._still_aside(now)
        limit = BATCH + len(skipped)
        rows = await self._store.system_read(lambda tx: tx.rows(_ADVANCING, limit=limit))
        keys = [(Scope(row.account, row.livemode), row.id) for row in rows]
        ready = await asyncio.gather(*(self._finish(key, now) for key in keys if key not in skipped))
        return not all(ready)

    async def _step(self, found: Due, now: int) -> bool:
        key = (found.scope, found.id)
        try:
            moved = await self._store.write(
                found.scope, lambda tx: passing.claimed(tx, found, now=now), now=now, background=True
            )
        except Exception:
            self._set_aside(key, now)
            return False
        self._aside.pop(key, None)
        return moved

    async def _finish(self, key: Key, now: int) -> bool:
        scope, id = key
        try:
            return await self._store.write(
                scope, lambda tx: test_clocks.finish(tx, id, limit=STEPS_AT_ONCE), now=now, background=True
            )
        except Exception:
            self._set_aside(key, now)
            return True

    def _set_aside(self, key: Key, now: int) -> None:
        before = self._aside.pop(key, None)
        failures = before.failures + 1 if before else 1
        pause = min(LONGEST_ASIDE_S, FIRST_ASIDE_S * 2 ** min(failures - 1, 10))
        log.exception("due_failed", account=key[0].account, object=key[1], again_in_s=pause)
        self._aside[key] = _Aside(failures, now + pause)
        while len(self._aside) > MOST_SET_ASIDE:
            self._aside.pop(next(iter(self._aside)))

    def _still_aside(self, now: int) -> set[Key]:
        return {key for key, aside in self._aside.items() if aside.until > now}


def _batches(found: list[Due], *, shared: bool) -> list[list[Due]]:
    """Ten at a time, as many as a round has; among other workers from a place of one's own on, and around."""
    size = BATCH if shared else ALONE
    batches = [found[at : at + size] for at in range(0, len(found), size)]
    first = random.randrange(len(batches)) if shared and batches else 0
    return (batches[first:] + batches[:first])[: ROUND // BATCH]
