"""Trino SQL in, DuckDB SQL with the same meaning out.

    check ──▶ data_load_time ──▶ resolved, typed tree ──OVERRIDES──▶ tree ──▶ DuckDB text, run beside MACROS

The parser translates names and syntax; an override stands for each place where DuckDB would answer, but differently:
whole units in date_diff, dates that stay dates, days of the week from 1 (Monday), null where nothing matches, …
Times without a zone are UTC.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

from tenure.analytics.guard import QueryError, Schema, check, position

NO_DECIMALS = "'bif','clp','djf','gnf','jpy','kmf','krw','mga','pyg','rwf','ugx','vnd','vuv','xaf','xof','xpf'"
THREE_DECIMALS = "'bhd','jod','kwd','omr','tnd'"
MACROS = (
    "create macro trino_split_part(s, d, n) as list_extract(string_split(s, d), n)",
    "create macro trino_regexp_extract(s, p, g) as case when regexp_matches(s, p) then regexp_extract(s, p, g) end",
    "create macro trino_map_agg(k, v) as map_from_entries(list({'k': k, 'v': v}))",
    "create macro trino_width_bucket(x, lo, hi, n) as cast(case when x < lo then 0 when x >= hi then n + 1 "
    "else floor((x - lo) / (hi - lo) * n) + 1 end as bigint)",
    "create macro trino_slice(a, s, n) as "
    "list_slice(a, s, case when s < 0 and s + n - 1 >= 0 then -1 else s + n - 1 end)",
    "create macro trino_decimalize(c, a, d) as round(cast(a as double) / case when lower(c) in "
    f"({NO_DECIMALS}) then 1 when lower(c) in ({THREE_DECIMALS}) then 1000 else 100 end, d)",
    "create macro trino_url_host(u) as "
    "nullif(regexp_extract(u, '^[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:]+)', 1), '')",
)
Override = Callable[[exp.Expr], exp.Expr]
_WHOLE_DAYS = {"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"}
_JODA = {
    "yyyy": "%Y",
    "yy": "%y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "M": "%-m",
    "dd": "%d",
    "d": "%-d",
    "HH": "%H",
}
_JODA |= {
    "mm": "%M",
    "ss": "%S",
    "SSS": "%g",
    "EEEE": "%A",
    "EEE": "%a",
    "E": "%a",
    "xxxx": "%G",
    "ww": "%V",
    "DDD": "%j",
}
_JODA |= {"hh": "%I", "h": "%-I", "a": "%p", "H": "%-H"}


def to_duckdb(sql: str, schema: Schema, *, data_load_time: int) -> str:
    """The query for DuckDB; `data_load_time` in unix milliseconds. Raises QueryError for what is not allowed."""
    tree = check(sql, schema, values={"data_load_time": _timestamp(data_load_time)})
    try:
        tree = _translate(tree)
        _rename_unnamed(tree)
        return tree.sql(dialect=DuckDB, comments=False)
    except RecursionError:
        raise QueryError("The query is nested too deeply.") from None


def _timestamp(ms: int) -> exp.Expr:
    moment = datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return exp.cast(exp.Literal.string(moment), "timestamp")


def _rename_unnamed(tree: exp.Expr) -> None:
    """Columns without a name are _col0, _col1, … as in Trino."""
    select = tree
    while isinstance(select, exp.SetOperation | exp.Subquery):
        select = select.this
    for column in select.expressions if isinstance(select, exp.Select) else ():
        found = re.fullmatch(r"_col_(\d+)", column.alias) if isinstance(column, exp.Alias) else None
        if found and isinstance(column, exp.Alias):
            column.set("alias", exp.to_identifier(f"_col{found[1]}", quoted=True))


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _is(node: exp.Expr | None, *types: exp.DType) -> bool:
    return node is not None and node.type is not None and node.type.this in types


def _is_date(node: exp.Expr | None) -> bool:
    return _is(node, exp.DType.DATE)


def _date_diff(node: exp.Expr) -> exp.Expr:
    unit = exp.Literal.string(node.text("unit").lower() or "day")
    first, last = (exp.cast(node.args[name].copy(), "timestamp") for name in ("expression", "this"))
    return _call("date_sub", unit, first, last)


def _stay_date(node: exp.Expr) -> exp.Expr:
    """Date plus an interval of days is a date, where DuckDB makes it a timestamp."""
    interval = node.args["expression"]
    unit = (interval if isinstance(interval, exp.Interval) else node).text("unit").upper().rstrip("S")
    is_moved = isinstance(node, exp.DateAdd) or isinstance(interval, exp.Interval)
    if is_moved and _is_date(node.this) and unit in _WHOLE_DAYS:
        return exp.cast(exp.paren(node) if not isinstance(node, exp.DateAdd) else node, "date")
    return node


def _trunc(node: exp.Expr) -> exp.Expr:
    return exp.cast(node, "date") if _is_date(node.this) else node


def _to_zone(value: exp.Expr, zone: exp.Expr) -> exp.Expr:
    """The wall clock in a zone; of a chain of zones the last one counts, since the moment stays the same."""
    while isinstance(value.unnest(), exp.AtTimeZone):
        value = value.unnest().this
    moment = exp.AtTimeZone(this=exp.cast(value.copy(), "timestamp"), zone=exp.Literal.string("UTC"))
    return exp.paren(exp.AtTimeZone(this=exp.paren(moment), zone=zone.copy()))


def _is_inside_zone(node: exp.Expr) -> bool:
    """Whether this is the inner one of two AT TIME ZONE."""
    parent = node.parent
    while isinstance(parent, exp.Paren):
        parent = parent.parent
    return isinstance(parent, exp.AtTimeZone)


def _zone(node: exp.Expr) -> exp.Expr:
    return node if _is_inside_zone(node) else _to_zone(node.this, node.args["zone"])


def _cast(node: exp.Expr) -> exp.Expr:
    """A double becomes an integer by rounding halves away from zero; a moment with a zone is shown in UTC."""
    if isinstance(node.args["to"], exp.DataType) and node.args["to"].this is exp.DType.TIMESTAMPTZ:
        return exp.cast(node, "timestamp")
    if isinstance(node.args["to"], exp.DataType) and node.args["to"].this in exp.DataType.INTEGER_TYPES:
        if _is(node.this, exp.DType.DOUBLE, exp.DType.FLOAT):
            node.set("this", exp.func("round", node.this.copy()))
    return node


def _divide(node: exp.Expr) -> exp.Expr:
    whole = exp.DataType.INTEGER_TYPES
    if _is(node.this, *whole) and _is(node.args["expression"], *whole):
        return exp.paren(exp.IntDiv(this=node.this.copy(), expression=node.args["expression"].copy()))
    return node


_DIRECTIVE = re.compile(r"%(?P<flags>[-+0 ,(#]*)(?P<width>\d*)(?P<precision>\.\d+)?(?P<kind>.)")


def _format(node: exp.Expr) -> exp.Expr:
    """Java's format as printf, each argument cast to what its directive asks for."""
    if not node.this.is_string:
        raise QueryError("The first argument of format must be a text in quotes.", **position(node))
    kinds = [found["kind"] for found in _DIRECTIVE.finditer(node.this.name) if found["kind"] not in "%n"]
    values = node.args.get("expressions") or []
    if len(kinds) != len(values) or not set(kinds) <= set("sdfebxX"):
        raise QueryError("format knows %s, %d, %f, %e and %x, with one value for each.", **position(node))
    types = {"s": "varchar", "b": "varchar", "f": "double", "e": "double"}
    casts = [exp.cast(value.copy(), types.get(kind, "bigint")) for kind, value in zip(kinds, values, strict=True)]
    pattern = node.this.name.replace("%b", "%s").replace("%n", "\n")
    return _call("printf", exp.Literal.string(pattern), *casts)


