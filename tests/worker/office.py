"""A post office for tests: a real store, a real sender, a clock that stands where a test puts it.

office = Office(store, ring)
async with office.open(): …       events go out as in the product, times come from office.now
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import func, select

from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft, Scope
from tenure.domain.signatures import new_secret
from tenure.domain.webhook_endpoints import WebhookEndpoint
from tenure.store import deliveries as queue
from tenure.store.schema import deliveries
from tenure.store.seal import KeyRing
from tenure.store.store import Store
from tenure.store.tx import Tx
from tenure.worker.deliveries import Deliveries
from tenure.worker.jobs import Job
from tenure.worker.sending import Sender

NOW = 1_767_225_600
SCOPE = Scope("acct_test", livemode=False)
SECRET = new_secret(bytes(range(32)))

_FLYING = select(func.count().label("number")).where(deliveries.c.state == "delivering")
_ALL = select(deliveries).order_by(deliveries.c.id)


class Office:
    """Everything that carries webhooks, over one store."""

    def __init__(self, store: Store, ring: KeyRing, *, total_s: float = 5, allow_private: bool = True) -> None:
        self.store = store
        self.ring = ring
        self.now = NOW
        self.sender = Sender(allow_private=allow_private, total_s=total_s, connect_s=1)
        self.deliveries = self._deliveries()

    def _deliveries(self) -> Deliveries:
        return Deliveries(self.store, clock=lambda: self.now, ring=self.ring, sender=self.sender, draw=lambda: 0.5)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["Office"]:
        """Deliver until the block ends."""
        self.deliveries = self._deliveries()
        await self.sender.start()
        await self.deliveries.reap()
        job = Job("webhooks", self.deliveries.poll, every_s=0.02)
        self.store.on_events(job.wake)
        task = asyncio.create_task(job.run())
        try:
            yield self
        finally:
            job.stop()
            await task
            await self.deliveries.drain(0.05)
            await self.sender.close()

    async def write(self, fn: Any) -> Any:
        return await self.store.write(SCOPE, fn, now=self.now)

    async def read(self, fn: Any) -> Any:
        return await self.store.read(SCOPE, fn, now=self.now)

    async def endpoint(self, id: str, url: str, **fields: Any) -> WebhookEndpoint:
        given = {"enabled_events": ["*"], "secret": self.ring.seal(SECRET, id)} | fields
        endpoint = WebhookEndpoint(id=id, created=NOW, url=url, **given)
        await self.write(lambda tx: tx.save(Change(after=(endpoint,))))
        return endpoint

    async def find_endpoint(self, id: str) -> WebhookEndpoint:
        found: WebhookEndpoint = await self.read(lambda tx: tx.need(WebhookEndpoint, id))
        return found

    async def news(self, *names: str, customer: str = "cus_1") -> None:
        """One `customer.updated` (or `customer.created`) for each name, in this order."""
        for name in names:
            await self.write(lambda tx, name=name: _rename(tx, customer, name))

    async def settled(self, seconds: float = 20) -> None:
        """Wait until nothing is on its way and nothing is due."""
        end = asyncio.get_running_loop().time() + seconds
        while await self.store.system_read(self._busy):
            assert asyncio.get_running_loop().time() < end, await self.states()
            await asyncio.sleep(0.01)

    async def later(self) -> int:
        """Put the clock to the moment of the next delivery and wait for it; the seconds that passed."""
        due = await self.store.system_read(queue.next_due)
        assert due is not None
        passed, self.now = due - self.now, due
        await self.settled()
        return int(passed)

    async def rows(self) -> Sequence[Any]:
        return await self.store.system_read(lambda tx: tx.rows(_ALL))

    async def states(self) -> list[str]:
        return [row.state for row in await self.rows()]

    async def attempts(self, delivery_id: int) -> list[queue.Attempt]:
        found: list[queue.Attempt] = await self.read(lambda tx: queue.attempts(tx, delivery_id))
        return found

    def _busy(self, tx: Any) -> bool:
        due = any(lane for lane in queue.endpoints_with_due(tx, self.now))
        return due or tx.rows(_FLYING)[0].number > 0


def _rename(tx: Tx, id: str, name: str) -> None:
    known = tx.get(Customer, id)
    after = Customer(id=id, created=NOW, name=name)
    kind = "customer.updated" if known else "customer.created"
    tx.save(Change(after=(after,), events=(EventDraft(kind, after),)))
