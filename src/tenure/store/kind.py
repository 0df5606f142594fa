"""How one class of documents is kept: its table, and what of it goes into index columns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table

from tenure.domain.documents import Document

Columns = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """How one class of documents is kept; a counter is a column that only conditional updates change."""

    noun: str
    table: Table
    columns: Callable[[Any], Columns]
    counters: tuple[str, ...] = ()
    through: Mapping[str, Column[Any]] | None = None
    order: str = "id"


def fields(*names: str) -> Callable[[Document], Columns]:
    """Index columns that are fields of the same name."""

    def columns(doc: Document) -> Columns:
        return {name: getattr(doc, name) for name in names}

    return columns
