"""A shop over the official SDK, on SQLite and again on PostgreSQL."""

import pytest

from tests.conformance.shop import Shop
from tests.support.server import Server


@pytest.fixture
def each_shop(each_server: Server) -> Shop:
    return Shop(each_server.client())
