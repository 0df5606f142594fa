"""Templates made into pages: escaped by default, every visible text through gettext, nothing undefined.

    render("portal/home.html", language("de"), {"page": …}) ──▶ bytes
    in templates:  {{ _("Your plan") }}   {% trans date=… %}Ends on %(date)s{% endtrans %}   {{ asset("base.css") }}
                   {{ 2900|money("eur") }}   {{ at|date }}   {{ at|date_time }}   (with `time_zone` in the context)

Templates of the web layer are found by their path; those of the dashboard under `dashboard/`.
"""

import gzip
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import falcon.asgi
from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from tenure.i18n import formats
from tenure.i18n.languages import Language
from tenure.web import assets, brand

PACKAGE = Path(__file__).parent.parent
WORTH_COMPRESSING = 1024
HTML = "text/html; charset=utf-8"
# The parts that nearly every template uses are there without an import, which costs more than they do.
EVERYWHERE = ("badge", "icon", "mark")


def _loader() -> BaseLoader:
    shared = FileSystemLoader(PACKAGE / "web" / "templates")
    dashboard = FileSystemLoader(PACKAGE / "dashboard" / "templates")
    return ChoiceLoader([shared, PrefixLoader({"dashboard": dashboard})])


def _filled(context: Context, text: str, variables: Mapping[str, Any]) -> Markup:
    """Catalogue texts are ours and may hold tags; what is put into them is escaped, and isolated in RTL."""
    if not variables:
        return Markup(text)  # noqa: S704
    language: Language = context["language"]
    return Markup(text) % {name: language.isolate(escape(value)) for name, value in variables.items()}  # noqa: S704


@pass_context
def _gettext(context: Context, message: str, **variables: Any) -> Markup:
    return _filled(context, context["language"].texts.ugettext(message), variables)


@pass_context
def _ngettext(context: Context, singular: str, plural: str, num: int, **variables: Any) -> Markup:
    text = context["language"].texts.ungettext(singular, plural, num)
    return _filled(context, text, {"num": num, **variables})


@pass_context
def _pgettext(context: Context, about: str, message: str, **variables: Any) -> Markup:
    return _filled(context, context["language"].texts.upgettext(about, message), variables)


@pass_context
def _npgettext(context: Context, about: str, singular: str, plural: str, num: int, **variables: Any) -> Markup:
    text = context["language"].texts.unpgettext(about, singular, plural, num)
    return _filled(context, text, {"num": num, **variables})


@pass_context
def _money(context: Context, amount: int, currency: str) -> str:
    return formats.money(amount, currency, context["language"])


@pass_context
def _date(context: Context, at: int) -> str:
    return formats.day(at, context["language"], context.get("time_zone") or "UTC")


@pass_context
def _date_time(context: Context, at: int) -> str:
    return formats.short_moment(at, context["language"], context.get("time_zone") or "UTC")


@pass_context
def _period(context: Context, interval: str, count: int = 1) -> str:
    return formats.per(interval, count, context["language"])


@pass_context
def _percent(context: Context, value: float) -> str:
    return formats.percent(value, context["language"])


@pass_context
def _number(context: Context, value: int) -> str:
    return formats.number(value, context["language"])


FILTERS: dict[str, Callable[..., str]] = {
    "money": _money, "date": _date, "date_time": _date_time, "period": _period, "percent": _percent, "number": _number,
}  # fmt: skip


@cache
def environment() -> Environment:
    """The one environment of all pages; templates are compiled once per process."""
    made = Environment(
        loader=_loader(),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    made.newstyle_gettext = True  # type: ignore[attr-defined]
    made.policies["ext.i18n.trimmed"] = True
    made.globals.update(
        gettext=_gettext, ngettext=_ngettext, pgettext=_pgettext, npgettext=_npgettext, _=_gettext,
        asset=assets.url, brand_css=brand.path,
    )  # fmt: skip
    made.filters.update(FILTERS)
    parts: Any = made.get_template("_macros.html").module
    made.globals.update({name: getattr(parts, name) for name in EVERYWHERE})
    return made


def render(template: str, language: Language, context: Mapping[str, Any]) -> bytes:
    """The page, encoded; `language` is in the context of every template."""
    return environment().get_template(template).render(language=language, **context).encode()


def compressed(content: bytes, accept_encoding: str) -> tuple[bytes, str | None]:
    """The content and its encoding, gzipped where the browser takes that and it is worth it."""
    if len(content) < WORTH_COMPRESSING or "gzip" not in accept_encoding:
        return content, None
    return gzip.compress(content, compresslevel=5, mtime=0), "gzip"


def respond(req: falcon.asgi.Request, resp: falcon.asgi.Response, content: bytes, language: Language) -> None:
    """Put a rendered page on the response."""
    resp.data, encoding = compressed(content, req.get_header("accept-encoding") or "")
    resp.content_type = HTML
    resp.set_header("content-language", language.tag)
    resp.set_header("vary", "Accept-Language, Accept-Encoding, Cookie")
    if encoding:
        resp.set_header("content-encoding", encoding)
