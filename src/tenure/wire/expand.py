"""Expansion: ids become the objects that they name where a request asks for it, and hidden fields stay or go.

    GET /v1/subscriptions?expand[]=data.customer&expand[]=data.items.data.price.product

        list ── data ──> subscription ── customer ──> "cus_…"            level 1: one load of all customers
                              └─ items ── data ──> item ── price ── product ──> "prod_…"   …and one of all products
                                                                             level 2: what those levels brought, …

`load(kind, ids)` returns freshly rendered dicts by id and leaves out what it does not have; there is one call for each
kind on each level, however many objects the list has. Kinds are the `object` values of the wire.

What can be expanded where is written in wire/expandable.py.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any, NamedTuple, TypeAlias

from tenure.domain.errors import Invalid
from tenure.wire.expandable import FIELDS, Edge, Hidden, Inside, Page, Part, Ref

MAX_LEVELS = 4

Load: TypeAlias = Callable[[str, list[str]], Mapping[str, Any]]
Wanted: TypeAlias = dict[str, Any]


def _hides(edge: Edge) -> bool:
    """Whether fields must be taken away below this edge when nothing was asked for."""
    match edge:
        case Hidden():
            return True
        case Part():
            return any(map(_hides, edge.fields.values()))
        case Inside():
            return not edge.clean and any(map(_hides, FIELDS.get(edge.kind, {}).values()))
        case Page():
            return any(map(_hides, FIELDS.get(edge.kind, {}).values()))
        case Ref():
            return False


def _hiding(fields: Mapping[str, Edge]) -> tuple[tuple[str, Edge], ...]:
    return tuple((name, edge) for name, edge in fields.items() if _hides(edge))


_HIDING = {kind: _hiding(fields) for kind, fields in FIELDS.items()}


class _Ask(NamedTuple):
    """An id to be replaced at `place[key]`; `field` when only that field of what is loaded is meant."""

    kind: str
    id: str
    place: Any
    key: str | int
    edge: Edge
    wanted: Wanted
    field: str | None = None


class _Step(NamedTuple):
    """Something that a level brought and the next one walks into."""

    value: Any
    edge: Edge
    wanted: Wanted


def expand(tree: dict[str, Any], paths: Iterable[str], load: Load, *, kind: str | None = None) -> dict[str, Any]:
    """Expands the rendered object or list in place and returns it. Raises Invalid for a path that cannot be expanded.

    `kind` is that of a list's elements, needed to judge the paths of an empty list."""
    wanted: Wanted = {}
    for path in paths:
        _want(wanted, path)
    root = _root(tree, kind)
    if not wanted and not _HIDING.get(root.kind):
        return tree
    _check(root, wanted, (), is_list=isinstance(root, Page))
    steps = [_Step(tree, root, wanted)]
    while steps:
        asks: list[_Ask] = []
        for value, edge, below in steps:
            _follow(value, edge, below, asks)
        steps = _fill(asks, load)
    return tree


def _want(wanted: Wanted, path: str) -> None:
    steps = path.split(".")
    if len(steps) > MAX_LEVELS:
        message = f"You cannot expand more than {MAX_LEVELS} levels of a property. Property: {path[:200]}"
        raise Invalid(message, param="expand")
    for step in steps:
        wanted = wanted.setdefault(step, {})


def _root(tree: dict[str, Any], kind: str | None) -> Inside | Page:
    if tree.get("object") not in ("list", "search_result"):
        return Inside(str(tree.get("object")))
    if kind is None and tree["data"]:
        kind = tree["data"][0].get("object")
    return Page(kind or "")


def _below(edge: Edge) -> Mapping[str, Edge] | None:
    """What can follow in a path; None where anything can, because the kind is not known here."""
    match edge:
        case Ref() | Inside():
            return FIELDS.get(edge.kind)
        case Page():
            return {"data": Inside(edge.kind)}
        case Hidden():
            return {} if edge.then is None else _below(edge.then)
        case Part():
            return edge.fields


def _check(edge: Edge, wanted: Wanted, before: tuple[str, ...], *, is_list: bool = False) -> None:
    """Refuses what the kinds do not have, whether or not there is a value to be expanded."""
    fields = _below(edge)
    if fields is None:
        return
    for name, below in wanted.items():
        path = (*before, name)
        following = fields.get(name)
        if is_list and name == "total_count":
            continue
        if following is None or (isinstance(following, Part) and not below):
            raise _refused(path, is_list)
        _check(following, below, path)


