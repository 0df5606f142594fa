"""Opening a link: its secret becomes a cookie once, and the page goes on under a clean address.

GET  /p/session/<secret>   a page that posts the secret (so that mail scanners, which only read, cannot use it up)
POST /p/session            exchange in one transaction ─▶ cookie ─▶ 303 home, or into the deep link's task
again                      with the cookie of that session: goes on; without: the calm expired page
"""

from dataclasses import dataclass

from tenure.actions.portal_sessions import token_hash
from tenure.domain.portal import ABSOLUTE_S, IDLE_S
from tenure.portal.cancel import start_for
from tenure.portal.visit import visit
from tenure.store import SystemTx, Tx
from tenure.store.portal_sessions import Opened, by_cookie_hash, by_token_hash, exchange, touch
from tenure.web.asked import Answer, Asked, Goto
from tenure.web.portal_pages import HOME

TOUCH_EVERY_S = 60
MAX_SECRET_LENGTH = 200


@dataclass(frozen=True)
class Link:
    """What a link's secret leads to; `ours` says that this browser has opened it before."""

    opened: Opened
    ready: bool
    ours: bool


def find(tx: SystemTx, secret: str, cookie_hash: str | None) -> Link | None:
    """The session behind a secret, or None where there is none."""
    found = by_token_hash(tx, token_hash(secret))
    if found is None:
        return None
    mine = live(tx, cookie_hash) if cookie_hash else None
    ours = mine is not None and mine.session.id == found.session.id and mine.scope == found.scope
    return Link(found, ready=found.opened_at is None and tx.now < found.expires_at, ours=ours)


def live(tx: SystemTx, cookie_hash: str) -> Opened | None:
    """The session of a cookie, unless it was idle or open for too long."""
    found = by_cookie_hash(tx, cookie_hash)
    return found if found is not None and tx.now < found.expires_at else None


def is_stale(opened: Opened, now: int) -> bool:
    """Whether it is time to note that the session is in use."""
    return opened.seen_at is None or now - opened.seen_at >= TOUCH_EVERY_S


def keep_alive(tx: SystemTx, opened: Opened, cookie_hash: str) -> None:
    """Let the session live on: IDLE_S from now, but never past ABSOLUTE_S from its opening."""
    end = (opened.opened_at or tx.now) + ABSOLUTE_S
    touch(tx, cookie_hash, now=tx.now, expires_at=min(end, tx.now + IDLE_S))


def enter(tx: Tx, secret: str, cookie_hash: str, asked: Asked) -> Answer | None:
    """Exchange the secret for the cookie and begin the deep link's task; None where the link is used or expired."""
    until = tx.now + min(IDLE_S, ABSOLUTE_S)
    if not exchange(tx, token_hash=token_hash(secret), cookie_hash=cookie_hash, now=tx.now, expires_at=until):
        return None
    opened = by_cookie_hash(tx, cookie_hash)
    if opened is None or opened.session.flow is None or opened.session.flow.subscription_cancel is None:
        return Goto(HOME)
    task = opened.session.flow.subscription_cancel.subscription
    answer = start_for(tx, visit(tx, opened, asked, cookie_hash=cookie_hash), task)
    return answer if isinstance(answer, Goto) else Goto(f"/p/subscriptions/{task}/cancel")
