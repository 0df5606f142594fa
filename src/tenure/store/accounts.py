"""Accounts: one for each merchant, with the settings that all of its pages share.

settings  {"business_name": …, "brand_color": "#0e7c6b", "support_email": …, "time_zone": "Europe/Berlin", …}
"""

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import bindparam, insert, select, update

from tenure.store.schema import accounts
from tenure.store.statements import Row

if TYPE_CHECKING:
    from tenure.store.tx import SystemTx


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant; `created` in unix seconds."""

    id: str
    name: str
    created: int
    settings: dict[str, Any]


_ALL = select(accounts).order_by(accounts.c.created, accounts.c.id)
_ONE = select(accounts).where(accounts.c.id == bindparam("account_id"))
_NEW = insert(accounts).values({name: bindparam(name) for name in ("id", "name", "created", "settings")})
_CHANGE = (
    update(accounts)
    .where(accounts.c.id == bindparam("account_id"))
    .values(name=bindparam("new_name"), settings=bindparam("new_settings"))
)


def create(tx: "SystemTx", *, id: str, name: str, created: int, settings: dict[str, Any] | None = None) -> Account:
    """A new account; raises AlreadyExists when the id is taken."""
    account = Account(id=id, name=name, created=created, settings=settings or {})
    tx.run(_NEW, id=id, name=name, created=created, settings=msgspec.json.encode(account.settings).decode())
    return account


def get(tx: "SystemTx", id: str) -> Account | None:
    """The account, or None; what another process changes is seen within a second."""
    key = (None, Account, id)
    kept: tuple[int, Row] | None = tx.cache.get(key) if tx.cache is not None else None
    row = kept[1] if kept is not None and kept[0] == tx.now else tx.accounts.get(id)
    if row is None:
        row = tx.accounts[id] = tx.row(_ONE, account_id=id)
        if row is not None and tx.cache is not None:
            tx.cache.put(key, (tx.now, row))
    return _account(row) if row is not None else None


def everyone(tx: "SystemTx") -> list[Account]:
    """All accounts, the oldest first."""
    return [_account(row) for row in tx.rows(_ALL)]


def change(tx: "SystemTx", account: Account) -> None:
    """Store the account's name and settings as they are now."""
    settings = msgspec.json.encode(account.settings).decode()
    if tx.cache is not None:
        tx.cache.changed((None, Account, account.id))
    tx.accounts.pop(account.id, None)
    tx.run(_CHANGE, account_id=account.id, new_name=account.name, new_settings=settings)


def _account(row: Row) -> Account:
    settings = msgspec.json.decode(row.settings, type=dict[str, Any])
    return Account(id=row.id, name=row.name, created=row.created, settings=settings)
