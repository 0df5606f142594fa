"""Lanes: the deliveries of one object to one endpoint, which set out in their order.

    oldest ───────────────────────────────────────▶ newest
    passed  passed │ head │ held  held  held            the head delivered, dropped, or failed its third time
       may be      │ may be            not claimed           └─▶ release: the oldest held one is the head
      claimed        claimed

So whether a delivery may be claimed stands in its own row, and no claim looks at any other. On PostgreSQL a new one
could miss that its head finishes at this moment; it keeps the head's row until it is committed, and what gets lost all
the same is found by `release_stranded`. Conditions are words, not parameters, since partial indexes need to see them.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from tenure.store.schema import deliveries

if TYPE_CHECKING:
    from tenure.store.tx import SystemTx, Tx

HELD_ATTEMPTS = 3
PENDING: ColumnElement[str] = literal_column("'pending'")
DELIVERING: ColumnElement[str] = literal_column("'delivering'")
_TRUE: ColumnElement[bool] = literal_column("true")
_FALSE: ColumnElement[bool] = literal_column("false")
_LAST_HELD: ColumnElement[int] = literal_column(str(HELD_ATTEMPTS))


def ready(table: FromClause) -> ColumnElement[bool]:
    """May be claimed once it is due."""
    return and_(table.c.state == PENDING, table.c.held == _FALSE)


def waiting(table: FromClause) -> ColumnElement[bool]:
    """Waits for the head of its lane; is neither claimed nor finished."""
    return table.c.held == _TRUE


def open_(table: FromClause) -> ColumnElement[bool]:
    """Not finished, and waits for nobody."""
    return and_(table.c.finished_at.is_(None), table.c.held == _FALSE)


def _head(table: FromClause) -> ColumnElement[bool]:
    """Holds the others: it did not yet fail as often as they wait for."""
    trying = or_(table.c.attempt < _LAST_HELD, table.c.state == DELIVERING)
    return and_(open_(table), table.c.attempt <= _LAST_HELD, trying)


def _lane(table: FromClause) -> ColumnElement[bool]:
    return and_(table.c.endpoint_id == bindparam("endpoint_id"), table.c.object_id == bindparam("object_id"))


_first = deliveries.alias("first")
_later = deliveries.alias("later")
_NEW = ("account", "livemode", "endpoint_id", "event_id", "object_id", "state", "attempt", "next_at", "created")
_DELIVERY = insert(deliveries).values(
    {name: bindparam(name, type_=deliveries.c[name].type) for name in _NEW}
    | {"held": or_(exists().where(_lane(_first), _head(_first)), exists().where(_lane(_later), waiting(_later)))}
)
_KEEP_HEAD = select(_first.c.id).where(_lane(_first), _head(_first)).with_for_update(read=True)
_oldest = select(_later.c.id).where(_lane(_later), waiting(_later)).order_by(_later.c.id).limit(1).scalar_subquery()
_RELEASE = (
    update(deliveries)
    .where(deliveries.c.id == _oldest, waiting(deliveries), ~exists().where(_lane(_first), _head(_first)))
    .values(held=_FALSE)
)
_stranded = (
    select(func.min(_later.c.id))
    .where(waiting(_later))
    .group_by(_later.c.endpoint_id, _later.c.object_id)
    .having(
        ~exists().where(
            _first.c.endpoint_id == _later.c.endpoint_id, _first.c.object_id == _later.c.object_id, _head(_first)
        )
    )
)
_RELEASE_STRANDED = update(deliveries).where(deliveries.c.id.in_(_stranded), waiting(deliveries)).values(held=_FALSE)


class News(NamedTuple):
    """An event for an endpoint; the object and the endpoint say in which lane."""

    event_id: str
    object_id: str
    endpoint_id: str


def deliver(tx: "Tx", news: Sequence[News]) -> None:
    """Deliveries of events to endpoints: due at once, or when those before it in its lane are through."""
    if not news:
        return
    tx.wakes = True
    if tx.dialect != "sqlite":
        for endpoint_id, object_id in sorted({(each.endpoint_id, each.object_id) for each in news}):
            tx.rows(_KEEP_HEAD, endpoint_id=endpoint_id, object_id=object_id)
    now = {**tx.bound, "state": "pending", "attempt": 0, "next_at": tx.now, "created": tx.now}
    tx.run_each(
        _DELIVERY,
        [
            now | {"endpoint_id": each.endpoint_id, "event_id": each.event_id, "object_id": each.object_id}
            for each in news
        ],
    )


def release(tx: "SystemTx", endpoint_id: str, object_id: str) -> None:
    """The oldest one that is held becomes the head, if the lane has none."""
    tx.run(_RELEASE, endpoint_id=endpoint_id, object_id=object_id)


def release_stranded(tx: "SystemTx") -> int:
    """Give a head to every lane that lost its own unnoticed; answers how many."""
    return tx.run(_RELEASE_STRANDED)
