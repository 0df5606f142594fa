"""Answers kept by idempotency key, in the same transaction as what they answer.

reserve(key) ─▶ get(key) ─▶ known: replay it ·· unknown: do the work, then put(key, answer)
"""

from typing import Any

import msgspec
from sqlalchemy import BindParameter, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

from tenure.store.errors import AlreadyExists
from tenure.store.queries import scoped
from tenure.store.schema import idempotency
from tenure.store.tx import Tx


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The first answer to a key, with what was asked; `created` in unix seconds."""

    method_path: str
    params_hash: str
    status: int
    body: str
    headers: str
    created: int


_VALUES: dict[str, BindParameter[Any]] = {
    column.name: bindparam(column.name, type_=column.type) for column in idempotency.c
}
_FIND = select(*(idempotency.c[name] for name in Kept.__struct_fields__)).where(
    scoped(idempotency), idempotency.c.key == bindparam("of_key")
)
_NEW = {
    "sqlite": sqlite.insert(idempotency).values(_VALUES).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(idempotency).values(_VALUES).on_conflict_do_nothing(),
}
_RESERVE = select(func.pg_try_advisory_xact_lock(func.hashtextextended(bindparam("lock_name"), 0)).label("free"))


def reserve(tx: Tx, key: str) -> bool:
    """Take the key for this transaction; False while another transaction works on it.

    SQLite runs one transaction after the other, so there the second one finds the answer of the first.
    """
    if tx.dialect == "sqlite":
        return True
    row = tx.row(_RESERVE, lock_name=f"{tx.scope.account} {tx.scope.livemode} {key}")
    return bool(row is not None and row.free)


def get(tx: Tx, key: str) -> Kept | None:
    """The answer that was given to this key."""
    row = tx.row(_FIND, **tx.bound, of_key=key)
    return Kept(**row._asdict()) if row is not None else None


def put(tx: Tx, key: str, *, method_path: str, params_hash: str, status: int, body: str, headers: str) -> None:
    """Keep the answer; raises AlreadyExists (kind `idempotency`) when the key has one already."""
    kept = Kept(
        method_path=method_path, params_hash=params_hash, status=status, body=body, headers=headers, created=tx.now
    )
    if tx.run(_NEW[tx.dialect], **tx.bound, key=key, **msgspec.structs.asdict(kept)) == 0:
        raise AlreadyExists("idempotency", key)
