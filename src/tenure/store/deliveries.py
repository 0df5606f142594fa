"""Deliveries of events to webhook endpoints, claimed by the sender, in order for each object.

    pending ──claim──▶ delivering ──finish──▶ delivered | failed | dropped
       ▲                   │
       └─ retry_at ────────┤
       └─ reap / reopen ───┘   the lease ran out, or its process is gone

`save()` inserts them. `attempt` counts the claims. Only the oldest unfinished delivery of an (endpoint, object)
is claimed; after HELD_ATTEMPTS failed attempts its successors may pass. That is kept in each row's `held`, by lanes.py.
"""

from typing import Any, Literal

import msgspec
from sqlalchemy import and_, bindparam, func, insert, select, update

from tenure.store.lanes import (
    DELIVERING,
    HELD_ATTEMPTS,
    PENDING,
    News,
    deliver,
    open_,
    ready,
    release,
    release_stranded,
    waiting,
)
from tenure.store.queries import scoped
from tenure.store.schema import deliveries, delivery_attempts, events
from tenure.store.tx import SystemTx, Tx

State = Literal["pending", "delivering", "delivered", "failed", "dropped"]
RESPONSE_MAX = 4096


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One event on its way to one endpoint; times in unix seconds, `last_code` the latest HTTP status."""

    id: int
    account: str
    livemode: bool
    endpoint_id: str
    event_id: str
    object_id: str
    state: State
    attempt: int
    next_at: int
    held: bool
    claimed_by: str | None
    lease_until: int | None
    last_code: int | None
    created: int
    finished_at: int | None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try: the status, or the error when there was no answer; `response` is cut at 4096 characters."""

    delivery_id: int
    account: str
    livemode: bool
    at: int
    status: int | None = None
    error: str | None = None
    ms: int | None = None
    response: str | None = None


class Lane(msgspec.Struct, frozen=True):
    """An endpoint that has something due."""

    account: str
    livemode: bool
    endpoint_id: str


