"""The process around a query holds by itself: files, memory, time, and what comes back."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

import tenure
from tenure.analytics.guard import QueryError
from tenure.analytics.lockdown import landlock_version
from tenure.analytics.query_process import Order
from tenure.analytics.sandbox import Sandbox
from tenure.domain.errors import TooMany

SANDBOX = Sandbox(memory_mb=256)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "acct_1" / "test"
    path.mkdir(parents=True)
    return path


async def test_the_layers_hold_against_the_process_itself(folder: Path):
    layers = await SANDBOX.layers(folder)
    assert layers.breaches == ()
    assert layers.landlock == landlock_version()


async def test_values_arrive_as_plain_ones(folder: Path):
    result = await SANDBOX.run(
        folder,
        "select 1 as a, 2.50 as b, 1e0 as c, timestamp '2026-01-02 03:04:05.25' as d, array[date '2026-01-01'] as e",
    )
    assert result.columns == ("a", "b", "c", "d", "e")
    assert result.types == ("integer", "decimal(3,2)", "double", "timestamp", "array(date)")
    assert result.rows == [[1, "2.50", 1.0, "2026-01-02 03:04:05.250", ["2026-01-01"]]]
    assert (result.truncated, result.total) == (False, 1)


async def test_rows_are_capped_and_counted(folder: Path):
    result = await SANDBOX.run(folder, "select n from unnest(sequence(1, 2345)) as t(n) order by n")
    assert (len(result.rows), result.truncated, result.total) == (1000, True, 2345)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select cardinality(sequence(1, 1000000000))", "more memory"),
        (
            "select cardinality(array_agg(lpad('x', 100000, 'y'))) from unnest(sequence(1, 100000)) as t(n)",
            "more memory",
        ),
        (
            "with recursive r(n) as (select 1 union all select n + 1 from r) select max(n) from r",
            "longer than 1 seconds",
        ),
        ("select levenshtein_distance(lpad('x', 200000, 'y'), lpad('z', 200000, 'w'))", "longer than 1 seconds"),
        ("select nam from customers", r"no column nam .* \(line 1, column 8\)"),
        ("select cast('x' as bigint)", "Could not convert string"),
    ],
)
async def test_a_query_that_cannot_end_well_is_stopped_in_words(folder: Path, sql: str, message: str):
    started = time.monotonic()
    with pytest.raises(QueryError, match=message):
        await SANDBOX.run(folder, sql, timeout_s=1)
    assert time.monotonic() - started < 15


def bare(folder: Path, sql: str) -> str:
    """What DuckDB in the locked process answers when nothing has looked at the SQL before."""
    temporary = folder.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    order = Order(directory=str(folder), temporary=str(temporary), sql=sql, memory_mb=256, timeout_s=5)
    script = Path(__file__).parent / "bare_query.py"
    environment = {"PYTHONPATH": str(Path(tenure.__file__).parent.parent), "SECRET": "hush", "PATH": os.defpath}
    done = subprocess.run(
        [sys.executable, str(script)],
        input=msgspec.json.encode(order),
        capture_output=True,
        env=environment,
        timeout=30,
    )
    return done.stdout.decode() or f"refused: ended with {done.returncode}"


@pytest.mark.parametrize(
    "sql",
    [
        "copy (select 1) to '{folder}/evil.parquet'",
        "copy (select 1) to '{outside}/evil.csv'",
        "attach '{outside}/evil.db' as evil",
        "select * from read_csv('{outside}/secret.txt')",
        "select * from '{outside}/secret.txt'",
        "select getenv('SECRET')",
        "select sum(len(list_value(repeat('x', 3000000000))))",
    ],
)
def test_what_the_guard_refuses_is_denied_without_it_too(folder: Path, sql: str):
    outside = folder.parent.parent
    (outside / "secret.txt").write_text("a,b\n1,2\n")
    assert bare(folder, sql.format(folder=folder, outside=outside)).startswith("refused")
    assert [path.name for path in folder.iterdir()] == []
    assert sorted(path.name for path in outside.iterdir()) == ["acct_1", "secret.txt"]


def test_the_bare_process_does_answer(folder: Path):
    assert bare(folder, "select 1 from customers union all select 2") == "[(2,)]\n"


async def test_more_queries_than_may_wait_are_turned_away(folder: Path):
    sandbox = Sandbox(waiting=1)

    async def one() -> Any:
        try:
            return (await sandbox.run(folder, "select 1")).rows
        except TooMany:
            return "too many"

    answers = await asyncio.gather(*(one() for _ in range(5)))
    assert sorted(map(str, answers)) == ["[[1]]", "[[1]]", "[[1]]", "too many", "too many"]


async def test_csv_streams_all_rows_and_guards_formulas(folder: Path):
    sql = "select n, '=1+1' as x, cast(-n as varchar) as y from unnest(sequence(1, 1500)) as t(n) order by n"
    lines = b"".join([piece async for piece in SANDBOX.csv(folder, sql)]).decode().split("\r\n")
    assert lines[:2] == ["n,x,y", "1,'=1+1,-1"]
    assert len(lines) == 1502  # a header, 1,500 rows, and nothing after the last line's end


async def test_csv_of_a_wrong_query_says_so(folder: Path):
    with pytest.raises(QueryError, match="no column nope"):
        [piece async for piece in SANDBOX.csv(folder, "select nope from customers")]
