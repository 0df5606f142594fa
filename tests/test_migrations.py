"""The migrations, run from nothing, build exactly what store/schema.py says: Alembic's own check, on both databases."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Engine, Integer, MetaData, create_engine, text

from tenure.store.schema import metadata


@pytest.fixture
def engine(store_url: str):
    address = store_url.replace("postgresql://", "postgresql+psycopg://")
    made = create_engine(address)
    yield made
    made.dispose()


def differences(engine: Engine, wanted: MetaData) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})
        return list(compare_metadata(context, wanted))


def test_the_migrations_build_the_schema(engine: Engine):
    assert differences(engine, metadata) == []


def test_the_check_sees_a_column_that_no_migration_made(engine: Engine):
    wanted = MetaData()
    for table in metadata.sorted_tables:
        table.to_metadata(wanted)
    wanted.tables["customers"].append_column(Column("forgotten", Integer))
    assert [found[0] for found in differences(engine, wanted)] == ["add_column"]


def test_the_check_sees_a_table_that_the_schema_forgot(engine: Engine):
    with engine.begin() as connection:
        connection.execute(text("create table left_over (id integer primary key)"))
    assert [found[0] for found in differences(engine, metadata)] == ["remove_table"]
