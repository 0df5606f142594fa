"""What the store itself refuses.

Conflict ── AlreadyExists     the id (or a unique value) is taken
TooMany  ── Stale             others changed the same object meanwhile, again and again
"""

from tenure.domain.errors import Conflict, TooMany


class AlreadyExists(Conflict):
    """A new row has an id or a unique value that is taken; `kind` and `id` say which."""

    def __init__(self, kind: str, id: str) -> None:
        super().__init__(f"{kind.capitalize()} already exists.", code="resource_already_exists", param="id")
        self.kind = kind
        self.id = id


class Stale(TooMany):
    """The object was changed by another transaction between loading and saving."""

    def __init__(self, noun: str, id: str) -> None:
        message = (
            f"The {noun} '{id}' is being changed by other requests right now. Nothing was changed; please try again."
        )
        super().__init__(message, code="lock_timeout")
