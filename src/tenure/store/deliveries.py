"""Deliveries of events to webhook endpoints, claimed by the sender, in order for each object.

    pending ──claim──▶ delivering ──finish──▶ delivered | failed | dropped
       ▲                   │
       └─ retry_at ────────┤
       └─ reap / reopen ───┘   the lease ran out, or its process is gone

`save()` inserts them. `attempt` counts the claims. Only the oldest unfinished delivery of an (endpoint, object)
is claimed; after HELD_ATTEMPTS failed attempts its successors may pass.
"""

from typing import Any, Literal

import msgspec
from sqlalchemy import and_, bindparam, exists, func, insert, or_, select, update

from tenure.store.queries import scoped
from tenure.store.saving import deliver
from tenure.store.schema import deliveries, delivery_attempts, events
from tenure.store.tx import SystemTx, Tx

State = Literal["pending", "delivering", "delivered", "failed", "dropped"]
HELD_ATTEMPTS = 3
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


_new = deliveries
_old = deliveries.alias("older")
_held = or_(
    and_(_old.c.state == "pending", _old.c.attempt < HELD_ATTEMPTS),
    and_(_old.c.state == "delivering", _old.c.attempt <= HELD_ATTEMPTS),
)
_waits = exists().where(
    _old.c.endpoint_id == _new.c.endpoint_id,
    _old.c.object_id == _new.c.object_id,
    _old.c.id < _new.c.id,
    _old.c.finished_at.is_(None),
    _held,
)
_next = (
    select(_new.c.id)
    .where(
        _new.c.endpoint_id == bindparam("lane"),
        _new.c.finished_at.is_(None),
        _new.c.state == "pending",
        _new.c.next_at <= bindparam("now"),
        ~_waits,
    )
    .order_by(_new.c.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_CLAIM = (
    update(deliveries)
    .where(deliveries.c.id.in_(_next))
    .values(
        state="delivering",
        attempt=deliveries.c.attempt + 1,
        claimed_by=bindparam("worker"),
        lease_until=bindparam("until"),
    )
    .returning(*deliveries.c)
)
_LANES = (
    select(deliveries.c.account, deliveries.c.livemode, deliveries.c.endpoint_id)
    .where(
        deliveries.c.finished_at.is_(None), deliveries.c.state == "pending", deliveries.c.next_at <= bindparam("now")
    )
    .distinct()
)
_NEXT_DUE = select(func.min(deliveries.c.next_at).label("at")).where(
    deliveries.c.finished_at.is_(None), deliveries.c.state == "pending"
)
_this = and_(deliveries.c.id == bindparam("delivery"), deliveries.c.finished_at.is_(None))
_FINISH = (
    update(deliveries)
    .where(_this)
    .values(
        state=bindparam("new_state"),
        last_code=bindparam("code"),
        finished_at=bindparam("now"),
        lease_until=None,
        claimed_by=None,
    )
)
_RETRY = (
    update(deliveries)
    .where(_this)
    .values(state="pending", last_code=bindparam("code"), next_at=bindparam("at"), lease_until=None, claimed_by=None)
)
_again: dict[str, Any] = {"state": "pending", "next_at": bindparam("now"), "lease_until": None, "claimed_by": None}
_running = and_(deliveries.c.finished_at.is_(None), deliveries.c.state == "delivering")
_REAP = update(deliveries).where(_running, deliveries.c.lease_until < bindparam("now")).values(_again)
_REOPEN = update(deliveries).where(_running, deliveries.c.claimed_by != bindparam("worker")).values(_again)
_DROP = (
    update(deliveries)
    .where(deliveries.c.endpoint_id == bindparam("lane"), deliveries.c.finished_at.is_(None))
    .values(state="dropped", finished_at=bindparam("now"), lease_until=None, claimed_by=None)
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
    """Take what is due for an endpoint, the oldest first, and count an attempt of each."""
    rows = tx.rows(_CLAIM, lane=endpoint_id, limit=limit, worker=worker, until=lease_until, now=now)
    return sorted((_delivery(row) for row in rows), key=lambda each: each.id)


def finish(tx: SystemTx, id: int, state: State, code: int | None, now: int) -> bool:
    """Close a delivery for good; False when it was closed before."""
    return tx.run(_FINISH, delivery=id, new_state=state, code=code, now=now) == 1


def retry_at(tx: SystemTx, id: int, at: int, code: int | None) -> bool:
    """Let a delivery wait until `at`; False when it was closed meanwhile."""
    return tx.run(_RETRY, delivery=id, at=at, code=code) == 1


def record_attempt(tx: SystemTx, attempt: Attempt) -> None:
    """Keep what came of one try."""
    response = attempt.response[:RESPONSE_MAX] if attempt.response is not None else None
    tx.run(_ATTEMPT, **msgspec.structs.asdict(attempt) | {"response": response})


def reap(tx: SystemTx, now: int) -> int:
    """Open again what is claimed with a lease that ran out; answers how many."""
    return _woken(tx, tx.run(_REAP, now=now))


def reopen(tx: SystemTx, *, worker: str, now: int) -> int:
    """Open again what other workers claimed: at start, where only one process can be the sender (SQLite)."""
    return _woken(tx, tx.run(_REOPEN, worker=worker, now=now))


def drop_all(tx: SystemTx, endpoint_id: str, now: int) -> int:
    """Give up what still waits for an endpoint that is gone or disabled; answers how many."""
    return tx.run(_DROP, lane=endpoint_id, now=now)


def resend(tx: Tx, event_id: str, endpoint_id: str) -> bool:
    """Deliver an event to an endpoint once more; False when the event does not exist."""
    row = tx.row(_EVENT_OBJECT, **tx.bound, event=event_id)
    if row is None:
        return False
    deliver(tx, event_id, row.object_id or event_id, endpoint_id)
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


def _woken(tx: SystemTx, number: int) -> int:
    tx.wakes = tx.wakes or number > 0
    return number
