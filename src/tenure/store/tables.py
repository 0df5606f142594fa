"""What every table is made of: columns, the order of lists, and the frame that tables of documents share.

documents("coupons", words("name"), indexes=(("name",),))
└─ account livemode id │ created changed ver deleted │ index columns │ doc (JSON)
"""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, Table, Text, text
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Ids sort by time only where text is compared byte by byte; SQLite always does, PostgreSQL by this collation.
ID = Text().with_variant(Text(collation="C"), "postgresql")
# The order of lists. An index on a filter ends with it: without, SQLite walks the whole table in this order instead.
NEWEST = ("created", "id")
SERIAL = BigInteger().with_variant(Integer(), "sqlite")


def words(name: str) -> Column[str]:
    """A column of text that may be empty."""
    return Column(name, Text)


def number(name: str) -> Column[int]:
    """A column of whole numbers that may be empty."""
    return Column(name, BigInteger)


def flag(name: str) -> Column[bool]:
    """A column of yes and no that may be empty."""
    return Column(name, Boolean)


def need(name: str, kind: TypeEngine[Any], default: str | None = None) -> Column[Any]:
    """A column that always has a value."""
    return Column(name, kind, nullable=False, server_default=text(default) if default else None)


def documents(name: str, *columns: Column[Any], indexes: tuple[tuple[str, ...], ...] = ()) -> Table:
    """A table of documents; `indexes` are columns that follow (account, livemode)."""
    table = Table(
        name,
        metadata,
        Column("account", Text, primary_key=True),
        Column("livemode", Boolean, primary_key=True),
        Column("id", ID, primary_key=True),
        need("created", BigInteger()),
        need("changed", BigInteger()),
        need("ver", BigInteger()),
        need("deleted", Boolean()),
        *columns,
        need("doc", Text()),
    )
    scoped = (table.c.account, table.c.livemode)
    for each in (NEWEST, ("changed", "id"), *indexes):
        Index(f"ix_{name}_{'_'.join(each)}", *scoped, *(table.c[column] for column in each))
    return table
