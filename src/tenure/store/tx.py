"""A transaction on the documents of one account in one mode; actions load, decide, and save through it.

    sub = tx.lock(Subscription, id)
    tx.save(cancel(sub, now=tx.now))      documents + events + deliveries, or nothing

`SystemTx` is the part without an account: rows of the system, for sign-in, key look-up and the worker.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from msgspec.structs import replace
from sqlalchemy.sql import Executable

from tenure.domain.coupons import Coupon
from tenure.domain.documents import Change, D, Document, EventDraft, Request, Scope, load
from tenure.domain.errors import NotFound
from tenure.domain.ids import RANDOM_BYTES, new_id
from tenure.domain.promotion_codes import PromotionCode
from tenure.store import queries, saving
from tenure.store.cache import ALL, KEPT, Cache, Loaded
from tenure.store.kinds import KINDS
from tenure.store.page import Page as Page
from tenure.store.queries import Condition
from tenure.store.statements import Plans, Raw, Row

T = TypeVar("T")
Key = tuple[type[Document], str]
_NOBODY = Request()

_REDEEM: dict[type[Document], Executable] = {
    cls: queries.redemption(KINDS[cls].table) for cls in (Coupon, PromotionCode)
}


class Link(Protocol):
    """One connection of a driver, inside a transaction."""

    plans: Plans

    def fetch(self, text: str, params: Mapping[str, Any]) -> list[Raw]:
        """All rows of a statement."""

    def change(self, text: str, params: Mapping[str, Any]) -> int:
        """How many rows a statement changed."""

    def change_each(self, text: str, params: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement once for each of these, in their order."""


