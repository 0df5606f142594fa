"""What the API answers: status, JSON body and headers; and how an error becomes one."""

from typing import Any, Protocol

import msgspec

from tenure.domain.errors import Refused, TooMany
from tenure.store.tx import Tx
from tenure.web.rates import RETRY_AFTER_S
from tenure.wire import errors

RETRIED = (409, 429, 500, 503)
_encode = msgspec.json.Encoder().encode


class Answer(msgspec.Struct, frozen=True):
    """What goes back: status, body and the headers of this answer alone."""

    status: int
    body: bytes
    headers: dict[str, str]


class Runs(Protocol):
    """What an operation does inside its transaction."""

    def __call__(self, tx: Tx) -> dict[str, Any] | Refused:
        """The wire's dict of the answer, or a refusal that keeps what was done, as a declined payment does."""


def written(shape: dict[str, Any]) -> bytes:
    """JSON indented by two spaces, as the reference answers."""
    return msgspec.json.format(_encode(shape), indent=2)


def answered(done: dict[str, Any] | Refused, rid: str) -> Answer:
    """The answer of an operation that has been carried out."""
    return refusal(done, rid) if isinstance(done, Refused) else Answer(200, written(done), {})


def refusal(exc: Exception, rid: str) -> Answer:
    """The error object of whatever was raised."""
    status, body = errors.envelope(exc, request_id=rid)
    headers = {"Stripe-Should-Retry": "true"} if status in RETRIED else {}
    if isinstance(exc, TooMany):
        headers["Retry-After"] = str(RETRY_AFTER_S)
    return Answer(status, written(body), headers)
