"""One Tenure for all tests of this folder, and a shop in it."""

from collections.abc import Iterator

import pytest
import stripe

from tests.conformance.plain import Raw
from tests.conformance.shop import Shop
from tests.support.server import Server, serving


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


@pytest.fixture(scope="session")
def key(server: Server) -> str:
    """A secret test key, the one that `client` uses too."""
    return server.key()


@pytest.fixture(scope="session")
def client(server: Server, key: str) -> stripe.StripeClient:
    return server.client(key)


@pytest.fixture
def shop(client: stripe.StripeClient) -> Shop:
    return Shop(client)


@pytest.fixture(scope="session")
def raw(server: Server, key: str) -> Raw:
    """Plain HTTP with the same key as `client`."""
    return Raw(server.url, key)
