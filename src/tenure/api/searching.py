"""Search: what an index can answer is asked of the store, and every document found is judged against the whole query.

status:'active' AND metadata['plan']:'Pro'   ─▶   where status = 'active'   ─▶   plan equals 'pro', without case
"""

from collections.abc import Callable
from typing import Any

import msgspec

from tenure.domain.documents import D, Document
from tenure.store.kinds import KINDS
from tenure.store.tx import Page, Tx
from tenure.wire.search import Condition, Search

BATCH = 100
COMPARED: dict[str, Callable[[int, int], bool]] = {
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "=": lambda a, b: a == b,
}


def search(tx: Tx, cls: type[D], query: Search, *, limit: int, starting_after: str | None) -> "Page[D]":
    """Documents that meet the query, newest first, read in batches until a page is full."""
    columns = KINDS[cls].table.c
    where = [] if query.any else [pushed for c in query.conditions if (pushed := _pushed(c)) and pushed[0] in columns]
    found: list[D] = []
    after = starting_after
    while True:
        batch = tx.page(cls, where, limit=BATCH, starting_after=after)
        found += [doc for doc in batch.items if matches(doc, query)]
        if len(found) > limit:
            return Page(items=found[:limit], has_more=True)
        if not batch.has_more:
            return Page(items=found, has_more=False)
        after = batch.items[-1].id


def _pushed(condition: Condition) -> tuple[str, str, Any] | None:
    """The condition as an index can answer it, never narrower than what is meant; None when it cannot."""
    if condition.negated or condition.value is None:
        return None
    if condition.field in ("status", "currency", "type"):
        return (condition.field, "=", str(condition.value).lower())
    if condition.field in ("created", "canceled_at") and isinstance(condition.value, int):
        return (condition.field, "=" if condition.operator == ":" else condition.operator, condition.value)
    if condition.field in ("product", "customer"):
        return (condition.field, "=", condition.value)
    return None


def matches(doc: Document, query: Search) -> bool:
    """Whether a document meets all clauses, or any of them where they are joined by OR."""
    results = (_holds(doc, each) for each in query.conditions)
    return any(results) if query.any else all(results)


def _holds(doc: Document, condition: Condition) -> bool:
    value = getattr(doc, condition.field, None)
    if condition.key is not None:
        value = (value or {}).get(condition.key)
    return _equal(value, condition) is not condition.negated


def _equal(value: Any, condition: Condition) -> bool:
    if condition.value is None or value is None:
        return value is condition.value
    if condition.operator in COMPARED:
        return isinstance(value, int) and COMPARED[condition.operator](value, int(condition.value))
    text, wanted = _text(value), str(condition.value).lower()
    return wanted in text if condition.operator == "~" else text == wanted


def _text(value: Any) -> str:
    plain = msgspec.to_builtins(value)
    return str(plain).lower()