class SystemTx:
    """Rows of the system; nothing here is bound to an account."""

    def __init__(self, link: Link, *, now: int = 0, cache: Cache | None = None) -> None:
        self.link = link
        self.now = now
        self.cache = cache
        self.wakes = False
        # Rows of accounts that were read here, where no cache keeps them.
        self.accounts: dict[str, Row | None] = {}
        self.dialect = link.plans.dialect.name
        self._ms = 0

    def within(self, scope: Scope) -> "Tx":
        """For reading on, at the same moment, in the account and mode that were found."""
        return Tx(self.link, scope, now=self.now, cache=self.cache)

    def rows(self, statement: Executable, /, **params: Any) -> list[Row]:
        """The rows of a statement with attributes named as its columns."""
        plan = self.link.plans.of(statement)
        text, bound = plan.bind(params)
        return plan.shape(self.link.fetch(text, bound))

    def row(self, statement: Executable, /, **params: Any) -> Row | None:
        """The first row, or None."""
        rows = self.rows(statement, **params)
        return rows[0] if rows else None

    def run(self, statement: Executable, /, **params: Any) -> int:
        """Run a statement that changes rows; answers how many."""
        return self.change(statement, params)

    def change(self, statement: Executable, params: Mapping[str, Any]) -> int:
        """The same with the parameters in one mapping."""
        text, bound = self.link.plans.of(statement).bind(params)
        return self.link.change(text, bound)

    def run_each(self, statement: Executable, params: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement that changes rows once for each of these, in their order."""
        plan = self.link.plans.of(statement)
        self.link.change_each(plan.text, [plan.bind(each)[1] for each in params])

    def new_id(self, prefix: str) -> str:
        """A fresh id; those of one transaction sort in the order in which they were asked for."""
        return new_id(prefix, self.now_ms(), secrets.token_bytes(RANDOM_BYTES))

    def now_ms(self) -> int:
        """This moment in unix milliseconds, never the same twice in a transaction."""
        self._ms = (self._ms or self.now * 1000 + time.time_ns() // 1_000_000 % 1000) + 1
        return self._ms

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What runs inside is undone when it raises, and the rest of the transaction goes on."""
        self.link.change("SAVEPOINT inner_part", {})
        try:
            yield
        except BaseException:
            self.accounts.clear()
            self.link.change("ROLLBACK TO SAVEPOINT inner_part", {})
            self.link.change("RELEASE SAVEPOINT inner_part", {})
            raise
        self.link.change("RELEASE SAVEPOINT inner_part", {})


class Tx(SystemTx):
    """Documents of one account in one mode; nothing of another is reachable."""

    def __init__(
        self,
        link: Link,
        scope: Scope,
        *,
        now: int,
        request: Request | None = None,
        cache: Cache | None = None,
        site: str = "",
    ) -> None:
        super().__init__(link, now=now, cache=cache)
        self.site = site
        self.held: list[saving.Batch] | None = None
        self.unwritten: dict[Key, Loaded] | None = None
        self.scope = scope
        self.request = request or _NOBODY
        self.bound = {"account": scope.account, "livemode": scope.livemode}
        self.loaded: dict[Key, Loaded] = {}
        # Locked or written here: nobody else can change these until the transaction ends.
        self.own: set[Key] = set()

    # Reading

    def get(self, cls: type[D], id: str, *, deleted: bool = False) -> D | None:
        """The document, or None; a deleted one only when asked for."""
        if self.cache is not None and cls in KEPT:
            kept = self.cache.get((self.scope, cls, id))
            if isinstance(kept, Loaded):
                self.loaded[cls, id] = kept
                doc: D = kept.doc  # type: ignore[assignment]
                return doc if deleted or not kept.deleted else None
        return self._fetch(cls, id, lock=False, deleted=deleted)

    def need(self, cls: type[D], id: str, *, param: str | None = None) -> D:
        """The document; raises NotFound."""
        return self._found(cls, id, self.get(cls, id), param)

    def lock(self, cls: type[D], id: str, *, param: str | None = None) -> D:
        """The document, kept from other writers until the transaction ends; raises NotFound."""
        return self._found(cls, id, self._fetch(cls, id, lock=True), param)

    def claim(self, cls: type[D], id: str) -> D | None:
        """The document, locked as `lock` does; None where it is gone, or where another transaction has it."""
        return self._fetch(cls, id, lock=True, waiting=False)

    def many(self, cls: type[D], ids: Iterable[str], *, deleted: bool = False) -> dict[str, D]:
        """The documents that exist, by their ids."""
        found: dict[str, D] = {}
        wanted = set(ids)
        if cls in saving.KEPT_BACK:
            saving.write_kept_back(self)
        if self.dialect == "sqlite" and (self.cache is not None or len(wanted) < 4):
            for id in wanted:
                doc = self.get(cls, id, deleted=deleted)
                if doc is not None:
                    found[id] = doc
            return found
        if wanted:
            plan = self.link.plans.of(queries.statements(cls, self.dialect).many)
            text, bound = plan.bind({**self.bound, "ids": sorted(wanted)})
            for raw in self.link.fetch(text, bound):
                loaded = self._keep(cls, raw)
                if deleted or not loaded.deleted:
                    found[loaded.doc.id] = loaded.doc  # type: ignore[assignment]
        return found

    def page(
        self,
        cls: type[D],
        where: Sequence[Condition] = (),
        *,
        limit: int = 10,
        starting_after: str | None = None,
        ending_before: str | None = None,
    ) -> Page[D]:
        """A page of documents, newest first. Raises NotFound when the cursor's document does not exist."""
        params = {**self.bound, **queries.values_of(where), "limit": limit + 1}
        cursor = None
        if starting_after is not None or ending_before is not None:
            cursor = "starting_after" if starting_after is not None else "ending_before"
            place = self._place(cls, starting_after or ending_before or "", cursor)
            params.update(cursor_created=place.created, cursor_place=place.place)
        if cls in saving.KEPT_BACK:
            saving.write_kept_back(self)
        statement = queries.page(queries.shape_of(cls, where, self.dialect, cursor))
        text, bound = self.link.plans.of(statement).bind(params)
        raws = self.link.fetch(text, bound)
        items: list[Any] = [self._keep(cls, raw).doc for raw in raws[:limit]]
        if cursor == "ending_before":
            items.reverse()
        return Page(items=items, has_more=len(raws) > limit)

    def count(self, cls: type[Document], where: Sequence[Condition] = ()) -> int:
        """How many documents meet the conditions."""
        if cls in saving.KEPT_BACK:
            saving.write_kept_back(self)
        statement = queries.count(queries.shape_of(cls, where, self.dialect))
        number: int = self.rows(statement, **self.bound, **queries.values_of(where))[0].number
        return number

    def any(self, cls: type[Document]) -> bool:
        """Whether the scope has a document of this kind, which must be one that the cache keeps together."""
        key = (self.scope, cls, ALL)
        kept: bool | None = self.cache.get(key) if self.cache is not None else None
        if kept is not None:
            return kept
        found = bool(self.page(cls, limit=1).items)
        if self.cache is not None:
            self.cache.put(key, found)
        return found

    # Writing

    def save(self, change: Change) -> None:
        """Write documents, events and deliveries; all or none of them become durable.

        Raises AlreadyExists for a new document whose id is taken.
        """
        saving.save(self, change)

    @contextmanager
    def story(self, *first: Callable[[], EventDraft], before: Iterable[Document] = ()) -> Iterator[None]:
        """Events that are saved inside are written when it ends, after those that `first` tells about the outcome.

        So the news of a subscription made can come before that of its invoice and say how the payment went; later
        updates of what `first` tells about are part of that news and not told again. `before`: what these were.
        """
        if self.held is not None:
            yield
            return
        self.held = []
        try:
            yield
            held, opening = self.held, tuple(tell() for tell in first)
        finally:
            self.held = None
        saving.record(
            self, [saving.Batch(opening, {(type(d), d.id): d for d in before}), *saving.without_updates(held, opening)]
        )

    @contextmanager
    def together(self) -> Iterator[None]:
        """An invoice that is saved inside more than once is written once, at the end or before anything is searched."""
        if self.unwritten is not None:
            yield
            return
        self.unwritten = {}
        try:
            yield
            saving.write_kept_back(self)
        finally:
            self.unwritten = None

    def redeem(self, coupon_id: str) -> bool:
        """Count one redemption of a coupon; False when none is left."""
        return self._redeem(Coupon, coupon_id)

    def redeem_promotion_code(self, id: str) -> bool:
        """Count one redemption of a promotion code; False when none is left."""
        return self._redeem(PromotionCode, id)

    def rows(self, statement: Executable, /, **params: Any) -> list[Row]:
        """The rows of a statement with attributes named as its columns."""
        if self.unwritten and saving.reads_kept_back(self.link.plans.of(statement).text):
            saving.write_kept_back(self)
        return super().rows(statement, **params)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What runs inside is undone when it raises, and the rest of the transaction goes on."""
        saving.write_kept_back(self)
        kept, own, woke, told = dict(self.loaded), set(self.own), self.wakes, len(self.held or ())
        try:
            with super().savepoint():
                yield
        except BaseException:
            self.loaded, self.own, self.wakes = kept, own, woke
            if self.unwritten is not None:
                self.unwritten.clear()
            if self.held is not None:
                del self.held[told:]
            raise

    def _redeem(self, cls: type[Document], id: str) -> bool:
        done = self.run(_REDEEM[cls], **self.bound, id=id, changed=self.now_ms()) == 1
        known = self.loaded.get((cls, id))
        if done and known is not None and isinstance(known.doc, Coupon | PromotionCode):
            again = replace(known.doc, times_redeemed=known.doc.times_redeemed + 1)
            self.loaded[cls, id] = Loaded(again, known.ver)
        return done

    def _fetch(self, cls: type[D], id: str, *, lock: bool, deleted: bool = False, waiting: bool = True) -> D | None:
        loaded = self._known(cls, id)
        if loaded is None:
            all_of = queries.statements(cls, self.dialect)
            statement = all_of.get if not lock else all_of.lock if waiting else all_of.claim
            raws = self.link.fetch(self.link.plans.of(statement).text, {**self.bound, "id": id})
            if not raws:
                return None
            loaded = self._keep(cls, raws[0])
        if lock:
            self.own.add((cls, id))
        doc: D = loaded.doc  # type: ignore[assignment]
        return doc if deleted or not loaded.deleted else None

    def _known(self, cls: type[Document], id: str) -> Loaded | None:
        """What need not be read again: SQLite shows a transaction one moment, PostgreSQL what it has locked."""
        if self.dialect != "sqlite" and (cls, id) not in self.own:
            return None
        return None if KINDS[cls].counters else self.loaded.get((cls, id))

    def _keep(self, cls: type[Document], raw: Raw) -> Loaded:
        """Decode a row, put the counters over what the document says, and remember what was found."""
        doc = load(cls, raw[0])
        counters = queries.statements(cls, self.dialect).counters
        if counters:
            doc = replace(doc, **dict(zip(counters, raw[3:], strict=False)))
        loaded = self.loaded[cls, doc.id] = Loaded(doc, raw[1], bool(raw[2]))
        if self.cache is not None and cls in KEPT:
            self.cache.put((self.scope, cls, doc.id), loaded)
        return loaded

    def _found(self, cls: type[D], id: str, doc: D | None, param: str | None) -> D:
        if doc is None:
            raise NotFound(f"No such {KINDS[cls].noun}: '{id}'", code="resource_missing", param=param)
        return doc

    def _place(self, cls: type[Document], id: str, param: str) -> Row:
        place = self.row(queries.cursor(cls), **self.bound, id=id)
        if place is None:
            raise NotFound(f"No such {KINDS[cls].noun}: '{id}'", code="resource_missing", param=param)
        return place


Action = Callable[[Tx], T]
SystemAction = Callable[[SystemTx], T]
