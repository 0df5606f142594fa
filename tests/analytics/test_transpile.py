"""Presto's meaning, written out, of expressions that DuckDB alone would answer differently or not at all."""

from typing import Any

import duckdb
import pytest

from tenure.analytics.engine import plain
from tenure.analytics.guard import QueryError
from tenure.analytics.transpile import MACROS, to_duckdb

SCHEMA = {"t": {"id": "varchar", "at": "timestamp", "day": "date", "n": "bigint", "x": "double"}}
LOADED_MS = 1_790_000_000_000  # 2026-09-21 14:13:20 UTC


@pytest.fixture(scope="module")
def database() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    connection.execute("set TimeZone = 'UTC'")
    for macro in MACROS:
        connection.execute(macro)
    connection.execute('create table t (id varchar, "at" timestamp, day date, n bigint, x double)')
    connection.execute("insert into t values ('a_b_c', '2026-07-01 10:30:15.5', '2026-01-31', 7, 2.5)")
    return connection


def answer(database: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    found = database.execute(to_duckdb(sql, SCHEMA, data_load_time=LOADED_MS)).fetchall()
    return [tuple(plain(value) for value in row) for row in found]


MEANING: list[tuple[str, Any]] = [
    ("7 / 2", 3),
    ("-7 / 2", -3),
    ("n / 2", 3),
    ("n / 2e0", 3.5),
    ("9007199254740993 / 1", 9007199254740993),
    ("mod(-7, 3)", -1),
    ("cast(x as bigint)", 3),
    ("cast(-x as integer)", -3),
    ("try(n / 0)", None),
    ("try_cast(id as bigint)", None),
    ("date_diff('day', timestamp '2026-01-01 12:00:00', timestamp '2026-01-03 11:59:59')", 1),
    ("date_diff('hour', timestamp '2026-01-01 00:59:00', timestamp '2026-01-01 02:00:00')", 1),
    ("date_diff('month', date '2026-01-15', date '2026-02-14')", 0),
    ("date_diff('day', date '2026-01-03', date '2026-01-01')", -2),
    ("at at time zone 'Europe/Berlin'", "2026-07-01 12:30:15.500"),
    ("at_timezone(at, 'America/New_York')", "2026-07-01 06:30:15.500"),
    ("at at time zone 'UTC' at time zone 'Europe/Berlin'", "2026-07-01 12:30:15.500"),
    ("timestamp '2026-07-01 00:00:00 Europe/Berlin'", "2026-06-30 22:00:00"),
    ("from_iso8601_timestamp('2026-07-01T00:00:00+02:00')", "2026-06-30 22:00:00"),
    ("extract(dow from date '2026-11-22')", 7),  # a Sunday
    ("day_of_week(date '2026-11-23')", 1),
    ("year_of_week(date '2027-01-01')", 2026),
    ("week(date '2027-01-01')", 53),
    ("date_trunc('month', at)", "2026-07-01 00:00:00"),
    ("date_trunc('month', day)", "2026-01-01"),
    ("day + interval '1' day", "2026-02-01"),
    ("day + interval '1' month", "2026-02-28"),
    ("day - interval '1' year", "2025-01-31"),
    ("date_add('week', 1, day)", "2026-02-07"),
    ("date_add('month', -1, at)", "2026-06-01 10:30:15.500"),
    ("last_day_of_month(at)", "2026-07-31"),
    ("date(at)", "2026-07-01"),
    ("millisecond(at)", 500),
    ("to_unixtime(timestamp '1970-01-01 00:01:00')", 60.0),
    ("from_unixtime(60)", "1970-01-01 00:01:00"),
    ("to_iso8601(at)", "2026-07-01T10:30:15.500"),
    ("to_iso8601(day)", "2026-01-31"),
    ("data_load_time", "2026-09-21 14:13:20"),
    ("date_format(at, '%Y-%m-%d %H:%i:%s')", "2026-07-01 10:30:15"),
    ("date_format(at, '%x-%v')", "2026-27"),
    ("format_datetime(at, 'yyyy-MM-dd''T''HH:mm')", "2026-07-01T10:30"),
    ("date_parse('2026-01-02', '%Y-%m-%d')", "2026-01-02 00:00:00"),
    ("format('%.2f of %s, %d%%', x, id, n)", "2.50 of a_b_c, 7%"),
    ("format('%,d', 1234567)", "1,234,567"),
    ("concat(id, null)", None),
    ("greatest(n, null)", None),
    ("split_part(id, '_', 2)", "b"),
    ("split_part(id, '_', 9)", None),
    ("regexp_extract(id, 'a_(b)', 1)", "b"),
    ("regexp_extract(id, 'z')", None),
    ("regexp_replace(id, '(a)_', '$1-')", "a-b_c"),
    ("regexp_replace(id, '_')", "abc"),
    ("regexp_like(id, 'b')", True),
    ("strpos(id, 'z')", 0),
    ("slice(array[1, 2, 3], 2, 2)", [2, 3]),
    ("slice(array[1, 2, 3], -2, 2)", [2, 3]),
    ("element_at(array[1], 5)", None),
    ("cardinality(array[1, 2])", 2),
    ("contains(array[1], 2)", False),
    ("array_join(array['a', 'b'], '+')", "a+b"),
    ("any_match(array[1, 2], v -> v > 1)", True),
    ("all_match(array[1, 2], v -> v > 1)", False),
    ("none_match(array[1, 2], v -> v > 2)", True),
    ("reduce(array[1, 2], 0, (s, v) -> s + v, s -> s * 10)", 30),
    ("transform(array[1], v -> v + 1)", [2]),
    ("map_agg(id, n)['a_b_c']", 7),
    ("element_at(map_agg(id, n), 'z')", None),
    ("sequence(date '2026-01-01', date '2026-02-01', interval '1' month)", ["2026-01-01", "2026-02-01"]),
    ("width_bucket(5e0, 0, 10, 5)", 3),
    ("count_if(n > 1)", 1),
    ("every(n > 1)", True),
    ("max_by(id, n)", "a_b_c"),
    ("json_extract_scalar('{\"a\": \"x\"}', '$.a')", "x"),
    ("cast(json_parse('{\"eur\": 1.5}') as map(varchar, double))['eur']", 1.5),
    ("json_array_length('[1, 2]')", 2),
    ("url_extract_host('https://me@shop.example:80/p?q')", "shop.example"),
    ("decimalize_amount_no_display('usd', 512, 2)", 5.12),
    ("decimalize_amount_no_display('jpy', 500, 2)", 500.0),
    ("if(n > 1, 'yes')", "yes"),
    ("1.50", "1.50"),
]


@pytest.mark.parametrize(("expression", "expected"), MEANING)
def test_an_expression_means_what_it_means_in_presto(
    database: duckdb.DuckDBPyConnection, expression: str, expected: Any
):
    assert answer(database, f"select {expression} from t") == [(expected,)]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select part, place from t cross join unnest(split(id, '_')) with ordinality as u(part, place) order by 2",
         [("a", 1), ("b", 2), ("c", 3)]),
        ("with recursive r(n) as (select 1 union all select n + 1 from r where n < 3) select n from r order by 1",
         [(1,), (2,), (3,)]),
        ("select v from (values 3, null, 1) as u(v) order by v desc", [(3,), (1,), (None,)]),
        ("select v from (values (1), (2)) as u(v) order by 1 offset 1 rows fetch first 1 row only", [(2,)]),
        ("select listagg(v, '+') within group (order by v) from (values 'b', 'a') as u(v)", [("a+b",)]),
        ("select v, count(*) from (values 1, 1) as u(v) group by grouping sets ((v), ()) order by 1",
         [(1, 2), (None, 2)]),
        ("select last_value(v) ignore nulls over (order by k) from (values (1, 5), (2, null)) as u(k, v)",
         [(5,), (5,)]),
        ("select 1 union select 1 except select 2", [(1,)]),
    ],
)  # fmt: skip
def test_a_query_means_what_it_means_in_presto(
    database: duckdb.DuckDBPyConnection, sql: str, expected: list[tuple[Any, ...]]
):
    assert answer(database, sql) == expected


def test_columns_without_a_name_are_numbered_as_in_presto(database: duckdb.DuckDBPyConnection):
    database.execute(to_duckdb("select n + 1, id, count(*) over () from t", SCHEMA, data_load_time=0))
    assert [column[0] for column in database.description or ()] == ["_col0", "id", "_col2"]


@pytest.mark.parametrize(
    "sql",
    [
        "select format(id, 1) from t",
        "select format('%d %d', n) from t",
        "select format_datetime(at, 'qqq') from t",
        "select at_timezone(at) from t",
    ],
)
def test_what_cannot_be_translated_is_refused_with_its_place(sql: str):
    with pytest.raises(QueryError, match=r"line 1, column 8"):
        to_duckdb(sql, SCHEMA, data_load_time=0)
