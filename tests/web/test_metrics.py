"""What an operator watches: each answer, under the door that gave it."""

import pytest

from tenure.web.asgi import Connection, Message, Receive, Send
from tenure.web.metrics import Metrics


async def test_each_answer_is_counted_under_its_door():
    async def app(connection: Connection, receive: Receive, send: Send) -> None:
        if connection["path"] == "/p/broken":
            raise ZeroDivisionError
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        pass

    metrics = Metrics()
    counted = metrics.around(app)
    for path in ("/v1/customers", "/v1", "/nowhere"):
        await counted({"type": "http", "path": path}, receive, send)
    with pytest.raises(ZeroDivisionError):
        await counted({"type": "http", "path": "/p/broken"}, receive, send)
    for door, status, number in (("api", "4xx", 2), ("other", "4xx", 1), ("portal", "5xx", 1)):
        labels = {"door": door, "status": status}
        assert metrics.registry.get_sample_value("tenure_requests_total", labels) == number
        assert metrics.registry.get_sample_value("tenure_request_seconds_count", {"door": door}) == number
