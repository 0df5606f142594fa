"""The worker: every regular job of the process, started and stopped together.

    webhooks     at each commit that leaves some, and 4 × a second for those whose time has come
    leases       every 10 s, what a dead worker had claimed
    clock        every second, what is due: renewals, invoices, schedules
    test clocks  5 × a second while one advances
    tax ids      every 2 s, those that are being verified
    cleaning     every 10 minutes

Others join by `jobs`: what keeps the SQL warehouse fresh, for example. A job that fails is logged and tried again.
"""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from tenure.store.seal import KeyRing
from tenure.store.store import Store
from tenure.wire.versions import CURRENT
from tenure.worker.cleaning import Cleaning
from tenure.worker.clock import Clock
from tenure.worker.deliveries import Deliveries
from tenure.worker.jobs import Job
from tenure.worker.sending import Sender
from tenure.worker.tax_ids import TaxIds

GRACE_S = 16.0  # one delivery takes at most 15

log = structlog.get_logger(__name__)


class Worker:
    """All jobs over one store; `allow_private` lets webhooks go to private and loopback addresses."""

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], int],
        ring: KeyRing,
        allow_private: bool = False,
        api_version: str = CURRENT,
        jobs: Sequence[Job] = (),
        grace_s: float = GRACE_S,
    ) -> None:
        self._sender = Sender(allow_private=allow_private)
        self._deliveries = Deliveries(store, clock=clock, ring=ring, sender=self._sender, api_version=api_version)
        self._grace_s = grace_s
        self._stopped = asyncio.Event()
        passing, cleaning = Clock(store, clock=clock), Cleaning(store, clock=clock)
        self._webhooks = Job("webhooks", self._deliveries.poll, every_s=0.25)
        self._jobs = (
            Job("leases", self._deliveries.reap, every_s=10),
            self._webhooks,
            Job("clock", passing.pass_time, every_s=1, busy_s=0),
            Job("test_clocks", passing.advance_clocks, every_s=0.2, busy_s=0),
            Job("tax_ids", TaxIds(store, clock=clock).settle, every_s=2),
            Job("cleaning", cleaning.clean, every_s=600),
            *jobs,
        )
        store.on_events(self._webhooks.wake)

    async def run(self) -> None:
        """Run every job until `stop`, then let the deliveries on their way arrive."""
        await self._sender.start()
        tasks = [asyncio.create_task(job.run(), name=job.name) for job in self._jobs]
        log.info("worker_started", jobs=[job.name for job in self._jobs])
        try:
            await self._stopped.wait()
            for job in self._jobs:
                job.stop()
            await asyncio.wait(tasks, timeout=self._grace_s)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._deliveries.drain(self._grace_s)
            await self._sender.close()
        log.info("worker_stopped")

    def stop(self) -> None:
        """Ask the worker to end; `run` returns when it has."""
        self._stopped.set()
