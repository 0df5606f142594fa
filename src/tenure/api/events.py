"""/v1/events: the log of news, newest first, kept for thirty days."""

from typing import Any

from msgspec import UNSET, UnsetType

from tenure.api.resource import Call, Nothing, Operation, Resource, Shape, Where, page_shape, shown
from tenure.domain.errors import Invalid
from tenure.domain.events import Event
from tenure.store.older import extras
from tenure.wire import versions
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
        where.append(("undelivered", "=" if params.delivery_success else ">", 0))
    return where


def _of_type(name: str) -> list[tuple[str, str, Any]]:
    """One type, or with a star all that begin alike: a range of the index."""
    if name.endswith(".*"):
        stem = name.removesuffix("*")
        return [("type", ">=", stem), ("type", "<", stem[:-1] + "/")]
    return [("type", "=", name)]


def _told(call: Call, event: Shape) -> Shape:
    """The event in the installation's version, whatever version the request speaks: it is what webhooks say, too."""
    version = call.app.api_version
    return event if version is versions.CURRENT else versions.older_event(version, event, extras(call.tx))


def _one(call: Call) -> Shape:
    return _told(call, shown(call, call.tx.need(Event, call.id, param="id")))


def _page(call: Call) -> Shape:
    page = page_shape(call, call.tx.page(Event, _where(call.params), **call.params.window()), PATH)
    page["data"] = [_told(call, event) for event in page["data"]]
    return page


RESOURCE = Resource(PATH, Event, (Operation("GET", "/{id}", Nothing, _one), Operation("GET", "", ListEvents, _page)))
