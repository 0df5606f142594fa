"""The floor: a bare ASGI app on the same server that does the same SQL by the raw driver, and nothing else.

    key by its hash ─▶ document(s), decoded ─▶ where something changes, one durable transaction ─▶ the same answer

No routing, no typed parameters, no rules, no rendering of documents: they lie in its file as the API shows them.
Its page is the portal's template with a context that was made once.
Run by servers.py:   python -m benchmarks.floor DATABASE PORT
"""

import asyncio
import gzip
import hashlib
import secrets
import sys
import time
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import apsw
import msgspec
import uvicorn
from markupsafe import Markup

from tenure.i18n.languages import language, translated_tags
from tenure.web.headers import PAGE_HEADERS, POLICIES
from tenure.web.portal_pages import Frame, HomePage, render
from tenure.web.portal_plans import Badge, Fact, Plan
from tenure.web.readers import Merchant
from tenure.wire.versions import CURRENT

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

KEY = "SELECT id, account, livemode, kind FROM api_keys WHERE hash = ? AND revoked_at IS NULL"
ONE = "SELECT doc, ver, deleted FROM subscriptions WHERE account = ? AND livemode = ? AND id = ?"
PAGE = """SELECT doc, ver, deleted FROM subscriptions WHERE account = ? AND livemode = ? AND deleted = 0
AND status IS NOT 'canceled' ORDER BY created DESC, id DESC LIMIT 101"""
CHANGE = """UPDATE subscriptions
SET changed = ?, ver = ver + 1, status = ?, cancel_at = ?, canceled_at = ?, next_at = ?, doc = ?
WHERE account = ? AND livemode = ? AND id = ? AND ver = ?"""
EVENT = """INSERT INTO events (account, livemode, id, created, changed, ver, deleted, type, object_id, doc)
VALUES (?, ?, ?, ?, ?, 1, 0, ?, ?, ?)"""
SESSION = """SELECT account, livemode, doc, opened_at, seen_at, expires_at, state FROM portal_sessions
WHERE cookie_hash = ?"""
ACCOUNT = "SELECT id, name, settings FROM accounts WHERE id = ?"
OF_CUSTOMER = """SELECT doc, ver, deleted FROM subscriptions WHERE account = ? AND livemode = ? AND deleted = 0
AND customer = ? ORDER BY created DESC, id DESC LIMIT 101"""

INVOICES = """SELECT doc, ver, deleted FROM invoices WHERE account = ? AND livemode = ? AND deleted = 0
AND customer = ? AND status != 'draft' ORDER BY created DESC, id DESC LIMIT 5"""

OPEN = """SELECT doc, ver, deleted FROM invoices WHERE account = ? AND livemode = ? AND deleted = 0
AND subscription = ? AND status = 'open' ORDER BY created DESC, id DESC LIMIT 101"""
WAITING = """SELECT doc, ver, deleted FROM invoice_items WHERE account = ? AND livemode = ? AND deleted = 0
AND customer = ? AND pending = 1 ORDER BY created DESC, id DESC LIMIT 101"""

API_VERSION = CURRENT.encode()
# What every page must say, by the portal's security.
OF_A_PAGE = [
    (b"content-encoding", b"gzip"),
    (b"content-security-policy", POLICIES["none"].encode()),
    (b"x-frame-options", b"DENY"),
    *((name.encode(), value.encode()) for name, value in PAGE_HEADERS.items()),
]

encode, decode = msgspec.json.encode, msgspec.json.decode


def _document(table: str) -> str:
    return f"SELECT doc, ver, deleted FROM {table} WHERE account = ? AND livemode = ? AND id = ?"  # noqa: S608


