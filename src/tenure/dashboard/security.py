"""A person's own security: second step, sign-ins, password; for owners also the account's log.

set up ─▶ key as text and otpauth address ─▶ code and password ─▶ on, ten recovery codes shown once
"""

from typing import Any

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from msgspec.structs import replace

from tenure.dashboard import passwords, people
from tenure.dashboard.visit import Answer, Page, Redirect, Route, Visit
from tenure.domain.errors import NotFound, TooMany
from tenure.store import audit_log, user_sessions, users
from tenure.store.tx import SystemTx
from tenure.store.users import User

PER_PERSON = parse("10 per 15 minutes")
LOG_SHOWN = 30
GROUP = 4
BROWSERS = ("Edg", "OPR", "Firefox", "Chrome", "Safari", "curl", "python")
SYSTEMS = ("Windows", "Android", "iPhone", "iPad", "Mac OS", "Linux")
NAMES = {"Edg": "Edge", "OPR": "Opera", "Mac OS": "macOS"}
_tries = MovingWindowRateLimiter(MemoryStorage())


def _user(tx: SystemTx, visit: Visit) -> User:
    found = users.get(tx, visit.person.id)
    if found is None:
        raise NotFound("No such user.")
    return found


def _browser(agent: str | None) -> str:
    """A browser and system that people recognise, from what the browser says of itself."""
    text = agent or ""
    parts = [next((name for name in names if name in text), "") for names in (BROWSERS, SYSTEMS)]
    return ", ".join(NAMES.get(part, part) for part in parts if part) or text[:40] or "–"


def _factor(visit: Visit, user: User) -> passwords.Factor | None:
    if user.totp_secret is None:
        return None
    return passwords.load_factor(visit.app.ring.unseal(user.totp_secret, user.id))


async def show(visit: Visit) -> Answer:
    """The page."""
    return await _show(visit, {})


async def _show(visit: Visit, errors: dict[str, str]) -> Page:
    def load(tx: SystemTx) -> dict[str, Any]:
        factor = _factor(visit, _user(tx, visit))
        return {
            "factor": factor is not None,
            "codes_left": len(factor.recovery) if factor else 0,
            "sessions": [
                {
                    "id": each.id,
                    "browser": _browser(each.user_agent),
                    "ip": each.ip,
                    "seen_at": each.seen_at,
                    "here": each.id == visit.person.session,
                }
                for each in people.sessions(tx, visit.person.id)
            ],
            "log": audit_log.latest(tx, visit.account.id, limit=LOG_SHOWN) if visit.may("owner") else None,
        }

    shows = await visit.app.store.system_read(load, now=visit.now)
    return Page(
        template="security.html", shows={"nav": "security", "errors": errors} | shows, status=422 if errors else 200
    )


async def _known(visit: Visit, name: str) -> bool:
    """Whether the password in this field is the person's. Raises TooMany: a stolen cookie is no place to guess it."""
    user = await visit.app.store.system_read(lambda tx: _user(tx, visit), now=visit.now)
    if not _tries.hit(PER_PERSON, user.id):
        raise TooMany(visit.words._("Too many tries. Wait a quarter of an hour and try again."))
    known = await passwords.verify(user.password_hash, (visit.form.get(name) or [""])[0])
    if known:
        _tries.clear(PER_PERSON, user.id)
    return known


async def set_up(visit: Visit) -> Answer:
    """A fresh key to put into the app."""
    return _set_up(visit, passwords.new_secret(), {})


def _set_up(visit: Visit, secret: str, errors: dict[str, str]) -> Page:
    grouped = " ".join(secret[at : at + GROUP] for at in range(0, len(secret), GROUP))
    shows = {
        "nav": "security",
        "secret": secret,
        "grouped": grouped,
        "uri": passwords.address(secret, visit.person.email),
        "errors": errors,
    }
    return Page(template="factor.html", shows=shows, status=422 if errors else 200)


