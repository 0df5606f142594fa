"""Form trees are read into structs strictly, and refused in Stripe's words with Stripe's `param` and `code`."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Meta, UnsetType
from stripe._encode import _api_encode

from tenure.domain.errors import Invalid
from tenure.wire import forms
from tenure.wire.forms import Metadata, merge_metadata


class Behavior(StrEnum):
    KEEP = "keep_as_draft"
    VOID = "void"


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    behavior: Behavior
    resumes_at: int | None | UnsetType = UNSET


class Item(msgspec.Struct, frozen=True, kw_only=True):
    price: str
    quantity: Annotated[int, Meta(ge=0, le=1000)] | UnsetType = UNSET
    metadata: Metadata | UnsetType = UNSET


class Range(msgspec.Struct, frozen=True, kw_only=True):
    gte: int | UnsetType = UNSET
    lt: int | UnsetType = UNSET


class Params(msgspec.Struct, frozen=True, kw_only=True, rename={"source": "from"}):
    customer: str
    active: bool | UnsetType = UNSET
    count: int | UnsetType = UNSET
    certain: Literal[True] | UnsetType = UNSET
    created: Range | int | UnsetType = UNSET
    currencies: dict[str, Range] | UnsetType = UNSET
    duration: Literal["forever", "once", "repeating"] | UnsetType = UNSET
    items: Annotated[list[Item], Meta(max_length=3)] | UnsetType = UNSET
    labels: list[str] | None | UnsetType = UNSET
    locale: Annotated[str, Meta(min_length=2, max_length=5, pattern="^[a-z]")] | UnsetType = UNSET
    metadata: Metadata | UnsetType = UNSET
    mode: Literal["a", "b"] | UnsetType = UNSET
    name: Annotated[str, Meta(max_length=10)] | None | UnsetType = UNSET
    only: Literal["coupon"] | UnsetType = UNSET
    pause: Pause | None | UnsetType = UNSET
    percent: Decimal | UnsetType = UNSET
    source: str | UnsetType = UNSET
    targets: list[Item] | Item | UnsetType = UNSET
    trial_end: int | Literal["now"] | UnsetType = UNSET
    word_or_number: str | int | UnsetType = UNSET


class Bounded(Params, frozen=True, kw_only=True):
    """msgspec itself takes no bounds on these, so that only ours are read into this one."""

    percent: Annotated[Decimal, Meta(gt=0, le=100)] | UnsetType = UNSET
    rate: Annotated[float | None, Meta(lt=1)] | UnsetType = UNSET


def read(body: str) -> Bounded:
    return forms.read(forms.decode(body), Bounded)


VALUES = [
    ("active=true", "active", True),
    ("active=false", "active", False),
    ("count=-12", "count", -12),
    ("count=007", "count", 7),
    ("count=9223372036854775807", "count", 2**63 - 1),
    ("certain=true", "certain", True),
    ("created=5", "created", 5),
    ("created[gte]=1&created[lt]=2", "created", Range(gte=1, lt=2)),
    ("currencies[eur][gte]=1&currencies[1][lt]=2", "currencies", {"eur": Range(gte=1), "1": Range(lt=2)}),
    ("duration=once", "duration", "once"),
    ("from=here", "source", "here"),
    ("items[0][price]=p&items[0][quantity]=2", "items", [Item(price="p", quantity=2)]),
    ("items[10][price]=c&items[2][price]=b&items[0][price]=a", "items", [Item(price=each) for each in "abc"]),
    ("items[][price]=p&items[][price]=q", "items", [Item(price="p"), Item(price="q")]),
    ("labels[]=a&labels[]=b", "labels", ["a", "b"]),
    ("labels[1]=b&labels[0]=a", "labels", ["a", "b"]),
    ("labels=", "labels", None),
    ("metadata[1]=a&metadata[x]=", "metadata", {"1": "a", "x": ""}),
    ("metadata=", "metadata", None),
    ("name=", "name", None),
    ("name=0123456789", "name", "0123456789"),
    ("pause=", "pause", None),
    ("pause[behavior]=void&pause[resumes_at]=", "pause", Pause(behavior=Behavior.VOID, resumes_at=None)),
    ("percent=12.50", "percent", Decimal("12.50")),
    ("percent=100", "percent", Decimal(100)),
    ("rate=0.25", "rate", 0.25),
    ("rate=", "rate", None),
    ("targets[0][price]=p", "targets", [Item(price="p")]),
    ("targets[][price]=p", "targets", [Item(price="p")]),
    ("targets[price]=p", "targets", Item(price="p")),
    ("trial_end=now", "trial_end", "now"),
    ("trial_end=1767225600", "trial_end", 1767225600),
    ("word_or_number=12", "word_or_number", 12),
    ("word_or_number=twelve", "word_or_number", "twelve"),
]


@pytest.mark.parametrize(("body", "field", "value"), VALUES)
def test_values_are_read_in_the_type_of_their_field(body: str, field: str, value: Any) -> None:
    params = read(f"customer=cus_1&{body}")
    assert getattr(params, field) == value
    assert type(getattr(params, field)) is type(value)


def test_what_is_absent_stays_unset() -> None:
    assert read("customer=cus_1") == Bounded(customer="cus_1")
    assert read("customer=cus_1").name is UNSET


EMPTY = (
    "You passed an empty string for '{0}'. We assume empty values are an attempt to unset a parameter; however '{0}' "
    "cannot be unset. You should remove '{0}' from your request or supply a non-empty value."
)
REFUSALS: list[tuple[str, str, str | None, str]] = [
    ("foo=1", "Received unknown parameter: foo", "parameter_unknown", "foo"),
    ("foo=1&bar=2", "Received unknown parameters: foo, bar", "parameter_unknown", "foo"),
    ("curency=1&duratoin=once", "Received unknown parameters: curency, duratoin", "parameter_unknown", "curency"),
    ("duratoin=once", "Received unknown parameter: duratoin. Did you mean duration?", "parameter_unknown", "duratoin"),
    ("items[0][foo]=1", "Received unknown parameter: items[0][foo]", "parameter_unknown", "items[0][foo]"),
    (
        "items[0][prices]=1",
        "Received unknown parameter: items[0][prices]. Did you mean items[0][price]?",
        "parameter_unknown",
        "items[0][prices]",
    ),
    ("source=1", "Received unknown parameter: source", "parameter_unknown", "source"),
    ("items[0][quantity]=1", "Missing required param: items[0][price].", "parameter_missing", "items[0][price]"),
    ("items[][quantity]=1", "Missing required param: items[0][price].", "parameter_missing", "items[0][price]"),
    ("pause[resumes_at]=1", "Missing required param: pause[behavior].", "parameter_missing", "pause[behavior]"),
    ("count=abc", "Invalid integer: abc", "parameter_invalid_integer", "count"),
    ("count=1e3", "Invalid integer: 1e3", "parameter_invalid_integer", "count"),
    ("count=1.0", "Invalid integer: 1.0", "parameter_invalid_integer", "count"),
    ("count=nan", "Invalid integer: nan", "parameter_invalid_integer", "count"),
    ("count=%2B1", "Invalid integer: +1", "parameter_invalid_integer", "count"),
    ("count=1_0", "Invalid integer: 1_0", "parameter_invalid_integer", "count"),
    ("count=+1", "Invalid integer:  1", "parameter_invalid_integer", "count"),
    ("count=1%0A", "Invalid integer: 1\n", "parameter_invalid_integer", "count"),
    ("count=%D9%A3", "Invalid integer: ٣", "parameter_invalid_integer", "count"),
    ("count=9223372036854775808", "Invalid integer: 9223372036854775808", "parameter_invalid_integer", "count"),
    ("count=" + "9" * 50, "Invalid integer: " + "9" * 40 + "…", "parameter_invalid_integer", "count"),
    ("count[a]=1", 'Invalid integer: {"a":"1"}', "parameter_invalid_integer", "count"),
    (
        "items[0][price]=p&items[0][quantity]=-1",
        "This value must be greater than or equal to 0.",
        "parameter_invalid_integer",
        "items[0][quantity]",
    ),
    (
        "items[0][price]=p&items[0][quantity]=1001",
        "This value must be less than or equal to 1000.",
        "parameter_invalid_integer",
        "items[0][quantity]",
    ),
    ("active=yes", "Invalid boolean: yes", None, "active"),
    ("active=TRUE", "Invalid boolean: TRUE", None, "active"),
    ("active=1", "Invalid boolean: 1", None, "active"),
    ("percent=1e1", "Invalid decimal: 1e1", None, "percent"),
    ("percent=NaN", "Invalid decimal: NaN", None, "percent"),
    ("percent=.5", "Invalid decimal: .5", None, "percent"),
    ("percent=0", "This value must be greater than 0.", None, "percent"),
    ("percent=100.01", "This value must be less than or equal to 100.", None, "percent"),
    ("rate=inf", "Invalid decimal: inf", None, "rate"),
    ("rate=1", "This value must be less than 1.", None, "rate"),
    ("duration=twice", "Invalid duration: must be one of forever, once, or repeating", None, "duration"),
    ("mode=c", "Invalid mode: must be one of a or b", None, "mode"),
    ("only=c", "Invalid only: must be coupon", None, "only"),
    (
        "pause[behavior]=x",
        "Invalid pause[behavior]: must be one of keep_as_draft or void",
        None,
        "pause[behavior]",
    ),
    ("trial_end=soon", "Invalid trial_end: must be one of now or an integer", None, "trial_end"),
    ("name=01234567890", "Invalid string: 01234567890; must be at most 10 characters", None, "name"),
    ("from=" + "x" * 5001, f"Invalid string: {'x' * 40}…; must be at most 5000 characters", None, "from"),
    ("locale=d", "Invalid string: d; must be at least 2 characters", None, "locale"),
    ("locale=DE", "Invalid string: DE", None, "locale"),
    ("from[]=wrong&from[]=type", 'Invalid string: {"0":"wrong","1":"type"}', None, "from"),
    ("from=", EMPTY.format("from"), "parameter_invalid_empty", "from"),
    ("count=", EMPTY.format("count"), "parameter_invalid_empty", "count"),
    ("items=", EMPTY.format("items"), "parameter_invalid_empty", "items"),
    ("items[0]=", EMPTY.format("items[0]"), "parameter_invalid_empty", "items[0]"),
    ("items[0][price]=", EMPTY.format("items[0][price]"), "parameter_invalid_empty", "items[0][price]"),
    ("labels[]=", EMPTY.format("labels[0]"), "parameter_invalid_empty", "labels[0]"),
    ("pause=x", "Invalid object", None, "pause"),
    ("pause[]=x", "Invalid object", None, "pause"),
    ("items=x", "Invalid array", None, "items"),
    ("items[a][price]=x", "Invalid array", None, "items"),
    ("items[0][price]=x&items[a][price]=x", "Invalid array", None, "items"),
    ("items[0]=x", "Invalid object", None, "items[0]"),
    (
        "items[][price]=1&items[][price]=2&items[][price]=3&items[][price]=4",
        "Array items exceeded maximum 3 allowed elements.",
        None,
        "items",
    ),
    ("created=abc", "Invalid integer: abc", "parameter_invalid_integer", "created"),
    ("created[gte]=abc", "Invalid integer: abc", "parameter_invalid_integer", "created[gte]"),
    ("created[foo]=1", "Received unknown parameter: created[foo]", "parameter_unknown", "created[foo]"),
    ("metadata=x", "Invalid object", None, "metadata"),
    ("metadata[]=x", "Invalid object", None, "metadata"),
    ("metadata[a][b]=x", 'Invalid string: {"b":"x"}', None, "metadata[a]"),
    (
        "metadata[" + "k" * 41 + "]=x",
        "Metadata keys can have up to 40 characters, but you passed in a key that is 41 characters. Invalid key: "
        + "k" * 40
        + "…",
        None,
        "metadata",
    ),
    (
        "metadata[k]=" + "v" * 501,
        "Metadata values can have up to 500 characters, but you passed in a value that is 501 characters. Invalid "
        "value: " + "v" * 40 + "…",
        None,
        "metadata",
    ),
    (
        "&".join(f"metadata[{at}]=x" for at in range(51)),
        "You can specify up to 50 metadata keys.",
        None,
        "metadata",
    ),
]


@pytest.mark.parametrize(("body", "message", "code", "param"), REFUSALS)
def test_refusals_have_the_words_code_and_param_of_the_reference(
    body: str, message: str, code: str | None, param: str
) -> None:
    with pytest.raises(Invalid) as refused:
        read(f"customer=cus_1&{body}")
    error = refused.value
    assert (error.message, error.code, error.param) == (message, code, param)


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        read("active=true")
    error = refused.value
    assert error.message == "Missing required param: customer."
    assert (error.code, error.param) == ("parameter_missing", "customer")


def test_a_type_that_no_form_can_carry_is_a_mistake_of_ours() -> None:
    class Wrong(msgspec.Struct):
        when: tuple[int, int]

    with pytest.raises(TypeError, match="tuple"):
        forms.read({}, Wrong)


@pytest.mark.parametrize(
    ("change", "after"),
    [
        (UNSET, {"a": "1", "b": "2"}),
        (None, {}),
        ({}, {"a": "1", "b": "2"}),
        ({"a": "", "c": "3"}, {"b": "2", "c": "3"}),
        ({"z": ""}, {"a": "1", "b": "2"}),
    ],
)
def test_metadata_is_merged_key_by_key(change: Metadata | UnsetType, after: dict[str, str]) -> None:
    assert merge_metadata({"a": "1", "b": "2"}, change) == after


def test_metadata_has_at_most_fifty_keys_after_it_was_merged() -> None:
    full = {str(at): "x" for at in range(50)}
    assert len(merge_metadata(full, {"0": "", "new": "x"})) == 50
    with pytest.raises(Invalid, match="50 metadata keys"):
        merge_metadata(full, {"new": "x"})


words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=10)
keys = st.text(st.characters(exclude_characters="[]\0", exclude_categories=["Cs"]), min_size=1, max_size=10)
metadata = st.dictionaries(keys, words, min_size=1, max_size=4)
integers = st.integers(-(2**63) + 1, 2**63 - 1)
items = st.fixed_dictionaries(
    {"price": words}, optional={"quantity": st.integers(0, 1000), "metadata": st.just("") | metadata}
)
sdk_params = st.fixed_dictionaries(
    {"customer": words},
    optional={
        "active": st.booleans(),
        "count": integers,
        "created": integers | st.fixed_dictionaries({"gte": integers}, optional={"lt": integers}),
        "duration": st.sampled_from(["forever", "once", "repeating"]),
        "items": st.lists(items, min_size=1, max_size=3),
        "labels": st.just("") | st.lists(words, min_size=1, max_size=12),
        "metadata": st.just("") | metadata,
        "name": st.just("") | words,
        "pause": st.just("") | st.fixed_dictionaries({"behavior": st.sampled_from(list(Behavior))}),
        "percent": st.decimals("0.01", 100, places=2),
        "trial_end": st.just("now") | integers,
    },
)


def cleared(value: Any) -> Any:
    """What the SDK means by a value: an empty text clears."""
    if isinstance(value, dict):
        return {key: cleared(each) for key, each in value.items()}
    if isinstance(value, list):
        return [cleared(each) for each in value]
    return None if value == "" else value


@given(sdk_params)
def test_what_the_official_sdk_sends_is_read_as_it_was_meant(value: dict[str, Any]) -> None:
    body = urlencode(list(_api_encode(value)))
    assert forms.read(forms.decode(body.encode()), Params) == msgspec.convert(cleared(value), Params)
