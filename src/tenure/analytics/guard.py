"""Lets one read-only query through, and says in words, with line and column, why another is refused.

    text ── ≤ 20 kB ── one statement ── a query ── every node, function, table and column on a list ──▶ Checked

Everything is refused that is not named here: kinds of syntax and functions by ALLOWED, functions that the parser does
not know by ALLOWED_NAMES, tables and columns by the catalogue.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

import sqlglot
from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import OptimizeError, ParseError, TokenError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope

from tenure.domain.errors import Invalid

MAX_BYTES = 20_000
Schema = Mapping[str, Mapping[str, str]]

_SYNTAX = """
    Add Alias All Any AtTimeZone Between Boolean Bracket CTE Column Cube DPipe DataType DataTypeParam Distinct
    Div EQ Escape Except Fetch Filter From GT GTE Group GroupingSets Having Identifier IgnoreNulls In
    Intersect Interval IntervalSpan Is JSONPath JSONPathKey JSONPathRoot JSONPathSubscript Join LT LTE Lambda
    Lateral Like Limit LimitOptions Literal Mod Mul NEQ Neg Not Null NullSafeEQ NullSafeNEQ Offset Or And
    Order Ordered Paren Rollup Select Star Sub Subquery Table TableAlias Tuple Union Values Var Where Window
    WindowSpec With WithinGroup
"""
_FUNCTIONS = """
    Abs Acos AnyValue ApproxDistinct ApproxQuantile ArgMax ArgMin Array ArrayAgg ArrayContains ArrayDistinct
    ArrayExcept ArrayFilter ArrayIntersect ArrayMax ArrayMin ArrayPosition ArrayRemove ArraySize ArraySlice
    ArraySort ArraySum ArrayToString Asin Atan Atan2 Avg Case Cast Cbrt Ceil Chr Coalesce Concat ConcatWs Corr
    Cos Count CountIf CovarPop CovarSamp CumeDist CurrentDate CurrentTimestamp Date DateAdd DateDiff Day
    DayOfMonth DayOfWeekIso DayOfYear Degrees DenseRank EndsWith Exists Exp Extract FirstValue Flatten Floor
    Format FromISO8601Date FromISO8601Timestamp GenerateSeries Greatest GroupConcat Grouping Hour If IsNan
    JSONExtract JSONExtractScalar JSONFormat Lag LastDay LastValue Lead Least Length Levenshtein Ln
    Localtimestamp Log LogicalAnd LogicalOr Lower Map MapKeys Max Min Minute Month NthValue Ntile Nullif Pad
    ParseJSON PercentRank Pi Pow Quarter Radians Rand Rank Reduce RegexpCount RegexpExtract RegexpExtractAll
    RegexpLike RegexpReplace RegexpSplit RegrIntercept RegrSlope Replace Reverse Round RowNumber Second Sign
    Sin Split SplitPart Sqrt StartsWith Stddev StddevPop StddevSamp StrPosition StrToTime Substring Sum Tan
    TimeToStr TimeToUnix TimestampTrunc Transform Translate Trim Trunc Try TryCast Typeof UnixToTime Unnest
    Upper Variance VariancePop WeekOfYear WidthBucket Year YearOfWeek