_next = (
    select(deliveries.c.id)
    .where(deliveries.c.endpoint_id == bindparam("lane"), ready(deliveries), deliveries.c.next_at <= bindparam("now"))
    .order_by(deliveries.c.next_at, deliveries.c.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_claimed = {
    "state": "delivering",
    "attempt": deliveries.c.attempt + 1,
    "claimed_by": bindparam("worker"),
    "lease_until": bindparam("until"),
}
# On PostgreSQL an array, because it is made once: a subquery in IN may run again, and its LIMIT would start anew.
_CLAIM = {
    "sqlite": update(deliveries).where(deliveries.c.id.in_(_next)).values(_claimed).returning(*deliveries.c),
    "postgresql": update(deliveries)
    .where(deliveries.c.id == func.any(func.array(_next.scalar_subquery())))
    .values(_claimed)
    .returning(*deliveries.c),
}

# From one endpoint that has something to the next, instead of through all that they have.
_some = deliveries.alias("some")
_following = deliveries.alias("following")
_due = deliveries.alias("due")
_endpoints = select(func.min(_some.c.endpoint_id).label("id")).where(ready(_some)).cte("endpoints", recursive=True)
_endpoints = _endpoints.union_all(
    select(
        select(func.min(_following.c.endpoint_id))
        .where(ready(_following), _following.c.endpoint_id > _endpoints.c.id)
        .scalar_subquery()
    ).where(_endpoints.c.id.is_not(None))
)
_first_due = (
    select(_due.c.id)
    .where(_due.c.endpoint_id == _endpoints.c.id, ready(_due), _due.c.next_at <= bindparam("now"))
    .order_by(_due.c.next_at, _due.c.id)
    .limit(1)
    .scalar_subquery()
)
_LANES = select(deliveries.c.account, deliveries.c.livemode, deliveries.c.endpoint_id).select_from(
    _endpoints.join(deliveries, deliveries.c.id == _first_due)
)
_NEXT_DUE = select(func.min(deliveries.c.next_at).label("at")).where(deliveries.c.state == PENDING)
_this = and_(deliveries.c.id == bindparam("delivery"), deliveries.c.finished_at.is_(None))
_place = (deliveries.c.endpoint_id, deliveries.c.object_id, deliveries.c.attempt)
_FINISH = (
    update(deliveries)
    .where(_this)
    .values(
        state=bindparam("new_state"),
        held=False,
        last_code=bindparam("code"),
        finished_at=bindparam("now"),
        lease_until=None,
        claimed_by=None,
    )
    .returning(*_place)
)
_RETRY = (
    update(deliveries)
    .where(_this)
    .values(state="pending", last_code=bindparam("code"), next_at=bindparam("at"), lease_until=None, claimed_by=None)
    .returning(*_place)
)
_again: dict[str, Any] = {"state": "pending", "next_at": bindparam("now"), "lease_until": None, "claimed_by": None}
_running = deliveries.c.state == DELIVERING
_REAP = update(deliveries).where(_running, deliveries.c.lease_until < bindparam("now")).values(_again)
_REOPEN = update(deliveries).where(_running, deliveries.c.claimed_by != bindparam("worker")).values(_again)
_REAP, _REOPEN = _REAP.returning(*_place), _REOPEN.returning(*_place)
_DROP = tuple(
    update(deliveries)
    .where(deliveries.c.endpoint_id == bindparam("lane"), unfinished)
    .values(state="dropped", held=False, finished_at=bindparam("now"), lease_until=None, claimed_by=None)
    for unfinished in (waiting(deliveries), open_(deliveries))
)
_ATTEMPT = insert(delivery_attempts).values({name: bindparam(name) for name in Attempt.__struct_fields__})
_EVENT_OBJECT = select(events.c.object_id).where(scoped(events), events.c.id == bindparam("event"))
_OF_EVENT = (
    select(deliveries)
    .where(scoped(deliveries), deliveries.c.event_id == bindparam("event"))
    .order_by(deliveries.c.id.desc())
)
_OF_ENDPOINT = (
    select(deliveries)
    .where(scoped(deliveries), deliveries.c.endpoint_id == bindparam("lane"), deliveries.c.id < bindparam("before"))
    .order_by(deliveries.c.id.desc())
    .limit(bindparam("limit"))
)
_ATTEMPTS = (
    select(*(delivery_attempts.c[name] for name in Attempt.__struct_fields__))
    .where(scoped(delivery_attempts), delivery_attempts.c.delivery_id == bindparam("delivery"))
    .order_by(delivery_attempts.c.id)
)
_LAST = 2**62


def endpoints_with_due(tx: SystemTx, now: int) -> list[Lane]:
    """The endpoints that have something to be sent at `now`."""
    return [Lane(row.account, row.livemode, row.endpoint_id) for row in tx.rows(_LANES, now=now)]


def next_due(tx: SystemTx) -> int | None:
    """When the next pending delivery is due, unix seconds."""
    row = tx.row(_NEXT_DUE)
    return row.at if row is not None else None


def claim(tx: SystemTx, *, endpoint_id: str, limit: int, worker: str, lease_until: int, now: int) -> list[Delivery]:
    """Take what is due for an endpoint, the longest due first, and count an attempt of each; in order of age."""
    rows = tx.rows(_CLAIM[tx.dialect], lane=endpoint_id, limit=limit, worker=worker, until=lease_until, now=now)
    return sorted((_delivery(row) for row in rows), key=lambda each: each.id)


def finish(tx: SystemTx, id: int, state: State, code: int | None, now: int) -> bool:
    """Close a delivery for good; False when it was closed before."""
    row = tx.row(_FINISH, delivery=id, new_state=state, code=code, now=now)
    if row is not None:
        release(tx, row.endpoint_id, row.object_id)
    return row is not None


def retry_at(tx: SystemTx, id: int, at: int, code: int | None) -> bool:
    """Let a delivery wait until `at`; False when it was closed meanwhile."""
    rows = tx.rows(_RETRY, delivery=id, at=at, code=code)
    _let_pass(tx, rows)
    return bool(rows)


def record_attempt(tx: SystemTx, attempt: Attempt) -> None:
    """Keep what came of one try."""
    response = attempt.response[:RESPONSE_MAX] if attempt.response is not None else None
    tx.run(_ATTEMPT, **msgspec.structs.asdict(attempt) | {"response": response})


def reap(tx: SystemTx, now: int) -> int:
    """Open again what is claimed with a lease that ran out; answers how many."""
    return _opened(tx, tx.rows(_REAP, now=now))


def reopen(tx: SystemTx, *, worker: str, now: int) -> int:
    """Open again what other workers claimed: at start, where only one process can be the sender (SQLite)."""
    return _opened(tx, tx.rows(_REOPEN, worker=worker, now=now))


def drop_all(tx: SystemTx, endpoint_id: str, now: int) -> int:
    """Give up what still waits for an endpoint that is gone or disabled; answers how many."""
    return sum(tx.run(each, lane=endpoint_id, now=now) for each in _DROP)


def resend(tx: Tx, event_id: str, endpoint_id: str) -> bool:
    """Deliver an event to an endpoint once more; False when the event does not exist."""
    row = tx.row(_EVENT_OBJECT, **tx.bound, event=event_id)
    if row is None:
        return False
    deliver(tx, [News(event_id, row.object_id or event_id, endpoint_id)])
    return True


def of_event(tx: Tx, event_id: str) -> list[Delivery]:
    """The deliveries of an event, the newest first."""
    return [_delivery(row) for row in tx.rows(_OF_EVENT, **tx.bound, event=event_id)]


def of_endpoint(tx: Tx, endpoint_id: str, *, limit: int = 50, before: int = _LAST) -> list[Delivery]:
    """The deliveries to an endpoint, the newest first, from before a delivery's number."""
    rows = tx.rows(_OF_ENDPOINT, **tx.bound, lane=endpoint_id, limit=limit, before=before)
    return [_delivery(row) for row in rows]


def attempts(tx: Tx, delivery_id: int) -> list[Attempt]:
    """The tries of a delivery in their order."""
    return [Attempt(**row._asdict()) for row in tx.rows(_ATTEMPTS, **tx.bound, delivery=delivery_id)]


def _delivery(row: Any) -> Delivery:
    return Delivery(**row._asdict())


def _opened(tx: SystemTx, rows: list[Any]) -> int:
    """What a dead worker had claimed waits anew, perhaps for its fourth attempt; lanes are put in order too."""
    _let_pass(tx, rows)
    stranded = release_stranded(tx)
    tx.wakes = tx.wakes or bool(rows) or stranded > 0
    return len(rows)


def _let_pass(tx: SystemTx, rows: list[Any]) -> None:
    """Release the successors of those that failed often enough."""
    for row in rows:
        if row.attempt >= HELD_ATTEMPTS:
            release(tx, row.endpoint_id, row.object_id)
