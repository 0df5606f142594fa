"""Reads a tree of form values into a msgspec struct, strictly, and refuses in Stripe's words.

    class Params(msgspec.Struct, frozen=True, kw_only=True):
        customer: str                                                          required
        quantity: Annotated[int, Meta(ge=1)] | UnsetType = UNSET               optional
        name: Annotated[str, Meta(max_length=40)] | None | UnsetType = UNSET   "" clears it: None
        trial_end: int | Literal["now"] | UnsetType = UNSET
        items: list[Item] | UnsetType = UNSET                                  items[0][…], items[][…]
        metadata: Metadata | UnsetType = UNSET                                 see merge_metadata

    type ── _reader, once for each class ──> Reader(text, array, object) ── for each request ──> value

A Reader holds what to do with each of the three shapes that a node can have; a union merges the readers of its members.
"""

import difflib
import re
import types
import typing
from collections.abc import Iterable
from functools import cache
from typing import Annotated, Any, NamedTuple, TypeAlias, TypeVar, Union

import msgspec
from msgspec import UnsetType

from tenure.domain.errors import Invalid
from tenure.wire.scalars import Bounds, Convert, Scalar, not_one_of, scalar, shortened, unwrap

Node: TypeAlias = "str | list[Node] | dict[str, Node]"
Tree: TypeAlias = dict[str, Node]
Metadata: TypeAlias = dict[str, str] | None
S = TypeVar("S", bound=msgspec.Struct)

MAX_METADATA_KEYS = 50
MAX_METADATA_KEY_LENGTH = 40
MAX_METADATA_VALUE_LENGTH = 500

_COMPARED_LENGTH = 64
_NAMED = 10
_INDEX = re.compile(r"[0-9]{1,9}")


class Reader(NamedTuple):
    """What to do with a text, a list and a map, None where the shape is wrong; `noun` names the right one."""

    noun: str
    text: Convert | None = None
    array: Convert | None = None
    object: Convert | None = None


def read(tree: Tree, cls: type[S]) -> S:
    """The parameters of a request. Raises Invalid with the parameter in bracket spelling."""
    return typing.cast(S, _struct(cls)(tree, ""))


def read_texts(node: Node, path: str) -> list[str]:
    """A list of texts, such as `expand`."""
    return typing.cast(list[str], _TEXTS(node, path))


def spell(steps: tuple[str, ...]) -> str:
    """A parameter as Stripe spells it: ("items", "0", "price") -> items[0][price]."""
    return steps[0] + "".join("[]" if step == "[]" else f"[{step}]" for step in steps[1:])


def merge_metadata(before: dict[str, str], change: Metadata | UnsetType) -> dict[str, str]:
    """Stripe's rule: given keys are set, `""` deletes one, None deletes all, UNSET changes none. Raises Invalid."""
    if isinstance(change, UnsetType):
        return before
    if change is None:
        return {}
    after = {key: value for key, value in {**before, **change}.items() if value != ""}
    if len(after) > MAX_METADATA_KEYS:
        raise _too_many_keys()
    return after


@cache
def _struct(cls: type[msgspec.Struct]) -> Convert:
    """The reader of a parameter struct, made once."""
    hints = typing.get_type_hints(cls, include_extras=True)
    infos = msgspec.structs.fields(cls)
    fields = {info.encode_name: (info.name, _converter(hints[info.name])) for info in infos}
    required = {info.encode_name: info.name for info in infos if info.required}

    def convert(tree: Tree, path: str) -> msgspec.Struct:
        values: dict[str, Any] = {}
        for name, node in tree.items():
            field = fields.get(name)
            if field is None:
                raise _unknown([each for each in tree if each not in fields], path, fields)
            attribute, read_node = field
            values[attribute] = read_node(node, f"{path}[{name}]" if path else name)
        for name, attribute in required.items():
            if attribute not in values:
                raise _missing(f"{path}[{name}]" if path else name)
        return cls(**values)

    return convert


def _unknown(names: list[str], path: str, known: Iterable[str]) -> Invalid:
    spelt = [f"{path}[{name}]" if path else name for name in names]
    message = f"Received unknown parameter{'s' if len(spelt) > 1 else ''}: {', '.join(map(shortened, spelt[:_NAMED]))}"
    if len(names) == 1 and len(names[0]) <= _COMPARED_LENGTH:
        for close in difflib.get_close_matches(names[0], list(known), n=1, cutoff=0.75):
            message += f". Did you mean {f'{path}[{close}]' if path else close}?"
    return Invalid(message, code="parameter_unknown", param=spelt[0])


def _missing(path: str) -> Invalid:
    return Invalid(f"Missing required param: {path}.", code="parameter_missing", param=path)


def _empty(path: str) -> Invalid:
    message = (
        f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a parameter; however "
        f"'{path}' cannot be unset. You should remove '{path}' from your request or supply a non-empty value."
    )
    return Invalid(message, code="parameter_invalid_empty", param=path)


def _misshapen(noun: str, node: Node, path: str) -> Invalid:
    """A map for a string, a string for an array, and so on; the reference quotes the structure it got as JSON."""
    if noun in ("object", "array"):
        return Invalid(f"Invalid {noun}", param=path)
    shown = {str(at): each for at, each in enumerate(node)} if isinstance(node, list) else node
    code = "parameter_invalid_integer" if noun == "integer" else None
    return Invalid(f"Invalid {noun}: {shortened(msgspec.json.encode(shown).decode())}", code=code, param=path)


