"""Parameters onto documents: absent ones stay, None clears, metadata merges."""

from msgspec import UNSET
from msgspec.structs import replace

from tenure.actions.patch import given, merged_metadata, patch
from tenure.domain.customers import Customer
from tenure.domain.requests import ItemGiven, UpdateSubscription

ADA = Customer(id="cus_1", created=1, name="Ada", email="ada@example.com", metadata={"a": "1", "b": "2"})


def test_what_is_not_named_stays():
    assert patch(ADA, {}) == ADA
    assert patch(ADA, {"name": "Grace"}) == replace(ADA, name="Grace")


def test_none_clears_a_field_and_empties_a_list():
    cleared = patch(replace(ADA, preferred_locales=["de"]), {"name": None, "preferred_locales": None})
    assert (cleared.name, cleared.preferred_locales, cleared.email) == (None, [], "ada@example.com")


def test_metadata_merges_key_by_key():
    assert patch(ADA, {"metadata": {"a": "", "c": "3"}}).metadata == {"b": "2", "c": "3"}
    assert patch(ADA, {"metadata": None}).metadata == {}
    assert merged_metadata({"a": "1"}, {}) == {"a": "1"}


def test_a_nested_object_keeps_what_is_not_named():
    there = patch(ADA, {"address": {"city": "Riga", "country": "LV"}})
    moved = patch(there, {"address": {"city": "Ventspils"}})
    assert moved.address is not None and (moved.address.city, moved.address.country) == ("Ventspils", "LV")
    assert patch(moved, {"address": None}).address is None


def test_only_what_was_sent_is_given():
    assert given(UpdateSubscription(description=None, metadata={"a": "1"})) == {
        "description": None,
        "metadata": {"a": "1"},
    }
    assert given(UpdateSubscription()) == {}
    assert ItemGiven().quantity is UNSET
