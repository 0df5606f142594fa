"""What an operator watches: requests by door and status, how long they take, and how late the event loop is.

tenure_requests_total{door="api",status="2xx"}    tenure_request_seconds{door="portal"}    tenure_loop_lag_seconds
"""

import asyncio
import time

from falcon.asgi import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from tenure.web.asgi import Application, Connection, Message, Receive, Send

EVERY_S = 0.5
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
DOORS = {"v1": "api", "p": "portal", "dashboard": "dashboard"}


class Metrics:
    """Counts around an app, and answers /metrics as a resource."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("door", "status")
        self._requests = Counter("tenure_requests", "Requests answered.", labels, registry=self.registry)
        self._seconds = Histogram(
            "tenure_request_seconds", "Time to answer.", ("door",), buckets=BUCKETS, registry=self.registry
        )
        self._lag = Gauge("tenure_loop_lag_seconds", "How late the event loop woke last.", registry=self.registry)

    def around(self, app: Application) -> Application:
        """The same app, with each answer counted under its door."""

        async def counted(connection: Connection, receive: Receive, send: Send) -> None:
            if connection["type"] != "http":
                await app(connection, receive, send)
                return
            began, status = time.perf_counter(), 500

            async def noted(message: Message) -> None:
                nonlocal status
                status = message.get("status", status)
                await send(message)

            try:
                await app(connection, receive, noted)
            finally:
                door = DOORS.get(connection["path"][1:].partition("/")[0], "other")
                self._requests.labels(door, f"{status // 100}xx").inc()
                self._seconds.labels(door).observe(time.perf_counter() - began)

        return counted

    async def watch_loop(self) -> None:
        """Measure for ever how late a sleep ends."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(EVERY_S)
            self._lag.set(max(0.0, time.perf_counter() - began - EVERY_S))

    async def on_get(self, req: Request, resp: Response) -> None:
        """The numbers in Prometheus' text format."""
        resp.data = generate_latest(self.registry)
        resp.content_type = CONTENT_TYPE_LATEST
