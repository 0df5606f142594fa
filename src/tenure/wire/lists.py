"""Pages of objects: the parameters that every list takes and the object that it answers with.

Example::

    class CustomerList(ListParams, frozen=True, kw_only=True):
        email: str | UnsetType = UNSET
        created: Range | UnsetType = UNSET

    page = tx.page(Customer, conditions("created", params.created), **params.window())
    listing([…], page.has_more, "/v1/customers")   {"object": "list", "data": […], "has_more": true, "url": "/v1/…"}
"""

from typing import Annotated, Any, TypeAlias, TypedDict

import msgspec
from msgspec import UNSET, UnsetType

from tenure.domain.errors import Invalid


class Window(TypedDict):
    """Which page of a list: the keyword arguments of a store's `page`."""

    limit: int
    starting_after: str | None
    ending_before: str | None


class ListParams(msgspec.Struct, frozen=True, kw_only=True):
    """What every list accepts; a resource's own filters are added by a subclass."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    starting_after: str | UnsetType = UNSET
    ending_before: str | UnsetType = UNSET

    def __post_init__(self) -> None:
        """A page has one cursor; raises Invalid when two are given."""
        if self.starting_after is not UNSET and self.ending_before is not UNSET:
            raise Invalid("Received both starting_after and ending_before parameters. Please pass in only one.")

    def window(self) -> Window:
        """The page that is asked for, in the words of the store."""
        return Window(
            limit=self.limit, starting_after=self.starting_after or None, ending_before=self.ending_before or None
        )


class SearchParams(msgspec.Struct, frozen=True, kw_only=True):
    """What every search accepts; `page` is the `next_page` of an earlier answer."""

    query: str
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    page: str | UnsetType = UNSET


class RangeFilter(msgspec.Struct, frozen=True, kw_only=True):
    """An interval of times (unix seconds) or numbers: `created[gte]=…`."""

    gt: int | UnsetType = UNSET
    gte: int | UnsetType = UNSET
    lt: int | UnsetType = UNSET
    lte: int | UnsetType = UNSET


Range: TypeAlias = RangeFilter | int


def conditions(column: str, value: Range | UnsetType) -> list[tuple[str, str, int]]:
    """The filter as (column, operator, bound) for the store; none when it was not given."""
    if isinstance(value, UnsetType):
        return []
    if isinstance(value, int):
        return [(column, "=", value)]
    bounds = ((">", value.gt), (">=", value.gte), ("<", value.lt), ("<=", value.lte))
    return [(column, operator, bound) for operator, bound in bounds if not isinstance(bound, UnsetType)]


def listing(data: list[dict[str, Any]], has_more: bool, url: str) -> dict[str, Any]:
    """A list object."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def search_result(
    data: list[dict[str, Any]],
    has_more: bool,
    url: str,
    *,
    next_page: str | None = None,
    total_count: int | None = None,
) -> dict[str, Any]:
    """A search result; `total_count` appears only when it was asked for by `expand[]=total_count`."""
    result: dict[str, Any] = {
        "object": "search_result",
        "data": data,
        "has_more": has_more,
        "next_page": next_page,
        "url": url,
    }
    return result if total_count is None else {**result, "total_count": total_count}
