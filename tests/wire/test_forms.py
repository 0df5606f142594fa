"""Bracketed pairs become the tree that Rack makes of them; the official SDK's own encoder is the other oracle."""

from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe._encode import _api_encode

from tenure.domain.errors import Invalid
from tenure.wire import forms

RACK = [
    ("", {}),
    ("&&", {}),
    ("=1", {}),
    ("a", {"a": ""}),
    ("a=", {"a": ""}),
    ("a=b=c", {"a": "b=c"}),
    ("a=1&a=2", {"a": "2"}),
    ("a[b]=1&a[b]=2", {"a": {"b": "2"}}),
    ("a[b]=1&a=2", {"a": "2"}),
    ("items[0][price]=p&items[0][quantity]=2", {"items": {"0": {"price": "p", "quantity": "2"}}}),
    ("items[][price]=p&items[][price]=q", {"items": [{"price": "p"}, {"price": "q"}]}),
    ("x[][a]=1&x[][b]=2&x[][a]=3&x[][b]=4", {"x": [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]}),
    ("x[][a][b]=1&x[][a][c]=2&x[][a][b]=3", {"x": [{"a": {"b": "1", "c": "2"}}, {"a": {"b": "3"}}]}),
    ("x[][y][]=1&x[][y][]=2", {"x": [{"y": ["1", "2"]}]}),
    ("x[y][][z]=1&x[y][][w]=2", {"x": {"y": [{"z": "1", "w": "2"}]}}),
    ("x[y][][z]=1&x[y][][z]=2", {"x": {"y": [{"z": "1"}, {"z": "2"}]}}),
    ("x[][][a]=1", {"x": [{"[]": {"a": "1"}}]}),
    ("x[][]=1&x[][]=2", {"x": [["1"], ["2"]]}),
    ("expand[]=a&expand[]=b", {"expand": ["a", "b"]}),
    ("expand[]=", {"expand": [""]}),
    ("metadata[1]=a&metadata[2]=b", {"metadata": {"1": "a", "2": "b"}}),
    ("a[b]c=1", {"a": {"b": {"c": "1"}}}),
    ("a[b=1", {"a": {"[b": "1"}}),
    ("a[=1", {"a[": "1"}),
    ("a[b][=1", {"a": {"[b][": "1"}}),
    ("a]=1", {"a]": "1"}),
    ("[]=1", {"[]": "1"}),
    ("[a]=1", {"[a]": "1"}),
    ("a[]b=1", {"a": [{"b": "1"}]}),
    ("a[ b ]=1", {"a": {" b ": "1"}}),
]


@pytest.mark.parametrize(("body", "tree"), RACK)
def test_pairs_become_the_tree_that_rack_makes(body: str, tree: dict[str, Any]) -> None:
    assert forms.decode(body) == tree
    assert forms.decode(body.encode()) == tree


@pytest.mark.parametrize(
    ("body", "tree"),
    [
        ("name=Ada+L%C3%B6w", {"name": "Ada Löw"}),
        ("items%5B0%5D%5Bprice%5D=p", {"items": {"0": {"price": "p"}}}),
        ("a%26b=c%3Dd", {"a&b": "c=d"}),
        ("a=%2B+%2b", {"a": "+ +"}),
        ("näme=Löw", {"näme": "Löw"}),
        ("a=%F0%9F%8E%81", {"a": "🎁"}),
        ("a=1;b=2", {"a": "1;b=2"}),
    ],
)
def test_percent_and_plus_are_decoded_as_utf8(body: str, tree: dict[str, Any]) -> None:
    assert forms.decode(body) == tree


