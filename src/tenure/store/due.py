"""What is due: documents whose next moment has come, of every kind that time changes, the longest waiting first.

    subscription schedules ┐
    subscriptions          ├─ next_at has come ─┬─ no test clock ──▶ due(tx, now, limit)
    invoices               ┘                    └─ on this clock ──▶ first_of_clock(tx, clock, until)

Of moments that coincide a schedule's comes first: a phase that begins with a period decides what the period costs.
The real clock never finds what lives on a test clock; whoever acts on what is found here locks it and looks again.
"""

from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import Select, bindparam, false, select

from tenure.domain.documents import Document, Scope
from tenure.domain.invoices import Invoice
from tenure.domain.subscription_schedules import SubscriptionSchedule
from tenure.domain.subscriptions import Subscription
from tenure.store.kinds import KINDS
from tenure.store.queries import scoped
from tenure.store.tx import SystemTx, Tx

ORDER: tuple[type[Document], ...] = (SubscriptionSchedule, Subscription, Invoice)


class Due(NamedTuple):
    """A document that something happens to at `at`, unix seconds."""

    cls: type[Document]
    scope: Scope
    id: str
    at: int


def _due(cls: type[Document]) -> Select[tuple[str, bool, str, int]]:
    """By the real clock; the index on it leaves out the same rows."""
    table = KINDS[cls].table
    return (
        select(table.c.account, table.c.livemode, table.c.id, table.c.next_at)
        .where(table.c.next_at <= bindparam("now"), table.c.test_clock.is_(None), table.c.deleted == false())
        .order_by(table.c.next_at)
        .limit(bindparam("limit"))
    )


def _first_of_clock(cls: type[Document]) -> Select[tuple[str, int]]:
    table = KINDS[cls].table
    return (
        select(table.c.id, table.c.next_at)
        .where(
            scoped(table),
            table.c.test_clock == bindparam("clock"),
            table.c.next_at <= bindparam("until"),
            table.c.deleted == false(),
        )
        .order_by(table.c.next_at, table.c.created, table.c.id)
        .limit(1)
    )


_DUE = {cls: _due(cls) for cls in ORDER}
_OF_CLOCK = {cls: _first_of_clock(cls) for cls in ORDER}
_when = attrgetter("at")


def due(tx: SystemTx, now: int, limit: int) -> list[Due]:
    """Up to `limit` documents of all accounts that are due by the real clock, the longest waiting first."""
    found = [
        Due(cls, Scope(row.account, row.livemode), row.id, row.next_at)
        for cls, statement in _DUE.items()
        for row in tx.rows(statement, now=now, limit=limit)
    ]
    return sorted(found, key=_when)[:limit]


def first_of_clock(tx: Tx, clock: str, until: int) -> Due | None:
    """The earliest document of a test clock that is due by `until`."""
    found = [
        Due(cls, tx.scope, row.id, row.next_at)
        for cls, statement in _OF_CLOCK.items()
        for row in tx.rows(statement, **tx.bound, clock=clock, until=until)
    ]
    return min(found, key=_when, default=None)
