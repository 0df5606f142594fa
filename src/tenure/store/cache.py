"""Committed rows that are read again and again: prices, products, configurations and accounts of SQLite's one process.

read ──▶ hit: no statement at all        save ──▶ touched: neither read nor kept until the commit settled
"""

from typing import Any

import msgspec

from tenure.domain.documents import Document, Scope
from tenure.domain.entitlements import ProductFeature
from tenure.domain.portal import Configuration
from tenure.domain.prices import Price
from tenure.domain.products import Product
from tenure.domain.webhook_endpoints import WebhookEndpoint

KEPT: frozenset[type[Document]] = frozenset({Configuration, Price, Product})
MOST = 20_000
Key = tuple[Scope | None, type[Any], str]
# The id under which what a scope has of a kind is kept together: its enabled webhook endpoints, or whether it has any.
ALL = "*"
TOGETHER: frozenset[type[Document]] = frozenset({WebhookEndpoint, ProductFeature})


class Loaded(msgspec.Struct, frozen=True, gc=False):
    """A document as this transaction found it; the version guards against a change in between."""

    doc: Document
    ver: int
    deleted: bool = False


class Cache:
    """Never holds what is not committed; used on the event loop's thread only."""

    def __init__(self) -> None:
        self._kept: dict[Key, Any] = {}
        self._touched: set[Key] = set()

    def get(self, key: Key) -> Any:
        """What was kept, unless the open transactions changed it."""
        return None if key in self._touched else self._kept.get(key)

    def put(self, key: Key, value: Any) -> None:
        """Keep what was read, if it is committed."""
        if key in self._touched:
            return
        if len(self._kept) >= MOST:
            self._kept.clear()
        self._kept[key] = value

    def touch(self, scope: Scope, doc: Document) -> None:
        """A transaction is changing this document."""
        cls = type(doc)
        if cls in KEPT:
            self._touched.add((scope, cls, doc.id))
        elif cls in TOGETHER:
            self._touched.add((scope, cls, ALL))

    def changed(self, key: Key) -> None:
        """A transaction is changing this row."""
        self._touched.add(key)

    def settle(self) -> None:
        """The open transactions are over, committed or not: forget what they changed."""
        for key in self._touched:
            self._kept.pop(key, None)
        self._touched.clear()
