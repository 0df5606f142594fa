"""From an address to its operation, and from an answer to bytes: the API speaks ASGI itself.

GET /v1/subscriptions/sub_1        "/v1/subscriptions/{id}"          id "sub_1"  ─▶ Handler ─▶ Answer
POST /v1/subscriptions/sub_1/pause "/v1/subscriptions/{id}/pause"    id "sub_1"
anything else under /v1            404 in Stripe's words

A page can afford a framework's request and response; for the retrieve of an object they would be a tenth of its cost.
"""

from tenure.api.answers import Answer, refusal
from tenure.api.handler import Handler
from tenure.api.requests import Disconnected, Request
from tenure.api.resource import missing_route
from tenure.web.asgi import Connection, Receive, Send
from tenure.web.request_ids import new_request_id
from tenure.wire import versions

Verbs = dict[str, Handler]
# What every answer of the API says.
_ALWAYS = [
    (b"content-type", b"application/json"),
    (b"stripe-version", versions.CURRENT.encode()),
    (b"cache-control", b"no-cache, no-store"),
    (b"x-content-type-options", b"nosniff"),
]


class Door:
    """Every operation by its address and its verb."""

    def __init__(self, routes: dict[str, Verbs]) -> None:
        self.routes = routes

    async def __call__(self, connection: Connection, receive: Receive, send: Send) -> None:
        """Answer one request of HTTP."""
        rid = new_request_id()
        request = Request(connection, receive)
        verbs, id = self._find(request.path)
        handler = verbs.get(request.method)
        try:
            answer = await handler.answer(request, id, rid) if handler is not None else _nothing(request, verbs, rid)
        except Disconnected:
            return
        headers = [
            *_ALWAYS,
            (b"request-id", rid.encode()),
            (b"content-length", b"%d" % len(answer.body)),
        ]
        for name, value in answer.headers.items():
            headers.append((name.lower().encode(), value.encode("latin-1")))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    def _find(self, path: str) -> tuple[Verbs, str]:
        """The verbs of an address, and the id in it; an address of its own goes before an id."""
        own = self.routes.get(path)
        if own is not None:
            return own, ""
        head, _, last = path.rpartition("/")
        of_one = self.routes.get(f"{head}/{{id}}")
        if of_one is not None:
            return of_one, last
        head, _, id = head.rpartition("/")
        return self.routes.get(f"{head}/{{id}}/{last}", {}), id


def _nothing(request: Request, verbs: Verbs, rid: str) -> Answer:
    """The answer where there is no operation."""
    if verbs and request.method == "OPTIONS":
        return Answer(200, b"", {"Allow": ", ".join(sorted(verbs))})
    return refusal(missing_route(request.method, request.path), rid)
