"""Apply the parameters that were given to a document: absent ones stay, None clears, metadata merges key by key.

patch(customer, {"name": None, "metadata": {"plan": "", "seats": "5"}})
patch(reason, {"labels": {"unused": {"de": "Brauche ich nicht mehr"}}})      other labels stay
"""

import typing
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec

from tenure.domain.documents import full

S = TypeVar("S", bound=msgspec.Struct)


def given(params: msgspec.Struct) -> dict[str, Any]:
    """Only the parameters that the caller sent, as plain values."""
    return typing.cast(dict[str, Any], msgspec.to_builtins(params))


def patch(document: S, changes: Mapping[str, Any]) -> S:
    """The document with these fields changed; nested objects keep the fields that are not named."""
    return msgspec.convert(_merge(type(document), full(document), changes), type(document))


def merged_metadata(before: Mapping[str, str], changes: Mapping[str, str | None] | None) -> dict[str, str]:
    """Metadata after an update: None clears it, an empty value removes its key."""
    if changes is None:
        return {}
    return {key: value for key, value in {**before, **changes}.items() if value}


def merged_labels(
    before: Mapping[str, Mapping[str, str]], changes: Mapping[str, Mapping[str, str | None] | None] | None
) -> dict[str, dict[str, str]]:
    """Labels after an update, text by text: None or an empty text removes one, and its code when it was the last."""
    if changes is None:
        return {}
    after = {code: merged_metadata(before.get(code, {}), texts) for code, texts in changes.items()}
    return {code: dict(texts) for code, texts in {**before, **after}.items() if texts}


@cache
def _hints(cls: type[msgspec.Struct]) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _merge(cls: type[msgspec.Struct], current: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    hints = _hints(cls)
    after = dict(current)
    for key, value in changes.items():
        part = _struct_in(hints[key])
        if key == "metadata":
            after[key] = merged_metadata(current.get(key) or {}, value)
        elif key == "labels":
            after[key] = merged_labels(current.get(key) or {}, value)
        elif value is None:
            after[key] = _cleared(hints[key])
        elif isinstance(value, dict) and part is not None:
            after[key] = _merge(part, current.get(key) or {}, value)
        else:
            after[key] = value
    return after


def _struct_in(hint: Any) -> type[msgspec.Struct] | None:
    options = [hint, *typing.get_args(hint)]
    return next((o for o in options if isinstance(o, type) and issubclass(o, msgspec.Struct)), None)


def _cleared(hint: Any) -> Any:
    if type(None) in typing.get_args(hint) or hint is type(None):
        return None
    origin = typing.get_origin(hint) or hint
    return origin() if origin in (list, dict) else None
