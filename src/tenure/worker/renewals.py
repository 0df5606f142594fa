"""Time passes for subscriptions: each due one is advanced in a transaction of its own, ten at a time.

    due ──▶ [10 × advance(tx, id)] ── pause ── [10 × …]      interactive writes go between
             └ fails: logged, set aside for 1, 2, 4 … 60 min; the others are not held up

Test clocks that are advancing are carried to their target the same way.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy import bindparam, false, select

from tenure.actions import subscriptions, test_clocks
from tenure.domain.documents import Scope
from tenure.store.schema import test_clocks as clocks
from tenure.store.store import Store

BATCH = 10
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


class Renewals:
    """Advances what is due at `clock()`, unix seconds."""

    def __init__(self, store: Store, *, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._aside: dict[Key, _Aside] = {}

    async def renew(self) -> bool:
        """One batch of due subscriptions; whether there may be more."""
        now = self._clock()
        skipped = self._still_aside(now)
        found = await self._store.due(now, BATCH + len(skipped))
        batch = [key for key in found if key not in skipped][:BATCH]
        await asyncio.gather(*(self._advance(key, now) for key in batch))
        return len(batch) == BATCH

    async def advance_clocks(self) -> bool:
        """A few steps of each advancing test clock; whether one of them is not there yet."""
        now = self._clock()
        skipped = self._still_aside(now)
        limit = BATCH + len(skipped)
        rows = await self._store.system_read(lambda tx: tx.rows(_ADVANCING, limit=limit))
        keys = [(Scope(row.account, row.livemode), row.id) for row in rows]
        ready = await asyncio.gather(*(self._finish(key, now) for key in keys if key not in skipped))
        return not all(ready)

    async def _advance(self, key: Key, now: int) -> None:
        scope, id = key
        try:
            await self._store.write(scope, lambda tx: subscriptions.advance(tx, id, now=now), now=now, background=True)
        except Exception:
            self._set_aside(key, now)
        else:
            self._aside.pop(key, None)

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
        log.exception("renewal_failed", account=key[0].account, object=key[1], again_in_s=pause)
        self._aside[key] = _Aside(failures, now + pause)
        while len(self._aside) > MOST_SET_ASIDE:
            self._aside.pop(next(iter(self._aside)))

    def _still_aside(self, now: int) -> set[Key]:
        return {key for key, aside in self._aside.items() if aside.until > now}
