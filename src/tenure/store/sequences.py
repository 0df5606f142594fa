"""Numbers without gaps: a counter goes up in the transaction that uses it, and back when that is undone."""

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from tenure.store.billing_schema import sequences
from tenure.store.queries import scoped
from tenure.store.tx import Tx

_NAMED = (scoped(sequences), sequences.c.name == bindparam("of_name"))
_UP = update(sequences).where(*_NAMED).values(value=sequences.c.value + 1)
_READ = select(sequences.c.value).where(*_NAMED)
_COLUMNS = {column.name: bindparam(column.name, type_=column.type) for column in sequences.c}
_START = {
    "sqlite": sqlite.insert(sequences).values(_COLUMNS).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(sequences).values(_COLUMNS).on_conflict_do_nothing(),
}


def next_value(tx: Tx, name: str, *, start: int = 1) -> int:
    """The next number of this account, mode and name; the first one is `start`."""
    if tx.run(_UP, **tx.bound, of_name=name) == 0:
        tx.run(_START[tx.dialect], **tx.bound, name=name, value=start - 1)
        tx.run(_UP, **tx.bound, of_name=name)
    value: int = tx.rows(_READ, **tx.bound, of_name=name)[0].value
    return value
