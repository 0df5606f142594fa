"""Turns a route into a Falcon resource: checks who comes, calls the handler, and writes what it answers.

GET  /dashboard/…   no sign-in ─▶ 303 to the sign-in page, which comes back here
POST /dashboard/…   from another site ─▶ 403     role too low ─▶ 403     foreign id ─▶ the 404 of a missing one
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import falcon
import structlog
from falcon.asgi import Request, Response

from tenure.dashboard import people
from tenure.dashboard.formats import Words
from tenure.dashboard.visit import (
    MAX_FORM_BYTES,
    Account,
    Answer,
    Download,
    Form,
    Frame,
    Handler,
    Page,
    Person,
    Redirect,
    Route,
    Visit,
    read_form,
)
from tenure.domain.documents import Scope
from tenure.domain.errors import Forbidden, Invalid, NotFound, Refused
from tenure.i18n.languages import Language, language
from tenure.i18n.locales import TAGS, negotiate
from tenure.store import user_sessions
from tenure.web import assets, csrf, headers, pages, sessions
from tenure.web.context import App
from tenure.web.request_ids import new_request_id

log = structlog.get_logger("tenure.dashboard")
COOKIE = "dashboard"
ENGLISH = tuple(tag for tag in TAGS if tag.startswith("en"))
SIGN_IN = "/dashboard/sign-in"
CHOICE_AGE_S = 365 * 86400
STATIC = Path(__file__).parent / "static"


@cache
def styles() -> dict[str, assets.Asset]:
    """The dashboard's own stylesheet and script, under names that change with their content."""
    found = {}
    for file in sorted(STATIC.iterdir()):
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()[: assets.HASH_DIGITS]
        path = f"/dashboard/static/{file.stem}.{digest}{file.suffix}"
        found[file.name] = assets.Asset(path, assets.TYPES[file.suffix], content)
    return found


def https(app: App) -> bool:
    """Whether people reach us by https, so that cookies must be Secure."""
    return app.secure


def language_of(req: Request) -> Language:
    """English as the person's browser writes it: the dashboard's texts are not translated yet."""
    tag = negotiate([], accept_language=req.get_header("accept-language") or "", offered=ENGLISH)
    return language(tag)


async def read_body(req: Request) -> Form:
    """The urlencoded form of a request, at most MAX_FORM_BYTES of it."""
    if (req.content_length or 0) > MAX_FORM_BYTES:
        raise Invalid("The form is too large.")
    body = await req.stream.read(MAX_FORM_BYTES + 1)
    if len(body) > MAX_FORM_BYTES:
        raise Invalid("The form is too large.")
    try:
        return read_form(body.decode("utf-8", "replace"))
    except ValueError as problem:
        raise Invalid("The form has too many fields.") from problem


def read_query(req: Request) -> Form:
    """What the address asks for; one with too many names asks for nothing."""
    try:
        return read_form(req.query_string)
    except ValueError:
        return Form()


def ours(path: str) -> str:
    """A path of the dashboard to go on to after signing in, never another site's."""
    try:
        parts = urlsplit(path)
    except ValueError:
        return "/dashboard"
    inside = (
        not parts.scheme and not parts.netloc and (parts.path == "/dashboard" or parts.path.startswith("/dashboard/"))
    )
    return path if inside and "\\" not in path and path.isprintable() else "/dashboard"


async def who(app: App, req: Request) -> tuple[Person, tuple[Account, ...]] | None:
    """The person whose sign-in the request carries, with all accounts; None when there is none."""
    token = sessions.read(req, COOKIE, https=https(app))
    if token is None:
        return None
    digest, now = sessions.token_hash(token), app.clock()
    found = await app.store.system_read(lambda tx: people.signed_in(tx, digest), now=now)
    if found is None:
        return None
    person, accounts, stale = found
    if stale:
        await app.store.system_write(lambda tx: user_sessions.touch(tx, digest, now=now), now=now, background=True)
    return person, accounts


