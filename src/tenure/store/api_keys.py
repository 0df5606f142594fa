"""API keys: hashed at rest; the hint (its last four characters) is all that is ever shown again."""

from typing import Literal

import msgspec
from sqlalchemy import bindparam, insert, select, update

from tenure.store.schema import api_keys
from tenure.store.statements import Row
from tenure.store.tx import SystemTx

Kind = Literal["secret", "restricted"]


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """What a key may act for; times in unix seconds."""

    hash: str
    id: str
    account: str
    livemode: bool
    kind: Kind
    name: str | None
    hint: str
    created: int
    last_used_at: int | None = None
    revoked_at: int | None = None


_HOLDER = select(api_keys.c.id, api_keys.c.account, api_keys.c.livemode, api_keys.c.kind).where(
    api_keys.c.hash == bindparam("key_hash"), api_keys.c.revoked_at.is_(None)
)
_BY_HASH = select(api_keys).where(api_keys.c.hash == bindparam("key_hash"), api_keys.c.revoked_at.is_(None))
_OF_ACCOUNT = (
    select(api_keys)
    .where(api_keys.c.account == bindparam("account"), api_keys.c.livemode == bindparam("livemode"))
    .order_by(api_keys.c.created.desc(), api_keys.c.id.desc())
)
_NEW = insert(api_keys).values({column.name: bindparam(column.name) for column in api_keys.c})
_TOUCH = update(api_keys).where(api_keys.c.hash == bindparam("key_hash")).values(last_used_at=bindparam("now"))
_REVOKE = (
    update(api_keys)
    .where(
        api_keys.c.account == bindparam("of_account"),
        api_keys.c.id == bindparam("key_id"),
        api_keys.c.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("now"))
)


def create(tx: SystemTx, key: ApiKey) -> ApiKey:
    """Keep a new key."""
    tx.run(_NEW, **msgspec.structs.asdict(key))
    return key


def by_hash(tx: SystemTx, hash: str) -> ApiKey | None:
    """The key with this hash, unless it was revoked."""
    row = tx.row(_BY_HASH, key_hash=hash)
    return ApiKey(**row._asdict()) if row is not None else None


def holder(tx: SystemTx, hash: str) -> Row | None:
    """Whose key has this hash (id, account, livemode, kind), unless it was revoked: what each request asks."""
    return tx.row(_HOLDER, key_hash=hash)


def of_account(tx: SystemTx, account: str, *, livemode: bool) -> list[ApiKey]:
    """All keys of one mode, the newest first, revoked ones too."""
    return [ApiKey(**row._asdict()) for row in tx.rows(_OF_ACCOUNT, account=account, livemode=livemode)]


def touch(tx: SystemTx, hash: str, *, now: int) -> None:
    """Note that the key was used."""
    tx.run(_TOUCH, key_hash=hash, now=now)


def revoke(tx: SystemTx, id: str, *, account: str, now: int) -> bool:
    """End a key for good; False when the account has no such living key."""
    return tx.run(_REVOKE, of_account=account, key_id=id, now=now) == 1
