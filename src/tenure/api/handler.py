"""One request's way through the API: key, version, parameters, transaction, answer.

Authorization ─▶ Stripe-Version ─▶ body or query ─▶ typed parameters ─▶ idempotency ─▶ operation ─▶ expand ─▶ JSON
"""

from typing import Any

import structlog
from falcon.asgi import Request as AsgiRequest
from falcon.asgi import Response as AsgiResponse

from tenure.api import auth, idempotency
from tenure.api.answers import Answer, answered, refusal
from tenure.api.expansion import expanded
from tenure.api.older import older_operation, older_refusal
from tenure.api.resource import Call, Operation, Resource, refuse_unsupported
from tenure.domain import documents
from tenure.domain.errors import Declined, Invalid, NotFound, Refused
from tenure.store.tx import Tx
from tenure.web.context import App
from tenure.web.request_ids import new_request_id
from tenure.wire import forms, versions

MAX_BODY = 1_000_000
log = structlog.get_logger("tenure.api")


class Handler:
    """The responder of one operation of one resource."""

    def __init__(self, app: App, resource: Resource, operation: Operation) -> None:
        self.app, self.resource, self.operation = app, resource, operation

    async def __call__(self, req: AsgiRequest, resp: AsgiResponse, id: str = "", child: str = "") -> None:
        """Answer one request; whatever goes wrong becomes an error object with a request id."""
        rid = new_request_id()
        req.context.request_id = rid
        version = versions.CURRENT
        try:
            named = req.get_header("Stripe-Version")
            version = self.app.api_version if named is None else versions.check(named)
            spoken = self if version is versions.CURRENT else self._moved(version, id)
            answer = await spoken._answer(req, (id, child), rid, version)
        except Refused as refused:
            answer = refusal(refused, rid)
        except Exception as bug:  # the door's last handler: logged with the request's id, told as 500
            log.exception("request failed", request_id=rid, path=self.resource.path + self.operation.path)
            answer = refusal(bug, rid)
        finish(resp, answer, rid, version)

    def _moved(self, version: str, id: str) -> "Handler":
        """The handler of what took the place of an operation that only older versions have; else this one."""
        operation = older_operation(version, self.resource, self.operation, id)
        return self if operation is self.operation else Handler(self.app, self.resource, operation)

    async def _answer(self, req: AsgiRequest, named: tuple[str, str], rid: str, version: str) -> Answer:
        key = auth.read_key(req.get_header("Authorization"))
        caller = await self.app.store.system_read(lambda tx: auth.identify(tx, key))
        auth.check_account(caller, req.get_header("Stripe-Account"))
        if self.operation.writes:
            auth.check_write(caller)
        raw = await self._raw(req)
        tree = forms.decode(raw)
        names: dict[str, str] = {}
        if version is not versions.CURRENT:
            names = versions.newer(version, f"{self.operation.verb} {self.resource.path}{self.operation.path}", tree)
        paths = forms.take_expand(tree)
        refuse_unsupported(self.resource, list(tree))
        params = forms.read(tree, self.operation.params)
        token = (req.get_header("Idempotency-Key") or None) if self.operation.verb == "POST" else None
        request = documents.Request(id=rid, idempotency_key=token)

        def run(tx: Tx) -> dict[str, Any] | Refused:
            id, child = (each.replace("\0", "\ufffd") for each in named)
            call = Call(tx, params, id, self.app, child)
            try:
                done = self.operation.run(call)
                return (
                    older_refusal(tx, done, version)
                    if isinstance(done, Refused)
                    else expanded(tx, done, paths, version)
                )
            except Declined as declined:
                raise older_refusal(tx, declined, version) from None
            except NotFound as missing:
                raise _blamed(missing, tree, names) from None

        now = self.app.clock()
        if not self.operation.writes:
            return answered(await self.app.store.read(caller.scope, run, now=now, request=request), rid)
        if token is not None:
            where = idempotency.Place(
                scope=caller.scope,
                key=token,
                target=f"{req.method} {req.path}",
                params_hashes=idempotency.digests(raw, self.app.ring),
                request_id=rid,
                secret=self.operation.secret,
            )
            return await idempotency.run(self.app, where, run, now=now, request=request)
        return answered(await self.app.store.write(caller.scope, run, now=now, request=request), rid)

    async def _raw(self, req: AsgiRequest) -> bytes:
        if self.operation.verb == "GET":
            return req.query_string.encode()
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


def _blamed(missing: NotFound, tree: forms.Tree, names: dict[str, str]) -> Refused:
    """What the URL names and is not there is 404; what a parameter names makes that parameter wrong: 400.

    `names` has the caller's names of parameters that newer versions renamed."""
    if missing.param is None or missing.param.partition("[")[0] not in tree:
        return missing
    return Invalid(missing.message, code=missing.code, param=names.get(missing.param, missing.param))


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
