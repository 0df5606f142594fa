"""What a browser asked of a customers' door, and what the door answers; the portal and the invoice pages share it.

request ── asked_of() ──▶ Asked ── handler ──▶ Shown | Goto ── put() ──▶ response
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qsl

from falcon.asgi import Request, Response

from tenure.domain.errors import Invalid
from tenure.i18n.languages import Language, language, translated_tags
from tenure.i18n.locales import DEFAULT, negotiate
from tenure.web import pages, sessions
from tenure.web.portal_pages import Frame, MessagePage, Page, render
from tenure.web.readers import Merchant

LANGUAGE_COOKIE = "language"
LANGUAGE_AGE_S = 365 * 86400
MAX_FORM_BYTES = 64 * 1024
MAX_QUERY_FIELDS = 50


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the browser sent."""

    path: str
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)
    accept_language: str = ""
    language_cookie: str | None = None


@dataclass(frozen=True)
class Shown:
    """A page; `status` is the HTTP status."""

    page: Page
    status: int = 200


@dataclass(frozen=True)
class Goto:
    """Go on to another page of the door (303); `language` is to be remembered by the browser."""

    path: str
    language: str | None = None


Answer = Shown | Goto


def asked_of(req: Request, ids: dict[str, str], form: dict[str, str] | None = None, *, https: bool) -> Asked:
    """The request as handlers see it; a page shown again after a form is asked for by its own address."""
    return Asked(
        path=req.path,
        form=form or {},
        query=read_query(req.query_string),
        ids={name: value.replace("\x00", "\ufffd") for name, value in ids.items()},
        accept_language=(req.get_header("accept-language") or "")[:500],
        language_cookie=sessions.read(req, LANGUAGE_COOKIE, https=https),
    )


async def read_form(req: Request) -> dict[str, str]:
    """The fields of a form, the first of each name. Raises Invalid."""
    body: bytes = await req.stream.read(MAX_FORM_BYTES + 1)
    if len(body) > MAX_FORM_BYTES:
        raise Invalid("The form is too large.")
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100)
    except ValueError as problem:
        raise Invalid("The form has too many fields.") from problem
    return {name: value.replace("\x00", "\ufffd") for name, value in reversed(pairs)}


def read_query(text: str) -> dict[str, str]:
    """What the address asks for; one with more names than any page has asks for nothing."""
    try:
        return dict(parse_qsl(text, max_num_fields=MAX_QUERY_FIELDS))
    except ValueError:
        return {}


def put(req: Request, resp: Response, answer: Answer, frame: Frame, tongue: Language, *, https: bool) -> None:
    """Write an answer on the response."""
    if isinstance(answer, Goto):
        resp.status, resp.location = 303, answer.path
        if answer.language is not None:
            sessions.write(resp, LANGUAGE_COOKIE, answer.language, https=https, max_age_s=LANGUAGE_AGE_S)
        return
    resp.status = answer.status
    pages.respond(req, resp, render(answer.page, frame, tongue), tongue)


def reading_language(asked: Asked, *wishes: str | None, default: str = DEFAULT) -> Language:
    """The language of a page: the first wish that we have, then the browser's."""
    tag = negotiate(wishes, accept_language=asked.accept_language, default=default, offered=translated_tags())
    return language(tag)


@cache
def offered_languages() -> tuple[Language, ...]:
    """The languages of the switcher."""
    return tuple(language(tag) for tag in translated_tags())


def unbranded_frame() -> Frame:
    """The frame where not even the merchant is known."""
    return Frame(merchant=Merchant(account="", name="Tenure", letter="T"), home=False)


def message(title: str, text: str = "", *, status: int = 200, support: bool = False, code: str = "") -> Shown:
    """A calm page that says one thing."""
    return Shown(MessagePage(title=title, text=text, support=support, code=code), status)