def _joda(node: exp.Expr, value: exp.Expr, pattern: exp.Expr) -> exp.Expr:
    """format_datetime's pattern of letters as strftime's."""
    if not pattern.is_string:
        raise QueryError("The pattern of format_datetime must be a text in quotes.", **position(node))
    out = []
    for found in re.finditer(r"'([^']*)'|([a-zA-Z])\2*|[^a-zA-Z']+", pattern.name):
        if found[2] and found[0] not in _JODA:
            raise QueryError(f"format_datetime does not know {found[0]}.", **position(node))
        out.append(_JODA[found[0]] if found[2] else (found[1] or found[0]).replace("%", "%%"))
    return _call("strftime", exp.cast(value.copy(), "timestamp"), exp.Literal.string("".join(out)))


def _date_format(node: exp.Expr) -> exp.Expr:
    if node.args["format"].is_string:
        node.set("format", exp.Literal.string(node.args["format"].name.replace("%v", "%V")))
    return node


def _extract(node: exp.Expr) -> exp.Expr:
    """Days of the week are 1 (Monday) to 7."""
    if node.name.upper() in ("DOW", "DAYOFWEEK", "DAY_OF_WEEK"):
        return exp.Extract(this=exp.var("ISODOW"), expression=node.args["expression"].copy())
    if node.name.upper() in ("YOW", "YEAR_OF_WEEK"):
        return exp.Extract(this=exp.var("ISOYEAR"), expression=node.args["expression"].copy())
    return node


