"""The processes that answer: Tenure, the bare server, localstripe; each alone on a free port of loopback."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.load import Job, Result

STARTS_WITHIN_S = 60
LOCALSTRIPE_STORE = Path("/tmp/localstripe.pickle")  # the path is its own choice
# Filled in its own process, by its own code, without a dump of everything after each object; then started as it is.
_LOCALSTRIPE = """
import os
from localstripe.resources import Customer, Plan, Product, Store, Subscription, store
dump = Store.dump_to_disk
Store.dump_to_disk = lambda self: None
product = Product._api_create(name="Halyard Studio", type="service")
Plan._api_create(id="monthly", product=product.id, amount=2900, currency="eur", interval="month")
ids = []
while len(store) < int(os.environ["OBJECTS"]):
    customer = Customer._api_create(email=f"c{len(ids)}@example.com")
    items = [{"plan": "monthly", "quantity": 2}]
    ids.append(Subscription._api_create(customer=customer.id, items=items, trial_period_days=30).id)
with open(os.environ["IDS"], "w") as file:
    print(*ids, file=file)
Store.dump_to_disk = dump
from localstripe.server import start
start()
"""


@dataclass(frozen=True)
class Server:
    """One process that answers; `name` heads its row of a table."""

    name: str
    port: int
    pid: int

    def ask(self, requests: list[bytes], *, seconds: float, connections: int) -> Result:
        """Send these requests over and over from a process of its own."""
        job = Job(
            port=self.port, pid=self.pid, requests=requests, connections=connections, warm_up_s=0.4, seconds=seconds
        )
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.load"],
            input=msgspec.msgpack.encode(job),
            stdout=subprocess.PIPE,
            check=True,
        )
        return msgspec.msgpack.decode(done.stdout, type=Result)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _running(name: str, command: list[str], port: int, env: dict[str, str] | None = None) -> Iterator[Server]:
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | (env or {}))
        try:
            _wait(process, port, name)
            yield Server(name, port, process.pid)
        except BaseException:
            log.seek(0)
            sys.stderr.write(log.read()[-3000:].decode(errors="replace"))
            raise
        finally:
            process.kill()
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", port: int, name: str) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended with {process.returncode}.")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"{name} did not answer within {STARTS_WITHIN_S} s.")


def tenure(data: Path) -> contextlib.AbstractContextManager[Server]:
    """`tenure serve` over a data folder, without background jobs: they are not what is measured."""
    port = free_port()
    command = [sys.executable, "-m", "tenure", "serve", "--data", str(data), "--port", str(port)]
    return _running("tenure", command, port, {"TENURE_WORKERS": "false", "TENURE_RATE_LIMIT": "0"})


def floor(database: Path) -> contextlib.AbstractContextManager[Server]:
    """The bare server over its own copy of the data."""
    port = free_port()
    return _running("floor", [sys.executable, "-m", "benchmarks.floor", str(database), str(port)], port)


@contextlib.contextmanager
def localstripe(script: Path, objects: int) -> Iterator[tuple[Server, list[str]]]:
    """localstripe with that many objects, and the ids of the subscriptions among them."""
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as folder:
        port, ids = free_port(), Path(folder) / "ids"
        command = [str(script.parent / "python"), "-c", _LOCALSTRIPE, "--from-scratch", "--port", str(port)]
        try:
            env = {"OBJECTS": str(objects), "IDS": str(ids)}
            with _running("localstripe", command, port, env) as server:
                yield server, ids.read_text().split()
        finally:
            LOCALSTRIPE_STORE.unlink(missing_ok=True)
