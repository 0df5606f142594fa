"""The way of a request into the portal and of its answer out: cookie, language, transaction, page, headers.

GET   session? ─▶ store.read(handler)  ─▶ page
POST  same site? ─▶ session? ─▶ store.write(handler) ─▶ 303, or the page again with what is wrong
no session: the calm expired page │ refused: its page │ a bug: 500 with the request's id, nothing changed
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from falcon.asgi import Request as AsgiRequest
from falcon.asgi import Response as AsgiResponse

from tenure.domain.documents import Request
from tenure.domain.errors import Forbidden, NotFound, Refused
from tenure.i18n.languages import Language
from tenure.portal import session
from tenure.portal.visit import Handler, around, bare_frame, visit
from tenure.store import SystemTx, Tx
from tenure.store.portal_sessions import Opened, by_cookie_hash
from tenure.web import csrf, headers, sessions
from tenure.web.asked import (
    Answer,
    Asked,
    Goto,
    Shown,
    asked_of,
    message,
    put,
    read_form,
    reading_language,
    unbranded_frame,
)
from tenure.web.context import App
from tenure.web.portal_pages import HOME, Frame, OpenPage
from tenure.web.request_ids import new_request_id

COOKIE = "portal"
log = structlog.get_logger("tenure.portal")

Made = tuple[Answer, Frame, Language]


class Door:
    """What all portal resources share."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.https = app.public_url.startswith("https:")

    async def answer(self, req: AsgiRequest, resp: AsgiResponse, work: Callable[[str], Any]) -> None:
        """Run the work of one request; whatever goes wrong becomes a page."""
        rid = new_request_id()
        req.context.request_id = rid
        headers.protect(resp, https=self.https)
        resp.set_header("request-id", rid)
        try:
            try:
                csrf.check(req, https=self.https)
                made = await work(rid)
            except Refused as refused:
                made = await self.refused(req, refused)
            self.put(req, resp, *made)
        except Exception:  # the door's last handler: logged with the request's id, told as 500
            log.exception("request failed", request_id=rid, route=req.uri_template)
            self.put(req, resp, *self.failed(req, rid))

    def put(self, req: AsgiRequest, resp: AsgiResponse, answer: Answer, frame: Frame, tongue: Language) -> None:
        """Write an answer on the response."""
        put(req, resp, answer, frame, tongue, https=self.https)

    def asked(self, req: AsgiRequest, ids: dict[str, str], form: dict[str, str] | None = None) -> Asked:
        """The request as handlers see it."""
        return asked_of(req, ids, form, https=self.https)

    def token(self, req: AsgiRequest) -> str | None:
        """The hash of this browser's cookie."""
        token = sessions.read(req, COOKIE, https=self.https)
        return sessions.token_hash(token) if token else None

    async def find(self, req: AsgiRequest) -> tuple[Opened, str] | None:
        """The open session of this browser, kept alive."""
        cookie_hash = self.token(req)
        if cookie_hash is None:
            return None
        now = self.app.clock()
        opened = await self.app.store.system_read(lambda tx: session.live(tx, cookie_hash), now=now)
        if opened is None:
            return None
        await self.touched(opened, cookie_hash, now)
        return opened, cookie_hash

    async def touched(self, opened: Opened, cookie_hash: str, now: int) -> None:
        """Note now and then that the session is in use."""
        if session.is_stale(opened, now):
            await self.app.store.system_write(
                lambda tx: session.keep_alive(tx, opened, cookie_hash), now=now, background=True
            )

    async def ended(self, req: AsgiRequest, asked: Asked) -> Made:
        """The page of a visitor whose session is over, or who never had one."""
        tongue, cookie_hash, now = reading_language(asked, asked.language_cookie), self.token(req), self.app.clock()
        if cookie_hash is None:
            return expired(tongue), unbranded_frame(), tongue
        opened = await self.app.store.system_read(lambda tx: by_cookie_hash(tx, cookie_hash), now=now)
        if opened is None:
            return expired(tongue), unbranded_frame(), tongue
        frame = await self.app.store.read(opened.scope, lambda tx: bare_frame(tx, opened, tongue), now=now)
        return signed_out(tongue, frame.merchant.name), frame, tongue

    async def refused(self, req: AsgiRequest, refused: Refused) -> Made:
        """A refusal as a calm page, within the customer's frame where there is one."""
        tongue = reading_language(self.asked(req, {}))
        found = await self.find(req)
        if found is None:
            return refusal(refused, tongue), unbranded_frame(), tongue
        opened, cookie_hash = found

        def make(tx: Tx) -> Made:
            who = visit(tx, opened, self.asked(req, {}), cookie_hash=cookie_hash)
            return refusal(refused, who.language), around(who), who.language

        return await self.app.store.read(opened.scope, make, now=self.app.clock())

    def failed(self, req: AsgiRequest, rid: str) -> Made:
        """A bug, told with the id under which it was logged."""
        tongue = reading_language(self.asked(req, {}))
        text = tongue.gettext("Nothing was changed. Try again in a moment.")
        shown = message(tongue.gettext("Something went wrong on our side"), text, status=500, code=rid)
        return shown, unbranded_frame(), tongue


