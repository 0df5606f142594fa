"""The process that runs one query and ends; `sandbox` starts it, and is all that it can talk to.

    stdin: Order as JSON ──▶ lock_in ──▶ check, translate ──▶ DuckDB ──▶ stdout: Answer as JSON, or lines of CSV

Everything is imported before the lock closes. The query's text is parsed inside, since a parser can be attacked too.
"""

import os
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from tenure.analytics import catalogue
from tenure.analytics.engine import open_database, plain, trino_type, words
from tenure.analytics.exports import csv_rows
from tenure.analytics.guard import QueryError
from tenure.analytics.lockdown import lock_in
from tenure.analytics.transpile import to_duckdb

MB = 1 << 20
CHUNK = 200
FAILED = 3
# It looks for a container's limits when it opens, and aborts when it may not.
DUCKDB_READS = ("/sys/fs/cgroup", "/proc/self/cgroup")


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to run, in which limits; `output` is rows, csv or layers (an attack on itself)."""

    directory: str
    temporary: str
    sql: str = ""
    data_load_time: int = 0
    pii: bool = True
    output: str = "rows"
    limit_rows: int = 1000
    limit_bytes: int = 8 * MB
    timeout_s: float = 30
    memory_mb: int = 512
    threads: int = 2


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of it: rows, or an error in words with its place in the text."""

    columns: list[str] = msgspec.field(default_factory=list)
    types: list[str] = msgspec.field(default_factory=list)
    rows: list[list[Any]] = msgspec.field(default_factory=list)
    truncated: bool = False
    total: int | None = None
    error: str | None = None
    line: int | None = None
    column: int | None = None
    landlock: int = 0
    breaches: list[str] = msgspec.field(default_factory=list)


def main() -> None:
    """Read the order, answer it, and leave without waiting for anything."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    landlock = lock(order)
    try:
        if order.output == "csv":
            _stream(order, landlock)
        else:
            _write(_layers(order, landlock) if order.output == "layers" else _rows(order, landlock))
    except QueryError as error:
        _fail(order, Answer(error=str(error), line=error.line, column=error.column))
    except duckdb.InterruptException:
        _fail(order, Answer(error=f"The query ran longer than {order.timeout_s:g} seconds and was stopped."))
    except (MemoryError, duckdb.OutOfMemoryException):
        _fail(order, Answer(error=f"The query needs more memory than the {order.memory_mb} MB that it may use."))
    except (duckdb.Error, ValueError, OverflowError) as error:
        _fail(order, Answer(error=words(error) if isinstance(error, duckdb.Error) else str(error)))
    sys.stdout.flush()
    os._exit(0)


def lock(order: Order) -> int:
    """Lock this process into the order's folders and limits."""
    return lock_in(
        [order.directory, *DUCKDB_READS],
        [order.temporary],
        memory_bytes=(2 * order.memory_mb + 512) * MB,
        cpu_s=int(order.timeout_s * order.threads) + 5,
        file_bytes=1024 * MB,
    )


def _write(answer: Answer) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(answer))


def _fail(order: Order, answer: Answer) -> None:
    """Say what is wrong: as the answer, or, where lines have gone out already, at the end of another stream."""
    if order.output != "csv":
        _write(answer)
        return
    sys.stdout.flush()
    sys.stderr.buffer.write(msgspec.json.encode(answer))
    sys.stderr.flush()
    os._exit(FAILED)


def connect(order: Order, landlock: int, *, tables: list[str]) -> duckdb.DuckDBPyConnection:
    """The database as this order may see it."""
    return open_database(
        Path(order.directory),
        memory_mb=order.memory_mb,
        threads=order.threads,
        timeout_s=order.timeout_s,
        temporary=Path(order.temporary),
        reads_files=landlock > 0,
        tables=tables,
    )


def _run(order: Order, landlock: int) -> tuple[duckdb.DuckDBPyConnection, str]:
    schema = catalogue.schema(pii=order.pii)
    sql = to_duckdb(order.sql, schema, data_load_time=order.data_load_time)
    connection = connect(order, landlock, tables=[name for name in schema if landlock or f'"{name}"' in sql])
    connection.execute(sql)
    return connection, sql


