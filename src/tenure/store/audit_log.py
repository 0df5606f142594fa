"""Who did what in the dashboard, appended in the transaction that did it."""

import msgspec
from sqlalchemy import bindparam, insert, select

from tenure.store.schema import audit_log
from tenure.store.tx import SystemTx


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing done; `actor` is a user's or key's id, `at` in unix seconds."""

    account: str
    livemode: bool | None
    at: int
    actor: str
    action: str
    object_id: str | None = None
    detail: str | None = None


_FIELDS = Entry.__struct_fields__
_NEW = insert(audit_log).values({name: bindparam(name) for name in _FIELDS})
_LATEST = (
    select(*(audit_log.c[name] for name in _FIELDS))
    .where(audit_log.c.account == bindparam("of_account"))
    .order_by(audit_log.c.id.desc())
    .limit(bindparam("limit"))
)


def write(tx: SystemTx, entry: Entry) -> None:
    """Append an entry."""
    tx.run(_NEW, **msgspec.structs.asdict(entry))


def latest(tx: SystemTx, account: str, *, limit: int = 50) -> list[Entry]:
    """The newest entries of an account."""
    return [Entry(**row._asdict()) for row in tx.rows(_LATEST, of_account=account, limit=limit)]
