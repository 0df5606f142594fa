"""The parameters of lists, and the objects that lists and searches answer with."""

import pytest
from msgspec import UNSET, UnsetType

from tenure.domain.errors import Invalid
from tenure.wire import forms
from tenure.wire.lists import ListParams, Range, SearchParams, conditions, listing, search_result


class Filtered(ListParams, frozen=True, kw_only=True):
    created: Range | UnsetType = UNSET


def read(query: str) -> Filtered:
    return forms.read(forms.decode(query), Filtered)


@pytest.mark.parametrize(
    ("query", "window"),
    [
        ("", {"limit": 10, "starting_after": None, "ending_before": None}),
        ("limit=1", {"limit": 1, "starting_after": None, "ending_before": None}),
        ("limit=100&starting_after=cus_1", {"limit": 100, "starting_after": "cus_1", "ending_before": None}),
        ("ending_before=cus_1", {"limit": 10, "starting_after": None, "ending_before": "cus_1"}),
    ],
)
def test_a_page_has_ten_objects_unless_asked_otherwise(query: str, window: dict[str, object]) -> None:
    assert read(query).window() == window


@pytest.mark.parametrize(
    ("query", "message", "param"),
    [
        ("limit=0", "This value must be greater than or equal to 1.", "limit"),
        ("limit=101", "This value must be less than or equal to 100.", "limit"),
        ("limit=ten", "Invalid integer: ten", "limit"),
        ("offset=5", "Received unknown parameter: offset", "offset"),
        (
            "starting_after=a&ending_before=b",
            "Received both starting_after and ending_before parameters. Please pass in only one.",
            None,
        ),
    ],
)
def test_a_page_that_cannot_be_is_refused(query: str, message: str, param: str | None) -> None:
    with pytest.raises(Invalid) as refused:
        read(query)
    assert (refused.value.message, refused.value.param) == (message, param)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", []),
        ("created=7", [("created", "=", 7)]),
        ("created[gt]=1&created[lt]=9", [("created", ">", 1), ("created", "<", 9)]),
        ("created[lte]=9&created[gte]=1", [("created", ">=", 1), ("created", "<=", 9)]),
        ("created[gte]=0", [("created", ">=", 0)]),
    ],
)
def test_a_range_becomes_conditions_on_a_column(query: str, expected: list[tuple[str, str, int]]) -> None:
    assert conditions("created", read(query).created) == expected


def test_a_list_object_has_four_keys() -> None:
    assert listing([{"id": "cus_1"}], True, "/v1/customers") == {
        "object": "list",
        "data": [{"id": "cus_1"}],
        "has_more": True,
        "url": "/v1/customers",
    }


def test_a_search_result_has_a_total_only_when_it_was_asked_for() -> None:
    plain = {"object": "search_result", "data": [], "has_more": False, "next_page": None, "url": "/v1/prices/search"}
    assert search_result([], False, "/v1/prices/search") == plain
    more = search_result([], True, "/v1/prices/search", next_page="p2", total_count=30)
    assert (more["next_page"], more["total_count"]) == ("p2", 30)


def test_a_search_needs_a_query() -> None:
    assert forms.read(forms.decode("query=a:1"), SearchParams).limit == 10
    with pytest.raises(Invalid, match="Missing required param: query"):
        forms.read({}, SearchParams)
