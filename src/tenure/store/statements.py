"""SQLAlchemy Core statements turned into text once, for the driver to run.

FIND = select(users).where(users.c.email == bindparam("email"))      a module constant
plans.of(FIND) ──first time──▶ compile ──▶ Plan(text, defaults, row type)
               ──later────────▶ the same Plan, by the statement's identity
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql import Executable
from sqlalchemy.sql.compiler import SQLCompiler

Row = Any
Raw = tuple[Any, ...]
# Statements are module constants; a caller that builds them each time must not fill the memory.
MOST_PLANS = 4096


@dataclass(frozen=True, slots=True)
class Plan:
    """One statement as the driver wants it; `shape` turns the driver's tuples into attribute rows."""

    text: str
    defaults: Mapping[str, Any]
    shape: Callable[[Sequence[Raw]], list[Row]]
    compiled: SQLCompiler | None

    def bind(self, params: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        """The text and all its parameters; a list for IN becomes as many marks as it has values."""
        bound = {**self.defaults, **params} if self.defaults else params
        if self.compiled is None:
            return self.text, bound
        expanded = self.compiled.construct_expanded_state(bound)
        return expanded.statement, expanded.parameters


class Plans:
    """The compiled statements of one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._plans: dict[Executable, Plan] = {}

    def of(self, statement: Executable) -> Plan:
        """The plan of a statement, compiled at its first use."""
        plan = self._plans.get(statement)
        if plan is None:
            if len(self._plans) >= MOST_PLANS:
                self._plans.clear()
            plan = self._plans[statement] = self._compile(statement)
        return plan

    def _compile(self, statement: Executable) -> Plan:
        compiled = statement.compile(dialect=self.dialect)  # type: ignore[attr-defined]
        assert isinstance(compiled, SQLCompiler)
        expanding = bool(compiled.post_compile_params or compiled.literal_execute_params)
        return Plan(
            text=str(compiled),
            defaults={name: value for name, value in compiled.params.items() if value is not None or not expanding},
            shape=_shape(compiled, booleans=self.dialect.name == "sqlite"),
            compiled=compiled if expanding else None,
        )


def _shape(compiled: SQLCompiler, *, booleans: bool) -> Callable[[Sequence[Raw]], list[Row]]:
    """How tuples become rows; SQLite has no booleans, so their columns are turned into some."""
    columns = compiled._result_columns
    row = namedtuple("row", [column.keyname for column in columns], rename=True)  # type: ignore[misc]  # noqa: PYI024
    flags = [at for at, column in enumerate(columns) if booleans and column.type.python_type is bool]
    if not flags:
        return lambda raws: [row._make(raw) for raw in raws]

    def shape(raws: Sequence[Raw]) -> list[Row]:
        rows = []
        for raw in raws:
            values = list(raw)
            for at in flags:
                if values[at] is not None:
                    values[at] = bool(values[at])
            rows.append(row._make(values))
        return rows

    return shape
