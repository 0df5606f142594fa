"""A result as a drawing: inline SVG made on the server, with a title and a description for those who hear the page.

    a time and numbers            line        2026-01 ──▶ a point of each number's line
    a time, a category, a number  stacked     one column a month, one segment a category
    a category and a number       bar         one bar a category

Colours, lines and text come from CSS by class: `chart`, `chart-grid`, `chart-label`, `chart-line`, `chart-mark`, and
`series-1` … `series-8`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Protocol

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 12, 44
ROW, KEY_ROW = 24, 20
MOST_SERIES, MOST_GROUPS = 8, 60
NUMBERS = ("bigint", "integer", "smallint", "tinyint", "double", "real", "decimal")
TIMES = ("timestamp", "date")


class Rows(Protocol):
    """What of a result is drawn."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names."""

    @property
    def types(self) -> tuple[str, ...]:
        """Types as Trino writes them."""

    @property
    def rows(self) -> list[list[Any]]:
        """Values."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What is drawn: a value for each series in each group, in the order of the axis."""

    kind: str
    groups: tuple[str, ...]
    series: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]


def chart(result: Rows, *, title: str, kind: str = "auto") -> str | None:
    """The drawing, or None when there is nothing in the result to draw."""
    if kind == "none" or not result.rows:
        return None
    figure = figure_of(result, kind)
    if figure is None or not figure.groups:
        return None
    draw = {"bar": _bars, "line": _lines, "stacked": _stacked}[figure.kind]
    return draw(figure, title)


def figure_of(result: Rows, kind: str = "auto") -> Figure | None:
    """Which columns make the axis, the series and the values; None when there is no axis or no number."""
    times = _positions(result, TIMES)
    numbers = _positions(result, NUMBERS)
    words = _positions(result, ("varchar", "boolean"))
    if not numbers or not (times or words):
        return None
    if kind == "auto":
        kind = "bar" if not times else "stacked" if words else "line"
    axis = times[0] if times else words[0]
    category = next((position for position in words if position != axis), None)
    if kind == "line":
        return _of_numbers(result, axis, category, numbers)
    if category is None:
        return _of_categories(result, kind, axis=axis, category=None, number=numbers[0])
    return _of_categories(result, kind, axis=axis, category=category, number=numbers[0])


def _positions(result: Rows, types: Sequence[str]) -> list[int]:
    return [place for place, kind in enumerate(result.types) if kind.split("(")[0] in types]


def _number(value: Any) -> float:
    number = float(value) if value is not None else 0.0
    return number if math.isfinite(number) else 0.0


def _label(value: Any) -> str:
    text = "–" if value is None else str(value)
    return text.removesuffix(" 00:00:00")


def _axis(result: Rows, axis: int) -> tuple[str, ...]:
    seen = dict.fromkeys(_label(row[axis]) for row in result.rows)
    is_time = result.types[axis].split("(")[0] in TIMES
    groups = sorted(seen) if is_time else list(seen)
    return tuple(groups[-MOST_GROUPS:] if is_time else groups[:MOST_GROUPS])


def _of_numbers(result: Rows, axis: int, category: int | None, numbers: list[int]) -> Figure:
    """A line for each number; rows of several categories on one day are added up."""
    groups = _axis(result, axis)
    drawn = [n for n in numbers if category is None or not result.columns[n].endswith("percent")][:MOST_SERIES]
    sums = {group: [0.0] * len(drawn) for group in groups}
    for row in result.rows:
        if (group := _label(row[axis])) in sums:
            sums[group] = [total + _number(row[place]) for total, place in zip(sums[group], drawn, strict=True)]
    names = tuple(result.columns[place] for place in drawn)
    return Figure("line", groups, names, tuple(tuple(sums[group]) for group in groups))


def _of_categories(result: Rows, kind: str, *, axis: int, category: int | None, number: int) -> Figure:
    """One series for each of the largest categories, and one for the rest."""
    totals: dict[str, float] = {}
    for row in result.rows:
        name = _label(row[category]) if category is not None else result.columns[number]
        totals[name] = totals.get(name, 0.0) + _number(row[number])
    names = sorted(totals, key=lambda name: -totals[name])
    if len(names) > MOST_SERIES:
        names = [*names[: MOST_SERIES - 1], "…"]
    groups = _axis(result, axis)
    sums = {group: dict.fromkeys(names, 0.0) for group in groups}
    for row in result.rows:
        name = _label(row[category]) if category is not None else result.columns[number]
        if (group := _label(row[axis])) in sums:
            sums[group][name if name in sums[group] else "…"] += _number(row[number])
    return Figure(
        "stacked" if category is not None else "bar" if kind == "stacked" else kind,
        groups,
        tuple(names),
        tuple(tuple(sums[group].values()) for group in groups),
    )


def _nice(top: float) -> tuple[float, float]:
    """The top of the scale and its step: 1, 2 or 5 times a power of ten, at most five steps."""
    if top <= 0:
        return 1.0, 1.0
    power = 10.0 ** math.floor(math.log10(top / 5))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor * 5 >= top)
    step = max(step, 1.0) if top >= 1 and top == int(top) else step
    return math.ceil(top / step) * step, step


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.10g}"


