"""Committed documents that are read again and again: prices and products of SQLite's one process.

read ──▶ hit: no statement at all        save ──▶ touched: neither read nor kept until the commit settled
"""

from typing import Any

import msgspec

from tenure.domain.documents import Document, Scope
from tenure.domain.prices import Price
from tenure.domain.products import Product
from tenure.domain.webhook_endpoints import WebhookEndpoint

KEPT: frozenset[type[Document]] = frozenset({Price, Product})
MOST = 20_000
# The id under which all enabled webhook endpoints of a scope are kept together.
ALL = "*"


class Loaded(msgspec.Struct, frozen=True, gc=False):
    """A document as this transaction found it; the version guards against a change in between."""

    doc: Document
    ver: int
    deleted: bool = False


class Cache:
    """Never holds what is not committed; used on the event loop's thread only."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Scope, type[Document], str], Any] = {}
        self._touched: set[tuple[Scope, type[Document], str]] = set()

    def get(self, scope: Scope, cls: type[Document], id: str) -> Any:
        """What was kept, unless the open transactions changed it."""
        key = (scope, cls, id)
        return None if key in self._touched else self._kept.get(key)

    def put(self, scope: Scope, cls: type[Document], id: str, value: Any) -> None:
        """Keep what was read, if it is of a kept kind and committed."""
        if cls not in KEPT and id != ALL:
            return
        key = (scope, cls, id)
        if key in self._touched:
            return
        if len(self._kept) >= MOST:
            self._kept.clear()
        self._kept[key] = value

    def touch(self, scope: Scope, doc: Document) -> None:
        """A transaction is changing this document."""
        if type(doc) in KEPT:
            self._touched.add((scope, type(doc), doc.id))
        elif isinstance(doc, WebhookEndpoint):
            self._touched.add((scope, WebhookEndpoint, ALL))

    def settle(self) -> None:
        """The open transactions are over, committed or not: forget what they changed."""
        for key in self._touched:
            self._kept.pop(key, None)
        self._touched.clear()
