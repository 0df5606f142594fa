"""Alembic from code: the SQL from one version to the newest, as text for the driver.

    upgrade("sqlite", None)     ["CREATE TABLE customers …", …, "INSERT INTO alembic_version …"]

No engine takes part, so SQLite is migrated by the same library that serves it.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from tenure.store import schema as schema
from tenure.store.tables import metadata

_FOLDER = Path(__file__).with_name("migrations")


def head() -> str:
    """The newest version of the schema."""
    return str(ScriptDirectory(str(_FOLDER)).get_current_head())


def upgrade(dialect: str, version: str | None) -> Iterator[str]:
    """The statements that lead from `version` (None: an empty database) to the newest one."""
    script = ScriptDirectory(str(_FOLDER))
    if version == script.get_current_head():
        return
    output = _Statements()

    def steps(_revision: object, _context: object) -> Any:
        return script._upgrade_revs("head", version or "base")

    environment = EnvironmentContext(
        Config(), script, fn=steps, as_sql=True, starting_rev=version, destination_rev="head"
    )
    with environment:
        environment.configure(
            dialect_name=dialect, target_metadata=metadata, output_buffer=output, transactional_ddl=False
        )
        environment.run_migrations()
    yield from output.statements()


class _Statements(io.StringIO):
    """Collects what Alembic prints: statements that each end in a semicolon and an empty line."""

    def statements(self) -> list[str]:
        parts = (part.strip() for part in self.getvalue().split(";\n\n"))
        return [part for part in parts if part and not all(line.startswith("--") for line in part.splitlines())]