class View:
    """One route as a resource."""

    def __init__(self, app: App, route: Route) -> None:
        self.app, self.route = app, route
        if route.get is not None:
            self.on_get = self._get
        if route.post is not None:
            self.on_post = self._post

    async def _get(self, req: Request, resp: Response, **ids: str) -> None:
        await self._serve(req, resp, self.route.get, self.route.reads, ids)

    async def _post(self, req: Request, resp: Response, **ids: str) -> None:
        await self._serve(req, resp, self.route.post, self.route.writes, ids)

    async def _serve(
        self, req: Request, resp: Response, handler: Handler | None, role: str, ids: dict[str, str]
    ) -> None:
        headers.protect(resp, https=https(self.app))
        try:
            csrf.check(req, https=https(self.app))
            found = await who(self.app, req)
        except Forbidden as refused:
            return stop(self.app, req, resp, refused)
        if found is None:
            return _to_sign_in(req, resp)
        if not found[1]:
            text = language_of(req).gettext("You belong to no account. Ask an owner to add you.")
            return stop(self.app, req, resp, Forbidden(text))
        visit = _visit(self.app, req, found, ids, Form())
        try:
            visit.require(role)
            if req.method == "POST":
                visit = _visit(self.app, req, found, ids, await read_body(req))
            answer = await handler(visit) if handler is not None else missing(visit)
        except Refused as refused:
            answer = refusal(visit, refused)
        except Exception:  # the door's last handler: logged with the request's id, told as 500
            answer = failed(visit)
        put(visit, resp, answer)


def _to_sign_in(req: Request, resp: Response) -> None:
    """Off to the sign-in page; a page that was only to be read is come back to."""
    back = req.relative_uri if req.method == "GET" else "/dashboard"
    resp.status = falcon.HTTP_303
    resp.location = SIGN_IN if back == "/dashboard" else f"{SIGN_IN}?next={quote(back, safe='')}"


def _visit(app: App, req: Request, found: tuple[Person, tuple[Account, ...]], ids: dict[str, str], form: Form) -> Visit:
    person, accounts = found
    secure, now = https(app), app.clock()
    wanted = sessions.read(req, "account", https=secure)
    account = next((each for each in accounts if each.id == wanted), accounts[0])
    live = sessions.read(req, "mode", https=secure) == "live"
    zone = str(account.settings.get("time_zone") or "UTC")
    return Visit(
        app=app,
        req=req,
        person=person,
        account=account,
        accounts=accounts,
        scope=Scope(account.id, live),
        now=now,
        form=form,
        query=read_query(req),
        ids={name: value.replace("\x00", "\ufffd") for name, value in ids.items()},
        words=Words(language=language_of(req), zone=zone, now=now),
    )


def missing(visit: Visit) -> Page:
    """The one answer for what is not there and for what is not theirs."""
    _ = visit.words._
    shows = {
        "title": _("This page does not exist"),
        "text": _("It may belong to the other mode or to another account, or it was deleted."),
    }
    return Page(template="problem.html", shows=shows, status=404)


def refusal(visit: Visit, refused: Refused) -> Page:
    """A refusal as a page, with the way back."""
    if isinstance(refused, NotFound):
        return missing(visit)
    _ = visit.words._
    title = _("You may not do this") if isinstance(refused, Forbidden) else _("That was not possible")
    back = visit.req.path.rpartition("/")[0] if visit.req.method == "POST" else None
    return Page(
        template="problem.html",
        shows={"title": title, "text": refused.message, "back": back},
        status=refused.status,
    )


def failed(visit: Visit) -> Page:
    """A bug: nothing of it is shown but the id under which it was logged."""
    rid = new_request_id()
    log.exception("request failed", request_id=rid, route=visit.req.uri_template)
    _ = visit.words._
    text = visit.words.language.gettext(
        "Something went wrong on our side. Nothing was changed. The request’s id is %(id)s.", id=rid
    )
    return Page(template="problem.html", shows={"title": _("That did not work"), "text": text}, status=500)


def shell(visit: Visit) -> dict[str, Any]:
    """What every page of the dashboard shows around its own content."""
    own = styles()
    return {
        "w": visit.words,
        "account": visit.account,
        "accounts": visit.accounts,
        "back": None,
        "errors": {},
        "may_edit": visit.may_edit,
        "nav": "",
        "own": {name: asset.path for name, asset in own.items()},
        "person": visit.person,
        "q": "",
        "role": visit.account.role,
        "said": said(visit),
        "scope": visit.scope,
        "time_zone": visit.words.zone,
    }


