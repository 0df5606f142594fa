from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from tenure.store.migrate import head, upgrade
from tenure.store.open import open_store
from tenure.store.tables import metadata


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new' / 'tenure.sqlite'}"
    return str(request.getfixturevalue("postgres_url"))


def test_the_migrations_lead_to_the_tables_that_the_code_knows(url: str) -> None:
    open_store(url).migrate()
    engine = sqlalchemy.create_engine(
        url.replace("postgresql://", "postgresql+psycopg://"), poolclass=sqlalchemy.NullPool
    )
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert context.get_current_revision() == head()
        assert compare_metadata(context, metadata) == []
        autoincrement = _autoincrement(connection)
    engine.dispose()
    if url.startswith("sqlite"):
        assert autoincrement == {
            name for name, table in metadata.tables.items() if table.dialect_options["sqlite"]["autoincrement"]
        }


def _autoincrement(connection: Any) -> set[str]:
    """Alembic does not compare this word of SQLite's; numbers must not be used twice, even of deleted rows."""
    if connection.dialect.name != "sqlite":
        return set()
    found = connection.execute(sqlalchemy.text("select name from sqlite_schema where sql like '%AUTOINCREMENT%'"))
    return set(found.scalars())


def test_migrating_again_changes_nothing(url: str) -> None:
    for _ in range(2):
        open_store(url).migrate()
    assert list(upgrade("sqlite", head())) == []


def test_ids_sort_byte_by_byte_on_postgres_too(postgres_url: str) -> None:
    open_store(postgres_url).migrate()
    with psycopg.connect(postgres_url) as connection:
        found = connection.execute(
            "select distinct collation_name from information_schema.columns "
            "where table_schema = 'public' and column_name = 'id' and table_name in ('customers', 'events')"
        ).fetchall()
    assert found == [("C",)]


def test_an_unknown_address_is_refused_without_its_secrets() -> None:
    with pytest.raises(ValueError, match="must start with sqlite:/// or postgresql://") as caught:
        open_store("mysql://root:secret@db/x")
    assert "secret" not in str(caught.value)
