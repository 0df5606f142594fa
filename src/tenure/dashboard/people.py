"""People and their sign-ins, as the dashboard sees them: whose cookie this is, and in which accounts they are what.

cookie ─▶ user_sessions (SHA-256; idle 12 hours, absolute 7 days) ─▶ users ─▶ memberships ─▶ accounts
"""

from sqlalchemy import and_, bindparam, update

from tenure.dashboard.visit import Account, Person
from tenure.store import accounts, schema, user_sessions, users
from tenure.store.tx import SystemTx
from tenure.store.user_sessions import UserSession

IDLE_S = 12 * 3600
ABSOLUTE_S = 7 * 86400
SEEN_EVERY_S = 60
AGENT_MAX = 300

_users = schema.users
# The second factor is put in the place of the one that was read, so that a code is never used twice.
SWAP_FACTOR = (
    update(_users)
    .where(and_(_users.c.id == bindparam("user"), _users.c.totp_secret == bindparam("before")))
    .values(totp_secret=bindparam("sealed"))
)


def is_good(session: UserSession, now: int) -> bool:
    """Whether a sign-in is neither too long unused nor too old."""
    return now - session.seen_at < IDLE_S and now - session.created < ABSOLUTE_S


def sign_in(tx: SystemTx, user: str, *, hash: str, address: str, agent: str) -> str:
    """Keep a new sign-in; its id."""
    session = UserSession(
        hash=hash,
        id=tx.new_id("ses_"),
        user_id=user,
        created=tx.now,
        seen_at=tx.now,
        ip=address,
        user_agent=agent[:AGENT_MAX],
    )
    return user_sessions.create(tx, session).id


def signed_in(tx: SystemTx, hash: str) -> tuple[Person, tuple[Account, ...], bool] | None:
    """Whose cookie this is, their accounts, and whether its use should be noted; None when it is no longer good."""
    session = user_sessions.by_hash(tx, hash)
    if session is None or not is_good(session, tx.now):
        return None
    user = users.get(tx, session.user_id)
    if user is None:
        return None
    person = Person(id=user.id, email=user.email, name=user.name or "", session=session.id)
    found = []
    for member in users.accounts_of(tx, user.id):
        account = accounts.get(tx, member.account)
        if account is not None:
            found.append(Account(id=account.id, name=account.name, role=member.role, settings=account.settings))
    return person, tuple(sorted(found, key=lambda each: (each.name, each.id))), tx.now - session.seen_at >= SEEN_EVERY_S


def sessions(tx: SystemTx, user: str) -> list[UserSession]:
    """The sign-ins of a user that are still good, the last used first."""
    return [each for each in user_sessions.of_user(tx, user) if is_good(each, tx.now)]


def swap_factor(tx: SystemTx, user: str, *, before: str, sealed: str) -> bool:
    """Put a second factor in the place of the one that was read; False when somebody was faster."""
    return tx.run(SWAP_FACTOR, user=user, before=before, sealed=sealed) > 0