def _regexp_replace(node: exp.Expr) -> exp.Expr:
    """Groups are written $1 in Trino, and \\1 in DuckDB."""
    replacement = node.args.get("replacement")
    if replacement is None:
        node.set("replacement", exp.Literal.string(""))
    elif replacement.is_string:
        node.set("replacement", exp.Literal.string(re.sub(r"\$(\d)", r"\\\1", replacement.name)))
    return node


def _series(node: exp.Expr) -> exp.Expr:
    return exp.cast(node, "date[]") if _is_date(node.args["start"]) else node


def _reduce(node: exp.Expr) -> exp.Expr:
    """The function that finishes is applied to the one value that comes out."""
    finish = node.args.get("finish")
    if finish is None:
        return node
    node.set("finish", None)
    one = exp.Array(expressions=[node])
    return _call("list_extract", _call("list_transform", one, finish.copy()), exp.Literal.number(1))


def _from_unixtime(node: exp.Expr) -> exp.Expr:
    micros = exp.Mul(this=exp.paren(node.this.copy()), expression=exp.Literal.number(1_000_000))
    return _call("make_timestamp", exp.cast(micros, "bigint"))


def _matches(how: str) -> Callable[..., exp.Expr]:
    """any_match, all_match and none_match count the elements for which the function holds."""

    def build(values: exp.Expr, test: exp.Expr) -> exp.Expr:
        count = _call("len", _call("list_filter", values.copy(), test.copy()))
        right = _call("len", values.copy()) if how == "all" else exp.Literal.number(0)
        return exp.paren(exp.GT(this=count, expression=right) if how == "any" else exp.EQ(this=count, expression=right))

    return build


def _parsed(text: str) -> Callable[..., exp.Expr]:
    """A call built from DuckDB text, whose :0, :1, … are the arguments."""

    def build(*arguments: exp.Expr) -> exp.Expr:
        tree: exp.Expr = exp.maybe_parse(text, dialect=DuckDB)
        for place in list(tree.find_all(exp.Column)):
            if place.name.startswith("arg"):
                argument = arguments[int(place.name[3:])].copy()
                is_simple = isinstance(argument, exp.Column | exp.Literal | exp.Func)
                place.replace(argument if is_simple else exp.paren(argument))
        return tree

    return build


