"""What the official SDK declares about an object, against what the wire really showed.

faults({"id": 7, "object": "coupon", …})   ─▶   ["coupon.id: 7 is not a str", …]

A field that the SDK declares without Optional must be there.
A field that it does not declare must be ours and documented.
"""

import json
import types
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ClassVar, ForwardRef, Literal, Union, get_args, get_origin

import stripe._object_classes as classes
from stripe import ListObject, SearchResultObject, StripeObject
from stripe import _stripe_object as objects

EXTENSIONS = {
    "Configuration.Features.SubscriptionCancel": {"retention"},
    "Configuration.Features.SubscriptionCancel.CancellationReason": {"ask", "labels"},
    "FeedbackOption": {"descriptions"},
}
"""Fields of our own in the reference's objects; docs/api.md names them."""

ADDED = {"Invoice": {"automatically_finalizes_at"}}
"""Fields that the reference gave to every version after an SDK was made: those that SDK 9 does not know."""

UNTYPED = getattr(objects, "UntypedStripeObject", dict)  # older SDKs have plain mappings
LISTS = {"data", "has_more", "object", "url", "total_count"}


def body(answer: StripeObject) -> dict[str, Any]:
    """The JSON that the SDK received."""
    response = answer.last_response
    assert response is not None
    found: dict[str, Any] = json.loads(response.body)
    return found


def get_object_class(mode: str, kind: str) -> type:
    """What the SDK, of whatever age, reads an object as."""
    if hasattr(classes, "get_object_class"):
        return classes.get_object_class(mode, kind)  # type: ignore[arg-type]
    known: Any = classes.OBJECT_CLASSES
    return known.get(kind, StripeObject)  # type: ignore[no-any-return]


def faults(value: dict[str, Any]) -> list[str]:
    """Where an object, a list or a search result differs from what the SDK declares."""
    kind = value["object"]
    if kind in ("list", "search_result"):
        return [fault for each in value["data"] for fault in faults(each)] + list(_list_frame(value, kind))
    if value.get("deleted") and kind != "discount":  # the one that is still shown whole
        return [] if set(value) == {"id", "object", "deleted"} else [f"{kind}: a deleted one says more: {set(value)}"]
    cls = get_object_class("V1", kind)
    return list(_object(value, cls, kind)) if cls is not StripeObject else [f"{kind}: the SDK has no such object"]


def _list_frame(value: dict[str, Any], kind: str) -> Iterator[str]:
    allowed = LISTS | ({"next_page"} if kind == "search_result" else set())
    for name in value.keys() - allowed:
        yield f"{kind}.{name}: not declared"
    for name in {"data", "has_more", "url"} - value.keys():
        yield f"{kind}.{name}: missing"


def _object(value: dict[str, Any], cls: type, at: str) -> Iterator[str]:
    declared = {name: hint for name, hint in cls.__annotations__.items() if get_origin(hint) is not ClassVar}
    known = declared.keys() | EXTENSIONS.get(cls.__qualname__, set()) | ADDED.get(cls.__qualname__, set())
    for name in value.keys() - known:
        yield f"{at}.{name}: not declared"
    for name, hint in declared.items():
        if name in value:
            yield from _field(value[name], hint, f"{at}.{name}")
        elif type(None) not in get_args(hint):
            yield f"{at}.{name}: missing"


def _field(value: Any, hint: Any, at: str) -> Iterator[str]:
    arms = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    words = [word for arm in arms if get_origin(arm) is Literal for word in get_args(arm)]
    if isinstance(value, str) and words:
        arms = tuple(arm for arm in arms if arm is not str)  # an enum that may grow; ours must be known ones
    if value is not None:
        arms = tuple(arm for arm in arms if arm is not type(None))
    found = [list(_plain(value, arm, at)) for arm in arms]
    if all(found):
        yield from min(found, key=len)


def _plain(value: Any, hint: Any, at: str) -> Iterator[str]:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        yield from () if value in inner else (f"{at}: {value!r} is none of {inner}",)
    elif origin is list:
        yield from _elements(value, inner[0], at)
    elif origin in (ListObject, SearchResultObject):
        yield from _embedded_list(value, inner[0], at)
    elif origin in (dict, UNTYPED):
        yield from _mapping(value, inner[-1], at)
    elif isinstance(hint, ForwardRef | str):
        yield from _named(value, hint if isinstance(hint, str) else hint.__forward_arg__, at)
    elif isinstance(hint, type) and hint is not Any:
        yield from _typed(value, hint, at)


def _typed(value: Any, cls: type, at: str) -> Iterator[str]:
    if issubclass(cls, StripeObject) and cls is not StripeObject:
        if isinstance(value, dict):
            yield from _object(value, cls, at)
        else:
            yield f"{at}: {value!r} is not a {cls.__qualname__}"
        return
    kinds: tuple[type, ...] = {float: (int, float), Decimal: (str,), StripeObject: (dict,)}.get(cls, (cls,))
    if not isinstance(value, kinds) or (isinstance(value, bool) and cls is not bool):
        yield f"{at}: {value!r} is not a {cls.__name__}"


def _elements(value: Any, hint: Any, at: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{at}: {value!r} is not a list"
        return
    for index, each in enumerate(value):
        yield from _field(each, hint, f"{at}[{index}]")


def _embedded_list(value: Any, hint: Any, at: str) -> Iterator[str]:
    if not isinstance(value, dict) or value.get("object") != "list":
        yield f"{at}: {value!r} is not a list object"
        return
    yield from _list_frame(value, "list")
    yield from _elements(value["data"], hint, f"{at}.data")


def _mapping(value: Any, hint: Any, at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at}: {value!r} is not a mapping"
        return
    for name, each in value.items():
        yield from _field(each, hint, f"{at}[{name}]")


def _named(value: Any, name: str, at: str) -> Iterator[str]:
    """An object that the SDK names without importing it: its `object` says which class to look at."""
    if not isinstance(value, dict) or "object" not in value:
        yield f"{at}: {value!r} is not a {name}"
        return
    cls = get_object_class("V1", value["object"])
    if cls.__name__ != name.rpartition(".")[2].removesuffix("Resource"):  # the SDK imports some under another name
        yield f"{at}: a {cls.__name__} is not a {name}"
        return
    yield from _object(value, cls, at)