def _refused(path: tuple[str, ...], is_list: bool) -> Invalid:
    spelt = ".".join(path)
    hint = f" You may want to try expanding 'data.{spelt}' instead." if is_list and path[0] != "data" else ""
    return Invalid(f"This property cannot be expanded ({spelt[:200]}).{hint}", param="expand")


def _follow(value: Any, edge: Edge, wanted: Wanted, asks: list[_Ask]) -> None:
    """Walks into an object or a list object."""
    if isinstance(edge, Page):
        inner = Inside(edge.kind)
        for element in value["data"]:
            _follow(element, inner, wanted.get("data", {}), asks)
    elif isinstance(edge, Inside | Ref) and isinstance(value, dict):
        hiding = () if isinstance(edge, Inside) and edge.clean else _HIDING.get(edge.kind, ())
        _walk(value, FIELDS.get(edge.kind, {}), hiding, wanted, value, asks)


def _walk(
    node: dict[str, Any],
    fields: Mapping[str, Edge],
    hiding: Iterable[tuple[str, Edge]],
    wanted: Wanted,
    owner: dict[str, Any],
    asks: list[_Ask],
) -> None:
    """One object, or one part of it: what hides something, and what is asked for."""
    for name, edge in hiding:
        if name not in wanted:
            _visit(node, name, edge, None, owner, asks)
    for name, below in wanted.items():
        if name in fields:
            _visit(node, name, fields[name], below, owner, asks)


def _visit(
    node: dict[str, Any], name: str, edge: Edge, below: Wanted | None, owner: dict[str, Any], asks: list[_Ask]
) -> None:
    """One field; `below` is what is wanted of it, None when it was not asked for."""
    value = node.get(name)
    match edge:
        case Hidden():
            _hide_or_show(node, name, edge, below, owner, asks)
        case Ref():
            if below is not None:
                _ask(node, name, edge, below, asks)
        case Part():
            for part in _parts(value):
                _walk(part, edge.fields, _hiding(edge.fields), below or {}, owner, asks)
        case Inside() | Page():
            if value is not None:
                _follow(value, edge, below or {}, asks)


def _parts(value: Any) -> list[dict[str, Any]]:
    """A structure, or each of a list of them."""
    return [part for part in (value if isinstance(value, list) else [value]) if isinstance(part, dict)]


def _hide_or_show(
    node: dict[str, Any], name: str, edge: Hidden, below: Wanted | None, owner: dict[str, Any], asks: list[_Ask]
) -> None:
    """A hidden field: taken away, or left as it is, or loaded by its owner's id where the renderer left it out."""
    if below is not None:
        if name not in node and "id" in owner:
            field = None if edge.kind.endswith(f".{name}") else name
            asks.append(_Ask(edge.kind, owner["id"], node, name, edge.then or edge, below, field))
    elif name in node:
        if edge.null:
            node[name] = None
        else:
            del node[name]


def _ask(node: dict[str, Any], name: str, edge: Ref, wanted: Wanted, asks: list[_Ask]) -> None:
    """A reference that is asked for, or each of a list of them; what is an object already is walked into."""
    value = node.get(name)
    place: Any = value if isinstance(value, list) else node
    found: Iterable[tuple[str | int, Any]] = enumerate(value) if isinstance(value, list) else ((name, value),)
    for key, each in found:
        if isinstance(each, str):
            asks.append(_Ask(edge.kind, each, place, key, edge, wanted))
        else:
            _follow(each, edge, wanted, asks)


def _fill(asks: list[_Ask], load: Load) -> list[_Step]:
    """Loads what a level asks for, once for each kind, puts it in place, and returns it to be walked into."""
    ids: dict[str, dict[str, None]] = {}
    for ask in asks:
        ids.setdefault(ask.kind, {})[ask.id] = None
    loaded = {kind: load(kind, list(wanted)) for kind, wanted in ids.items()}
    shown: dict[tuple[str, str, str | None], list[tuple[Wanted, Any]]] = {}
    steps = []
    for ask in asks:
        value = loaded[ask.kind].get(ask.id)
        if value is not None and ask.field is not None:
            value = value.get(ask.field)
        if value is None:
            continue
        copies = shown.setdefault((ask.kind, ask.id, ask.field), [])
        known = next((copy for below, copy in copies if below is ask.wanted), None)
        if known is None:
            known = deepcopy(value) if copies else value
            copies.append((ask.wanted, known))
            steps.append(_Step(known, ask.edge, ask.wanted))
        ask.place[ask.key] = known
    return steps
