"""Documents to Parquet files, and many small files to one.

    row of the store ──load──▶ document ──rows──▶ columns ──20,000 at a time──▶ <table>-<version>-<base|delta>.parquet

Beside its columns each row keeps `_key`, the document it comes from, `_order`, which of two rows of a document is
newer, and `_deleted`: in a delta, a document that has no rows any more is one row that says so.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tenure.analytics.catalogue import BIGINT, BOOLEAN, DOUBLE, TIMESTAMP, VARCHAR, Table
from tenure.analytics.extract import reader
from tenure.analytics.manifest import Files, Part

ROWS_A_GROUP = 20_000
US = 1_000_000
ARROW = {
    VARCHAR: pa.string(),
    BIGINT: pa.int64(),
    DOUBLE: pa.float64(),
    BOOLEAN: pa.bool_(),
    TIMESTAMP: pa.timestamp("us"),
}
HIDDEN = [pa.field("_key", pa.string()), pa.field("_order", pa.int64()), pa.field("_deleted", pa.bool_())]


def arrow_schema(table: Table) -> pa.Schema:
    """The columns of a table and the three hidden ones."""
    return pa.schema([pa.field(column.name, ARROW[column.type]) for column in table.columns] + HIDDEN)


def _microseconds(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def convert(row: Any) -> int | None:
        seconds = read(row)
        return None if seconds is None else seconds * US

    return convert


def _readers(table: Table) -> list[Callable[[Any], Any]]:
    found = []
    for column in table.columns:
        read = reader(column.source)
        found.append(_microseconds(read) if column.type == TIMESTAMP else read)
    return found


@dataclass(slots=True)
class Draft:
    """A file being written: rows gather in plain lists, and go out as row groups."""

    table: Table
    path: Path
    rows: int = 0
    columns: list[list[Any]] = field(init=False)
    writer: pq.ParquetWriter | None = None
    readers: list[Callable[[Any], Any]] = field(init=False)

    def __post_init__(self) -> None:
        """Prepare one list a column."""
        self.readers = _readers(self.table)
        self.columns = [[] for _ in range(len(self.readers) + len(HIDDEN))]

    def add(self, key: str, order: int, *, rows: Sequence[Any], tombstone: bool) -> None:
        """Add the rows of one document; none of them adds a row that says so, if `tombstone`."""
        for row in rows:
            for values, read in zip(self.columns, self.readers, strict=False):
                values.append(read(row))
            self._hidden(key, order, deleted=False)
        if not rows and tombstone:
            for values in self.columns[: len(self.readers)]:
                values.append(None)
            self._hidden(key, order, deleted=True)
        if len(self.columns[-1]) >= ROWS_A_GROUP:
            self.flush()

    def _hidden(self, key: str, order: int, *, deleted: bool) -> None:
        for values, value in zip(self.columns[len(self.readers) :], (key, order, deleted), strict=True):
            values.append(value)

    def flush(self) -> None:
        """Write what has gathered as one row group."""
        if not self.columns[-1]:
            return
        schema = arrow_schema(self.table)
        arrays = [pa.array(values, type=kind.type) for values, kind in zip(self.columns, schema, strict=True)]
        self._write(pa.Table.from_arrays(arrays, schema=schema))
        for values in self.columns:
            values.clear()

    def _write(self, rows: pa.Table) -> None:
        if self.writer is None:
            self.writer = pq.ParquetWriter(self.path, arrow_schema(self.table), compression="zstd")
        self.writer.write_table(rows)
        self.rows += rows.num_rows

    def close(self) -> Part | None:
        """Finish the file; None when no row was added."""
        self.flush()
        if self.writer is None:
            return None
        self.writer.close()
        return Part(self.path.name, self.rows)


def newest(directory: Path, deltas: Sequence[Part]) -> tuple[pa.Table, pa.Array]:
    """The newest rows of every document in the deltas without the deleted ones, and the keys of all of them."""
    rows = pa.concat_tables([pq.read_table(directory / part.file) for part in deltas])
    latest = rows.select(["_key", "_order"]).group_by("_key").aggregate([("_order", "max")])
    keep = pc.and_(
        pc.is_in(rows["_order"], value_set=latest["_order_max"].combine_chunks()), pc.invert(rows["_deleted"])
    )
    return rows.filter(keep), latest["_key"].combine_chunks()


def _without(directory: Path, base: Part, keys: pa.Array) -> Iterator[pa.Table]:
    with pq.ParquetFile(directory / base.file) as file:
        for batch in file.iter_batches(batch_size=ROWS_A_GROUP):
            rows = pa.Table.from_batches([batch])
            yield rows.filter(pc.invert(pc.is_in(rows["_key"], value_set=keys)))


def compact(directory: Path, table: Table, files: Files, *, version: int) -> Files:
    """One base file in place of a base and its deltas; streams, so that memory does not grow with the base."""
    rows, keys = newest(directory, files.deltas)
    draft = Draft(table, directory / f"{table.name}-{version}-compact.parquet")
    for chunk in _without(directory, files.base, keys) if files.base else ():
        draft._write(chunk)
    draft._write(rows)
    return Files(base=draft.close())