def said(visit: Visit) -> str:
    """What the last form did, told on the page it led to; only sentences that we know are ever shown."""
    _ = visit.words._
    return {
        "saved": _("Saved."),
        "created": _("Created."),
        "deleted": _("Deleted."),
        "cancelled": _("The subscription is set to end."),
        "ended": _("The subscription has ended."),
        "undone": _("The cancellation was taken back."),
        "coupon": _("The coupon was applied."),
        "paused": _("Collection is paused."),
        "resumed": _("Collection goes on."),
        "finalized": _("The invoice is final."),
        "paid": _("The invoice is paid."),
        "sent": _("The invoice was sent."),
        "uncollectible": _("The invoice is marked as uncollectible."),
        "voided": _("The invoice is void."),
        "resent": _("The event will be sent again now."),
        "revoked": _("Revoked."),
        "signed-out": _("Signed out there."),
        "mail-resent": _("The mail will be sent again now."),
        "mail-waits": _("The mail is waiting or on its way already."),
        "factor-off": _("Two-step sign-in is off."),
        "portal": _("Saved. Customers see this now."),
        "password": _("Your password was changed. Every other sign-in was ended."),
    }.get(visit.query.one("done"), "")


def put(visit: Visit, resp: Response, answer: Answer) -> None:
    """Write a handler's answer on the response."""
    secure = https(visit.app)
    match answer:
        case Page(template=template, shows=shows, status=status):
            resp.status = falcon.code_to_http_status(status)
            tongue = visit.words.language
            pages.respond(visit.req, resp, pages.render(f"dashboard/{template}", tongue, shell(visit) | shows), tongue)
        case Redirect(to=to, cookies=cookies):
            resp.status, resp.location = falcon.HTTP_303, to
            _remember(resp, cookies, secure=secure)
        case Frame(body=body, mail=mail):
            headers.protect(resp, https=secure, framing="mail" if mail else "self")
            resp.delete_header("x-frame-options")
            resp.data, resp.content_type = body, "text/html; charset=utf-8"
        case Download(body=body, name=name, type=kind):
            resp.content_type, resp.downloadable_as = kind, name
            if isinstance(body, bytes):
                resp.data = body
            else:
                resp.stream = body


def _remember(resp: Response, cookies: tuple[tuple[str, str], ...], *, secure: bool) -> None:
    """Choices that outlive the request; a blank one is forgotten."""
    for name, value in cookies:
        if value:
            sessions.write(resp, name, value, https=secure, max_age_s=CHOICE_AGE_S)
        else:
            sessions.clear(resp, name, https=secure)


def stop(app: App, req: Request, resp: Response, refused: Refused) -> None:
    """A refusal to somebody who is not, or not yet, in an account."""
    tongue = language_of(req)
    shows = {"title": tongue.gettext("You may not do this"), "text": refused.message}
    put_outside(app, req, resp, Page(template="stop.html", shows=shows, status=refused.status))


def put_outside(app: App, req: Request, resp: Response, page: Page) -> None:
    """Write a page that stands outside the shell: sign-in, refusals before it."""
    tongue = language_of(req)
    words = Words(language=tongue, zone="UTC", now=app.clock())
    around = {"w": words, "own": {name: asset.path for name, asset in styles().items()}, "errors": {}}
    resp.status = falcon.code_to_http_status(page.status)
    pages.respond(req, resp, pages.render(f"dashboard/{page.template}", tongue, around | page.shows), tongue)


class Static:
    """The dashboard's own stylesheet and script."""

    async def on_get(self, req: Request, resp: Response, name: str) -> None:
        found = next((each for each in styles().values() if each.path.endswith(f"/{name}")), None)
        if found is None:
            raise falcon.HTTPNotFound
        resp.set_header("x-content-type-options", "nosniff")
        resp.set_header("cache-control", assets.FOREVER)
        resp.set_header("vary", "Accept-Encoding")
        resp.content_type, resp.data = found.type, found.content
        if "gzip" in (req.get_header("accept-encoding") or ""):
            resp.data = found.as_gzip
            resp.set_header("content-encoding", "gzip")
