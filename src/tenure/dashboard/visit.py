"""One visit of a signed-in person to one dashboard page: who, which account and mode, and what to answer.

    request ─▶ View: same origin? signed in? member? role enough? ─▶ handler(visit) ─▶ Page | Redirect | Download

A handler sees only the account and mode of its visit; whatever is foreign to them is the same 404 as what is missing.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from falcon.asgi import Request

from tenure.dashboard.formats import Words
from tenure.domain.documents import Scope
from tenure.domain.errors import Forbidden
from tenure.store.tx import Tx
from tenure.web.context import App

T = TypeVar("T")
ROLES = ("viewer", "editor", "owner")
MAX_FORM_BYTES = 256 * 1024


class Form(dict[str, list[str]]):
    """What a form or a query string said: every name with its values in order."""

    def one(self, name: str, default: str = "") -> str:
        """The first value of `name`, without surrounding blanks."""
        values = self.get(name)
        return values[0].strip() if values else default

    def every(self, name: str) -> list[str]:
        """All values of `name` that are not blank."""
        return [value.strip() for value in self.get(name, []) if value.strip()]

    def flag(self, name: str) -> bool:
        """Whether a checkbox was ticked."""
        return bool(self.one(name))


def read_form(body: str) -> Form:
    """Pairs of a urlencoded body or query, in order; a lone surrogate or NUL becomes a replacement sign."""
    form = Form()
    for name, value in parse_qsl(body, keep_blank_values=True, max_num_fields=2000):
        form.setdefault(name, []).append(value.replace("\x00", "\ufffd"))
    return form


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who is signed in; `session` is the id of this sign-in."""

    id: str
    email: str
    name: str
    session: str


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account that the person belongs to, and as what."""

    id: str
    name: str
    role: str
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Page:
    """An HTML page: a template and what it shows."""

    template: str
    shows: dict[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, kw_only=True)
class Redirect:
    """Go on to another page of ours (303)."""

    to: str
    cookies: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Download:
    """A file for the person, whole or piece by piece."""

    body: bytes | AsyncIterator[bytes]
    name: str
    type: str = "text/csv; charset=utf-8"


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A whole HTML page that only a page of the dashboard may frame.

    A mail has its styles in line: it is shown with them, and with nothing else that could load, run or send."""

    body: bytes
    mail: bool = False


Answer = Page | Redirect | Download | Frame


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request by one person to one account in one mode."""

    app: App
    req: Request
    person: Person
    account: Account
    accounts: tuple[Account, ...]
    scope: Scope
    now: int
    form: Form
    query: Form
    ids: dict[str, str]
    words: Words

    @property
    def may_edit(self) -> bool:
        return self.may("editor")

    def may(self, role: str) -> bool:
        """Whether the person's role is at least `role`."""
        return ROLES.index(self.account.role) >= ROLES.index(role)

    def require(self, role: str) -> None:
        """Raise Forbidden unless the person's role is at least `role`."""
        if not self.may(role):
            raise Forbidden(self.words._("Your role in this account does not allow this. Ask an owner."))

    async def read(self, fn: Callable[[Tx], T]) -> T:
        return await self.app.store.read(self.scope, fn, now=self.now)

    async def write(self, fn: Callable[[Tx], T]) -> T:
        return await self.app.store.write(self.scope, fn, now=self.now)

    def here(self, **changes: str) -> str:
        """This page's address with some query values changed; a blank value removes its name."""
        names = dict.fromkeys([*self.query, *changes])
        pairs = [
            (name, value)
            for name in names
            for value in ([changes[name]] if name in changes else self.query[name])
            if value
        ]
        return self.req.path + ("?" + urlencode(pairs) if pairs else "")


Handler = Callable[[Visit], Awaitable[Answer]]


@dataclass(frozen=True, kw_only=True)
class Route:
    """One address: who shows it, who takes its form, and the least role for the form."""

    path: str
    get: Handler | None = None
    post: Handler | None = None
    reads: str = "viewer"
    writes: str = "editor"
