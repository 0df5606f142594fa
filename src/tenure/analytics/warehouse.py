"""Copies what changed in the store to Parquet, scope by scope, so that SQL never touches the store.

    store ──pages of 500, changed since last time less 60 s──▶ delta files ──▶ manifest swapped ──▶ readers see it
                                                                   └─ more than 8, or 5 % of the base ──▶ compacted

A page is one short read; documents are decoded and written in a thread. `data_load_time` is the moment a refresh
began: whatever was committed before it is in. A document saved again within the overlap is told apart by its version.
"""

import asyncio
import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary, ref

from msgspec.structs import replace
from sqlalchemy import Select, bindparam, or_, select

from tenure.analytics import manifest as manifests
from tenure.analytics.catalogue import TABLES, Table
from tenure.analytics.manifest import Files, Manifest
from tenure.analytics.parquet import Draft, compact
from tenure.domain.documents import Scope, load
from tenure.store.kinds import KINDS
from tenure.store.store import Store
from tenure.store.tx import Tx

PAGE = 500
OVERLAP_MS = 60_000
MAX_DELTAS = 8
MAX_DELTA_SHARE = 0.05
MIN_COMPACTION_ROWS = 2_000
REBUILD_ROWS = 50_000
SOURCES: tuple[tuple[str, tuple[Table, ...]], ...] = tuple(
    (name, tuple(group)) for name, group in groupby(TABLES, key=lambda table: table.stored_in)
)


def _counters(table: Table) -> tuple[str, ...]:
    """Columns that say more than the document does, because only conditional updates change them."""
    return KINDS[table.of].counters if not table.event_types else ()


def _statement(name: str) -> Select[Any]:
    """One page of a store's table, oldest change first."""
    tables = dict(SOURCES)[name]
    kind = KINDS[tables[0].of]
    c = kind.table.c
    types = {each for table in tables for each in table.event_types}
    counters = [c[counter] for counter in _counters(tables[0])]
    after = or_(c.changed > bindparam("changed"), c.id > bindparam("id"))
    return (
        select(c.id, c.changed, c.ver, c.deleted, c.doc, *counters)
        .where(c.account == bindparam("account"), c.livemode == bindparam("livemode"))
        .where(c.changed >= bindparam("changed"), after, *([c.type.in_(sorted(types))] if types else []))
        .order_by(c.changed, c.id)
        .limit(PAGE)
    )


PAGES = {name: _statement(name) for name, _ in SOURCES}


Versions = dict[str, tuple[int, ...]]


