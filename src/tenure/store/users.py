"""People of the dashboard, and in which accounts they are owner, editor or viewer."""

from typing import Literal

import msgspec
from sqlalchemy import bindparam, insert, select, update

from tenure.store.schema import memberships, users
from tenure.store.tx import SystemTx

Role = Literal["owner", "editor", "viewer"]


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person; `totp_secret` is sealed, `email` is kept in lower case."""

    id: str
    email: str
    name: str | None
    password_hash: str
    totp_secret: str | None = None
    created: int


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """What a person is in an account."""

    user_id: str
    account: str
    role: Role


_BY_EMAIL = select(users).where(users.c.email == bindparam("address"))
_BY_ID = select(users).where(users.c.id == bindparam("user_id"))
_NEW = insert(users).values({column.name: bindparam(column.name) for column in users.c})
_JOIN = insert(memberships).values({column.name: bindparam(column.name) for column in memberships.c})
_MEMBERSHIPS = select(memberships).where(memberships.c.user_id == bindparam("of_user")).order_by(memberships.c.account)
_MEMBERS = (
    select(users, memberships.c.role)
    .join(memberships, memberships.c.user_id == users.c.id)
    .where(memberships.c.account == bindparam("of_account"))
    .order_by(users.c.created, users.c.id)
)
_CHANGE = (
    update(users)
    .where(users.c.id == bindparam("user_id"))
    .values(
        name=bindparam("new_name"),
        password_hash=bindparam("new_password_hash"),
        totp_secret=bindparam("new_totp_secret"),
    )
)


def create(tx: SystemTx, user: User) -> User:
    """A new person; raises AlreadyExists when the address is taken."""
    user = msgspec.structs.replace(user, email=user.email.lower())
    tx.run(_NEW, **msgspec.structs.asdict(user))
    return user


def join(tx: SystemTx, membership: Membership) -> None:
    """Let a person into an account."""
    tx.run(_JOIN, **msgspec.structs.asdict(membership))


def by_email(tx: SystemTx, email: str) -> User | None:
    row = tx.row(_BY_EMAIL, address=email.lower())
    return User(**row._asdict()) if row is not None else None


def get(tx: SystemTx, id: str) -> User | None:
    row = tx.row(_BY_ID, user_id=id)
    return User(**row._asdict()) if row is not None else None


def change(tx: SystemTx, user: User) -> None:
    """Store name, password hash and second factor as they are now."""
    tx.run(
        _CHANGE,
        user_id=user.id,
        new_name=user.name,
        new_password_hash=user.password_hash,
        new_totp_secret=user.totp_secret,
    )


def accounts_of(tx: SystemTx, user_id: str) -> list[Membership]:
    """In which accounts a person is what."""
    return [Membership(**row._asdict()) for row in tx.rows(_MEMBERSHIPS, of_user=user_id)]


def members(tx: SystemTx, account: str) -> list[tuple[User, Role]]:
    """The people of an account, the longest known first."""
    found: list[tuple[User, Role]] = []
    for row in tx.rows(_MEMBERS, of_account=account):
        fields = row._asdict()
        role: Role = fields.pop("role")
        found.append((User(**fields), role))
    return found
