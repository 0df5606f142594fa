"""A document is what the wire shows: one frozen struct per object, stored as compact JSON.

    full(doc)     every field, as the wire shows it          {"id": …, "name": null, …}
    compact(doc)  the stored form: defaults omitted          {"id":"cus_…","created":…}
    load(cls, b)  the stored form back into a document

References to other objects are kept as their ids; embedding and expanding happen at the edge.
"""

import contextlib
import threading
import types
import typing
from collections.abc import Iterator
from functools import cache
from typing import Any, TypeVar, Union

import msgspec


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a document: nested, without an identity of its own."""


class Identified(Part, frozen=True, kw_only=True):
    """A part with an id of its own, of which events can tell, that is kept inside a document."""

    id: str
    object: str = ""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """An object of the API with an identity; `created` is in unix seconds."""

    id: str
    object: str = ""
    created: int = 0
    livemode: bool = False


D = TypeVar("D", bound=Document)


class Scope(msgspec.Struct, frozen=True):
    """One account in one mode: nothing of one scope is reachable from another."""

    account: str
    livemode: bool


class Request(msgspec.Struct, frozen=True):
    """Where a change came from: the API request that events quote."""

    id: str | None = None
    idempotency_key: str | None = None


class EventDraft(msgspec.Struct, frozen=True):
    """News to be recorded with a change: its type and the document it tells about.

    `before` is what that was, where it is kept nowhere: a summary of other documents.
    """

    type: str
    doc: Document | Identified
    before: Document | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule decided: documents after, documents gone, and the news in order."""

    after: tuple[Document, ...] = ()
    deleted: tuple[Document, ...] = ()
    events: tuple[EventDraft, ...] = ()


def full(doc: msgspec.Struct) -> dict[str, Any]:
    """Every field of a document as plain values."""
    return typing.cast(dict[str, Any], msgspec.to_builtins(doc))


# msgspec crashes where two threads work out the same class for the first time: one at a time.
_building = threading.RLock()


def ready(cls: type[Document]) -> None:
    """Work out a class of documents before threads use it."""
    with _building:
        _decoder(cls)
        _stored_type(cls)


def ready_structs() -> int:
    """Work out every struct of ours that is defined by now, before threads convert to it; answers how many."""
    with _building:
        found = [each for each in _below(msgspec.Struct) if each.__module__.startswith("tenure.")]
        for each in found:
            # Parameters that only our own reader understands are never converted to.
            with contextlib.suppress(TypeError):
                msgspec.json.Decoder(each)
        return len(found)


def _below(cls: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for each in cls.__subclasses__():
        yield each
        yield from _below(each)


@cache
def _stored_type(cls: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """The twin of a struct that leaves out defaults when it is encoded."""
    with _building:
        twin = _twin(cls)
        msgspec.json.Decoder(twin)  # works it out
        return twin


@cache
def _twin(cls: type[msgspec.Struct]) -> type[msgspec.Struct]:
    hints = typing.get_type_hints(cls, include_extras=True)
    fields: list[Any] = []
    for field in msgspec.structs.fields(cls):
        twin = _stored_hint(hints[field.name])
        if field.default_factory is not msgspec.NODEFAULT:
            fields.append((field.name, twin, msgspec.field(default_factory=field.default_factory)))
        elif field.default is not msgspec.NODEFAULT:
            fields.append((field.name, twin, field.default))
        else:
            fields.append((field.name, twin))
    return msgspec.defstruct(f"Stored{cls.__name__}", fields, omit_defaults=True, kw_only=True)


def _stored_hint(hint: Any) -> Any:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _twin(hint)
    arguments = typing.get_args(hint)
    if not arguments or typing.get_origin(hint) is typing.Literal:
        return hint
    mapped = tuple(_stored_hint(each) for each in arguments)
    origin = typing.get_origin(hint)
    if origin in (Union, types.UnionType):
        return Union[mapped]  # noqa: UP007 - built from a tuple
    return origin[mapped] if origin is not None else hint


_encoder = msgspec.json.Encoder()


def compact(doc: Document) -> bytes:
    """The stored form: compact JSON without the fields that have their default value."""
    return _encoder.encode(msgspec.convert(doc, _stored_type(type(doc)), from_attributes=True))


@cache
def _decoder(cls: type[D]) -> "msgspec.json.Decoder[D]":
    with _building:
        return msgspec.json.Decoder(cls)


def load(cls: type[D], raw: bytes | str) -> D:
    """The document that `compact` wrote."""
    return typing.cast(D, _decoder(cls).decode(raw))