def _converter(hint: Any) -> Convert:
    """A function of node and path for any type that a parameter may have."""
    members = _members(hint)
    clearable = types.NoneType in members
    noun, text, array, mapping = _merged([each for each in members if each not in (types.NoneType, UnsetType)])

    def convert(node: Node, path: str) -> Any:
        if isinstance(node, str):
            if not node:
                if clearable:
                    return None
                raise _empty(path)
            chosen = text
        else:
            chosen = array if isinstance(node, list) else mapping
        if chosen is None:
            raise _misshapen(noun, node, path)
        return chosen(node, path)

    return convert


def _members(hint: Any) -> tuple[Any, ...]:
    """The members of a union, flat; Annotated[A | B, m] means Annotated[A, m] | Annotated[B, m]."""
    origin = typing.get_origin(hint)
    if origin in (Union, types.UnionType):
        return tuple(member for each in typing.get_args(hint) for member in _members(each))
    if origin is Annotated:
        bare, *notes = typing.get_args(hint)
        return tuple(
            each if each in (types.NoneType, UnsetType) else Annotated[(each, *notes)] for each in _members(bare)
        )
    return (hint,)


def _merged(hints: list[Any]) -> Reader:
    """One reader for the members of a union: each shape goes to the member that has it."""
    scalars = [each for each in map(scalar, hints) if each is not None]
    others = [_compound(*unwrap(hint)) for hint in hints if scalar(hint) is None]
    array = next((each.array for each in others if each.array), None)
    indexed = next((each.object for each in others if each.array), None)
    plain = next((each.object for each in others if not each.array), None)
    noun = scalars[0].noun if scalars else others[0].noun
    return Reader(noun, _first_of(scalars), array, _mapping(indexed, plain))


def _first_of(scalars: list[Scalar]) -> Convert | None:
    """Tries the closed sets first and plain strings last."""
    ordered = sorted(scalars, key=lambda each: (each.words == ("a string",), each.noun != "string"))
    if len(ordered) <= 1:
        return ordered[0].convert if ordered else None
    words = [word for each in ordered for word in each.words]

    def convert(text: str, path: str) -> Any:
        for each in ordered:
            try:
                return each.convert(text, path)
            except Invalid:
                continue
        raise not_one_of(path, words)

    return convert


def _mapping(indexed: Convert | None, plain: Convert | None) -> Convert | None:
    """Where a list and an object are both allowed, a map with numbers as keys is the list."""
    if indexed is None or plain is None:
        return indexed or plain

    def convert(node: Tree, path: str) -> Any:
        return (indexed if all(map(_INDEX.fullmatch, node)) else plain)(node, path)

    return convert


def _compound(bare: Any, bounds: Bounds) -> Reader:
    """The reader of a struct, a list or a map."""
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        return Reader("object", object=_struct(bare))
    origin, arguments = typing.get_origin(bare), typing.get_args(bare)
    if origin is list:
        return _list(_converter(arguments[0]), bounds)
    if origin is dict:
        return Reader("object", object=_metadata if arguments == (str, str) else _map(_converter(arguments[1])))
    raise TypeError(f"A parameter cannot have the type {bare!r}.")


def _list(item: Convert, bounds: Bounds) -> Reader:
    """A list, from brackets or from a map of indices, in the order of the indices."""
    shortest, longest = bounds.min_length or 0, bounds.max_length

    def check(count: int, path: str) -> None:
        if longest is not None and count > longest:
            raise Invalid(f"Array {path} exceeded maximum {longest} allowed elements.", param=path)
        if count < shortest:
            raise Invalid(f"Array {path} must have at least {shortest} elements.", param=path)

    def from_array(nodes: list[Node], path: str) -> list[Any]:
        check(len(nodes), path)
        return [item(node, f"{path}[{at}]") for at, node in enumerate(nodes)]

    def from_map(nodes: Tree, path: str) -> list[Any]:
        if not all(map(_INDEX.fullmatch, nodes)):
            raise Invalid("Invalid array", param=path)
        check(len(nodes), path)
        return [item(nodes[key], f"{path}[{key}]") for key in sorted(nodes, key=int)]

    return Reader("array", array=from_array, object=from_map)


def _map(value: Convert) -> Convert:
    def convert(nodes: Tree, path: str) -> dict[str, Any]:
        return {key: value(node, f"{path}[{key}]") for key, node in nodes.items()}

    return convert


def _metadata(nodes: Tree, path: str) -> dict[str, str]:
    """A map of texts within the limits of metadata; `""` stays, for it deletes the key when it is merged."""
    if len(nodes) > MAX_METADATA_KEYS:
        raise _too_many_keys(path)
    for key, value in nodes.items():
        if not isinstance(value, str):
            raise _misshapen("string", value, f"{path}[{key}]")
        if len(key) > MAX_METADATA_KEY_LENGTH:
            raise _too_long("key", MAX_METADATA_KEY_LENGTH, key, path)
        if len(value) > MAX_METADATA_VALUE_LENGTH:
            raise _too_long("value", MAX_METADATA_VALUE_LENGTH, value, path)
    return typing.cast(dict[str, str], nodes)


def _too_many_keys(path: str = "metadata") -> Invalid:
    return Invalid(f"You can specify up to {MAX_METADATA_KEYS} metadata keys.", param=path)


def _too_long(what: str, limit: int, text: str, path: str) -> Invalid:
    message = (
        f"Metadata {what}s can have up to {limit} characters, but you passed in a {what} that is {len(text)} "
        f"characters. Invalid {what}: {shortened(text)}"
    )
    return Invalid(message, param=path)


_TEXTS = _converter(list[str])