def _rows(order: Order, landlock: int) -> Answer:
    connection, sql = _run(order, landlock)
    columns = [(str(each[0]), trino_type(str(each[1]))) for each in connection.description or ()]
    rows: list[list[Any]] = []
    size, more = 0, True
    while more and len(rows) <= order.limit_rows and size < order.limit_bytes:
        chunk = [[plain(value) for value in row] for row in connection.fetchmany(CHUNK)]
        more = bool(chunk)
        rows += chunk
        size += len(msgspec.json.encode(chunk))
    truncated = len(rows) > order.limit_rows or (more and size >= order.limit_bytes)
    if size >= order.limit_bytes and len(rows) <= CHUNK:
        raise QueryError(f"The rows are too large: more than {order.limit_bytes // MB} MB.")
    return Answer(
        columns=[name for name, _ in columns],
        types=[kind for _, kind in columns],
        rows=rows[: order.limit_rows],
        truncated=truncated,
        total=_count(connection, sql) if truncated else len(rows),
        landlock=landlock,
    )


def _count(connection: duckdb.DuckDBPyConnection, sql: str) -> int | None:
    """How many rows there are in all, unless counting takes too long."""
    try:
        found = connection.execute(f"select count(*) from ({sql}) as result").fetchone()
    except duckdb.Error:
        return None
    return int(found[0]) if found else None


def _stream(order: Order, landlock: int) -> None:
    """All rows as CSV, as they come."""
    connection, _ = _run(order, landlock)
    out = sys.stdout.buffer
    out.write(csv_rows([[str(each[0]) for each in connection.description or ()]]).encode())
    left, size = order.limit_rows, 0
    while left > 0 and (chunk := connection.fetchmany(min(left, CHUNK))):
        lines = csv_rows([plain(value) for value in row] for row in chunk).encode()
        left, size = left - len(chunk), size + len(lines)
        if size > order.limit_bytes:
            raise QueryError(f"The file would be larger than {order.limit_bytes // MB} MB.")
        out.write(lines)


# What a query must not do, tried on the database itself as if the guard had let it through.
ATTACKS = (
    "copy (select 1) to '{dir}/evil.parquet'",
    "copy (select 1) to '/tmp/tenure-evil.csv'",
    "select * from read_text('/etc/passwd')",
    "select * from read_csv('/etc/hostname')",
    "select * from '/etc/passwd'",
    "select * from glob('/etc/*')",
    "attach '/tmp/tenure-evil.db' as evil",
    "export database '{dir}/evil'",
    "install httpfs",
    "load '/tmp/evil.duckdb_extension'",
    "set enable_external_access = true",
    "set memory_limit = '100GB'",
    "reset max_execution_time",
    "select getenv('HOME')",
    "select * from read_parquet('https://example.com/x.parquet')",
    "create persistent secret s (type http)",
)


def _layers(order: Order, landlock: int) -> Answer:
    """Attack this process from inside; `breaches` names what should have been refused and was not."""
    connection = connect(order, landlock, tables=list(catalogue.TABLES_BY_NAME))
    attacks: dict[str, Callable[[], object]] = {
        text: partial(_query, connection, text.format(dir=order.directory)) for text in ATTACKS
    }
    attacks["memory"] = lambda: bytearray(4 * order.memory_mb * MB)
    if landlock:
        attacks["read a file"] = lambda: Path("/etc/passwd").read_bytes()
        attacks["write a file"] = lambda: (Path(order.directory) / "evil").write_bytes(b"")
        attacks["run a program"] = lambda: os.posix_spawn("/bin/true", ["true"], {})
    if landlock >= 4:
        attacks["open a connection"] = _dial
    return Answer(landlock=landlock, breaches=[name for name, attack in attacks.items() if _succeeds(attack)])


def _query(connection: duckdb.DuckDBPyConnection, sql: str) -> object:
    return connection.execute(sql).fetchall()


def _dial() -> None:
    with socket.socket() as dialled:
        dialled.settimeout(1)
        try:
            dialled.connect(("127.0.0.1", 9))
        except ConnectionRefusedError:
            return


def _succeeds(attack: Callable[[], object]) -> bool:
    try:
        attack()
    except (duckdb.Error, OSError, MemoryError):
        return False
    return True


if __name__ == "__main__":
    main()
