"""Signing in with email, password and, where it is set up, a code; signing out; choosing account and mode.

over its limit ─▶ 429     wrong in any way ─▶ the same sentence, the same time     right ─▶ a fresh cookie
"""

import falcon
from falcon.asgi import Request, Response
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from tenure.dashboard import passwords, people
from tenure.dashboard.view import COOKIE, https, language_of, ours, put_outside, read_body, read_query, stop, who
from tenure.dashboard.visit import Form, Page, Redirect, Route, Visit
from tenure.domain.errors import Forbidden, NotFound, Refused
from tenure.store import user_sessions, users
from tenure.store.seal import SealBroken
from tenure.store.tx import SystemTx
from tenure.web import csrf, headers, sessions
from tenure.web.context import App

PER_ADDRESS = parse("10 per 15 minutes")
PER_IP = parse("30 per 15 minutes")
MAX_EMAIL = 254


class Limits:
    """How many tries an email address and an IP address have, in this process; only failures count against an IP."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def allow(self, ip: str, email: str) -> bool:
        """Whether both may still try; counts a try for the address, but none of an IP address that is shut out."""
        return self._limiter.test(PER_IP, ip) and self._limiter.hit(PER_ADDRESS, email)

    def failed(self, ip: str) -> None:
        """Count a failure against the IP address."""
        self._limiter.hit(PER_IP, ip)

    def succeeded(self, email: str) -> None:
        """Forget the tries of the address."""
        self._limiter.clear(PER_ADDRESS, email)


class SignIn:
    """The sign-in page and its form."""

    def __init__(self, app: App) -> None:
        self.app, self.limits = app, Limits()

    async def on_get(self, req: Request, resp: Response) -> None:
        headers.protect(resp, https=https(self.app))
        after = ours(read_query(req).one("next", "/dashboard"))
        if await who(self.app, req) is not None:
            resp.status, resp.location = falcon.HTTP_303, after
            return
        put_outside(self.app, req, resp, _page(after))

    async def on_post(self, req: Request, resp: Response) -> None:
        headers.protect(resp, https=https(self.app))
        try:
            csrf.check(req, https=https(self.app))
            form = await read_body(req)
        except Refused as refused:
            return stop(self.app, req, resp, refused)
        after, email = ours(form.one("next", "/dashboard")), form.one("email").lower()[:MAX_EMAIL]
        address = req.remote_addr or ""
        if not self.limits.allow(address, email):
            problem = language_of(req).gettext("Too many tries. Wait a quarter of an hour and try again.")
            return put_outside(self.app, req, resp, _page(after, email=email, problem=problem, status=429))
        user = await self._recognise(email, form)
        if user is None:
            self.limits.failed(address)
            problem = language_of(req).gettext("The email, the password or the code is wrong.")
            return put_outside(self.app, req, resp, _page(after, email=email, problem=problem, status=401))
        self.limits.succeeded(email)
        await self._enter(req, resp, user, after)

    async def _recognise(self, email: str, form: Form) -> str | None:
        """The id of the user whose credentials these are; a used-up code is written down before anybody enters."""
        app, now = self.app, self.app.clock()
        row = await app.store.system_read(lambda tx: users.by_email(tx, email), now=now)
        given = (form.get("password") or [""])[0]
        if not await passwords.verify(row.password_hash if row else None, given) or row is None:
            return None
        before = row.totp_secret
        if before is None:
            return str(row.id)
        try:
            factor = passwords.load_factor(app.ring.unseal(before, row.id))
        except SealBroken:
            return None
        after = passwords.use(factor, form.one("code"), now)
        if after is None:
            return None
        sealed = app.ring.seal(after.dump(), row.id)
        first = await app.store.system_write(
            lambda tx: people.swap_factor(tx, row.id, before=before, sealed=sealed), now=now
        )
        return str(row.id) if first else None

    async def _enter(self, req: Request, resp: Response, user: str, after: str) -> None:
        """A new sign-in under a new token; an older one of this browser ends."""
        token, secure = sessions.new_token(), https(self.app)
        digest, agent = sessions.token_hash(token), req.get_header("user-agent") or ""
        address = req.remote_addr or ""
        before = await who(self.app, req)

        def keep(tx: SystemTx) -> None:
            if before is not None:
                user_sessions.revoke(tx, before[0].session, user_id=before[0].id, now=tx.now)
            people.sign_in(tx, user, hash=digest, address=address, agent=agent)

        await self.app.store.system_write(keep, now=self.app.clock())
        sessions.write(resp, COOKIE, token, https=secure, max_age_s=people.ABSOLUTE_S)
        resp.status, resp.location = falcon.HTTP_303, after


def _page(after: str, *, email: str = "", problem: str = "", status: int = 200) -> Page:
    errors = {"email": problem} if problem else {}
    return Page(template="login.html", shows={"next": after, "email": email, "errors": errors}, status=status)


async def sign_out(visit: Visit) -> Redirect:
    person = visit.person
    await visit.app.store.system_write(
        lambda tx: user_sessions.revoke(tx, person.session, user_id=person.id, now=visit.now), now=visit.now
    )
    return Redirect(to="/dashboard/sign-in", cookies=((COOKIE, ""),))


async def choose_mode(visit: Visit) -> Redirect:
    mode = visit.form.one("mode")
    if mode not in ("live", "test"):
        raise NotFound("No such mode.")
    return Redirect(to="/dashboard", cookies=(("mode", mode),))


async def choose_account(visit: Visit) -> Redirect:
    wanted = visit.form.one("account")
    if all(each.id != wanted for each in visit.accounts):
        raise Forbidden(visit.words._("You do not belong to that account."))
    return Redirect(to="/dashboard", cookies=(("account", wanted),))


ROUTES = (
    Route(path="/dashboard/sign-out", post=sign_out, writes="viewer"),
    Route(path="/dashboard/mode", post=choose_mode, writes="viewer"),
    Route(path="/dashboard/account", post=choose_account, writes="viewer"),
)
