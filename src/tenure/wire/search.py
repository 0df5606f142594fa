"""The search query language: a text to typed conditions.

    status:'active' AND -metadata['plan']:'trial' AND created>1620310503

        Search(conditions=(Condition("status", ":", "active"),
                           Condition("metadata", ":", "trial", key="plan", negated=True),
                           Condition("created", ">", 1620310503)))

    query     = clause { [ "AND" | "OR" ] clause }     a space means AND; AND and OR are not mixed; at most 10 clauses
    clause    = [ "-" ] field operator value
    field     = name | "metadata" "[" quoted "]"
    operator  = ":" equal, without case | "~" contains, 3 characters or more | ">" ">=" "<" "<=" "=" numbers only
    value     = quoted | number | bare word | "null"   in quotes, a backslash escapes

Source: Stripe documentation, "Search", with its tables of query fields.
"""

import re
from enum import StrEnum

import msgspec

from tenure.domain.errors import Invalid

MAX_CLAUSES = 10
MIN_SUBSTRING = 3


class FieldType(StrEnum):
    """What can be asked of a field: a token only equals, a string also contains, a number also compares."""

    TOKEN = "token"
    STRING = "string"
    NUMBER = "numeric"


_TOKEN, _STRING, _NUMBER = FieldType.TOKEN, FieldType.STRING, FieldType.NUMBER

FIELDS: dict[str, dict[str, FieldType]] = {
    "customers": {
        "created": _NUMBER,
        "email": _STRING,
        "metadata": _TOKEN,
        "name": _STRING,
        "phone": _STRING,
    },
    "invoices": {
        "created": _NUMBER,
        "currency": _TOKEN,
        "customer": _TOKEN,
        "metadata": _TOKEN,
        "number": _STRING,
        "receipt_number": _STRING,
        "status": _TOKEN,
        "subscription": _TOKEN,
        "total": _NUMBER,
    },
    "payment_intents": {
        "amount": _NUMBER,
        "created": _NUMBER,
        "currency": _TOKEN,
        "customer": _TOKEN,
        "metadata": _TOKEN,
        "status": _TOKEN,
    },
    "prices": {
        "active": _TOKEN,
        "currency": _TOKEN,
        "lookup_key": _STRING,
        "metadata": _TOKEN,
        "product": _STRING,
        "type": _TOKEN,
    },
    "products": {
        "active": _TOKEN,
        "description": _STRING,
        "metadata": _TOKEN,
        "name": _STRING,
        "shippable": _TOKEN,
        "url": _STRING,
    },
    "subscriptions": {
        "canceled_at": _NUMBER,
        "created": _NUMBER,
        "metadata": _TOKEN,
        "status": _TOKEN,
    },
}

_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'", re.DOTALL)
_BARE = re.compile(r"[^\s\"'\[\]:~<>=]+")
_OPERATOR = re.compile(r">=|<=|[:~><=]")
_JOINER = re.compile(r"(AND|OR)(?=\s)", re.IGNORECASE)
_SPACE = re.compile(r"\s*")
_NUMERIC = re.compile(r"-?[0-9]{1,18}")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class Condition(msgspec.Struct, frozen=True):
    """One clause; `value` None asks for fields that are not set, `key` names the metadata's key."""

    field: str
    operator: str
    value: str | int | None
    key: str | None = None
    negated: bool = False


class Search(msgspec.Struct, frozen=True):
    """The clauses of a query; one of them must hold when `any` is set, else all of them."""

    conditions: tuple[Condition, ...]
    any: bool = False


def parse(query: str, resource: str) -> Search:
    """The conditions of a query on `customers`, `prices`, `products` or `subscriptions`. Raises Invalid."""
    conditions: list[Condition] = []
    joiners: set[str] = set()
    at = _skip(query, 0)
    while at < len(query):
        condition, at = _clause(query, at, resource)
        conditions.append(condition)
        if len(conditions) > MAX_CLAUSES:
            raise _unparsable(f"A query can have up to {MAX_CLAUSES} clauses.")
        joiner, at = _joiner(query, at)
        joiners.add(joiner)
    if not conditions:
        raise _unparsable()
    joiners.discard("")
    if len(joiners) > 1:
        raise _unparsable("AND and OR cannot be combined in one query.")
    return Search(tuple(conditions), any=joiners == {"OR"})


