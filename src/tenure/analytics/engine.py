"""DuckDB over one version of a scope's Parquet files, with everything shut that a query does not need.

    base rows whose document no delta names ─┐
    newest rows of each document in deltas  ─┴─ union all ──▶ view `subscriptions`, …

With Landlock, views read the files. Without, the tables that the query names are loaded first, and DuckDB is then cut
off from every file.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb

from tenure.analytics import manifest as manifests
from tenure.analytics.catalogue import TABLES_BY_NAME, Table
from tenure.analytics.manifest import Files
from tenure.analytics.transpile import MACROS

TRINO_TYPES = {"HUGEINT": "bigint", "FLOAT": "real"}


def open_database(
    directory: Path,
    *,
    memory_mb: int,
    threads: int,
    timeout_s: float,
    temporary: Path,
    reads_files: bool,
    tables: Iterable[str],
) -> duckdb.DuckDBPyConnection:
    """A connection that sees the catalogue's tables and nothing else."""
    config: dict[str, Any] = {
        "memory_limit": f"{memory_mb}MB",
        "threads": threads,
        "temp_directory": str(temporary),
        "max_temp_directory_size": "1GB",
        "python_enable_replacements": False,
        "autoload_known_extensions": False,
        "autoinstall_known_extensions": False,
        "allow_community_extensions": False,
        "allow_persistent_secrets": False,
    }
    connection = duckdb.connect(":memory:", config=config)
    connection.execute("set TimeZone = 'UTC'")
    for macro in MACROS:
        connection.execute(macro)
    manifest = manifests.read(directory)
    for name in tables:
        kind = "view" if reads_files else "table"
        files = manifest.tables.get(name, Files())
        connection.execute(f'create {kind} "{name}" as {rows_of(directory, TABLES_BY_NAME[name], files)}')
    _shut(connection, directory, reads_files=reads_files, timeout_s=timeout_s)
    return connection


def _shut(connection: duckdb.DuckDBPyConnection, directory: Path, *, reads_files: bool, timeout_s: float) -> None:
    if reads_files:
        connection.execute(f"set allowed_directories = [{_quoted(str(directory))}]")
    connection.execute(f"set max_execution_time = {int(timeout_s * 1000)}")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _read(directory: Path, files: Sequence[str]) -> str:
    return f"read_parquet([{', '.join(_quoted(str(directory / file)) for file in files)}])"


def rows_of(directory: Path, table: Table, files: Files) -> str:
    """The query that gives a table's rows: of each document the newest ones, and none of deleted documents."""
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    if not files.base and not files.deltas:
        nothing = ", ".join(f'cast(null as {column.type}) as "{column.name}"' for column in table.columns)
        return f"select {nothing} where false"
    base = f"select {names} from {_read(directory, [files.base.file])}" if files.base else ""
    if not files.deltas:
        return base
    deltas = _read(directory, [part.file for part in files.deltas])
    newest = f"select _key, max(_order) as _order from {deltas} group by _key"
    changed = f"select {names} from {deltas} join ({newest}) as newest using (_key, _order) where not _deleted"
    return f"{base} anti join ({newest}) as newest using (_key) union all {changed}" if base else changed


def trino_type(name: str) -> str:
    """DuckDB's name of a type as Trino writes it."""
    if name.endswith("[]"):
        return f"array({trino_type(name[:-2])})"
    return TRINO_TYPES.get(name) or ("timestamp" if name.startswith("TIMESTAMP") else name.lower())


def plain(value: Any) -> Any:
    """A value as JSON can carry it: times as Trino prints them, exact decimals and what is not a number as text."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if value - value == 0 else str(value)
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S") + (
                f".{value.microsecond // 1000:03d}" if value.microsecond else ""
            )
        case Decimal():
            return format(value, "f")
        case date() | time() | timedelta() | UUID():
            return str(value)
        case dict():
            return {str(plain(key)): plain(each) for key, each in value.items()}
        case bytes():
            return value.hex()
        case _:
            return [plain(each) for each in value]


def words(error: duckdb.Error) -> str:
    """The first line of what DuckDB says, without its class, its advice about settings, and paths."""
    said = str(error).split("\n")[0]
    said = re.sub(r"^[A-Za-z ]+ Error: ", "", said)
    said = re.sub(r" Use TRY\(.*|, or SET .*", "", said)
    return re.sub(r"['\"]?/[^\s'\"]+['\"]?", "a file", said)[:500]
