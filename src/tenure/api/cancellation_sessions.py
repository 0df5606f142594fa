"""/v1/cancellation_sessions: every cancel flow with its answers, offer and outcome. Tenure's own resource."""

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from tenure.api.resource import Resource, Where, lists, retrieve
from tenure.domain.retention import CancellationSession
from tenure.wire.lists import ListParams, Range, conditions

PATH = "/v1/cancellation_sessions"


class ListCancellationSessions(ListParams, frozen=True, kw_only=True):
    """Filters of the list."""

    created: Range | UnsetType = UNSET
    customer: str | UnsetType = UNSET
    feedback: str | UnsetType = UNSET
    outcome: Literal["aborted", "cancelled", "error", "saved"] | UnsetType = UNSET
    subscription: str | UnsetType = UNSET


def _where(params: ListCancellationSessions) -> Where:
    where: list[tuple[str, str, Any]] = [*conditions("created", params.created)]
    for name in ("customer", "feedback", "outcome", "subscription"):
        if getattr(params, name) is not UNSET:
            where.append((name, "=", getattr(params, name)))
    return where


RESOURCE = Resource(
    PATH,
    CancellationSession,
    (retrieve(CancellationSession), lists(PATH, CancellationSession, ListCancellationSessions, _where)),
)