async def turn_on(visit: Visit) -> Answer:
    """Check code and password, keep the key sealed, and show the recovery codes this once."""
    secret, _ = visit.form.one("secret"), visit.words._
    if len(secret) != len(passwords.new_secret()) or not secret.isalnum() or not secret.isascii():
        return _set_up(visit, passwords.new_secret(), {"code": _("The key was not complete. Here is a new one.")})
    step = passwords.step_of(secret, visit.form.one("code"), visit.now)
    if step is None:
        return _set_up(visit, secret, {"code": _("The code is wrong. Is the clock of your device right?")})
    if not await _known(visit, "password"):
        return _set_up(visit, secret, {"password": _("The password is wrong.")})
    codes = passwords.new_recovery_codes()
    factor = passwords.Factor(secret, tuple(passwords.recovery_hash(each) for each in codes), step)
    sealed = visit.app.ring.seal(factor.dump(), visit.person.id)

    def act(tx: SystemTx) -> None:
        users.change(tx, replace(_user(tx, visit), totp_secret=sealed))
        user_sessions.revoke_all(tx, visit.person.id, now=tx.now, but=visit.person.session)
        _log(tx, visit, "user.factor_on")

    await visit.app.store.system_write(act, now=visit.now)
    return Page(template="factor_codes.html", shows={"nav": "security", "codes": codes})


def _log(tx: SystemTx, visit: Visit, action: str) -> None:
    audit_log.write(
        tx,
        audit_log.Entry(
            account=visit.account.id,
            livemode=None,
            at=tx.now,
            actor=visit.person.email,
            action=action,
            object_id=visit.person.id,
        ),
    )


async def turn_off(visit: Visit) -> Answer:
    """Take the second step away, with the password."""
    if not await _known(visit, "off_password"):
        return await _show(visit, {"off_password": visit.words._("The password is wrong.")})

    def act(tx: SystemTx) -> None:
        users.change(tx, replace(_user(tx, visit), totp_secret=None))
        _log(tx, visit, "user.factor_off")

    await visit.app.store.system_write(act, now=visit.now)
    return Redirect(to="/dashboard/security?done=factor-off")


async def revoke(visit: Visit) -> Answer:
    """End one of the person's own sign-ins."""
    id = visit.ids["id"]

    def act(tx: SystemTx) -> None:
        if not user_sessions.revoke(tx, id, user_id=visit.person.id, now=tx.now):
            raise NotFound("No such sign-in.")

    await visit.app.store.system_write(act, now=visit.now)
    return Redirect(to="/dashboard/security?done=signed-out")


async def revoke_others(visit: Visit) -> Answer:
    """End every other sign-in of the person."""

    def act(tx: SystemTx) -> None:
        user_sessions.revoke_all(tx, visit.person.id, now=tx.now, but=visit.person.session)

    await visit.app.store.system_write(act, now=visit.now)
    return Redirect(to="/dashboard/security?done=signed-out")


async def change_password(visit: Visit) -> Answer:
    """A new password; every other sign-in ends."""
    _, new = visit.words._, (visit.form.get("new") or [""])[0]
    why = passwords.weakness(new, visit.person.email)
    if why is not None:
        texts = {
            "short": _("Use at least 8 characters."),
            "long": _("Use 256 characters at most."),
            "common": _("This password is easy to guess. Choose another."),
        }
        return await _show(visit, {"new": texts[why]})
    if not await _known(visit, "old"):
        return await _show(visit, {"old": _("The password is wrong.")})
    hashed = await passwords.hashed(new)

    def act(tx: SystemTx) -> None:
        users.change(tx, replace(_user(tx, visit), password_hash=hashed))
        user_sessions.revoke_all(tx, visit.person.id, now=tx.now, but=visit.person.session)
        _log(tx, visit, "user.password")

    await visit.app.store.system_write(act, now=visit.now)
    return Redirect(to="/dashboard/security?done=password")


ROUTES = (
    Route(path="/dashboard/security", get=show),
    Route(path="/dashboard/security/factor", get=set_up, post=turn_on, writes="viewer"),
    Route(path="/dashboard/security/factor-off", post=turn_off, writes="viewer"),
    Route(path="/dashboard/security/password", post=change_password, writes="viewer"),
    Route(path="/dashboard/security/sessions/revoke-others", post=revoke_others, writes="viewer"),
    Route(path="/dashboard/security/sessions/{id}/revoke", post=revoke, writes="viewer"),
)