def _frame(figure: Figure, title: str, body: list[str], *, height: float) -> str:
    """The outer element: named by its title, described by its range and its largest value."""
    first, last = figure.groups[0], figure.groups[-1]
    described = f"{len(figure.groups)} × {', '.join(figure.series)}: {first} – {last}"
    key = _key(figure, height) if len(figure.series) > 1 else []
    full = height + (KEY_ROW * math.ceil(len(figure.series) / 4) if key else 0)
    return (
        f'<svg class="chart chart-{figure.kind}" viewBox="0 0 {WIDTH} {full:g}" role="img" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}</title><desc>{escape(described)}</desc>'
        + "".join(body + key)
        + "</svg>"
    )


def _key(figure: Figure, top: float) -> list[str]:
    parts = []
    for place, name in enumerate(figure.series):
        x, y = LEFT + (place % 4) * 165, top + (place // 4) * KEY_ROW
        parts.append(f'<rect class="chart-mark series-{place + 1}" x="{x}" y="{y:g}" width="12" height="12" rx="2"/>')
        parts.append(f'<text class="chart-label" x="{x + 18}" y="{y + 10:g}">{escape(_short(name, 22))}</text>')
    return parts


def _text(x: float, y: float, text: str, *, anchor: str = "start") -> str:
    return f'<text class="chart-label" text-anchor="{anchor}" x="{x:.2f}" y="{y:g}">{escape(text)}</text>'


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _scale(top: float, step: float) -> list[str]:
    """Lines across at every step, with their value."""
    parts = []
    for number in range(round(top / step) + 1):
        y = _y(number * step, top)
        parts.append(f'<line class="chart-grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:g}" y2="{y:g}"/>')
        parts.append(
            f'<text class="chart-label" text-anchor="end" x="{LEFT - 8}" y="{y + 4:g}">{_shown(number * step)}</text>'
        )
    return parts


def _y(value: float, top: float) -> float:
    return round(HEIGHT - BOTTOM - max(0.0, value) / top * (HEIGHT - BOTTOM - TOP), 2)


def _x_labels(groups: Sequence[str], width: float) -> list[str]:
    """As many names under the axis as fit."""
    every = max(1, math.ceil(len(groups) / 8))
    return [
        _text(LEFT + width * (place + 0.5), HEIGHT - BOTTOM + 20, _short(name, 12), anchor="middle")
        for place, name in enumerate(groups)
        if place % every == 0
    ]


def _stacked(figure: Figure, title: str) -> str:
    top, step = _nice(max(sum(values) for values in figure.values))
    width = (WIDTH - LEFT - RIGHT) / len(figure.groups)
    parts = _scale(top, step)
    for place, (group, values) in enumerate(zip(figure.groups, figure.values, strict=True)):
        below = 0.0
        for series, value in enumerate(values):
            if value > 0:
                y, foot = _y(below + value, top), _y(below, top)
                parts.append(
                    _mark(
                        series,
                        LEFT + width * (place + 0.15),
                        y,
                        width * 0.7,
                        foot - y,
                        _said(figure, group, series, value),
                    )
                )
                below += value
    return _frame(figure, title, parts + _x_labels(figure.groups, width), height=HEIGHT)


def _mark(series: int, x: float, y: float, width: float, height: float, said: str) -> str:
    return (
        f'<rect class="chart-mark series-{series + 1}" x="{x:.2f}" y="{y:g}" width="{width:.2f}" height="{height:.2f}">'
        f"<title>{escape(said)}</title></rect>"
    )


def _said(figure: Figure, group: str, series: int, value: float) -> str:
    return f"{group}, {figure.series[series]}: {_shown(value)}"


def _bars(figure: Figure, title: str) -> str:
    """Horizontal bars, so that long names can be read."""
    left = 200
    top = max(max(values) for values in figure.values) or 1.0
    parts = []
    for place, (group, values) in enumerate(zip(figure.groups, figure.values, strict=True)):
        y, width = TOP + place * ROW, max(0.0, values[0]) / top * (WIDTH - left - 80)
        parts.append(_text(left - 8, y + 14, _short(group, 28), anchor="end"))
        parts.append(_mark(0, left, y + 2, width, ROW - 8, _said(figure, group, 0, values[0])))
        parts.append(f'<text class="chart-label" x="{left + width + 6:.2f}" y="{y + 14}">{_shown(values[0])}</text>')
    return _frame(figure, title, parts, height=TOP * 2 + ROW * len(figure.groups))


def _lines(figure: Figure, title: str) -> str:
    top, step = _nice(max(max(values) for values in figure.values))
    width = (WIDTH - LEFT - RIGHT) / len(figure.groups)
    parts = _scale(top, step) + _x_labels(figure.groups, width)
    for series in range(len(figure.series)):
        points = [(LEFT + width * (place + 0.5), _y(values[series], top)) for place, values in enumerate(figure.values)]
        path = " ".join(f"{x:.2f},{y:g}" for x, y in points)
        parts.append(f'<polyline class="chart-line series-{series + 1}" fill="none" points="{path}"/>')
        for (x, y), group, values in zip(points, figure.groups, figure.values, strict=True):
            said = escape(_said(figure, group, series, values[series]))
            point = f'<circle class="chart-mark series-{series + 1}" cx="{x:.2f}" cy="{y:g}" r="3">'
            parts.append(f"{point}<title>{said}</title></circle>")
    return _frame(figure, title, parts, height=HEIGHT)
