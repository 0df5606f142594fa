"""One request's way through the API: key, version, parameters, transaction, answer.

Authorization ─▶ Stripe-Version ─▶ body or query ─▶ typed parameters ─▶ idempotency ─▶ operation ─▶ expand ─▶ JSON
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import structlog

from tenure.api import auth, idempotency
from tenure.api.answers import Answer, refusal, written
from tenure.api.expansion import expanded
from tenure.api.requests import Disconnected, Request
from tenure.api.resource import Call, Operation, Resource, refuse_unsupported
from tenure.domain import documents
from tenure.domain.errors import Invalid, NotFound, Refused
from tenure.store.tx import SystemTx, Tx
from tenure.web.context import App
from tenure.wire import forms, versions

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

    async def answer(self, req: Request, named: Sequence[str], rid: str) -> Answer:
        """Answer one request; whatever goes wrong becomes an error object with its id."""
        try:
            req.version = versions.check(req.header(b"stripe-version"))
            return await self._answer(req, named, rid)
        except Refused as refused:
            return refusal(refused, rid)
        except Disconnected:
            raise
        except Exception as bug:  # the door's last handler: logged with the request's id, told as 500
            log.exception("request failed", request_id=rid, path=self.resource.path + self.operation.path)
            return refusal(bug, rid)

    async def _answer(self, req: Request, named: Sequence[str], rid: str) -> Answer:
        key = auth.read_key(req.header(b"authorization"))
        account = req.header(b"stripe-account")
        if not self.operation.writes:

            def read(tx: SystemTx) -> dict[str, Any]:
                caller = auth.admit(tx, key, account)
                return self._run(tx.within(caller.scope), named, self._asked(req.query))

            return Answer(200, written(await self.app.store.system_read(read, now=self.app.clock())), {})
        caller = await self.app.store.system_read(lambda tx: auth.admit(tx, key, account))
        auth.check_write(caller)
        raw = await req.parameters()
        asked = self._asked(raw)
        token = (req.header(b"idempotency-key") or None) if self.operation.verb == "POST" else None
        request = documents.Request(id=rid, idempotency_key=token)

        def run(tx: Tx) -> dict[str, Any]:
            return self._run(tx, named, asked)

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

    def _asked(self, raw: bytes) -> Asked:
        if not raw:
            return Asked({}, [], forms.read({}, self.operation.params))
        tree = forms.decode(raw)
        paths = forms.take_expand(tree)
        refuse_unsupported(self.resource, tree)
        return Asked(tree, paths, forms.read(tree, self.operation.params))

    def _run(self, tx: Tx, named: Sequence[str], asked: Asked) -> dict[str, Any]:
        id, child, *_ = *(each.replace("\0", "\ufffd") for each in named), "", ""
        call = Call(tx, asked.params, id, self.app, child)
        try:
            return expanded(tx, self.operation.run(call), asked.paths)
        except NotFound as missing:
            raise _blamed(missing, asked.tree) from None


def _blamed(missing: NotFound, tree: forms.Tree) -> Refused:
    """What the URL names and is not there is 404; what a parameter names makes that parameter wrong: 400."""
    if missing.param is None or missing.param.partition("[")[0] not in tree:
        return missing
    return Invalid(missing.message, code=missing.code, param=missing.param)
