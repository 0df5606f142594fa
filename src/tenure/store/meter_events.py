"""Reported usage: one small row an event, found by its identifier, added up by meter, customer and time.

add ──▶ (identifier, meter, customer, at, value) ──▶ tallies, count, last, windows
cancel keeps the row, so that its identifier stays taken

Equal values are grouped by the database and multiplied here: sums stay exact, in decimals, on both databases.
"""

from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, asc, bindparam, desc, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from tenure.domain.meters import Tally
from tenure.store.billing_schema import meter_events
from tenure.store.queries import scoped
from tenure.store.statements import Row
from tenure.store.tx import Tx


class Span(NamedTuple):
    """The events of a customer on a meter from `start` until before `end`, unix seconds."""

    meter: str
    customer: str
    start: int
    end: int

    def bound(self, tx: Tx) -> dict[str, Any]:
        """The parameters of a statement."""
        names = {"of_meter": self.meter, "of_customer": self.customer, "since": self.start, "until": self.end}
        return {**tx.bound, **names}


_t = meter_events.c
_NAMES = ("account", "livemode", "identifier", "meter", "customer", "at", "value", "created")
_VALUES = {name: bindparam(name, type_=_t[name].type) for name in _NAMES}
_ADD = {
    "sqlite": sqlite.insert(meter_events).values(_VALUES).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(meter_events).values(_VALUES).on_conflict_do_nothing(),
}
_NAMED = (scoped(meter_events), _t.identifier == bindparam("named"))
_FIND = select(_t.meter, _t.created, _t.canceled_at).where(*_NAMED)
_CANCEL = update(meter_events).where(*_NAMED, _t.canceled_at.is_(None)).values(canceled_at=bindparam("moment"))
_COUNTED = (
    scoped(meter_events),
    _t.meter == bindparam("of_meter"),
    _t.customer == bindparam("of_customer"),
    _t.at >= bindparam("since"),
    _t.at < bindparam("until"),
    _t.canceled_at.is_(None),
)
_TALLIES = select(_t.value, func.count().label("times")).where(*_COUNTED).group_by(_t.value)
_COUNT = select(func.count().label("times")).select_from(meter_events).where(*_COUNTED)
_LAST = select(_t.value).where(*_COUNTED).order_by(_t.at.desc(), _t.seq.desc()).limit(1)
_NUMBER = (_t.at - bindparam("origin", type_=BigInteger())) // bindparam("step", type_=BigInteger())
_DISTINCT = select(_NUMBER.label("number")).where(*_COUNTED).distinct()
_WINDOWS = _DISTINCT.order_by(desc("number")).limit(bindparam("most"))
_WINDOWS_UP = _DISTINCT.order_by(asc("number")).limit(bindparam("most"))


def add(tx: Tx, *, identifier: str, meter: str, customer: str, at: int, value: Decimal) -> bool:
    """Keep an event; False when its identifier is taken."""
    row = {"identifier": identifier, "meter": meter, "customer": customer, "at": at, "value": f"{value:f}"}
    return tx.run(_ADD[tx.dialect], **tx.bound, **row, created=tx.now) == 1


def find(tx: Tx, identifier: str) -> Row | None:
    """The meter, the time of arrival and of cancellation of an event."""
    return tx.row(_FIND, **tx.bound, named=identifier)


def cancel(tx: Tx, identifier: str, *, now: int) -> None:
    """Let an event count no more."""
    tx.run(_CANCEL, **tx.bound, named=identifier, moment=now)


def tallies(tx: Tx, span: Span) -> list[Tally]:
    """Each value that was reported, and how often."""
    return [Tally(value=Decimal(row.value), times=row.times) for row in tx.rows(_TALLIES, **span.bound(tx))]


def count(tx: Tx, span: Span) -> int:
    """How many events there are."""
    times: int = tx.rows(_COUNT, **span.bound(tx))[0].times
    return times


def last(tx: Tx, span: Span) -> Decimal:
    """The value of the newest event, of equal ones the one that came in last; 0 where there is none."""
    row = tx.row(_LAST, **span.bound(tx))
    return Decimal(row.value) if row is not None else Decimal(0)


def windows(tx: Tx, span: Span, *, origin: int, step: int, most: int, upward: bool = False) -> list[int]:
    """Where the windows of `step` seconds since `origin` that hold events begin, newest first unless `upward`."""
    found = tx.rows(_WINDOWS_UP if upward else _WINDOWS, **span.bound(tx), origin=origin, step=step, most=most)
    return [origin + row.number * step for row in found]
