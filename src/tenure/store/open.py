"""A store from its URL: `sqlite:///var/tenure.db` (relative), `sqlite:////srv/tenure.db`, `postgresql://…`."""

from tenure.store.postgres import PostgresStore
from tenure.store.sqlite import SqliteStore
from tenure.store.store import Store

__all__ = ["Store", "open_store"]


def open_store(url: str, *, connections: int = 8) -> SqliteStore | PostgresStore:
    """The store behind the URL; `connections` is the most that PostgreSQL is asked for."""
    if url.startswith("sqlite:///"):
        return SqliteStore(url.removeprefix("sqlite:///"))
    if url.startswith(("postgresql://", "postgres://")):
        return PostgresStore(url, connections=connections)
    raise ValueError(f"The database URL must start with sqlite:/// or postgresql://, not {url.partition(':')[0]!r}.")