@dataclass(slots=True)
class Memory:
    """What a process remembers of a scope: the versions of documents that the overlap will show again."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    published: int = 0
    versions: dict[str, Versions] = field(default_factory=dict)


class Export:
    """One store table on its way to the Parquet files of one refresh."""

    def __init__(
        self, directory: Path, tables: Sequence[Table], old: Manifest, *, version: int, known: Versions
    ) -> None:
        """Files are made when their first row comes."""
        self.tables = tables
        self.known = known
        self.counters = _counters(tables[0])
        self.changed = 0
        self.count = 0
        self.keys: set[str] = set()
        self.order = version << 32
        self.first = {table.name: old.tables.get(table.name, Files()).base is None for table in tables}
        self.drafts = {
            (table.name, kind): Draft(table, directory / f"{table.name}-{version}-{kind}.parquet")
            for table in tables
            for kind in ("base", "delta")
        }

    def add(self, rows: Sequence[Any]) -> None:
        """Take one page, without the documents that an earlier refresh has seen in this version."""
        for row in rows:
            self.changed = row.changed
            seen = (row.changed, row.ver, *(getattr(row, counter) for counter in self.counters))
            if self.known.get(row.id) == seen:
                continue
            self.known[row.id] = seen
            self.count += 1
            self._document(row)
            self.keys.add(row.id)

    def _document(self, row: Any) -> None:
        document = None if row.deleted else load(self.tables[0].of, row.doc)
        if document is not None and self.counters:
            document = replace(document, **{counter: getattr(row, counter) for counter in self.counters})
        for table in self.tables:
            rows = () if document is None else table.rows(document)
            is_base = self.first[table.name] and row.id not in self.keys
            draft = self.drafts[table.name, "base" if is_base else "delta"]
            draft.add(row.id, self.order + self.count, rows=rows, tombstone=not is_base and not table.event_types)

    def close(self, old: Manifest) -> dict[str, Files]:
        """Finish the files; the tables with what they gained."""
        gained = {}
        for table in self.tables:
            files = old.tables.get(table.name, Files())
            base, delta = self.drafts[table.name, "base"].close(), self.drafts[table.name, "delta"].close()
            deltas = (*files.deltas, delta) if delta else files.deltas
            gained[table.name] = Files(base=base or files.base, deltas=deltas)
        return gained


_OPENED: "WeakKeyDictionary[Store, Warehouse]" = WeakKeyDictionary()


def warehouse_of(store: Store, data_dir: Path) -> "Warehouse":
    """The one warehouse of a store in this process, so that all who refresh it share what they remember."""
    return _OPENED.setdefault(store, Warehouse(store, data_dir / "warehouse"))


class Warehouse:
    """The Parquet files under `root`, kept up with a store."""

    def __init__(self, store: Store, root: Path) -> None:
        """Nothing is read or written until the first refresh."""
        self._store = ref(store)
        self._root = root
        self._memories: dict[Scope, Memory] = {}

    def directory(self, scope: Scope) -> Path:
        """Where the files of a scope are."""
        return manifests.directory(self._root, scope)

    def data_load_time(self, scope: Scope) -> int:
        """Everything committed before this moment is in; unix milliseconds, 0 before the first refresh."""
        return manifests.read(self.directory(scope)).data_load_time

    async def refresh(self, scope: Scope, *, now_ms: int, idle_ms: int = 0) -> Manifest:
        """Copy what changed since the last time and publish it; only one process at a time does so.

        Where nothing changed, a version younger than `idle_ms` stays as it is.
        """
        memory = self._memories.setdefault(scope, Memory())
        directory = self.directory(scope)
        async with memory.lock:
            directory.mkdir(parents=True, exist_ok=True)
            with _only_writer(directory) as free:
                if not free:
                    return manifests.read(directory)
                return await self._refresh(scope, directory, memory, now_ms=now_ms, idle_ms=idle_ms)

    async def refresh_if_older(self, scope: Scope, *, max_age_ms: int, now_ms: int) -> Manifest:
        """Refresh, unless the published version is younger than that."""
        current = manifests.read(self.directory(scope))
        if now_ms - current.data_load_time <= max_age_ms:
            return current
        return await self.refresh(scope, now_ms=now_ms)

    async def _refresh(self, scope: Scope, directory: Path, memory: Memory, *, now_ms: int, idle_ms: int) -> Manifest:
        old = self._start(manifests.read(directory), memory)
        version = old.version + 1
        versions: dict[str, Versions] = {}
        tables, changed = dict(old.tables), dict(old.changed)
        written = 0
        for name, group in SOURCES:
            known = dict(memory.versions.get(name, {}))
            export = Export(directory, group, old, version=version, known=known)
            await self._pages(scope, name, export, since=changed.get(name, 0) - OVERLAP_MS)
            tables.update(await asyncio.to_thread(export.close, old))
            changed[name] = max(changed.get(name, 0), export.changed)
            versions[name] = {i: v for i, v in known.items() if v[0] >= changed[name] - OVERLAP_MS}
            written += export.count
        if not written and now_ms - old.data_load_time < idle_ms:
            return old
        new = replace(old, version=version, data_load_time=now_ms, changed=changed, tables=tables)
        new = await asyncio.to_thread(_finish, directory, old, new, now_ms=now_ms, durable=written > 0)
        memory.published, memory.versions = new.version, versions
        return new

    def _start(self, old: Manifest, memory: Memory) -> Manifest:
        """What to go on from; what a process finds from an earlier one it trusts only where starting anew is dear."""
        if old.version == memory.published and old.version:
            return old
        memory.versions = {}
        rows = sum(part.rows for files in old.tables.values() for part in manifests.parts(files))
        return manifests.emptied(old) if rows <= REBUILD_ROWS and not memory.published else old

    async def _pages(self, scope: Scope, name: str, export: Export, *, since: int) -> None:
        after = (max(0, since), "")
        while True:
            rows = await self._page(scope, name, after)
            if rows:
                await asyncio.to_thread(export.add, rows)
                after = (rows[-1].changed, rows[-1].id)
            if len(rows) < PAGE:
                return

    async def _page(self, scope: Scope, name: str, after: tuple[int, str]) -> Sequence[Any]:
        def read(tx: Tx) -> Sequence[Any]:
            return tx.rows(PAGES[name], account=scope.account, livemode=scope.livemode, changed=after[0], id=after[1])

        store = self._store()
        assert store is not None
        return await store.read(scope, read, now=0)


def _must_compact(files: Files) -> bool:
    rows = sum(part.rows for part in files.deltas)
    base = files.base.rows if files.base else 0
    return len(files.deltas) > MAX_DELTAS or rows > max(MIN_COMPACTION_ROWS, base * MAX_DELTA_SHARE)


def _finish(directory: Path, old: Manifest, new: Manifest, *, now_ms: int, durable: bool) -> Manifest:
    """Compact what has grown, publish, and delete what nobody reads any more."""
    tables = {
        table.name: compact(directory, table, files, version=new.version) if _must_compact(files) else files
        for table in TABLES
        for files in (new.tables.get(table.name, Files()),)
    }
    kept = {part.file for files in tables.values() for part in manifests.parts(files)}
    gone = {
        part.file: now_ms
        for version in (old, new)
        for files in version.tables.values()
        for part in manifests.parts(files)
        if part.file not in kept
    }
    new = manifests.sweep(directory, replace(new, tables=tables, retired={**new.retired, **gone}), now_ms)
    manifests.publish(directory, new, durable=durable)
    return new


@contextmanager
def _only_writer(directory: Path) -> Iterator[bool]:
    """Whether no other process writes here; the lock goes with the process that holds it."""
    with (directory / ".lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
