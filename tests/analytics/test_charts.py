"""What is drawn for which result, and that the drawing is well-formed, named, and free of inline style."""

from typing import Any
from xml.etree import ElementTree

import pytest

from tenure.analytics.charts import Figure, chart, figure_of
from tenure.analytics.sandbox import Result

SVG = "{http://www.w3.org/2000/svg}"


def result(types: tuple[str, ...], rows: list[list[Any]]) -> Result:
    columns = tuple(f"c{place}" for place in range(len(types)))
    return Result(
        columns=columns, types=types, rows=rows, truncated=False, total=len(rows), seconds=0.1, data_load_time=0
    )


MONTHS = [["2026-02-01", "unused", 3], ["2026-01-01", "unused", 1], ["2026-01-01", "<b>", 2]]


@pytest.mark.parametrize(
    ("types", "rows", "figure"),
    [
        (("date", "bigint"), [["2026-02-01", 2], ["2026-01-01", 1]],
         Figure("line", ("2026-01-01", "2026-02-01"), ("c1",), ((1.0,), (2.0,)))),
        (("date", "varchar", "bigint"), MONTHS,
         Figure("stacked", ("2026-01-01", "2026-02-01"), ("unused", "<b>"), ((1.0, 2.0), (3.0, 0.0)))),
        (("varchar", "decimal(4,2)"), [["a", "1.50"], ["b", None]],
         Figure("bar", ("a", "b"), ("c1",), ((1.5,), (0.0,)))),
        (("varchar", "varchar"), [["a", "b"]], None),
        (("bigint",), [[1]], None),
    ],
)  # fmt: skip
def test_the_columns_decide_what_is_drawn(types: tuple[str, ...], rows: list[list[Any]], figure: Figure | None):
    assert figure_of(result(types, rows)) == figure


@pytest.mark.parametrize("kind", ["auto", "line", "bar", "stacked"])
def test_a_drawing_is_named_and_takes_its_looks_from_classes(kind: str):
    drawn = chart(result(("date", "varchar", "bigint"), MONTHS), title="Why & when", kind=kind)
    assert drawn is not None
    tree = ElementTree.fromstring(drawn)
    assert (tree.findtext(f"{SVG}title"), tree.get("role")) == ("Why & when", "img")
    assert tree.findtext(f"{SVG}desc")
    assert "style=" not in drawn and "<b>" not in drawn
    assert tree.findall(f".//{SVG}rect") or tree.findall(f".//{SVG}polyline")


def test_the_tallest_column_is_as_high_as_its_sum():
    drawn = chart(result(("date", "varchar", "bigint"), MONTHS), title="x")
    marks = [
        mark for mark in ElementTree.fromstring(drawn or "").iter(f"{SVG}rect") if mark.find(f"{SVG}title") is not None
    ]
    heights = {mark.findtext(f"{SVG}title"): float(mark.get("height") or 0) for mark in marks}
    assert heights["2026-02-01, unused: 3"] == pytest.approx(244)  # 300 - 12 - 44, all of the scale that ends at 3
    assert heights["2026-01-01, <b>: 2"] == pytest.approx(244 * 2 / 3, abs=0.02)


def test_nothing_is_drawn_of_nothing():
    assert chart(result(("date", "bigint"), []), title="x") is None
    assert chart(result(("date", "bigint"), [["2026-01-01", 1]]), title="x", kind="none") is None


def test_small_categories_are_added_up():
    rows = [["2026-01-01", f"r{number}", 100 - number] for number in range(12)]
    figure = figure_of(result(("date", "varchar", "bigint"), rows))
    assert figure is not None
    assert figure.series[-1] == "…" and len(figure.series) == 8
    assert figure.values[0][-1] == sum(100 - number for number in range(7, 12))