_NAMED: dict[str, Callable[..., exp.Expr]] = {
    "all_match": _matches("all"),
    "any_match": _matches("any"),
    "none_match": _matches("none"),
    "array_union": _parsed("list_distinct(list_concat(arg0, arg1))"),
    "arrays_overlap": _parsed("list_has_any(arg0, arg1)"),
    "at_timezone": _to_zone,
    "decimalize_amount": _parsed("trino_decimalize(arg0, arg1, arg2)"),
    "decimalize_amount_no_display": _parsed("trino_decimalize(arg0, arg1, arg2)"),
    "e": _parsed("exp(1)"),
    "every": _parsed("bool_and(arg0)"),
    "geometric_mean": _parsed("exp(avg(ln(arg0)))"),
    "infinity": _parsed("cast('infinity' as double)"),
    "is_finite": _parsed("isfinite(arg0)"),
    "json_array_length": _parsed("cast(json_array_length(arg0) as bigint)"),
    "map_agg": _parsed("trino_map_agg(arg0, arg1)"),
    "map_values": _parsed("map_values(arg0)"),
    "millisecond": _parsed("(extract(millisecond from arg0) % 1000)"),
    "nan": _parsed("cast('nan' as double)"),
    "to_iso8601": _parsed("strftime(cast(arg0 as timestamp), '%Y-%m-%dT%H:%M:%S.%g')"),
    "url_extract_host": _parsed("trino_url_host(arg0)"),
    "yow": _parsed("extract(isoyear from arg0)"),
}


def _named(node: exp.Expr) -> exp.Expr:
    if node.name.lower() == "format_datetime":
        return _joda(node, *_arguments(node, 2))
    if node.name.lower() == "to_iso8601" and node.expressions and _is_date(node.expressions[0]):
        return _parsed("strftime(arg0, '%Y-%m-%d')")(*node.expressions)
    try:
        return _NAMED[node.name.lower()](*node.expressions)
    except (IndexError, TypeError):
        raise QueryError(f"{node.name.lower()} was given a wrong number of arguments.", **position(node)) from None


def _arguments(node: exp.Expr, number: int) -> list[exp.Expr]:
    if len(node.expressions) != number:
        raise QueryError(f"{node.name.lower()} takes {number} arguments.", **position(node))
    return node.expressions


def _or_zero(node: exp.Expr | None) -> exp.Expr:
    return node.copy() if node is not None else exp.Literal.number(0)


_OVERRIDES: dict[type[exp.Expr], Override] = {
    exp.Add: _stay_date,
    exp.Anonymous: _named,
    exp.ArraySlice: lambda n: _call("trino_slice", *(n.args[k].copy() for k in ("this", "start", "end"))),
    exp.AtTimeZone: _zone,
    exp.Cast: _cast,
    exp.CurrentTimestamp: lambda n: exp.Localtimestamp(),
    exp.DateAdd: _stay_date,
    exp.DateDiff: _date_diff,
    exp.Div: _divide,
    exp.Extract: _extract,
    exp.Format: _format,
    exp.FromISO8601Timestamp: lambda n: exp.cast(exp.cast(n.this.copy(), "timestamptz"), "timestamp"),
    exp.GenerateSeries: _series,
    exp.Reduce: _reduce,
    exp.RegexpExtract: lambda n: _call(
        "trino_regexp_extract", n.this.copy(), n.args["expression"].copy(), _or_zero(n.args.get("group"))
    ),
    exp.RegexpReplace: _regexp_replace,
    exp.SplitPart: lambda n: _call(
        "trino_split_part", *(n.args[k].copy() for k in ("this", "delimiter", "part_index"))
    ),
    exp.Sub: _stay_date,
    exp.TimeToStr: _date_format,
    exp.TimestampTrunc: _trunc,
    exp.TryCast: _cast,
    exp.UnixToTime: _from_unixtime,
    exp.WidthBucket: lambda n: _call(
        "trino_width_bucket", *(n.args[k].copy() for k in ("this", "min_value", "max_value", "num_buckets"))
    ),
}
_MOMENTS = exp.AtTimeZone | exp.CurrentTimestamp | exp.FromISO8601Timestamp | exp.UnixToTime
_NAIVE = exp.DataType.build("timestamp")


def _translate(tree: exp.Expr) -> exp.Expr:
    """The tree with every override applied, innermost first."""
    for node in reversed(list(tree.walk())):
        override = _OVERRIDES.get(type(node))
        if override is None or _is_inside_zone(node) and isinstance(node, exp.AtTimeZone):
            continue
        twin = node.copy()
        new = override(twin)
        if new is not twin:
            new.type = _NAIVE if isinstance(node, _MOMENTS) or _is(node, exp.DType.TIMESTAMPTZ) else node.type
        node.replace(new)
    return tree
