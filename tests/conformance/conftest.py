"""One Tenure for all tests of this folder, and a shop in it."""

import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe

from tests.conformance.plain import Raw
from tests.conformance.shop import Shop
from tests.support.server import Server, serving

NODE = Path(__file__).parents[2] / ".cache" / "node"


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


@pytest.fixture(scope="session")
def node_sdk() -> Path:
    """The folder that the official SDK for Node is installed in; only where node and npm can fetch it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        pytest.skip("node and npm are not both here")
    NODE.mkdir(parents=True, exist_ok=True)
    with (NODE / "lock").open("w") as lock:  # held until the file is closed: several processes may want it
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install(npm)
    return NODE


def _install(npm: str) -> None:
    if not (NODE / "node_modules" / "stripe").exists():
        wanted = ["install", "--prefix", str(NODE), "--no-audit", "--no-fund", "--ignore-scripts", "stripe"]
        patience = ["--fetch-retries=0", "--fetch-timeout=15000"]
        try:
            done = subprocess.run([npm, *wanted, *patience], capture_output=True, timeout=60, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip("npm did not fetch the SDK within a minute")
        if done.returncode != 0:
            pytest.skip("npm cannot fetch the SDK here")