def _unparsable(reason: str = "") -> Invalid:
    message = (
        'We were unable to parse your search query. Try using the format `metadata["key"]:"value"` to query for '
        'metadata or key:"value" to query for other fields.'
    )
    return Invalid(f"{message} {reason}".rstrip(), param="query")


def _skip(query: str, at: int) -> int:
    found = _SPACE.match(query, at)
    return found.end() if found else at


def _joiner(query: str, at: int) -> tuple[str, int]:
    """What stands between two clauses: AND, OR, a space (which is AND), or the end (which is nothing)."""
    start = _skip(query, at)
    if start == len(query):
        return "", start
    if start == at:
        raise _unparsable()
    found = _JOINER.match(query, start)
    if found is None:
        return "AND", start
    end = _skip(query, found.end())
    if end == len(query):
        raise _unparsable()
    return found[1].upper(), end


def _clause(query: str, at: int, resource: str) -> tuple[Condition, int]:
    negated = query.startswith("-", at)
    name = _FIELD.match(query, at + negated)
    if name is None:
        raise _unparsable()
    field, at, key = name[0], name.end(), None
    if query.startswith("[", at):
        key, at = _key(query, at)
    operator = _OPERATOR.match(query, at)
    if operator is None:
        raise _unparsable()
    text, quoted, at = _value(query, operator.end())
    value = _typed(field, operator[0], None if text.lower() == "null" and not quoted else text, key, resource)
    return Condition(field, ":" if operator[0] == "=" else operator[0], value, key, negated), at


def _key(query: str, at: int) -> tuple[str, int]:
    """The key in metadata["key"]."""
    found = _QUOTED.match(query, at + 1)
    if found is None or not query.startswith("]", found.end()):
        raise _unparsable()
    return _unquoted(found), found.end() + 1


def _value(query: str, at: int) -> tuple[str, bool, int]:
    found = _QUOTED.match(query, at)
    if found is not None:
        return _unquoted(found), True, found.end()
    bare = _BARE.match(query, at)
    if bare is None:
        raise _unparsable()
    return bare[0], False, bare.end()


def _unquoted(found: re.Match[str]) -> str:
    return _ESCAPE.sub(r"\1", found[1] if found[1] is not None else found[2])


def _typed(field: str, operator: str, text: str | None, key: str | None, resource: str) -> str | int | None:
    """The value in the field's type, after checking that the field and the operator go together."""
    kind = FIELDS[resource].get(field)
    if kind is None or (key is not None and field != "metadata"):
        raise Invalid(
            f"Field `{field[:100]}` is an unsupported search field for resource `{resource}`. See "
            f"https://stripe.com/docs/search#query-fields-for-{resource} for a list of supported fields.",
            param="query",
        )
    if field == "metadata" and key is None:
        raise _unparsable()
    _check_operator(field, operator, text, kind)
    if text is None or kind is not FieldType.NUMBER:
        return text
    if not _NUMERIC.fullmatch(text):
        raise Invalid(f"The value of the numeric field `{field}` must be an integer.", param="query")
    return int(text)


def _check_operator(field: str, operator: str, text: str | None, kind: FieldType) -> None:
    if operator in (">", ">=", "<", "<=", "=") and kind is not FieldType.NUMBER:
        raise Invalid(f"Field `{field}` is not numeric and does not support the operator `{operator}`.", param="query")
    if operator == "~" and kind is not FieldType.STRING:
        raise Invalid(f"Field `{field}` does not support substring matching with `~`.", param="query")
    if operator == "~" and len(text or "") < MIN_SUBSTRING:
        raise Invalid(f"Substring matching needs at least {MIN_SUBSTRING} characters.", param="query")
    if text is None and operator != ":":
        raise Invalid("`null` can only be used with the operator `:`.", param="query")
