"""Turning answers into older ones: every object in the tree, also expanded ones, by its own `object`.

1 gather   what the older shapes of these objects show and the newest do not, loaded kind by kind
2 turn     the object itself, release after release; then what is inside of it, old or put there just now
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, TypeAlias

from tenure.domain.events import difference
from tenure.wire.versions.change import Change, Extras, Shape, take

Load: TypeAlias = Callable[[str, list[str]], Mapping[str, Shape]]
FREE = frozenset({"metadata"})
_PATHS: dict[str, tuple[str, ...]] = {}


def turned(tree: Shape, changes: Sequence[Change], load: Load) -> Shape:
    """A copy of an answer as it was before these changes, the newest first."""
    copy = deepcopy(tree)
    _turn(copy, changes, _gather(copy, changes, load))
    return copy


def turned_event(event: Shape, changes: Sequence[Change], load: Load, *, version: str) -> Shape:
    """An event with its object and the old values of what changed as they are in an older version."""
    shape = turned(event, changes, load)
    after = turned(event["data"]["object"], changes, load)
    shape["api_version"], shape["data"]["object"] = version, after
    if "previous_attributes" in event["data"]:
        before = turned(overlaid(event["data"]["object"], event["data"]["previous_attributes"]), changes, load)
        shape["data"]["previous_attributes"] = difference(before, after)
    return shape


def overlaid(after: Shape, old: Shape) -> Shape:
    """What the object was before: the inverse of `difference`."""
    before = dict(after)
    for key, value in old.items():
        inner = after.get(key)
        before[key] = overlaid(inner, value) if isinstance(value, dict) and isinstance(inner, dict) else value
    return before


def _kind(value: Shape) -> str | None:
    """What to change it as; None for structures, lists and the notes of what is gone."""
    kind = value.get("object")
    gone = value.get("deleted") is True and "created" not in value and kind != "discount"
    return kind if isinstance(kind, str) and not gone else None


def _inside(value: Shape) -> Iterator[Any]:
    """What is inside of an object; an event's object is of the event's own version."""
    if value.get("object") == "event":
        return
    for name, child in value.items():
        if isinstance(child, dict | list) and name not in FREE:
            yield child


def _turn(value: Any, changes: Sequence[Change], extras: Extras) -> None:
    if isinstance(value, list):
        for each in value:
            _turn(each, changes, extras)
    elif isinstance(value, dict):
        kind = _kind(value)
        if kind is not None:
            _undo(value, kind, changes, extras)
        for child in list(_inside(value)):
            _turn(child, changes, extras)


def _undo(shape: Shape, kind: str, changes: Sequence[Change], extras: Extras) -> None:
    for change in changes:
        down = change.down.get(kind)
        if down is not None:
            down(shape, extras)
        for path in change.adds.get(kind, ()):
            take(shape, _steps(path))


def _steps(path: str) -> tuple[str, ...]:
    known = _PATHS.get(path)
    if known is None:
        known = _PATHS[path] = tuple(path.split("."))
    return known


def _gather(tree: Shape, changes: Sequence[Change], load: Load) -> Extras:
    """Loads what is needed, and what that needs; each kind once a round."""
    found: dict[tuple[str, str], Shape | None] = {}
    todo: Iterable[Any] = [tree]
    while todo:
        wanted: dict[str, dict[str, None]] = {}
        for value in todo:
            for kind, id in _needs(value, changes):
                if (kind, id) not in found:
                    wanted.setdefault(kind, {})[id] = None
        came = []
        for kind, ids in wanted.items():
            loaded = load(kind, list(ids))
            found.update({(kind, id): loaded.get(id) for id in ids})
            came += list(loaded.values())
        todo = came
    return lambda kind, id: deepcopy(found.get((kind, id)))


def _needs(value: Any, changes: Sequence[Change]) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for each in value:
            yield from _needs(each, changes)
    elif isinstance(value, dict):
        kind = _kind(value)
        if kind is not None:
            for change in changes:
                if kind in change.needs:
                    yield from change.needs[kind](value)
        for child in _inside(value):
            yield from _needs(child, changes)
