"""SQL that people of an account keep for each other."""

import msgspec
from sqlalchemy import bindparam, delete, insert, select, update

from tenure.store.schema import saved_queries
from tenure.store.tx import SystemTx


class SavedQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A named query; `created` in unix seconds."""

    id: str
    account: str
    name: str
    sql: str
    created: int
    user_id: str | None = None


_NEW = insert(saved_queries).values({column.name: bindparam(column.name) for column in saved_queries.c})
_OF_ACCOUNT = (
    select(saved_queries)
    .where(saved_queries.c.account == bindparam("of_account"))
    .order_by(saved_queries.c.name, saved_queries.c.id)
)
_here = (saved_queries.c.account == bindparam("of_account")) & (saved_queries.c.id == bindparam("query_id"))
_ONE = select(saved_queries).where(_here)
_CHANGE = update(saved_queries).where(_here).values(name=bindparam("new_name"), sql=bindparam("new_sql"))
_REMOVE = delete(saved_queries).where(_here)


def create(tx: SystemTx, query: SavedQuery) -> SavedQuery:
    """Keep a new query."""
    tx.run(_NEW, **msgspec.structs.asdict(query))
    return query


def of_account(tx: SystemTx, account: str) -> list[SavedQuery]:
    """All queries of an account by name."""
    return [SavedQuery(**row._asdict()) for row in tx.rows(_OF_ACCOUNT, of_account=account)]


def get(tx: SystemTx, id: str, *, account: str) -> SavedQuery | None:
    row = tx.row(_ONE, of_account=account, query_id=id)
    return SavedQuery(**row._asdict()) if row is not None else None


def change(tx: SystemTx, query: SavedQuery) -> bool:
    """Store name and text as they are now; False when it does not exist."""
    new = {"new_name": query.name, "new_sql": query.sql}
    return tx.run(_CHANGE, of_account=query.account, query_id=query.id, **new) == 1


def remove(tx: SystemTx, id: str, *, account: str) -> bool:
    """Forget a query; False when it does not exist."""
    return tx.run(_REMOVE, of_account=account, query_id=id) == 1