def refusal(refused: Refused, tongue: Language) -> Shown:
    """What a refusal says to a customer; a foreign object and a missing one sound the same."""
    _ = tongue.gettext
    match refused:
        case NotFound():
            return message(_("We can’t find that page"), _("Check the address, or go back to billing."), status=404)
        case Forbidden():
            return message(_("That isn’t possible here"), _("Nothing was changed."), status=403, support=True)
        case _ if refused.status == 503:
            text = _("Nothing was changed. Try again in a moment.")
            return message(_("We can’t save this right now"), text, status=503)
        case _:
            return message(_("That wasn’t possible"), _("Nothing was changed."), status=refused.status, support=True)


def expired(tongue: Language, merchant: str = "") -> Shown:
    """The one page for links and sessions that open nothing any more."""
    _ = tongue.gettext
    if merchant:
        again = _("Go back to %(merchant)s and open billing again.", merchant=merchant)
    else:
        again = _("Go back to where you came from and open billing again.")
    why = _("For your safety, links work once and for a short time. Nothing was changed.")
    return message(_("This link has expired"), f"{why} {again}", status=410, support=True)


def signed_out(tongue: Language, merchant: str) -> Shown:
    """The page of a session that was idle or open for too long."""
    _ = tongue.gettext
    again = _("Go back to %(merchant)s and open billing again.", merchant=merchant)
    why = _("For your safety we signed you out. Nothing was changed.")
    return message(_("Your session has ended"), f"{why} {again}", status=410, support=True)


class Page:
    """One address for customers with a session: who shows it and who takes its form."""

    def __init__(self, door: Door, show: Handler | None = None, take: Handler | None = None) -> None:
        self.door, self.show, self.take = door, show, take

    async def on_get(self, req: AsgiRequest, resp: AsgiResponse, **ids: str) -> None:
        await self.door.answer(req, resp, partial(self._get, req, ids))

    async def on_post(self, req: AsgiRequest, resp: AsgiResponse, **ids: str) -> None:
        await self.door.answer(req, resp, partial(self._post, req, ids))

    async def _get(self, req: AsgiRequest, ids: dict[str, str], rid: str) -> Made:
        if self.show is None:
            raise NotFound("This page only takes forms.")
        return await self._shown(req, self.show, self.door.asked(req, ids))

    async def _shown(self, req: AsgiRequest, handler: Handler, asked: Asked) -> Made:
        """A page that changes nothing: the session and all that it shows are read at one moment."""
        cookie_hash, now = self.door.token(req), self.door.app.clock()

        def look(tx: SystemTx) -> tuple[Opened, Made] | None:
            opened = session.live(tx, cookie_hash) if cookie_hash is not None else None
            if opened is None or cookie_hash is None:
                return None
            own = tx.within(opened.scope)
            who = visit(own, opened, asked, cookie_hash=cookie_hash)
            return opened, (handler(own, who), around(who), who.language)

        found = await self.door.app.store.system_read(look, now=now)
        if found is None or cookie_hash is None:
            return await self.door.ended(req, asked)
        await self.door.touched(found[0], cookie_hash, now)
        return found[1]

    async def _post(self, req: AsgiRequest, ids: dict[str, str], rid: str) -> Made:
        form = await read_form(req)
        if self.take is None:
            raise NotFound("This page takes no forms.")
        return await self._run(req, self.take, self.door.asked(req, ids, form), rid, self.door.app.store.write)

    async def _run(self, req: AsgiRequest, handler: Handler, asked: Asked, rid: str, run: Any) -> Made:
        found = await self.door.find(req)
        if found is None:
            return await self.door.ended(req, asked)
        opened, cookie_hash = found

        def work(tx: Tx) -> Made:
            who = visit(tx, opened, asked, cookie_hash=cookie_hash)
            return handler(tx, who), around(who), who.language

        made: Made = await run(opened.scope, work, now=self.door.app.clock(), request=Request(id=rid))
        return made


