"""Sign-ins of the dashboard: the cookie's hash, where it came from, and until when it is good."""

import msgspec
from sqlalchemy import bindparam, insert, select, update

from tenure.store.schema import user_sessions
from tenure.store.tx import SystemTx


class UserSession(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in; times in unix seconds."""

    hash: str
    id: str
    user_id: str
    created: int
    seen_at: int
    ip: str | None = None
    user_agent: str | None = None
    revoked_at: int | None = None


_NEW = insert(user_sessions).values({column.name: bindparam(column.name) for column in user_sessions.c})
_BY_HASH = select(user_sessions).where(
    user_sessions.c.hash == bindparam("cookie_hash"), user_sessions.c.revoked_at.is_(None)
)
_OF_USER = (
    select(user_sessions)
    .where(user_sessions.c.user_id == bindparam("of_user"), user_sessions.c.revoked_at.is_(None))
    .order_by(user_sessions.c.seen_at.desc(), user_sessions.c.id.desc())
)
_TOUCH = update(user_sessions).where(user_sessions.c.hash == bindparam("cookie_hash")).values(seen_at=bindparam("now"))
_REVOKE = (
    update(user_sessions)
    .where(
        user_sessions.c.user_id == bindparam("of_user"),
        user_sessions.c.id == bindparam("session_id"),
        user_sessions.c.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("now"))
)
_REVOKE_OTHERS = (
    update(user_sessions)
    .where(
        user_sessions.c.user_id == bindparam("of_user"),
        user_sessions.c.id != bindparam("kept_id"),
        user_sessions.c.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("now"))
)


def create(tx: SystemTx, session: UserSession) -> UserSession:
    """Keep a new sign-in."""
    tx.run(_NEW, **msgspec.structs.asdict(session))
    return session


def by_hash(tx: SystemTx, hash: str) -> UserSession | None:
    """The sign-in of this cookie, unless it was revoked."""
    row = tx.row(_BY_HASH, cookie_hash=hash)
    return UserSession(**row._asdict()) if row is not None else None


def of_user(tx: SystemTx, user_id: str) -> list[UserSession]:
    """A person's living sign-ins, the latest seen first."""
    return [UserSession(**row._asdict()) for row in tx.rows(_OF_USER, of_user=user_id)]


def touch(tx: SystemTx, hash: str, *, now: int) -> None:
    """Note that the sign-in was used."""
    tx.run(_TOUCH, cookie_hash=hash, now=now)


def revoke(tx: SystemTx, id: str, *, user_id: str, now: int) -> bool:
    """End a sign-in; False when the person has no such living one."""
    return tx.run(_REVOKE, of_user=user_id, session_id=id, now=now) == 1


def revoke_all(tx: SystemTx, user_id: str, *, now: int, but: str = "") -> int:
    """End all of a person's sign-ins, or all but one."""
    return tx.run(_REVOKE_OTHERS, of_user=user_id, kept_id=but, now=now)
