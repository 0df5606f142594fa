"""The API versions that are spoken here, and what each changed: older ones get their own shapes and parameters.

    none sent                 the newest: CURRENT
    2025-03-31.basil          accepted, echoed; answers are turned back release by release, parameters forward
    2025-08-27.basil          the same shapes; echoed as it was sent
    2026-10-28                refused: since acacia (2024-10) a version has a name
    2026-10-28.preview        refused: promises preview features that are not here

An older version is one row of RELEASES; a row without a change of its own has the shapes of the row above it.
"""

from collections.abc import Iterable
from typing import Any

from tenure.domain.errors import Invalid
from tenure.domain.events import API_VERSION
from tenure.wire.typed import Tree
from tenure.wire.versions.acacia import ACACIA
from tenure.wire.versions.basil import BASIL
from tenure.wire.versions.change import Change, Shape
from tenure.wire.versions.clover import CLOVER
from tenure.wire.versions.dahlia import DAHLIA
from tenure.wire.versions.endive import OCTOBER, SEPTEMBER
from tenure.wire.versions.walking import Load, turned, turned_event

CURRENT = API_VERSION
NOTHING = Change()

# The newest first, each with what it changed.
RELEASES: tuple[tuple[str, Change], ...] = (
    (CURRENT, OCTOBER),
    ("2026-09-30.endive", SEPTEMBER),
    ("2026-03-25.dahlia", DAHLIA),
    ("2025-09-30.clover", CLOVER),
    ("2025-03-31.basil", BASIL),
    ("2024-10-28.acacia", ACACIA),
    ("2024-06-20", NOTHING),
)
SUPPORTED: tuple[str, ...] = tuple(name for name, _ in RELEASES)
# What to undo for a version, the newest first.
UNDONE: dict[str, tuple[Change, ...]] = {
    name: tuple(change for _, change in RELEASES[:index]) for index, name in enumerate(SUPPORTED)
}
# Releases in between that took nothing away: the shapes of the one that began their train, or were before it. These are
# what the last patches of each official SDK name by themselves.
BETWEEN: dict[str, str] = {
    "2026-08-26.dahlia": "2026-03-25.dahlia",
    "2026-02-25.clover": "2025-09-30.clover",
    "2025-10-29.clover": "2025-09-30.clover",
    "2025-08-27.basil": "2025-03-31.basil",
    "2025-02-24.acacia": "2024-10-28.acacia",
    "2024-04-10": "2024-06-20",
}
UNDONE.update({name: UNDONE[like] for name, like in BETWEEN.items()})
_NAMES = {name: name for name in UNDONE}
_QUOTED_LENGTH = 100


def check(header: str | None, *, param: str | None = None) -> str:
    """The version to answer in, CURRENT itself for the newest. Raises Invalid for one that is not spoken here."""
    if header is None:
        return CURRENT
    known = _NAMES.get(header)
    if known is None:
        raise Invalid(f"Invalid Stripe API version: {header[:_QUOTED_LENGTH]}", param=param)
    return known


def spoken(header: str | None) -> str:
    """The version to echo where nothing is answered in it: that of the header where it is one, else the newest."""
    return _NAMES.get(header or "", CURRENT)


def newer(version: str, operation: str, tree: Tree) -> dict[str, str]:
    """Turn the parameters of an operation ("POST /v1/coupons") into the newest ones, in place. Raises Invalid.

    Returns the names that the caller has for what was renamed, for errors to blame."""
    given = frozenset(tree)
    names: dict[str, str] = {}
    for change in reversed(UNDONE[version]):
        up = change.up.get(operation)
        if up is not None:
            up(tree)
            names |= {new: old for new, old in change.names.items() if old in given and old not in tree}
    return names


def older(version: str, shape: Shape, load: Load) -> Shape:
    """An answer as the version shows it; `load(kind, ids)` brings what the newest shapes only name."""
    return turned(shape, UNDONE[version], load)


def older_all(version: str, shapes: Iterable[tuple[str, Any]], load: Load) -> dict[str, Any]:
    """Many answers by their ids, as the version shows them."""
    return turned(dict(shapes), UNDONE[version], load)


def older_event(version: str, event: Shape, load: Load) -> Shape:
    """An event whose object is as the version shows it."""
    return turned_event(event, UNDONE[version], load, version=version)


def moved(version: str, operation: str, id: str) -> str | None:
    """The operation that took the place of one that only older versions have."""
    if BASIL in UNDONE[version] and id == "upcoming":
        return _UPCOMING.get(operation)
    return None


_UPCOMING = {
    "GET /v1/invoices/{id}": "POST /v1/invoices/create_preview",
    "GET /v1/invoices/{id}/lines": "POST /v1/invoices/create_preview",
}
