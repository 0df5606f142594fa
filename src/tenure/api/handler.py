"""One request's way through the API: key, version, parameters, transaction, answer.

Authorization ─▶ Stripe-Version ─▶ body or query ─▶ typed parameters ─▶ idempotency ─▶ operation ─▶ expand ─▶ JSON
"""

from typing import Any, NamedTuple

import structlog
from falcon.asgi import Request as AsgiRequest
from falcon.asgi import Response as AsgiResponse

from tenure.api import auth, idempotency
from tenure.api.answers import Answer, refusal, written
from tenure.api.expansion import expanded
from tenure.api.resource import Call, Operation, Resource, refuse_unsupported
from tenure.domain import documents
from tenure.domain.errors import Invalid, NotFound, Refused
from tenure.store.tx import SystemTx, Tx
from tenure.web.context import App
from tenure.web.request_ids import new_request_id
from tenure.wire import forms, versions

MAX_BODY = 1_000_000
log = structlog.get_logger("tenure.api")


class Asked(NamedTuple):
    """The parameters of a request: as they came, what is to be expanded, and typed."""

    tree: forms.Tree
    paths: list[str]
    params: Any


class Handler:
    """The responder of one operation of one resource."""

    def __init__(self, app: App, resource: Resource, operation: Operation) -> None:
        self.app, self.resource, self.operation = app, resource, operation

    async def __call__(self, req: AsgiRequest, resp: AsgiResponse, id: str = "") -> None:
        """Answer one request; whatever goes wrong becomes an error object with a request id."""
        rid = new_request_id()
        req.context.request_id = rid
        version = versions.CURRENT
        try:
            version = versions.check(req.get_header("Stripe-Version"))
            answer = await self._answer(req, id, rid)
        except Refused as refused:
            answer = refusal(refused, rid)
        except Exception as bug:  # the door's last handler: logged with the request's id, told as 500
            log.exception("request failed", request_id=rid, path=self.resource.path + self.operation.path)
            answer = refusal(bug, rid)
        finish(resp, answer, rid, version)

    async def _answer(self, req: AsgiRequest, id: str, rid: str) -> Answer:
        key = auth.read_key(req.get_header("Authorization"))
        account = req.get_header("Stripe-Account")
        if not self.operation.writes:
            query = req.query_string

            def read(tx: SystemTx) -> dict[str, Any]:
                caller = auth.admit(tx, key, account)
                return self._run(tx.within(caller.scope), id, self._asked(query))

            return Answer(200, written(await self.app.store.system_read(read, now=self.app.clock())), {})
        caller = await self.app.store.system_read(lambda tx: auth.admit(tx, key, account))
        auth.check_write(caller)
        raw = await self._raw(req)
        asked = self._asked(raw)
        token = (req.get_header("Idempotency-Key") or None) if self.operation.verb == "POST" else None
        request = documents.Request(id=rid, idempotency_key=token)

        def run(tx: Tx) -> dict[str, Any]:
            return self._run(tx, id, asked)

        now = self.app.clock()
        if token is not None:
            where = idempotency.Place(
                scope=caller.scope,
                key=token,
                target=f"{req.method} {req.path}",
                params_hash=idempotency.digest(raw),
                request_id=rid,
                secret=self.operation.secret,
            )
            return await idempotency.run(self.app, where, run, now=now, request=request)
        shape = await self.app.store.write(caller.scope, run, now=now, request=request)
        return Answer(200, written(shape), {})

    def _asked(self, raw: bytes | str) -> Asked:
        if not raw:
            return Asked({}, [], forms.read({}, self.operation.params))
        tree = forms.decode(raw)
        paths = forms.take_expand(tree)
        refuse_unsupported(self.resource, tree)
        return Asked(tree, paths, forms.read(tree, self.operation.params))

    def _run(self, tx: Tx, id: str, asked: Asked) -> dict[str, Any]:
        call = Call(tx, asked.params, id.replace("\0", "\ufffd"), self.app)
        try:
            return expanded(tx, self.operation.run(call), asked.paths)
        except NotFound as missing:
            raise _blamed(missing, asked.tree) from None

    async def _raw(self, req: AsgiRequest) -> bytes:
        length = req.content_length or 0
        if length > MAX_BODY:
            raise Invalid(f"The request body is larger than {MAX_BODY} bytes.")
        body: bytes = await req.stream.read(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            raise Invalid(f"The request body is larger than {MAX_BODY} bytes.")
        kind = (req.content_type or "").partition(";")[0].strip().lower()
        if body and kind not in ("", "application/x-www-form-urlencoded"):
            raise Invalid(f"Invalid content type '{kind[:60]}': send parameters as application/x-www-form-urlencoded.")
        query = req.query_string.encode()
        return b"&".join(part for part in (query, body) if part)


def _blamed(missing: NotFound, tree: forms.Tree) -> Refused:
    """What the URL names and is not there is 404; what a parameter names makes that parameter wrong: 400."""
    if missing.param is None or missing.param.partition("[")[0] not in tree:
        return missing
    return Invalid(missing.message, code=missing.code, param=missing.param)


def finish(resp: AsgiResponse, answer: Answer, rid: str, version: str) -> None:
    """Write an answer with the headers that every answer of the API has."""
    resp.status = answer.status
    resp.data = answer.body
    resp.content_type = "application/json"
    resp.set_headers(
        {
            "Request-Id": rid,
            "Stripe-Version": version,
            "Cache-Control": "no-cache, no-store",
            "X-Content-Type-Options": "nosniff",
            **answer.headers,
        }
    )
