"""One request's way through the API: key, version, parameters, transaction, answer.

Stripe-Version ─▶ Authorization ─▶ rate ─▶ body, query ─▶ typed parameters ─▶ idempotency ─▶ operation ─▶ expand ─▶ JSON
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import structlog

from tenure.api import auth, idempotency
from tenure.api.answers import Answer, answered, refusal
from tenure.api.expansion import expanded
from tenure.api.older import older_operation, older_refusal
from tenure.api.requests import Disconnected, Request
from tenure.api.resource import Call, Operation, Resource, refuse_unsupported
from tenure.domain import documents
from tenure.domain.errors import Declined, Invalid, NotFound, Refused
from tenure.store.tx import SystemTx, Tx
from tenure.web.context import App
from tenure.wire import forms, versions

log = structlog.get_logger("tenure.api")
_NO_NAMES: dict[str, str] = {}


class Asked(NamedTuple):
    """The parameters of a request: as they came, what is to be expanded, typed, and the version's own names."""

    tree: forms.Tree
    paths: list[str]
    params: Any
    version: str = versions.CURRENT
    names: dict[str, str] = _NO_NAMES


class Handler:
    """The responder of one operation of one resource."""

    def __init__(self, app: App, resource: Resource, operation: Operation) -> None:
        self.app, self.resource, self.operation = app, resource, operation

    async def answer(self, req: Request, named: Sequence[str], rid: str) -> Answer:
        """Answer one request; whatever goes wrong becomes an error object with its id."""
        try:
            header = req.header(b"stripe-version")
            req.version = self.app.api_version if header is None else versions.check(header)
            spoken = self if req.version is versions.CURRENT else self._moved(req.version, named)
            return await spoken._answer(req, named, rid)
        except Refused as refused:
            return refusal(refused, rid)
        except Disconnected:
            raise
        except Exception as bug:  # the door's last handler: logged with the request's id, told as 500
            log.exception("request failed", request_id=rid, path=self.resource.path + self.operation.path)
            return refusal(bug, rid)

    def _moved(self, version: str, named: Sequence[str]) -> "Handler":
        """The handler of what took the place of an operation that only older versions have; else this one."""
        operation = older_operation(version, self.resource, self.operation, named[0] if named else "")
        return self if operation is self.operation else Handler(self.app, self.resource, operation)

    async def _answer(self, req: Request, named: Sequence[str], rid: str) -> Answer:
        key = auth.read_key(req.header(b"authorization"))
        account = req.header(b"stripe-account")
        if not self.operation.writes:

            def read(tx: SystemTx) -> dict[str, Any] | Refused:
                caller = self._admitted(tx, key, account)
                return self._run(tx.within(caller.scope), named, self._asked(req.query, req.version))

            return answered(await self.app.store.system_read(read, now=self.app.clock()), rid)
        caller = await self.app.store.system_read(lambda tx: self._admitted(tx, key, account))
        auth.check_write(caller)
        raw = await req.parameters()
        asked = self._asked(raw, req.version)
        token = (req.header(b"idempotency-key") or None) if self.operation.verb == "POST" else None
        request = documents.Request(id=rid, idempotency_key=token)

        def run(tx: Tx) -> dict[str, Any] | Refused:
            return self._run(tx, named, asked)

        now = self.app.clock()
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

    def _admitted(self, tx: SystemTx, key: str, account: str | None) -> auth.Caller:
        """The caller, whose request is counted. Raises Unauthenticated, Forbidden, TooMany."""
        caller = auth.admit(tx, key, account)
        self.app.rates.count(caller.scope, caller.key_id)
        return caller

    def _asked(self, raw: bytes, version: str) -> Asked:
        if not raw and version is versions.CURRENT:
            return Asked({}, [], forms.read({}, self.operation.params))
        tree = forms.decode(raw)
        names = _NO_NAMES
        if version is not versions.CURRENT:
            names = versions.newer(version, f"{self.operation.verb} {self.resource.path}{self.operation.path}", tree)
        paths = forms.take_expand(tree)
        refuse_unsupported(self.resource, tree)
        return Asked(tree, paths, forms.read(tree, self.operation.params), version, names)

    def _run(self, tx: Tx, named: Sequence[str], asked: Asked) -> dict[str, Any] | Refused:
        id, child = named[0] if named else "", named[1] if len(named) > 1 else ""
        call = Call(tx, asked.params, id, self.app, child)
        try:
            done = self.operation.run(call)
            if isinstance(done, Refused):
                return older_refusal(tx, done, asked.version)
            return expanded(tx, done, asked.paths, asked.version)
        except Declined as declined:
            raise older_refusal(tx, declined, asked.version) from None
        except NotFound as missing:
            raise _blamed(missing, asked.tree, asked.names) from None


def _blamed(missing: NotFound, tree: forms.Tree, names: dict[str, str]) -> Refused:
    """What the URL names and is not there is 404; what a parameter names makes that parameter wrong: 400.

    `names` has the caller's names of parameters that newer versions renamed."""
    if missing.param is None or missing.param.partition("[")[0] not in tree:
        return missing
    return Invalid(missing.message, code=missing.code, param=names.get(missing.param, missing.param))
