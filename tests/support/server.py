"""A real Tenure: `python -m tenure serve` as a process of its own on a free port, over an empty data folder.

    server.url                             http://127.0.0.1:41234
    server.key(), server.key(live=True)    a new API key, made by the command line
    server.user(role="viewer")             a new dashboard user: email and password
    server.tenure("key", "create", …)      any command over the same data, its JSON decoded
    server.kill(); server.start()          kill -9, and up again over the same data

One process serves the tests of a module, which therefore share one account: look for what you made, do not count all.
"""

import contextlib
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import stripe

from tests.support.wait import until

DEFAULTS = {"TENURE_ALLOW_PRIVATE_WEBHOOKS": "true", "TENURE_RATE_LIMIT": "0"}
_numbers = itertools.count(1)


class User(NamedTuple):
    """Someone who may sign in to the dashboard."""

    email: str
    password: str


@dataclass
class Server:
    """One Tenure over one data folder; `env` adds settings (TENURE_…) and `options` adds to `serve`."""

    data: Path
    env: dict[str, str]
    options: tuple[str, ...] = ()
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What the server has written so far."""
        return (self.data.parent / "server.log").read_text(errors="replace")

    def start(self) -> None:
        self.port = self.port or free_port()
        command = [sys.executable, "-m", "tenure", "serve", "--data", str(self.data), "--port", str(self.port)]
        with (self.data.parent / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *self.options], env=self._env(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        until(self._answers, 30, every=0.05)

    def kill(self) -> None:
        """kill -9: no goodbye, nothing flushed."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def key(self, *, live: bool = False, restricted: bool = False) -> str:
        flags = [*(["--live"] if live else []), *(["--restricted"] if restricted else [])]
        return str(self.tenure("key", "create", "--json", *flags)["key"])

    def client(self, key: str | None = None, **options: Any) -> stripe.StripeClient:
        """The official SDK, pointed here; it does not retry unless told to."""
        given = {"max_network_retries": 0} | options
        return stripe.StripeClient(key or self.key(), base_addresses={"api": self.url}, **given)

    def user(self, *, role: str = "owner") -> User:
        user = User(f"{role}{next(_numbers)}@halyard.example", "correct horse battery staple")
        self.tenure("user", "add", "--json", "--email", user.email, "--role", role, "--password", user.password)
        return user

    def tenure(self, *arguments: str) -> Any:
        """Runs a command over this server's data and decodes what it prints as JSON, if it is."""
        command = [sys.executable, "-m", "tenure", *arguments, "--data", str(self.data)]
        done = subprocess.run(command, env=self._env(), capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, (
            f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stderr or done.stdout}"
        )
        return json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else done.stdout

    def _env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TENURE_")}
        return kept | {"PYTHONUNBUFFERED": "1"} | self.env

    def _answers(self) -> bool:
        assert self.process is not None and self.process.poll() is None, f"The server ended:\n{self.log}"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def _end(self, sign: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(sign)
        try:
            self.process.wait(20)
        finally:
            self.process.kill()
            self.process = None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(*options: str, env: dict[str, str] | None = None) -> Iterator[Server]:
    """A started server in a new folder; stopped, and the folder removed, at the end.

    It may send webhooks to this machine, where the receiver is, and takes any number of requests, unless `env` says
    otherwise.
    """
    folder = Path(tempfile.mkdtemp(prefix="tenure-test-"))
    server = Server(folder / "data", DEFAULTS | (env or {}), options)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One Tenure on SQLite for the tests of a module."""
    with serving() as started:
        yield started


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def each_server(request: pytest.FixtureRequest, postgres_database: Callable[..., str]) -> Iterator[Server]:
    """One Tenure on SQLite, then one on PostgreSQL."""
    env = {} if request.param == "sqlite" else {"TENURE_DATABASE": postgres_database()}
    with serving(env=env) as started:
        yield started


@pytest.fixture(scope="module")
def client(server: Server) -> stripe.StripeClient:
    """The official SDK with a secret test key of the module's server."""
    return server.client()
