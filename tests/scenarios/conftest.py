"""One Tenure for all stories."""

from collections.abc import Callable, Iterator

import pytest
import stripe

from tests.scenarios.dated import Story
from tests.support.server import Server, serving


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


@pytest.fixture(scope="session")
def client(server: Server) -> stripe.StripeClient:
    return server.client()


@pytest.fixture
def begin(client: stripe.StripeClient) -> Callable[[str], Story]:
    """begin("2027-01-31") -> a story that starts on that day"""
    return lambda start: Story(client, start)
