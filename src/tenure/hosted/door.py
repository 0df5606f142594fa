"""The way of a request to an invoice's page and of its answer out: token, transaction, page or paper, headers.

GET   token? ─▶ store.read(handler)  ─▶ page, or a paper that the press prints
POST  same site? ─▶ token? ─▶ store.write(handler) ─▶ 303, or the page again with what is wrong
no such token: one calm 404, whatever was asked │ refused: its page │ a bug: 500 with the request's id
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from falcon.asgi import Request as AsgiRequest
from falcon.asgi import Response as AsgiResponse

from tenure.domain.documents import Request, Scope
from tenure.domain.errors import NotFound, Refused
from tenure.hosted.guest import Guest, Handler, around, guest
from tenure.i18n.languages import Language
from tenure.pdf.papers import Paper as PaperText
from tenure.pdf.press import Press
from tenure.store import Tx
from tenure.store.hosted_invoices import find
from tenure.web import csrf, headers
from tenure.web.asked import Answer, Asked, asked_of, message, put, read_form, reading_language, unbranded_frame
from tenure.web.context import App
from tenure.web.portal_pages import Frame
from tenure.web.request_ids import new_request_id
from tenure.web.sessions import MAX_TOKEN_LENGTH

PDF = "application/pdf"
SAFE_IN_NAMES = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
log = structlog.get_logger("tenure.hosted")

Made = tuple[Answer, Frame, Language]
Printer = Callable[[Tx, Guest], tuple[PaperText, str]]


class Door:
    """What all pages of invoices share."""

    def __init__(self, app: App, press: Press) -> None:
        self.app, self.press = app, press
        self.https = app.public_url.startswith("https:")

    async def answer(self, req: AsgiRequest, resp: AsgiResponse, work: Callable[[str], Any]) -> None:
        """Run the work of one request; whatever goes wrong becomes a page."""
        rid = new_request_id()
        req.context.request_id = rid
        headers.protect(resp, https=self.https)
        resp.set_header("request-id", rid)
        resp.set_header("x-robots-tag", "noindex, nofollow")
        try:
            try:
                csrf.check(req, https=self.https)
                await work(rid)
            except Refused as refused:
                self.put(req, resp, *self.refused(req, refused))
        except Exception:  # the door's last handler: logged with the request's id, told as 500
            log.exception("request failed", request_id=rid, route=req.uri_template)
            self.put(req, resp, *self.failed(req, rid))

    def put(self, req: AsgiRequest, resp: AsgiResponse, answer: Answer, frame: Frame, tongue: Language) -> None:
        """Write a page or a redirect on the response."""
        put(req, resp, answer, frame, tongue, https=self.https)

    def asked(self, req: AsgiRequest, ids: dict[str, str], form: dict[str, str] | None = None) -> Asked:
        """The request as handlers see it."""
        return asked_of(req, ids, form, https=self.https)

    async def find(self, token: str) -> tuple[Scope, str]:
        """The invoice behind a token. Raises NotFound, the same for every token that opens nothing."""
        known = token.isascii() and token.isprintable() and len(token) <= MAX_TOKEN_LENGTH
        found = await self.app.store.system_read(lambda tx: find(tx, token)) if known else None
        if found is None:
            raise NotFound("There is no such page.")
        return found

    def refused(self, req: AsgiRequest, refused: Refused) -> Made:
        """A refusal as a calm page."""
        tongue = self._tongue(req)
        _ = tongue.gettext
        if isinstance(refused, NotFound):
            text = _("Check the address, or ask whoever sent it for a new link.")
            return message(_("We can’t find that page"), text, status=404), unbranded_frame(), tongue
        if refused.status == 503:
            text = _("Nothing was changed. Try again in a moment.")
            return message(_("We can’t save this right now"), text, status=503), unbranded_frame(), tongue
        shown = message(_("That wasn’t possible"), _("Nothing was changed."), status=refused.status)
        return shown, unbranded_frame(), tongue

    def failed(self, req: AsgiRequest, rid: str) -> Made:
        """A bug, told with the id under which it was logged."""
        tongue = self._tongue(req)
        text = tongue.gettext("Nothing was changed. Try again in a moment.")
        shown = message(tongue.gettext("Something went wrong on our side"), text, status=500, code=rid)
        return shown, unbranded_frame(), tongue

    def _tongue(self, req: AsgiRequest) -> Language:
        asked = self.asked(req, {})
        return reading_language(asked, asked.language_cookie)


class Page:
    """One address of an invoice: who shows it and who takes its form."""

    def __init__(self, door: Door, show: Handler | None = None, take: Handler | None = None) -> None:
        self.door, self.show, self.take = door, show, take

    async def on_get(self, req: AsgiRequest, resp: AsgiResponse, **ids: str) -> None:
        await self.door.answer(req, resp, partial(self._run, req, resp, ids, None))

    async def on_post(self, req: AsgiRequest, resp: AsgiResponse, **ids: str) -> None:
        await self.door.answer(req, resp, partial(self._post, req, resp, ids))

    async def _post(self, req: AsgiRequest, resp: AsgiResponse, ids: dict[str, str], rid: str) -> None:
        await self._run(req, resp, ids, await read_form(req), rid)

    async def _run(
        self, req: AsgiRequest, resp: AsgiResponse, ids: dict[str, str], form: dict[str, str] | None, rid: str
    ) -> None:
        handler = self.show if form is None else self.take
        if handler is None:
            raise NotFound("There is no such page.")
        scope, id = await self.door.find(ids["token"])
        asked = self.door.asked(req, ids, form)

        def work(tx: Tx) -> Made:
            who = guest(tx, id, asked)
            return handler(tx, who), around(tx, who), who.reader.language

        store = self.door.app.store
        run: Any = store.read if form is None else store.write
        self.door.put(req, resp, *await run(scope, work, now=self.door.app.clock(), request=Request(id=rid)))


class Paper:
    """One address that answers with a PDF."""

    def __init__(self, door: Door, printer: Printer) -> None:
        self.door, self.printer = door, printer

    async def on_get(self, req: AsgiRequest, resp: AsgiResponse, **ids: str) -> None:
        await self.door.answer(req, resp, partial(self._print, req, resp, ids))

    async def _print(self, req: AsgiRequest, resp: AsgiResponse, ids: dict[str, str], rid: str) -> None:
        scope, id = await self.door.find(ids["token"])
        asked = self.door.asked(req, ids)

        def read(tx: Tx) -> tuple[PaperText, str]:
            return self.printer(tx, guest(tx, id, asked))

        text, name = await self.door.app.store.read(scope, read, now=self.door.app.clock())
        resp.data = await self.door.press.printed(text)
        resp.content_type = PDF
        safe = "".join(letter if letter in SAFE_IN_NAMES else "-" for letter in name)
        resp.set_header("content-disposition", f'attachment; filename="{safe}.pdf"')
