"""What one release of the API changed, told as how to undo it.

    answers      newest ──endive──▶ ──dahlia──▶ ──clover──▶ the caller's      `down`, then take away what it `adds`
    parameters   the caller's ──clover──▶ ──dahlia──▶ ──endive──▶ newest      `up`

Functions change the shapes that they are given in place: the walker gives them copies of its own.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tenure.domain.errors import Invalid
from tenure.wire.expandable import Edge
from tenure.wire.typed import Node, Tree

Shape: TypeAlias = dict[str, Any]
Need: TypeAlias = tuple[str, str]
Extras: TypeAlias = Callable[[str, str], Shape | None]
Down: TypeAlias = Callable[[Shape, Extras], None]
Needs: TypeAlias = Callable[[Shape], Iterable[Need]]
Up: TypeAlias = Callable[[Tree], None]


@dataclass(frozen=True)
class Change:
    """One release: by `object`, fields that came with it, how shapes were before, and what they need for that.

    `adds` are dotted paths; `up` is by "VERB /path"; `names` are parameters by what they became, for errors to blame;
    `edges` are the expandable fields as they were, None for gone."""

    adds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    down: Mapping[str, Down] = field(default_factory=dict)
    needs: Mapping[str, Needs] = field(default_factory=dict)
    up: Mapping[str, Up] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    edges: Mapping[str, Mapping[str, Edge | None]] = field(default_factory=dict)


def take(node: Any, steps: tuple[str, ...]) -> None:
    """Take the field at the path away, in each element of lists on the way."""
    if isinstance(node, list):
        for each in node:
            take(each, steps)
    elif isinstance(node, dict):
        if len(steps) == 1:
            node.pop(steps[0], None)
        else:
            take(node.get(steps[0]), steps[1:])


def elements(node: "Node | None") -> list[Tree]:
    """The maps of a list of maps, whether its elements were given as `x[]` or as `x[0]`."""
    found = list(node.values()) if isinstance(node, dict) else node
    return [each for each in found or () if isinstance(each, dict)] if isinstance(found, list) else []


def rename(tree: Tree, old: str, new: str) -> None:
    """Move a parameter to its newer name. Raises Invalid where both are given."""
    if old not in tree:
        return
    if new in tree:
        raise both(old, new)
    tree[new] = tree.pop(old)


def both(one: str, other: str) -> Invalid:
    """Stripe's words for two parameters that exclude each other."""
    return Invalid(f"You may only specify one of these parameters: {one}, {other}.", param=one)
