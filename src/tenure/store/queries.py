"""The statements on documents: made once for each kind, and once for each shape of a list's conditions.

page(Subscription, [("status", "=", "active"), ("price", "=", "price_1")])
  select … from subscriptions where account, livemode, not deleted
    and status = :w0 and id in (select subscription from subscription_items where … price = :w1)
    and (created, id) < (:after_created, :after_order) order by created desc, id desc limit :limit
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    false,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql import Executable, Insert, Update

from tenure.domain.documents import Document
from tenure.store.kind import Kind
from tenure.store.kinds import KINDS
from tenure.store.schema import deliveries, events, subscription_items

Condition = tuple[str, str, Any]
Value = str | int | bool | None

_COMPARE: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column.is_distinct_from(value),
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
    "~": lambda column, value: func.lower(column).like(func.lower(value), escape="\\"),
}


@dataclass(frozen=True)
class Statements:
    """What is done with one document of a kind."""

    get: Executable
    lock: Executable
    claim: Executable
    many: Executable
    insert: Executable
    update: Executable
    updates: tuple[tuple[str, str], ...]
    counters: tuple[str, ...]


def scoped(table: Table) -> ColumnElement[bool]:
    """Only rows of the transaction's account and mode."""
    return (table.c.account == bindparam("account")) & (table.c.livemode == bindparam("livemode"))


def _selected(kind: Kind) -> list[ColumnElement[Any]]:
    """The columns that a document is read from; counters are authoritative over what it says itself."""
    table = kind.table
    columns: list[ColumnElement[Any]] = [table.c.doc, table.c.ver, table.c.deleted]
    for counter in kind.counters:
        columns.append(table.c[counter] if counter in table.c else _unfinished_deliveries().label(counter))
    return columns


def _unfinished_deliveries() -> Any:
    return _deliveries_where(deliveries.c.finished_at.is_(None))


def _deliveries_where(condition: ColumnElement[bool]) -> Any:
    """How many deliveries an event has that are so."""
    return (
        select(func.count())
        .where(
            deliveries.c.account == events.c.account,
            deliveries.c.livemode == events.c.livemode,
            deliveries.c.event_id == events.c.id,
            condition,
        )
        .correlate(events)
        .scalar_subquery()
    )


def _with_order(kind: Kind) -> Select[Any]:
    table = kind.table
    return select(*_selected(kind), table.c.created, table.c[kind.order].label("place"))


@cache
def statements(cls: type[Document], dialect: str) -> Statements:
    """The statements of one class of documents, for one dialect."""
    kind = KINDS[cls]
    table = kind.table
    one = select(*_selected(kind)).where(scoped(table), table.c.id == bindparam("id"))
    ids: BindParameter[Any] = bindparam("ids", expanding=True)
    stored = [column.name for column in table.c if column.name in _written(kind)]
    fixed = {*kind.counters, "account", "livemode", "id", "created"}
    changing = [name for name in stored if name not in fixed]
    return Statements(
        get=one,
        lock=one.with_for_update(of=table),
        claim=one.with_for_update(of=table, skip_locked=True),
        many=select(*_selected(kind)).where(scoped(table), table.c.id.in_(ids)),
        insert=_insert(table, stored, dialect),
        update=_update(table, changing),
        updates=tuple((f"new_{name}", name) for name in changing),
        counters=kind.counters,
    )


def _written(kind: Kind) -> set[str]:
    """The columns that a save writes; what a system module keeps beside a document stays untouched."""
    beside = {"seq"}
    if kind.table.name == "portal_sessions":
        beside = {"token_hash", "cookie_hash", "opened_at", "seen_at", "expires_at", "state"}
    return {column.name for column in kind.table.c} - beside


def _insert(table: Table, names: Sequence[str], dialect: str) -> Executable:
    """A new row; the id of a deleted document may be used again, that of a living one changes no row."""
    values = {name: bindparam(name, type_=table.c[name].type) for name in names}
    make: Callable[[Table], Insert] = sqlite.insert if dialect == "sqlite" else postgresql.insert
    new: Any = make(table).values(values)
    return new.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=[table.c.account, table.c.livemode, table.c.id],
        set_={name: new.excluded[name] for name in names if name not in ("account", "livemode", "id")},
        where=table.c.deleted,
    )


def _update(table: Table, names: Sequence[str]) -> Update:
    values = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
    return (
        update(table)
        .where(scoped(table), table.c.id == bindparam("id"), table.c.ver == bindparam("ver"))
        .values(values)
    )


def redemption(table: Table) -> Update:
    """Count one more redemption, unless the last one is taken or the row is deleted."""
    left = or_(table.c.max_redemptions.is_(None), table.c.times_redeemed < table.c.max_redemptions)
    return (
        update(table)
        .where(scoped(table), table.c.id == bindparam("id"), table.c.deleted == false(), left)
        .values(times_redeemed=table.c.times_redeemed + 1, changed=bindparam("changed"))
    )


