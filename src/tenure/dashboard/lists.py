"""Lists of fifty with a cursor in the address, dates from filter fields, and CSV that no spreadsheet executes.

?tab=ending&after=sub_…      older than that one           ?before=sub_…      newer
"=1+1" in a cell is written as "'=1+1"                     numbers stay numbers
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from tenure.analytics import exports
from tenure.dashboard.visit import Visit
from tenure.domain.documents import D, Document
from tenure.domain.errors import NotFound
from tenure.i18n.formats import zone
from tenure.store.queries import Condition
from tenure.store.tx import Page, Tx

Row = Sequence[Any]
PER_PAGE = 50
MAX_EXPORT = 50_000


def one_page(tx: Tx, cls: type[D], where: Sequence[Condition], visit: Visit) -> Page[D]:
    """The page that the address asks for; a cursor that is unknown here starts from the top."""
    after, before = visit.query.one("after") or None, visit.query.one("before") or None
    try:
        return tx.page(cls, where, limit=PER_PAGE, starting_after=after, ending_before=None if after else before)
    except NotFound:
        return tx.page(cls, where, limit=PER_PAGE)


def links(visit: Visit, page: Page[Any]) -> dict[str, str]:
    """Addresses of the older and newer page, blank where there is none."""
    if not page.items:
        return {"older": "", "newer": ""}
    first, last = page.items[0].id, page.items[-1].id
    backwards = bool(visit.query.one("before")) and not visit.query.one("after")
    older = page.has_more or backwards
    newer = bool(visit.query.one("after")) or (backwards and page.has_more)
    return {
        "older": visit.here(after=last, before="", done="") if older else "",
        "newer": visit.here(before=first, after="", done="") if newer else "",
    }


async def every_page(visit: Visit, make: Callable[[Tx, str | None], tuple[list[Row], str | None]]) -> list[Row]:
    """Rows of page after page, each in a read of its own; `make` answers the rows and where the next page starts."""
    rows: list[Row] = []
    after: str | None = None
    while len(rows) < MAX_EXPORT:
        start = after
        found, after = await visit.read(lambda tx, start=start: make(tx, start))  # type: ignore[misc]
        rows += found
        if after is None:
            break
    return rows


def export_page(tx: Tx, cls: type[D], where: Sequence[Condition], after: str | None) -> tuple[list[D], str | None]:
    """A hundred documents for an export, and the cursor behind them while there are more."""
    page = tx.page(cls, where, limit=100, starting_after=after)
    return page.items, page.items[-1].id if page.has_more else None


def many(tx: Tx, cls: type[D], ids: Iterable[str]) -> dict[str, D]:
    """Documents by id, deleted ones too, so that a history still has names."""
    return tx.many(cls, {id for id in ids if id}, deleted=True)


def day_range(visit: Visit, name: str) -> tuple[list[Condition], dict[str, str]]:
    """Conditions of a from/to pair of date fields on the account's clock, and what is wrong with them."""
    column = {"created": "created", "ends": "cancel_at"}[name]
    found: list[Condition] = []
    errors: dict[str, str] = {}
    for end, op, days in (("from", ">=", 0), ("to", "<", 1)):
        text = visit.query.one(f"{name}_{end}")
        if not text:
            continue
        try:
            day = date.fromisoformat(text) + timedelta(days=days)
        except (ValueError, OverflowError):
            errors[f"{name}_{end}"] = visit.words._("Enter a date as year, month and day: 2026-11-22.")
            continue
        at = datetime.combine(day, time(), zone(visit.words.zone))
        found.append((column, op, int(at.timestamp())))
    return found, errors


def to_csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """The table as RFC 4180 in UTF-8, with nothing in it that a spreadsheet would run."""
    return exports.csv_text(head, rows).encode()


def title_of(doc: Document | None, fallback: str) -> str:
    """A name that people know an object by, else its id."""
    for name in ("name", "email", "nickname", "code"):
        value = getattr(doc, name, None)
        if value:
            return str(value)
    return doc.id if doc is not None else fallback
