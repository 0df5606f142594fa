"""What can be expanded in each version: kinds of older versions are spelt "invoice@2024-06-20".

FIELDS["invoice"]["payments"]                    the newest
FIELDS["invoice@2024-06-20"]["payment_intent"]   as it was, leading on to "payment_intent@2024-06-20"
"""

from collections.abc import Mapping

from tenure.wire.expandable import FIELDS as NEWEST
from tenure.wire.expandable import Edge, Hidden, Inside, Page, Part, Ref
from tenure.wire.versions import BETWEEN, CURRENT, RELEASES, UNDONE


def suffix(version: str) -> str:
    """What a version's kinds end in."""
    return "" if version == CURRENT else f"@{BETWEEN.get(version, version)}"


def _spelt(edge: Edge, end: str) -> Edge:
    """The edge leading to kinds of the version; what is hidden is loaded by its own name, as ever."""
    match edge:
        case Ref(kind):
            return Ref(kind + end)
        case Inside(kind, clean):
            return Inside(kind + end, clean)
        case Page(kind):
            return Page(kind + end)
        case Hidden(kind, null, then):
            return Hidden(kind, null, Page(then.kind + end) if then is not None else None)
        case Part(fields):
            return Part({name: _spelt(each, end) for name, each in fields.items()})


def _merged(base: Mapping[str, Edge], changed: Mapping[str, Edge | None]) -> dict[str, Edge]:
    fields = {**base, **changed}
    for name, edge in changed.items():
        known = base.get(name)
        if isinstance(edge, Part) and isinstance(known, Part):
            fields[name] = Part(_merged(known.fields, edge.fields))
    return {name: edge for name, edge in fields.items() if edge is not None}


def _all() -> dict[str, dict[str, Edge]]:
    found: dict[str, dict[str, Edge]] = dict(NEWEST)
    for version, _ in RELEASES[1:]:
        kinds: dict[str, dict[str, Edge]] = dict(NEWEST)
        for change in UNDONE[version]:
            for kind, fields in change.edges.items():
                kinds[kind] = _merged(kinds.get(kind, {}), fields)
        end = suffix(version)
        for kind, fields in kinds.items():
            found[kind + end] = {name: _spelt(edge, end) for name, edge in fields.items()}
    return found


FIELDS = _all()