"""
ALLOWED = frozenset(getattr(exp, name) for name in (_SYNTAX + " " + _FUNCTIONS).split())
ALLOWED_NAMES = frozenset(
    """all_match any_match array_union arrays_overlap at_timezone decimalize_amount decimalize_amount_no_display e every
    format_datetime geometric_mean infinity is_finite json_array_length map_agg map_values millisecond nan none_match
    to_iso8601 url_extract_host yow""".split()
)
TYPES = frozenset(
    """ARRAY BIGINT BOOLEAN CHAR DATE DECIMAL DOUBLE FLOAT INT INTERVAL JSON MAP NULL SMALLINT TEXT TIME
    TIMESTAMP TIMESTAMPTZ TINYINT UNKNOWN VARCHAR""".split()
)


class QueryError(Invalid):
    """A query that is not run; `line` and `column` count from 1 and are None where no place is to blame."""

    def __init__(self, message: str, *, line: int | None = None, column: int | None = None) -> None:
        place = f" (line {line}, column {column})" if line is not None else ""
        super().__init__(message + place, code="invalid_sql", param="sql")
        self.line = line
        self.column = column


def check(sql: str, schema: Schema, *, values: Mapping[str, exp.Expr]) -> exp.Expr:
    """The query with names resolved and types known; `values` are names that stand for a value. Raises QueryError."""
    query = parse(sql)
    try:
        for node in query.walk():
            _check_node(node)
        _check_tables(query, schema)
        for column in list(query.find_all(exp.Column)):
            if not column.table and column.name.lower() in values:
                column.replace(values[column.name.lower()].copy())
        return _resolve(query, schema)
    except RecursionError:
        raise QueryError("The query is nested too deeply.") from None


def parse(sql: str) -> exp.Expr:
    """The one query that the text is."""
    if len(sql.encode()) > MAX_BYTES:
        raise QueryError(f"The query is longer than {MAX_BYTES // 1000} kB.")
    if not sql.strip() or "\0" in sql:
        raise QueryError("There is no query to run.")
    statements = _statements(sql)
    if not statements:
        raise QueryError("There is no query to run.")
    if len(statements) > 1:
        raise QueryError("Only one statement can be run at a time.")
    if not isinstance(statements[0], exp.Select | exp.SetOperation | exp.Subquery | exp.Values):
        raise QueryError("Only queries can be run: a statement that begins with SELECT, WITH or VALUES.")
    return statements[0]


def _statements(sql: str) -> list[exp.Expr]:
    try:
        return [statement for statement in sqlglot.parse(sql, read=Trino) if statement is not None]
    except ParseError as error:
        raise _syntax_error(error) from None
    except TokenError:
        raise QueryError("The query cannot be read: a quote or comment may not be closed.") from None
    except RecursionError:
        raise QueryError("The query is nested too deeply.") from None


def _syntax_error(error: ParseError) -> QueryError:
    first = error.errors[0] if error.errors else {}
    near = str(first.get("highlight") or "").strip()
    line, column = first.get("line"), first.get("col")
    if line is not None and column is not None:
        column = max(1, column - len(near) + 1)
    said = str(first.get("description") or "Syntax error").rstrip(".")
    return QueryError(f"{said} near “{near}”." if near else f"{said}.", line=line, column=column)


def position(node: exp.Expr) -> dict[str, int | None]:
    """Where a node begins, counted from 1."""
    for each in node.walk():
        meta = each.meta
        if "line" in meta:
            return {"line": meta["line"], "column": max(1, meta["col"] - (meta["end"] - meta["start"]))}
    return {"line": None, "column": None}


def _check_node(node: exp.Expr) -> None:
    if isinstance(node, exp.Anonymous):
        _check_function(node)
    elif type(node) not in ALLOWED:
        name = node.sql_names()[0].lower() if isinstance(node, exp.Func) else ""
        what = f"The function {name}" if name else f"“{node.sql(dialect=Trino)[:40]}”"
        raise QueryError(f"{what} cannot be used here.", **position(node))
    elif isinstance(node, exp.DataType) and str(getattr(node.this, "value", node.this)) not in TYPES:
        raise QueryError(f"The type {node.sql(dialect=Trino)} cannot be used here.", **position(node.parent or node))
    elif isinstance(node, exp.Select) and any(
        node.args.get(name) for name in ("into", "hint", "kind", "settings", "format")
    ):
        raise QueryError("Only a plain SELECT can be run.", **position(node))


def _check_function(node: exp.Anonymous) -> None:
    name = node.name.lower()
    if name in ALLOWED_NAMES and not node.args.get("db"):
        return
    close = get_close_matches(name, [*ALLOWED_NAMES, *_function_names()], n=1, cutoff=0.75)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise QueryError(f"There is no function {name}.{hint}", **position(node))


def _function_names() -> Iterator[str]:
    return (name.lower() for kind in ALLOWED if issubclass(kind, exp.Func) for name in kind.sql_names())


def _check_tables(query: exp.Expr, schema: Schema) -> None:
    """Every table must be one of the catalogue's, or a name that the query itself gives with WITH."""
    for table in query.find_all(exp.Table):
        if table.args.get("db") or table.args.get("catalog") or not isinstance(table.this, exp.Identifier):
            raise QueryError(f"There is no table {table.sql(dialect=Trino)[:60]}.", **position(table))
    for scope in traverse_scope(query):
        for source in scope.sources.values():
            if isinstance(source, exp.Table):
                _check_table(source, schema)


def _check_table(table: exp.Table, schema: Schema) -> None:
    if table.name.lower() not in schema:
        close = get_close_matches(table.name.lower(), list(schema), n=1, cutoff=0.6)
        hint = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(schema)}."
        raise QueryError(f"There is no table {table.name[:60]}. {hint}", **position(table))


def _resolve(query: exp.Expr, schema: Schema) -> exp.Expr:
    """Columns with their tables, stars spelt out, types on every node."""
    plain: dict[str, object] = {table: dict(columns) for table, columns in schema.items()}
    try:
        resolved = qualify(query, schema=plain, dialect=Trino)
        annotated = annotate_types(resolved, schema=plain, dialect=Trino)
    except OptimizeError as error:
        raise _unknown_column(query, error, schema) from None
    return annotated


def _is_ambiguous(query: exp.Expr, name: str, schema: Schema) -> bool:
    return any(
        sum(isinstance(source, exp.Table) and name in schema[source.name.lower()] for source in scope.sources.values())
        > 1
        for scope in traverse_scope(query)
    )


def _unknown_column(query: exp.Expr, error: OptimizeError, schema: Schema) -> QueryError:
    """The parser's words, at the column that they name."""
    said = str(error)
    names = [
        part for part in said.replace("'", " ").replace('"', " ").replace(":", " ").replace(".", " ").split() if part
    ]
    for column in query.find_all(exp.Column):
        if column.name in names:
            known = sorted({name for columns in schema.values() for name in columns})
            close = get_close_matches(column.name, known, n=1, cutoff=0.6)
            hint = f" Did you mean {close[0]}?" if close and close[0] != column.name else ""
            if _is_ambiguous(query, column.name, schema):
                return QueryError(f"The column {column.name} is in more than one table.", **position(column))
            return QueryError(f"There is no column {column.name} here.{hint}", **position(column))
    return QueryError(said.split(". Line")[0].rstrip(".") + ".")
