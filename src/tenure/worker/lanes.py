"""One lane for each endpoint, so that a slow or dead one keeps nobody else waiting.

    endpoint A  ━━ ━━ ━━ ━━      up to 4 at once                     ┐
    endpoint B  ━━               one at a time: 5 failures in a row  ├ up to 64 at once, of which lanes
    endpoint C  (nothing due)    no lane at all                      ┘ that fail may use half

A lane takes a slot first and claims second: what is claimed is sent at once, so that its lease never waits in a queue.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import structlog

from tenure.domain.retries import FAILURES_WITHIN_S

WIDTH = 4
TOTAL = 64
PROBE_AFTER = 5

C = TypeVar("C")
log = structlog.get_logger(__name__)


class Health:
    """When the latest attempts of each endpoint failed; a success wipes them."""

    def __init__(self) -> None:
        self._failed_at: dict[str, deque[int]] = {}

    def note(self, endpoint: str, *, ok: bool, now: int) -> None:
        """Remember how an attempt ended."""
        if ok:
            self._failed_at.pop(endpoint, None)
        else:
            self._failed_at.setdefault(endpoint, deque(maxlen=PROBE_AFTER)).append(now)

    def failures(self, endpoint: str, *, now: int) -> int:
        """Failures in a row within the last 24 hours; counts up to five."""
        return sum(at > now - FAILURES_WITHIN_S for at in self._failed_at.get(endpoint, ()))

    def probing(self, endpoint: str) -> bool:
        """Whether the endpoint has failed so often in a row that it is tried with one delivery at a time."""
        return len(self._failed_at.get(endpoint, ())) >= PROBE_AFTER


@dataclass(eq=False)
class _Lane:
    endpoint: str
    nudged: asyncio.Event = field(default_factory=asyncio.Event)
    flying: set[asyncio.Task[None]] = field(default_factory=set)


class Lanes(Generic[C]):
    """Runs `deliver` on what `claim(endpoint, limit)` hands out; open until `drain`."""

    def __init__(
        self,
        claim: Callable[[str, int], Awaitable[Sequence[C]]],
        deliver: Callable[[C], Awaitable[None]],
        *,
        health: Health,
        width: int = WIDTH,
        total: int = TOTAL,
    ) -> None:
        self._claim = claim
        self._deliver = deliver
        self._health = health
        self._width = width
        self._slots = asyncio.Semaphore(total)
        self._failing_slots = asyncio.Semaphore(max(1, total // 2))
        self._lanes: dict[str, _Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._draining = False

    def wake(self, endpoint: str) -> None:
        """Something may be due for this endpoint: open its lane, or let it look again."""
        if self._draining:
            return
        lane = self._lanes.get(endpoint)
        if lane is not None:
            lane.nudged.set()
            return
        lane = self._lanes[endpoint] = _Lane(endpoint)
        task = asyncio.create_task(self._run(lane), name=f"lane {endpoint}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def flying(self) -> int:
        """How many deliveries are on their way."""
        return sum(len(lane.flying) for lane in self._lanes.values())

    async def drain(self, grace_s: float) -> None:
        """Claim no more, let what is on its way arrive for at most `grace_s` seconds, cancel the rest."""
        self._draining = True
        for lane in self._lanes.values():
            lane.nudged.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=grace_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _run(self, lane: _Lane) -> None:
        try:
            while not self._draining and await self._round(lane):
                pass
            if lane.flying:
                await asyncio.wait(lane.flying)
        except Exception:
            log.exception("lane_failed", endpoint=lane.endpoint)
        finally:
            for task in lane.flying:
                task.cancel()
            await asyncio.gather(*lane.flying, return_exceptions=True)
            del self._lanes[lane.endpoint]

    async def _round(self, lane: _Lane) -> bool:
        """Start what there is room for, then wait until there may be more; False when the lane is empty."""
        lane.nudged.clear()
        width = 1 if self._health.probing(lane.endpoint) else self._width
        if len(lane.flying) < width:
            started = await self._start(lane, width - len(lane.flying))
            if not started and not lane.flying:
                return lane.nudged.is_set()
        nudge = asyncio.create_task(lane.nudged.wait())
        try:
            await asyncio.wait({nudge, *lane.flying}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            nudge.cancel()
        return True

    async def _start(self, lane: _Lane, room: int) -> int:
        """Take slots, claim as much, and send it on its way; the number claimed."""
        pools = [self._slots]
        if self._health.probing(lane.endpoint):
            pools.append(self._failing_slots)
        taken = await _take(pools, room)
        claimed: Sequence[C] = ()
        try:
            if not self._draining:
                claimed = await self._claim(lane.endpoint, taken)
        finally:
            for _ in range(taken - len(claimed)):
                _give_back(pools)
        for each in claimed:
            task = asyncio.create_task(self._fly(each), name=f"delivery {lane.endpoint}")
            lane.flying.add(task)
            task.add_done_callback(lane.flying.discard)
            task.add_done_callback(lambda _: _give_back(pools))
        return len(claimed)

    async def _fly(self, each: C) -> None:
        try:
            await self._deliver(each)
        except Exception:
            log.exception("delivery_failed")


async def _take(pools: Sequence[asyncio.Semaphore], room: int) -> int:
    """At least one slot of each pool, waiting for it, and up to `room` that are free right now."""
    held: list[asyncio.Semaphore] = []
    try:
        for pool in reversed(pools):
            await pool.acquire()
            held.append(pool)
    except asyncio.CancelledError:
        _give_back(held)
        raise
    taken = 1
    while taken < room and not any(pool.locked() for pool in pools):
        for pool in pools:
            await pool.acquire()  # free, so this does not wait
        taken += 1
    return taken


def _give_back(pools: Sequence[asyncio.Semaphore]) -> None:
    for pool in pools:
        pool.release()
