"""Custom cancellation reasons: create, reword, deactivate (one way)."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from tenure.actions.patch import patch
from tenure.domain.documents import Change
from tenure.domain.errors import Conflict
from tenure.domain.portal import FeedbackOption, FeedbackTransitions
from tenure.store.tx import Tx


def create(tx: Tx, *, description: str) -> FeedbackOption:
    """A new reason in the merchant's words, at most 100 characters."""
    option = FeedbackOption(id=tx.new_id("fbo_"), created=tx.now, livemode=tx.scope.livemode, description=description)
    tx.save(Change(after=(option,)))
    return option


def update(tx: Tx, id: str, fields: Mapping[str, Any]) -> FeedbackOption:
    """Reword it."""
    option = patch(tx.lock(FeedbackOption, id, param="id"), fields)
    tx.save(Change(after=(option,)))
    return option


def deactivate(tx: Tx, id: str) -> FeedbackOption:
    """Stop offering it, for good; answers that were given keep it. Raises Conflict when it is inactive."""
    before = tx.lock(FeedbackOption, id, param="id")
    if before.status == "inactive":
        raise Conflict(f"The feedback option {id} is already inactive.", param="id")
    option = replace(before, status="inactive", status_transitions=FeedbackTransitions(deactivated_at=tx.now))
    tx.save(Change(after=(option,)))
    return option
