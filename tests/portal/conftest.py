"""A shop and its visitors, over real HTTP."""

from collections.abc import Callable

import pytest
import stripe

from tests.portal.visitors import Shop, Visitor
from tests.support.server import Server


@pytest.fixture(scope="module")
def shop(client: stripe.StripeClient) -> Shop:
    return Shop(client)


@pytest.fixture
def browse(server: Server) -> Callable[..., Visitor]:
    """browse(language="de") -> a visitor with no cookies"""
    return lambda **given: Visitor(server.url, **given)
