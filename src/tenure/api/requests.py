"""A request of the API as its handler sees it: verb, address, headers, query, body."""

from collections.abc import Iterable

from tenure.domain.errors import Invalid
from tenure.web.asgi import Connection, Receive
from tenure.wire import versions

MAX_BODY = 1_000_000
FORM = "application/x-www-form-urlencoded"


class Disconnected(Exception):  # noqa: N818
    """The caller is gone before the request was complete: nothing is done, and nobody is answered."""


class Request:
    """One request; its names of headers are in lower case, and what was sent twice is joined by a comma.

    `version` is the API version that it is answered in.
    """

    __slots__ = ("_headers", "_receive", "method", "path", "query", "version")

    def __init__(self, connection: Connection, receive: Receive) -> None:
        self.method: str = connection["method"]
        self.path: str = connection["path"]
        self.query: bytes = connection["query_string"]
        self.version = versions.CURRENT
        self._receive = receive
        self._headers: dict[bytes, bytes] = dict(connection["headers"])
        if len(self._headers) < len(connection["headers"]):
            self._headers = _joined(connection["headers"])

    def header(self, name: bytes) -> str | None:
        """The value of a header, if it was sent."""
        value = self._headers.get(name)
        return value.decode("latin-1") if value is not None else None

    async def parameters(self) -> bytes:
        """Query and body together, as form pairs. Raises Invalid, Disconnected."""
        body = await self._body()
        kind = (self.header(b"content-type") or "").partition(";")[0].strip().lower()
        if body and kind not in ("", FORM):
            raise Invalid(f"Invalid content type '{kind[:60]}': send parameters as {FORM}.")
        return b"&".join(part for part in (self.query, body) if part)

    async def _body(self) -> bytes:
        length = self.header(b"content-length") or "0"
        body, more = b"", True
        too_large = length.isdecimal() and int(length) > MAX_BODY
        while more and not too_large:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            body += message.get("body", b"")
            more = message.get("more_body", False)
            too_large = len(body) > MAX_BODY
        if too_large:
            raise Invalid(f"The request body is larger than {MAX_BODY} bytes.")
        return body


def _joined(sent: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for name, value in sent:
        headers[name] = headers[name] + b", " + value if name in headers else value
    return headers
