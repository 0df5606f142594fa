"""Every operation once more, by the official SDK for Node, held against what the one for Python declares."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe

from tests.conformance.bridge import NodeHTTP
from tests.conformance.declared import body, faults
from tests.conformance.paying import NOT_HERE
from tests.conformance.shop import Shop
from tests.conformance.test_operations import OPERATIONS, OURS, PERFORMED, no_discount
from tests.support.server import Server

# What no SDK has a method for, any more or at all.
RAW = OURS | {"GET /v1/customers/{id}/subscriptions"}


@pytest.fixture(scope="module")
def node(node_sdk: Path, server: Server, key: str) -> Iterator[NodeHTTP]:
    bridge = NodeHTTP(node_sdk, key, server.port)
    yield bridge
    bridge.close()


@pytest.fixture
def shop(node: NodeHTTP, server: Server, key: str) -> Shop:
    return Shop(server.client(key, http_client=node))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_sdk_for_node_performs_it_too(shop: Shop, node: NodeHTTP, operation: str):
    if operation == "DELETE /v1/customers/{id}/discount":
        no_discount(shop)
        return
    if operation in NOT_HERE:
        with pytest.raises(stripe.InvalidRequestError):
            NOT_HERE[operation](shop)
        return
    shown = body(PERFORMED[operation](shop))
    if operation not in OURS:
        assert not faults(shown)
    if operation.startswith("GET") and shown["object"] == "list":
        assert shown["data"], "a list must be seen with something in it"
    address = re.compile(re.sub(r"\{\w+\}", "[^/]+", operation))
    assert operation in RAW or any(map(address.fullmatch, node.typed)), "by a method of the SDK's own"
