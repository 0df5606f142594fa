"""Queries of the search language become typed conditions, or are refused in Stripe's words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.domain.errors import Invalid
from tenure.wire.search import Condition, Search, parse

UNPARSABLE = (
    'We were unable to parse your search query. Try using the format `metadata["key"]:"value"` to query for metadata '
    'or key:"value" to query for other fields.'
)


@pytest.mark.parametrize(
    ("resource", "query", "condition"),
    [
        ("customers", "email:'sally@rocketrides.io'", Condition("email", ":", "sally@rocketrides.io")),
        ("customers", 'email~"rocket"', Condition("email", "~", "rocket")),
        ("customers", '-email:"a"', Condition("email", ":", "a", None, True)),
        ("customers", "email:null", Condition("email", ":", None)),
        ("customers", "-phone:NULL", Condition("phone", ":", None, None, True)),
        ("customers", 'name:"null"', Condition("name", ":", "null")),
        ("customers", r'name:"say \"hi\" \\ there"', Condition("name", ":", r'say "hi" \ there')),
        ("customers", r"name:'O\'Hara'", Condition("name", ":", "O'Hara")),
        ("customers", "name:'a AND b OR c'", Condition("name", ":", "a AND b OR c")),
        ("customers", "name:''", Condition("name", ":", "")),
        ("customers", "metadata['key']:'value'", Condition("metadata", ":", "value", "key")),
        ("customers", 'metadata["a]:b"]:"c"', Condition("metadata", ":", "c", "a]:b")),
        ("customers", '-metadata["donation-id"]:null', Condition("metadata", ":", None, "donation-id", True)),
        ("customers", "created>1620310503", Condition("created", ">", 1620310503)),
        ("customers", "created<='1620310503'", Condition("created", "<=", 1620310503)),
        ("customers", "created=5", Condition("created", ":", 5)),
        ("customers", "created:5", Condition("created", ":", 5)),
        ("products", "active:'true'", Condition("active", ":", "true")),
        ("products", "shippable:true", Condition("shippable", ":", "true")),
        ("prices", "lookup_key:'gold'", Condition("lookup_key", ":", "gold")),
        ("subscriptions", "status:'active'", Condition("status", ":", "active")),
        ("subscriptions", "  canceled_at>=5  ", Condition("canceled_at", ">=", 5)),
    ],
)
def test_a_clause_is_typed_by_its_field(resource: str, query: str, condition: Condition) -> None:
    assert parse(query, resource) == Search((condition,))


@pytest.mark.parametrize("joiner", [" ", " AND ", " and ", "\n And\t"])
def test_clauses_side_by_side_must_all_hold(joiner: str) -> None:
    found = parse(f"status:'active'{joiner}metadata['order_id']:'6735'{joiner}created>1", "subscriptions")
    assert [each.field for each in found.conditions] == ["status", "metadata", "created"]
    assert not found.any


def test_with_or_one_of_the_clauses_must_hold() -> None:
    found = parse("status:'active' OR status:'trialing' or status:'paused'", "subscriptions")
    assert [each.value for each in found.conditions] == ["active", "trialing", "paused"]
    assert found.any


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", UNPARSABLE),
        ("   ", UNPARSABLE),
        ("asdf", UNPARSABLE),
        (":'a'", UNPARSABLE),
        ("email:", UNPARSABLE),
        ("email:'a", UNPARSABLE),
        ("email:'a'name:'b'", UNPARSABLE),
        ("email:'a' AND", UNPARSABLE),
        ("email:'a' AND ", UNPARSABLE),
        ("email:'a' OR OR name:'b'", UNPARSABLE),
        ("AND email:'a'", UNPARSABLE),
        ("(email:'a')", UNPARSABLE),
        ("metadata:'a'", UNPARSABLE),
        ("metadata[key]:'a'", UNPARSABLE),
        ("metadata['key':'a'", UNPARSABLE),
        ("email:'a' AND name:'b' OR name:'c'", f"{UNPARSABLE} AND and OR cannot be combined in one query."),
        ("email:'a' name:'b' OR name:'c'", f"{UNPARSABLE} AND and OR cannot be combined in one query."),
        (" ".join(["email:'a'"] * 11), f"{UNPARSABLE} A query can have up to 10 clauses."),
        (
            "foo:'bar'",
            "Field `foo` is an unsupported search field for resource `customers`. See "
            "https://stripe.com/docs/search#query-fields-for-customers for a list of supported fields.",
        ),
        (
            "email['x']:'bar'",
            "Field `email` is an unsupported search field for resource `customers`. See "
            "https://stripe.com/docs/search#query-fields-for-customers for a list of supported fields.",
        ),
        ("email>'a'", "Field `email` is not numeric and does not support the operator `>`."),
        ("metadata['a']~'abc'", "Field `metadata` does not support substring matching with `~`."),
        ("created~123", "Field `created` does not support substring matching with `~`."),
        ("email~'ab'", "Substring matching needs at least 3 characters."),
        ("created>null", "`null` can only be used with the operator `:`."),
        ("created>soon", "The value of the numeric field `created` must be an integer."),
        ("created>1e3", "The value of the numeric field `created` must be an integer."),
    ],
)
def test_what_is_not_a_query_is_refused(query: str, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(query, "customers")
    assert (refused.value.message, refused.value.param) == (message, "query")


def quote(text: str, mark: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(mark, f"\\{mark}")
    return f"{mark}{escaped}{mark}"


@given(st.text(), st.text(), st.sampled_from("'\""))
def test_any_text_can_be_asked_for_in_quotes(key: str, value: str, mark: str) -> None:
    query = f"metadata[{quote(key, mark)}]:{quote(value, mark)}"
    assert parse(query, "customers") == Search((Condition("metadata", ":", value, key),))


@given(st.text("ab:'\"\\[]~<>= -ANDOR05", max_size=40))
def test_any_query_is_parsed_or_refused(query: str) -> None:
    try:
        assert parse(query, "customers").conditions
    except Invalid as refused:
        assert refused.param == "query"
