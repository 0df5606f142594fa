"""Links into the portal: a token that opens once, then a cookie.

    attach_token ──link──▶ exchange (once, before it expires) ──cookie──▶ by_cookie_hash, touch … until it expires

Only hashes are kept. `state` is what the pages remember between two requests.
"""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, bindparam, select, update

from tenure.domain.documents import Scope, load
from tenure.domain.portal import OPENS_WITHIN_S, Session
from tenure.store.schema import portal_sessions
from tenure.store.statements import Row
from tenure.store.tx import SystemTx, Tx


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A session with what is kept beside its document; times in unix seconds."""

    scope: Scope
    session: Session
    opened_at: int | None
    seen_at: int | None
    expires_at: int
    state: dict[str, Any]


_table = portal_sessions.c


def _find(condition: ColumnElement[bool]) -> Any:
    return select(
        _table.account, _table.livemode, _table.doc, _table.opened_at, _table.seen_at, _table.expires_at, _table.state
    ).where(condition)


_BY_TOKEN = _find(_table.token_hash == bindparam("token"))
_BY_COOKIE = _find(_table.cookie_hash == bindparam("cookie"))
_LINK = (
    update(portal_sessions)
    .where(
        _table.account == bindparam("of_account"),
        _table.livemode == bindparam("of_livemode"),
        _table.id == bindparam("session_id"),
    )
    .values(token_hash=bindparam("token"), expires_at=bindparam("until"))
)
_EXCHANGE = (
    update(portal_sessions)
    .where(_table.token_hash == bindparam("token"), _table.opened_at.is_(None), _table.expires_at > bindparam("now"))
    .values(
        opened_at=bindparam("now"),
        seen_at=bindparam("now"),
        cookie_hash=bindparam("cookie"),
        expires_at=bindparam("until"),
    )
)
_TOUCH = (
    update(portal_sessions)
    .where(_table.cookie_hash == bindparam("cookie"), _table.expires_at > bindparam("now"))
    .values(seen_at=bindparam("now"), expires_at=bindparam("until"))
)
_STATE = update(portal_sessions).where(_table.cookie_hash == bindparam("cookie")).values(state=bindparam("new_state"))
_END = (
    update(portal_sessions)
    .where(_table.cookie_hash == bindparam("cookie"))
    .values(cookie_hash=None, expires_at=bindparam("now"))
)
_END_OF_CUSTOMER = (
    update(portal_sessions)
    .where(
        _table.account == bindparam("of_account"),
        _table.livemode == bindparam("of_livemode"),
        _table.customer == bindparam("of_customer"),
        _table.expires_at > bindparam("now"),
    )
    .values(expires_at=bindparam("now"))
)


def attach_token(tx: Tx, id: str, *, token_hash: str) -> None:
    """Give a saved session the link that opens it, within five minutes from now."""
    tx.run(
        _LINK,
        of_account=tx.scope.account,
        of_livemode=tx.scope.livemode,
        session_id=id,
        token=token_hash,
        until=tx.now + OPENS_WITHIN_S,
    )


def by_token_hash(tx: SystemTx, token_hash: str) -> Opened | None:
    """The session of a link, opened or not, expired or not."""
    return _opened(tx.row(_BY_TOKEN, token=token_hash))


def exchange(tx: SystemTx, *, token_hash: str, cookie_hash: str, now: int, expires_at: int) -> bool:
    """Open a link; False when it was opened before, has expired, or does not exist."""
    return tx.run(_EXCHANGE, token=token_hash, cookie=cookie_hash, now=now, until=expires_at) == 1


def by_cookie_hash(tx: SystemTx, cookie_hash: str) -> Opened | None:
    """The session of a cookie, expired or not."""
    return _opened(tx.row(_BY_COOKIE, cookie=cookie_hash))


def touch(tx: SystemTx, cookie_hash: str, *, now: int, expires_at: int) -> None:
    """Note that the session was used, and let it live until `expires_at`; one that has ended stays so."""
    tx.run(_TOUCH, cookie=cookie_hash, now=now, until=expires_at)


def remember(tx: SystemTx, cookie_hash: str, state: dict[str, Any]) -> None:
    """Keep what the pages need to know on the next request."""
    tx.run(_STATE, cookie=cookie_hash, new_state=msgspec.json.encode(state).decode())


def end(tx: SystemTx, cookie_hash: str, *, now: int) -> None:
    """Sign out: the cookie opens nothing any more."""
    tx.run(_END, cookie=cookie_hash, now=now)


def end_of_customer(tx: Tx, customer: str) -> None:
    """End every link and session of a customer at once."""
    tx.run(
        _END_OF_CUSTOMER,
        of_account=tx.scope.account,
        of_livemode=tx.scope.livemode,
        of_customer=customer,
        now=tx.now,
    )


def _opened(row: Row | None) -> Opened | None:
    if row is None:
        return None
    return Opened(
        scope=Scope(row.account, row.livemode),
        session=load(Session, row.doc),
        opened_at=row.opened_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
        state=msgspec.json.decode(row.state, type=dict[str, Any]) if row.state else {},
    )
