"""A shop, a desk that writes invoices, and visitors of their pages, over real HTTP."""

from collections.abc import Callable

import pytest
import stripe

from tests.hosted.bills import Desk
from tests.portal.visitors import Shop, Visitor
from tests.support.server import Server


@pytest.fixture(scope="module")
def shop(client: stripe.StripeClient) -> Shop:
    return Shop(client)


@pytest.fixture(scope="module")
def desk(server: Server) -> Desk:
    return Desk(server)


@pytest.fixture
def browse(server: Server) -> Callable[..., Visitor]:
    """browse(language="de") -> a visitor with no cookies"""
    return lambda **given: Visitor(server.url, **given)
