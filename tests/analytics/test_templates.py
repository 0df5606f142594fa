"""Each ready-made question has its known answer on a small merchant, on both databases."""

from pathlib import Path
from typing import Any

from sqlglot import exp

from tenure.analytics import catalogue
from tenure.analytics.guard import check
from tenure.analytics.sandbox import Sandbox
from tenure.analytics.templates import template, templates
from tenure.analytics.warehouse import Warehouse
from tenure.store.store import Store
from tests.analytics import fixture
from tests.support.stores import SCOPE

GOLDEN: dict[str, list[list[Any]]] = {
    "cancellations_by_reason": [
        ["2026-02-01", "none given", 1, 1],
        ["2026-02-01", "unused", 1, 1],
        ["2026-01-01", "too_expensive", 1, 1],
    ],
    "cancellation_comments": [["2026-01-15 12:00:00", "too_expensive", "=1+1", "cus_a", "a@example.test", "sub_a", 20]],
    "cancellations_by_product_and_tenure": [
        ["0 to 30 days", "Team", 1],
        ["91 to 180 days", "Solo", 1],  # 100 days before January 15, and 31 after it
        ["91 to 180 days", "Team", 1],
    ],
    "scheduled_to_end": [["2026-03-20", 10, "sub_b", "cus_b", "b@example.test", "unused"]],
    "retention_offers": [["2026-03-01", "Stay 20", 3, 1, 1, 1, 33.3]],
    "saved_customers": [["2026-03-01 12:01:00", "cus_e", "e@example.test", "sub_e", "Stay 20", 8, True, False]],
    "undone_cancellations": [["2026-03-01", 1, 1], ["2026-02-01", 1, 0]],
    "voluntary_and_involuntary": [["2026-02-01", "involuntary", 1], ["2026-01-01", "voluntary", 1]],
}


async def test_every_template_gives_its_known_answer(store: Store, tmp_path: Path):
    await fixture.write(store)
    warehouse, sandbox = Warehouse(store, tmp_path), Sandbox()
    await warehouse.refresh(SCOPE, now_ms=fixture.NOW * 1000)
    answers = {each.slug: (await sandbox.run(warehouse.directory(SCOPE), each.sql)).rows for each in templates()}
    assert answers == GOLDEN


def test_every_column_of_a_template_says_its_unit():
    schema = catalogue.schema(pii=True)
    for each in templates():
        columns = check(each.sql, schema, values={"data_load_time": exp.cast("2026-01-01", "timestamp")}).named_selects
        said = {name for names, _ in each.columns for name in names.split(", ")}
        assert said == set(columns), each.slug


def test_a_template_has_a_question_and_a_chart():
    assert len(templates()) >= 8
    for each in templates():
        assert each.question.endswith("?")
        assert each.chart in ("bar", "line", "stacked", "none")
    assert template("retention_offers") in templates()
    assert template("nothing") is None
