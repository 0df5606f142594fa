"""A job that comes round again and again; when it fails it is logged, waits longer each time, and goes on.

once() ──▶ True    more to do: again after `busy_s`
       ──▶ False   done: again after `every_s`, or as soon as `wake()` is called
       ──▶ raises  logged: again after 0.5 s, 1 s, 2 s, … 60 s
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 60.0

log = structlog.get_logger(__name__)


class Job:
    """One thing that the worker does regularly; runs until `stop`, which lets the current round end."""

    def __init__(
        self, name: str, once: Callable[[], Awaitable[bool]], *, every_s: float, busy_s: float = 0.002
    ) -> None:
        self.name = name
        self._once = once
        self._every_s = every_s
        self._busy_s = busy_s
        self._woken = asyncio.Event()
        self._stopped = asyncio.Event()
        self.failures = 0

    def wake(self) -> None:
        """Do not wait for the time to pass; a job that fails waits all the same."""
        self._woken.set()

    def stop(self) -> None:
        """No further round."""
        self._stopped.set()
        self._woken.set()

    async def run(self) -> None:
        """Round after round until `stop`."""
        while not self._stopped.is_set():
            self._woken.clear()
            more = await self._round()
            if self.failures:
                await _wait(self._stopped, min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2 ** (min(self.failures, 16) - 1)))
            elif more:
                await asyncio.sleep(self._busy_s)
            elif not self._stopped.is_set():
                await _wait(self._woken, self._every_s)

    async def _round(self) -> bool:
        try:
            more = await self._once()
        except Exception:
            self.failures += 1
            log.exception("job_failed", job=self.name, failures=self.failures)
            return False
        self.failures = 0
        return more


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