@pytest.mark.parametrize(
    ("body", "message", "param"),
    [
        (b"a=%C3", "Invalid UTF-8 in parameters ('%C3')", None),
        (b"a=%ED%A0%80", "Invalid UTF-8 in parameters ('%ED%A0%80')", None),
        (b"a=\xff", "Invalid request: the parameters are not valid UTF-8.", None),
        ("a=\ud800", "Invalid UTF-8 in parameters ('\\ud800')", None),
        (b"a=100%", "Invalid %-encoding (100%)", None),
        (b"a=%zz", "Invalid %-encoding (%zz)", None),
        (b"a=x%00y", "Invalid string: NUL characters are not allowed", "a"),
        (b"a=x\0y", "Invalid string: NUL characters are not allowed", "a"),
        (b"a[x%00]=y", "Invalid string: NUL characters are not allowed", "a[x]"),
        ("a" + "[b]" * 40 + "=1", "Invalid request: parameters may be nested at most 32 levels deep.", None),
        ("&".join(["a=1"] * 10_001), "Invalid request: a request may have at most 10000 parameters.", None),
        ("a=1&a[b]=2", "Invalid object", "a"),
        ("a[]=1&a[b]=2", "Invalid object", "a"),
        ("a[b]=2&a[]=1", "Invalid array", "a"),
        ("x[a]=1&x[a][][b]=2", "Invalid array", "x[a]"),
    ],
)
def test_what_is_not_a_form_is_refused(body: bytes | str, message: str, param: str | None) -> None:
    with pytest.raises(Invalid) as refused:
        forms.decode(body)
    assert (refused.value.message, refused.value.param) == (message, param)


def test_a_name_of_any_length_and_number_of_brackets_takes_linear_time() -> None:
    with pytest.raises(Invalid):
        forms.decode("a" + "[x]" * 300_000 + "=1")
    assert forms.decode("a" * 1_000_000 + "[b]=1") == {"a" * 1_000_000: {"b": "1"}}
    assert list(forms.decode("a[" + "[" * 1_000_000 + "=1")) == ["a"]


def test_expand_is_taken_out_of_the_tree() -> None:
    tree = forms.decode("expand[]=customer&expand[]=items.data.price&limit=3")
    assert forms.take_expand(tree) == ["customer", "items.data.price"]
    assert tree == {"limit": "3"}
    assert forms.take_expand(tree) == []
    assert forms.take_expand(forms.decode("expand[1]=b&expand[0]=a")) == ["a", "b"]


@pytest.mark.parametrize(("body", "param"), [("expand=customer", "expand"), ("expand[0][a]=customer", "expand[0]")])
def test_expand_must_be_a_list_of_texts(body: str, param: str) -> None:
    with pytest.raises(Invalid) as refused:
        forms.take_expand(forms.decode(body))
    assert refused.value.param == param


keys = st.text(st.characters(exclude_characters="[]\0", exclude_categories=["Cs"]), min_size=1, max_size=8)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
scalars = texts | st.integers()
params = st.dictionaries(
    keys,
    st.recursive(
        scalars,
        lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(keys, inner, min_size=1, max_size=3),
        max_leaves=12,
    ),
    max_size=5,
)


def as_tree(value: Any) -> Any:
    """What the SDK says of a value: lists by index, everything else as text."""
    if isinstance(value, list):
        return {str(at): as_tree(each) for at, each in enumerate(value)}
    if isinstance(value, dict):
        return {key: as_tree(each) for key, each in value.items()}
    return str(value)


@given(params)
def test_whatever_the_official_sdk_encodes_comes_back(value: dict[str, Any]) -> None:
    body = urlencode(list(_api_encode(value)))
    assert forms.decode(body.encode()) == as_tree(value)
    assert forms.decode(body.replace("%5B", "[").replace("%5D", "]")) == as_tree(value)


@given(
    st.dictionaries(
        keys, st.lists(st.dictionaries(keys, texts, min_size=1, max_size=3), min_size=1, max_size=3), max_size=3
    )
)
def test_bracket_lists_of_maps_come_back_when_their_elements_have_equal_keys(value: dict[str, Any]) -> None:
    same = {key: [dict.fromkeys(elements[0], "x") for _ in elements] for key, elements in value.items()}
    pairs = [
        f"{quote_plus(key)}[][{quote_plus(inner)}]={quote_plus(text)}"
        for key, elements in same.items()
        for element in elements
        for inner, text in element.items()
    ]
    assert forms.decode("&".join(pairs)) == same


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(body: bytes) -> None:
    try:
        forms.decode(body)
    except Invalid as refused:
        assert refused.message


@given(st.text("a[]=&%+0", max_size=60))
def test_any_brackets_are_decoded_or_refused(body: str) -> None:
    try:
        assert isinstance(forms.decode(body), dict)
    except Invalid as refused:
        assert refused.message
