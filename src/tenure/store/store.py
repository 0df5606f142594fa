"""What a store offers; which database does it is decided once, by its URL.

store.read(scope, fn, now=…)       fn(tx) sees one account in one mode
store.write(scope, fn, now=…)      one durable transaction; answered after it is committed
store.system_read / system_write   rows of the system: keys, users, deliveries
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import bindparam, false, select

from tenure.domain.documents import Request, Scope
from tenure.store.schema import subscriptions
from tenure.store.tx import SystemTx, Tx

T = TypeVar("T")

_DUE = (
    select(subscriptions.c.account, subscriptions.c.livemode, subscriptions.c.id)
    .where(
        subscriptions.c.next_at <= bindparam("now"),
        subscriptions.c.test_clock.is_(None),
        subscriptions.c.deleted == false(),
    )
    .order_by(subscriptions.c.next_at)
    .limit(bindparam("limit"))
)


class Store(ABC):
    """Documents of all accounts, behind transactions."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []

    @abstractmethod
    def migrate(self) -> None:
        """Bring the schema to the newest version; call it before `start`."""

    @abstractmethod
    async def start(self) -> None:
        """Open the connections."""

    @abstractmethod
    async def close(self) -> None:
        """Finish what waits, and close the connections."""

    @abstractmethod
    async def read(self, scope: Scope, fn: Callable[[Tx], T], *, now: int, request: Request | None = None) -> T:
        """What `fn` makes of the documents it reads."""

    @abstractmethod
    async def write(
        self,
        scope: Scope,
        fn: Callable[[Tx], T],
        *,
        now: int,
        request: Request | None = None,
        background: bool = False,
    ) -> T:
        """Run `fn` as one durable transaction; it may be run again, so it must do nothing but use its `tx`."""

    @abstractmethod
    async def system_read(self, fn: Callable[[SystemTx], T], *, now: int = 0) -> T:
        """What `fn` makes of rows of the system."""

    @abstractmethod
    async def system_write(self, fn: Callable[[SystemTx], T], *, now: int = 0, background: bool = False) -> T:
        """The same as `write`, for rows of the system."""

    async def due(self, now: int, limit: int) -> list[tuple[Scope, str]]:
        """Subscriptions for which something is due, the longest waiting first; the action locks and rechecks."""
        rows = await self.system_read(lambda tx: tx.rows(_DUE, now=now, limit=limit))
        return [(Scope(row.account, row.livemode), row.id) for row in rows]

    def on_events(self, callback: Callable[[], None]) -> None:
        """Call back on the event loop after each commit that left deliveries to make."""
        self._listeners.append(callback)

    def announce(self) -> None:
        """Tell the listeners that there is something to deliver."""
        for listener in self._listeners:
            listener()
