"""What nobody needs any more is deleted, a few rows at a time, so that no writer waits for it.

idempotency      25 hours after the first request       (they are kept for at least 24)
user_sessions    30 days after the last use or the sign-out
portal_sessions  30 days after they were made           (links live minutes, sign-ins an hour)
mails            a year after they were written
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger, bindparam, delete, or_, select, tuple_

from tenure.store.mail_schema import mails
from tenure.store.schema import idempotency, portal_sessions, user_sessions
from tenure.store.store import Store
from tenure.store.tx import SystemTx

ROWS = 200
IDEMPOTENCY_S = 25 * 3600
SESSIONS_S = 30 * 24 * 3600
MAILS_S = 365 * 24 * 3600

_before = bindparam("before", type_=BigInteger())
_rows = bindparam("rows", type_=BigInteger())


def _deletion(table: Any, old: Any) -> Any:
    """Delete some of the rows that are `old`; neither database knows a limit on DELETE."""
    key = list(table.primary_key.columns)
    return delete(table).where(tuple_(*key).in_(select(*key).where(old).limit(_rows)))


_OLD = (
    (_deletion(idempotency, idempotency.c.created < _before), IDEMPOTENCY_S),
    (
        _deletion(user_sessions, or_(user_sessions.c.seen_at < _before, user_sessions.c.revoked_at < _before)),
        SESSIONS_S,
    ),
    (_deletion(portal_sessions, portal_sessions.c.created < _before), SESSIONS_S),
    (_deletion(mails, mails.c.created < _before), MAILS_S),
)


class Cleaning:
    """Deletes what is old at `clock()`, unix seconds."""

    def __init__(self, store: Store, *, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def clean(self) -> bool:
        """Some rows of each table; whether there may be more."""
        return await self._store.system_write(_clean, now=self._clock(), background=True)


def _clean(tx: SystemTx) -> bool:
    numbers = [tx.run(statement, before=tx.now - age_s, rows=ROWS) for statement, age_s in _OLD]
    return ROWS in numbers