class Floor:
    """Four operations over one connection."""

    def __init__(self, path: str) -> None:
        self.connection = apsw.Connection(path, statementcachesize=100)
        self.connection.set_busy_timeout(10_000)
        self.connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            self.connection.execute(f"PRAGMA {pragma}").fetchall()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        path = scope["path"]
        if path.startswith("/p/"):
            await self.answer(send, self.home(headers), OF_A_PAGE)
            return
        token = headers[b"authorization"][7:]
        row = self.connection.execute(KEY, (hashlib.sha256(token).hexdigest(),)).fetchone()
        assert row is not None
        where = (row[1], row[2])
        if path == "/v1/subscriptions":
            body = self.page(where)
        elif scope["method"] == "GET":
            body = written(self.one((*where, path[18:]))[0])
        else:
            form = dict(parse_qsl((await receive())["body"].decode()))
            body = self.change((*where, path[18:]), form)
        await self.answer(send, body, _of_the_api())

    async def answer(self, send: Send, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        length = (b"content-length", str(len(body)).encode())
        headers = [(b"content-type", b"application/json"), length, *headers]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def one(self, where: tuple[Any, ...]) -> tuple[dict[str, Any], int]:
        doc, ver, _ = self.connection.execute(ONE, where).fetchone()
        return decode(doc), ver

    def page(self, where: tuple[Any, ...]) -> bytes:
        docs = [decode(doc) for doc, _, _ in self.connection.execute(PAGE, where).fetchall()]
        return written({"object": "list", "data": docs[:100], "has_more": len(docs) > 100, "url": "/v1/subscriptions"})

    def change(self, where: tuple[Any, ...], form: dict[str, str]) -> bytes:
        now = int(time.time())
        execute = self.connection.execute
        execute("BEGIN IMMEDIATE")
        doc, ver = self.one(where)
        details = {**doc["cancellation_details"], "feedback": form["cancellation_details[feedback]"]}
        before = {"cancel_at": doc["cancel_at"], "cancellation_details": doc["cancellation_details"]}
        end = doc["items"]["data"][0]["current_period_end"]
        doc |= {"cancel_at": end, "cancel_at_period_end": True, "canceled_at": now, "cancellation_details": details}
        values = (now * 1000, doc["status"], end, now, end, encode(doc).decode())
        execute(CHANGE, (*values, *where, ver))
        event = {
            "id": "evt_" + secrets.token_hex(12),
            "object": "event",
            "created": now,
            "data": {"object": doc, "previous_attributes": before},
            "type": "customer.subscription.updated",
        }
        text = encode(event).decode()
        execute(EVENT, (*where[:2], event["id"], now, now * 1000, event["type"], where[2], text))
        execute("COMMIT")
        return written(doc)

    def home(self, headers: dict[bytes, bytes]) -> bytes:
        token = headers[b"cookie"].partition(b"=")[2]
        execute = self.connection.execute
        row = execute(SESSION, (hashlib.sha256(token).hexdigest(),)).fetchone()
        session, where = decode(row[2]), row[:2]
        decode(execute(ACCOUNT, (row[0],)).fetchone()[2])
        decode(execute(_document("customers"), (*where, session["customer"])).fetchone()[0])
        decode(execute(_document("portal_configurations"), (*where, session["configuration"])).fetchone()[0])
        found = execute(OF_CUSTOMER, (*where, session["customer"])).fetchall()
        docs = [decode(doc) for doc, _, _ in found]
        rows = execute(INVOICES, (*where, session["customer"])).fetchall()
        for each in docs:
            rows += execute(OPEN, (*where, each["id"])).fetchall()
            rows += execute(WAITING, (*where, session["customer"])).fetchall()
        for doc, _, _ in rows:
            decode(doc)
        return gzip.compress(render(*_page(len(docs))), compresslevel=5, mtime=0)


@cache
def _page(plans: int) -> tuple[Any, ...]:
    """The portal's home, made ready once: what is left of it is its template."""
    plan = Plan(
        id="sub_0000000000000000000000", name="Halyard Studio", detail="Quantity: 2", amount="€58.00", was="",
        per="per month", lines=(), badge=Badge("Active", "ok", "check"),
        facts=(
            Fact("calendar", Markup("Renews on <strong>December 14, 2026</strong>")),
            Fact("card", Markup("Next payment: <strong>€58.00</strong>")),
        ),
        can_cancel=True, can_renew=False, ends_on="", renews_on="December 14, 2026", since="November 2026",
    )  # fmt: skip
    english, languages = language("en"), tuple(language(tag) for tag in translated_tags())
    merchant = Merchant(account="acct_0", name="My business", letter="M")
    frame = Frame(merchant=merchant, headline="Manage your My business subscription.", languages=languages)
    page = HomePage(plans=(plan,) * plans, details=(("Name", "Customer 1"), ("Email", "c1@example.com")))
    return page, frame, english


def _of_the_api() -> list[tuple[bytes, bytes]]:
    """What Stripe sends with each answer, and its clients read."""
    rid = b"req_" + secrets.token_hex(11).encode()
    return [(b"request-id", rid), (b"stripe-version", API_VERSION), (b"cache-control", b"no-cache, no-store")]


def written(shape: dict[str, Any]) -> bytes:
    return msgspec.json.format(encode(shape), indent=2)


def main() -> None:
    """Serve as Tenure does: the same server with the same settings."""
    config = uvicorn.Config(
        Floor(sys.argv[1]),
        port=int(sys.argv[2]),
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
    )
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