class Landing:
    """GET /p/session/<secret>: a page that posts the secret, so that only a browser uses the link up."""

    def __init__(self, door: Door) -> None:
        self.door = door

    async def on_get(self, req: AsgiRequest, resp: AsgiResponse, secret: str) -> None:
        await self.door.answer(req, resp, partial(self._land, req, secret))

    async def _land(self, req: AsgiRequest, secret: str, rid: str) -> Made:
        door, asked = self.door, self.door.asked(req, {})
        tongue = reading_language(asked, asked.language_cookie)
        if len(secret) > session.MAX_SECRET_LENGTH:
            return expired(tongue), unbranded_frame(), tongue
        now, cookie_hash = door.app.clock(), door.token(req)
        link = await door.app.store.system_read(lambda tx: session.find(tx, secret, cookie_hash), now=now)
        if link is None:
            return expired(tongue), unbranded_frame(), tongue
        tongue = reading_language(asked, link.opened.session.locale, asked.language_cookie)
        frame = await door.app.store.read(link.opened.scope, lambda tx: bare_frame(tx, link.opened, tongue), now=now)
        if link.ours:
            return Goto(HOME), frame, tongue
        if link.ready:
            return Shown(OpenPage(secret=secret)), frame, tongue
        return expired(tongue, frame.merchant.name), frame, tongue


class Exchange:
    """POST /p/session: the secret, once, for a cookie."""

    def __init__(self, door: Door) -> None:
        self.door = door

    async def on_post(self, req: AsgiRequest, resp: AsgiResponse) -> None:
        await self.door.answer(req, resp, partial(self._exchange, req, resp))

    async def _exchange(self, req: AsgiRequest, resp: AsgiResponse, rid: str) -> Made:
        door, asked = self.door, self.door.asked(req, {})
        secret = (await read_form(req)).get("secret", "")[: session.MAX_SECRET_LENGTH]
        tongue, now = reading_language(asked, asked.language_cookie), door.app.clock()
        cookie_hash = door.token(req)
        link = await door.app.store.system_read(lambda tx: session.find(tx, secret, cookie_hash), now=now)
        if link is None:
            return expired(tongue), unbranded_frame(), tongue
        scope, token = link.opened.scope, sessions.new_token()
        frame = await door.app.store.read(scope, lambda tx: bare_frame(tx, link.opened, tongue), now=now)
        if link.ours:
            return Goto(HOME), frame, tongue
        entered = await door.app.store.write(
            scope,
            lambda tx: session.enter(tx, secret, sessions.token_hash(token), asked),
            now=now,
            request=Request(id=rid),
        )
        if entered is None:
            return expired(tongue, frame.merchant.name), frame, tongue
        sessions.write(resp, COOKIE, token, https=door.https)
        return entered, frame, tongue