@dataclass(frozen=True)
class Shape:
    """Everything of a list that changes its text; values are no part of it."""

    cls: type[Document]
    conditions: tuple[tuple[str, str, int], ...]
    dialect: str
    cursor: str | None = None


def shape_of(cls: type[Document], where: Sequence[Condition], dialect: str, cursor: str | None = None) -> Shape:
    """The shape of a list: columns, operators, and how many values each IN has."""
    conditions = tuple((column, op, len(value) if op == "in" else 0) for column, op, value in where)
    return Shape(cls=cls, conditions=conditions, dialect=dialect, cursor=cursor)


def values_of(where: Sequence[Condition]) -> dict[str, Value]:
    """The parameters that belong to the conditions, by the names that `_condition` gives them."""
    values: dict[str, Value] = {}
    for at, (column, op, value) in enumerate(where):
        if column.startswith("metadata."):
            values[f"key{at}"] = column.removeprefix("metadata.")
        if op == "in":
            values.update({f"w{at}_{number}": each for number, each in enumerate(value)})
        elif op == "~":
            escaped = str(value).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            values[f"w{at}"] = f"%{escaped}%"
        elif op not in ("null", "not null"):
            values[f"w{at}"] = value
    return values


@cache
def page(shape: Shape) -> Executable:
    """A page: newest first, or oldest first before a cursor."""
    kind = KINDS[shape.cls]
    table = kind.table
    place = table.c[kind.order]
    query = _with_order(kind).where(*_where(shape))
    here = tuple_(table.c.created, place)
    cursor = tuple_(
        bindparam("cursor_created", type_=table.c.created.type), bindparam("cursor_place", type_=place.type)
    )
    if shape.cursor == "ending_before":
        return query.where(here > cursor).order_by(table.c.created, place).limit(bindparam("limit"))
    if shape.cursor == "starting_after":
        query = query.where(here < cursor)
    return query.order_by(table.c.created.desc(), place.desc()).limit(bindparam("limit"))


@cache
def count(shape: Shape) -> Executable:
    """How many documents meet the conditions."""
    return select(func.count().label("number")).select_from(KINDS[shape.cls].table).where(*_where(shape))


@cache
def cursor(cls: type[Document]) -> Executable:
    """Where in the order a document stands, also one that was deleted meanwhile."""
    kind = KINDS[cls]
    table = kind.table
    return select(table.c.created, table.c[kind.order].label("place")).where(
        scoped(table), table.c.id == bindparam("id")
    )


def _where(shape: Shape) -> list[ColumnElement[bool]]:
    kind = KINDS[shape.cls]
    conditions = [scoped(kind.table), kind.table.c.deleted == false()]
    for at, (name, op, number) in enumerate(shape.conditions):
        if kind.through is not None and name in kind.through:
            column: Any = kind.through[name]
            inner = select(subscription_items.c.subscription).where(
                scoped(subscription_items), _condition(column, op, at, number)
            )
            conditions.append(kind.table.c.id.in_(inner))
        else:
            conditions.append(_condition(_column(kind.table, name, at, shape.dialect), op, at, number))
    return conditions


def _column(table: Table, name: str, at: int, dialect: str) -> Any:
    """An index column, or text inside the document: `description`, `recurring.meter`, `metadata.plan`.

    Of an event, `undelivered` is how many of its webhooks wait or failed."""
    if name in table.c:
        return table.c[name]
    if table is events and name == "undelivered":
        return _deliveries_where(deliveries.c.state != "delivered")
    if name.startswith("metadata."):
        key = bindparam(f"key{at}", type_=Text())
        if dialect != "sqlite":
            return func.jsonb_extract_path_text(cast(table.c.doc, JSONB), "metadata", key)
        # A JSON path cannot quote every key that metadata may have; a row of json_each can.
        pairs = func.json_each(table.c.doc, "$.metadata").table_valued("key", "value")
        return select(cast(pairs.c.value, Text)).where(pairs.c.key == key).correlate(table).scalar_subquery()
    steps = name.split(".")
    if not all(step.isidentifier() for step in steps):
        raise ValueError(f"{table.name} has no column {name!r}")
    if dialect == "sqlite":
        return cast(func.json_extract(table.c.doc, f"$.{name}"), Text)
    return func.jsonb_extract_path_text(cast(table.c.doc, JSONB), *steps)


def _condition(column: Any, op: str, at: int, number: int) -> ColumnElement[bool]:
    if op == "null":
        return column.is_(None)  # type: ignore[no-any-return]
    if op == "not null":
        return column.is_not(None)  # type: ignore[no-any-return]
    if op == "in":
        marks = [bindparam(f"w{at}_{each}", type_=column.type) for each in range(number)]
        return column.in_(marks) if marks else false()
    return _COMPARE[op](column, bindparam(f"w{at}", type_=Text() if op == "~" else column.type))
