"""What older API versions have and the newest has not: operations that moved, and refusals that quote older shapes.

GET /v1/invoices/upcoming         ─▶ POST /v1/invoices/create_preview
GET /v1/invoices/upcoming/lines   ─▶ the same, and of its answer the lines
a declined payment                ─▶ its payment intent and method as the version shows them
"""

from dataclasses import replace
from typing import Any

from tenure.api.resource import Call, Operation, Resource
from tenure.domain.errors import Declined, Refused
from tenure.store.older import extras
from tenure.store.tx import Tx
from tenure.wire import versions


def older_operation(version: str, resource: Resource, operation: Operation, id: str) -> Operation:
    """The operation to run for a request that speaks an older version; mostly the one that was named."""
    name = versions.moved(version, f"{operation.verb} {resource.path}{operation.path}", id)
    if name is None:
        return operation
    found = next(each for each in resource.operations if f"{each.verb} {resource.path}{each.path}" == name)
    return replace(found, run=_lines_of(found)) if operation.path.endswith("/lines") else found


def _lines_of(operation: Operation) -> Any:
    def run(call: Call) -> Any:
        shape: Any = operation.run(call)
        return {**shape["lines"], "url": "/v1/invoices/upcoming/lines"} if isinstance(shape, dict) else shape

    return run


def older_refusal(tx: Tx, refused: Refused, version: str) -> Refused:
    """The refusal with the objects that it quotes as the version shows them."""
    if version is versions.CURRENT or not isinstance(refused, Declined) or not refused.details:
        return refused
    details = versions.older(version, refused.details, extras(tx))
    return Declined(refused.message, code=refused.code, param=refused.param, details=details)
