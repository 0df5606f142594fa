"""From an address to its operation, and from an answer to bytes: the API speaks ASGI itself.

GET /v1/subscriptions/sub_1          v1 ─ subscriptions ─ {id}          named ("sub_1",)  ─▶ Handler ─▶ Answer
POST /v1/subscriptions/sub_1/pause   v1 ─ subscriptions ─ {id} ─ pause  named ("sub_1",)
anything else under /v1              404 in Stripe's words

A page can afford a framework's request and response; for the retrieve of an object they would be a tenth of its cost.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

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
    (b"cache-control", b"no-cache, no-store"),
    (b"x-content-type-options", b"nosniff"),
]


@dataclass(slots=True)
class Place:
    """What follows a part of an address: parts of a name of their own, an id, or nothing more."""

    own: "dict[str, Place]" = field(default_factory=dict)
    id: "Place | None" = None
    verbs: Verbs = field(default_factory=dict)


class Door:
    """Every operation by its address and its verb."""

    def __init__(self, routes: Mapping[str, Verbs]) -> None:
        self.root = Place()
        for path, verbs in routes.items():
            place = self.root
            for part in path.split("/"):
                if part.startswith("{"):
                    place.id = place = place.id or Place()
                else:
                    place = place.own.setdefault(part, Place())
            place.verbs = verbs

    async def __call__(self, connection: Connection, receive: Receive, send: Send) -> None:
        """Answer one request of HTTP."""
        rid = new_request_id()
        request = Request(connection, receive)
        verbs, named = self._find(request.path)
        handler = verbs.get(request.method)
        try:
            answer = await handler.answer(request, named, rid) if handler is not None else _nothing(request, verbs, rid)
        except Disconnected:
            return
        headers = [
            *_ALWAYS,
            (b"request-id", rid.encode()),
            (b"stripe-version", request.version.encode()),
            (b"content-length", b"%d" % len(answer.body)),
        ]
        for name, value in answer.headers.items():
            headers.append((name.lower().encode(), value.encode("latin-1")))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    def _find(self, path: str) -> tuple[Verbs, list[str]]:
        """The verbs of an address, and the ids in it; a part with a name of its own is no id."""
        place, named = self.root, []
        for part in path.split("/"):
            own = place.own.get(part)
            if own is not None:
                place = own
            elif place.id is not None:
                place = place.id
                named.append(part.replace("\0", "\ufffd"))
            else:
                return {}, named
        return place.verbs, named


def _nothing(request: Request, verbs: Verbs, rid: str) -> Answer:
    """The answer where there is no operation."""
    if verbs and request.method == "OPTIONS":
        return Answer(200, b"", {"Allow": ", ".join(sorted(verbs))})
    request.version = versions.spoken(request.header(b"stripe-version"))
    return refusal(missing_route(request.method, request.path), rid)
