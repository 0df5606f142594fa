"""Turns whatever was raised into the status and the error object of Stripe's API.

    Invalid("Missing required param: customer.", code="parameter_missing", param="customer")
        -> 400, {"error": {"code": "parameter_missing", "doc_url": "…", "message": "…", "param": "customer",
                           "request_log_url": "…", "type": "invalid_request_error"}}
    KeyError("a bug")
        -> 500, {"error": {"message": "An unknown error occurred. …", "type": "api_error"}}

Attributes without a value are left out, as the reference does; nothing of an unexpected exception reaches the caller.
"""

from typing import Any

from tenure.domain.errors import Declined, Refused

DOC_URL = "https://stripe.com/docs/error-codes/"

_DOCUMENTED_TYPES = frozenset({"invalid_request_error", "card_error"})


def envelope(
    exc: BaseException, *, request_id: str | None = None, request_log_url: str | None = None
) -> tuple[int, dict[str, Any]]:
    """The HTTP status and the body; `request_id` is named only where the caller has to quote it to us."""
    if not isinstance(exc, Refused):
        return 500, {"error": {"message": _unknown(request_id), "type": "api_error"}}
    error: dict[str, Any] = {}
    if exc.code is not None:
        error["code"] = exc.code
        if exc.type in _DOCUMENTED_TYPES:
            error["doc_url"] = DOC_URL + exc.code.replace("_", "-")
    error["message"] = exc.message
    if exc.param is not None:
        error["param"] = exc.param
    if request_log_url is not None:
        error["request_log_url"] = request_log_url
    if isinstance(exc, Declined):
        error.update(exc.details)
    error["type"] = exc.type
    return exc.status, {"error": error}


def _unknown(request_id: str | None) -> str:
    message = "An unknown error occurred. The request may be retried with the same idempotency key."
    return message if request_id is None else f"{message} The request id is {request_id}."
