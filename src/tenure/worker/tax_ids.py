"""Tax ids that are being verified come to their answer a moment later, as they do where an authority is asked.

pending ──▶ verified | unverified | unavailable        scope by scope, a few at a time
"""

from collections.abc import Callable

from sqlalchemy import BigInteger, bindparam, false, select

from tenure.actions import tax_ids
from tenure.domain.documents import Scope
from tenure.store.billing_schema import tax_ids as table
from tenure.store.store import Store

AT_ONCE = 20

_WAITING = (
    select(table.c.account, table.c.livemode)
    .where(table.c.verify_at <= bindparam("now", type_=BigInteger()), table.c.deleted == false())
    .distinct()
)


class TaxIds:
    """Settles what is pending at `clock()`, unix seconds."""

    def __init__(self, store: Store, *, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def settle(self) -> bool:
        """Some of each scope; whether there may be more."""
        now = self._clock()
        rows = await self._store.system_read(lambda tx: tx.rows(_WAITING, now=now))
        more = False
        for row in rows:
            scope = Scope(row.account, row.livemode)
            number = await self._store.write(
                scope, lambda tx: tax_ids.settle_pending(tx, AT_ONCE), now=now, background=True
            )
            more = more or number == AT_ONCE
        return more
