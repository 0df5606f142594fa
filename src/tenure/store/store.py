"""What a store offers; which database does it is decided once, by its URL.

store.read(scope, fn, now=…)       fn(tx) sees one account in one mode
store.write(scope, fn, now=…)      one durable transaction; answered after it is committed
store.system_read / system_write   rows of the system: keys, users, deliveries
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from tenure.domain.documents import Request, Scope
from tenure.store.tx import SystemTx, Tx

T = TypeVar("T")


class Store(ABC):
    """Documents of all accounts, behind transactions; a shared one may be used by other processes as well."""

    shared = False

    def __init__(self) -> None:
        # Where the pages are found from outside: documents keep the addresses of their own.
        self.public_url = ""
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

    def on_events(self, callback: Callable[[], None]) -> None:
        """Call back on the event loop after each commit that left deliveries to make."""
        self._listeners.append(callback)

    def announce(self) -> None:
        """Tell the listeners that there is something to deliver."""
        for listener in self._listeners:
            listener()
