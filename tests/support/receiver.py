"""A webhook receiver on loopback: a real HTTP server that records what it gets and answers as it is told.

receiver.answers = [500, 200]      the first delivery fails, the second does not; then 200 again
receiver.wait(2)                   the first two deliveries, in order of arrival
receiver.events(secret)            verified by the official SDK
"""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import stripe

from tests.support.wait import until


@dataclass(frozen=True)
class Delivery:
    """One POST as it arrived; header names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What a receiver says to one delivery."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    delay_s: float = 0


class Server(ThreadingHTTPServer):
    """Lets many connections wait; with only five, the sixth of a burst would look like a dead host."""

    daemon_threads = True
    request_queue_size = 128


class Receiver:
    """Listens until `close`; each answer of `answers` is used once, then every delivery gets 200."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.answers: list[int | Answer] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks"

    def wait(self, count: int, seconds: float = 20) -> list[Delivery]:
        until(lambda: len(self.deliveries) >= count, seconds)
        return self.deliveries[:count]

    def wait_for(self, *types: str, seconds: float = 20) -> list[Delivery]:
        """The deliveries that were answered 2xx, once all of these event types are among them."""
        until(lambda: set(types) <= {each.json["type"] for each in self._taken()}, seconds)
        return [each for each in self._taken() if each.json["type"] in types]

    def events(self, secret: str) -> list[stripe.Event]:
        """Every delivery that was taken, verified as a merchant's code does it."""
        return [
            stripe.Webhook.construct_event(each.body, each.headers["stripe-signature"], secret)
            for each in self._taken()
        ]

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _taken(self) -> list[Delivery]:
        return [each for each in list(self.deliveries) if 200 <= each.status < 300]

    def _record(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        with self._lock:
            told = self.answers.pop(0) if self.answers else 200
            answer = Answer(status=told) if isinstance(told, int) else told
            self.deliveries.append(Delivery(path, headers, body, answer.status))
        self._closing.wait(answer.delay_s)
        return answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = receiver._record(self.path, headers, body)
                try:
                    self.send_response(answer.status)
                    for name, value in answer.headers.items():
                        self.send_header(name, value)
                    self.send_header("content-length", str(len(answer.body)))
                    self.end_headers()
                    self.wfile.write(answer.body)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.close()
