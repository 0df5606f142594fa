"""/v1/events: the log of news, newest first, kept for thirty days."""

from typing import Any

from msgspec import UNSET, UnsetType

from tenure.api.resource import Resource, Where, lists, retrieve
from tenure.domain.errors import Invalid
from tenure.domain.events import Event
from tenure.wire.lists import ListParams, Range, conditions

PATH = "/v1/events"
MAX_TYPES = 20


class ListEvents(ListParams, frozen=True, kw_only=True):
    """Filters of the list; a type may end in `.*`."""

    created: Range | UnsetType = UNSET
    delivery_success: bool | UnsetType = UNSET
    type: str | UnsetType = UNSET
    types: list[str] | UnsetType = UNSET


def _where(params: ListEvents) -> Where:
    where: list[tuple[str, str, Any]] = [*conditions("created", params.created)]
    if params.type is not UNSET and params.types is not UNSET:
        raise Invalid("You may pass only one of `type` and `types`.", param="types")
    if params.type is not UNSET:
        where += _of_type(params.type)
    if params.types is not UNSET:
        if len(params.types) > MAX_TYPES:
            raise Invalid(f"You may filter by at most {MAX_TYPES} types.", param="types")
        where.append(("type", "in", params.types))
    if params.delivery_success is not UNSET:
        where.append(("pending_webhooks", "=" if params.delivery_success else ">", 0))
    return where


def _of_type(name: str) -> list[tuple[str, str, Any]]:
    """One type, or with a star all that begin alike: a range of the index."""
    if name.endswith(".*"):
        stem = name.removesuffix("*")
        return [("type", ">=", stem), ("type", "<", stem[:-1] + "/")]
    return [("type", "=", name)]


RESOURCE = Resource(PATH, Event, (retrieve(Event), lists(PATH, Event, ListEvents, _where)))
