"""Everything that a rule may refuse, as one small tree; doors map each kind to a status once.

Refused
├── Invalid               400  a parameter is wrong
├── NotFound              404  no such object in this account and mode
├── Conflict              400  the object's state does not allow it
├── IdempotencyMismatch   400  the key was used with other parameters
├── Unauthenticated       401  no key, or not a valid one
├── Declined              402  the payment was declined
├── Forbidden             403  the key or person may not do this
├── InUse                 409  the same idempotency key is in flight
├── TooMany               429  rate limited
└── Unavailable           503  the database cannot take the write now; nothing was changed
"""

from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    """A request that the rules do not allow; the message is a full sentence for the caller."""

    status = 400
    type = "invalid_request_error"

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None) -> None:
        """Keep the sentence, Stripe's error code and the parameter in bracket spelling."""
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param


class Invalid(Refused):
    """A parameter is missing, unknown, or has a wrong value."""


class NotFound(Refused):
    """The object does not exist for this caller."""

    status = 404


class Conflict(Refused):
    """The object is in a state in which this cannot be done."""


class IdempotencyMismatch(Refused):
    """The idempotency key was first used with other parameters."""

    type = "idempotency_error"


class Unauthenticated(Refused):
    """No API key, or one that is not valid."""

    status = 401


class Declined(Refused):
    """The payment was declined; `details` are what else the error object says, such as the decline code."""

    status = 402
    type = "card_error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """The sentence and the code, with the objects that the error quotes as the wire shows them."""
        super().__init__(message, code=code, param=param)
        self.details = dict(details or {})


class Forbidden(Refused):
    """The key or the person may not do this."""

    status = 403


class InUse(Refused):
    """Another request with the same idempotency key is being worked on."""

    status = 409
    type = "idempotency_error"


class TooMany(Refused):
    """Too many requests in a short time."""

    status = 429


class Unavailable(Refused):
    """The database cannot take the write now; nothing was changed and a retry is safe."""

    status = 503
    type = "api_error"
