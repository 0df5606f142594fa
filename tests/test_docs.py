"""What a user can set, receive or pick is named in docs/: settings, events, reports, offers, reasons, resources."""

import ast
import importlib
import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from tenure.domain import portal
from tenure.domain.event_types import EVENT_TYPES, SENT

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src" / "tenure"
QUERIES = SRC / "analytics" / "queries"
PAGES = sorted((ROOT / "docs").rglob("*.md"))
DOCS = "\n".join(page.read_text() for page in PAGES if page.parent.name != "decisions")


def is_documented(name: str) -> bool:
    """Whether the docs name it as code; prose that happens to hold the word does not count."""
    in_line = re.search(rf"`[^`\n]*(?<![\w.]){re.escape(name)}(?![\w])[^`\n]*`", DOCS)
    in_block = any(re.search(rf"(?<![\w.]){re.escape(name)}(?![\w])", block) for block in DOCS.split("```")[1::2])
    return bool(in_line) or in_block


def settings() -> list[str]:
    """The fields of every struct of settings.py."""
    module = importlib.import_module("tenure.settings")
    own = [each for each in vars(module).values() if isinstance(each, type) and each.__module__ == module.__name__]
    return [name for each in own for name in _field_names(each)]


def _field_names(cls: type[Any]) -> list[str]:
    if issubclass(cls, msgspec.Struct):
        return [each.name for each in msgspec.structs.fields(cls)]
    return [each.name for each in fields(cls)] if is_dataclass(cls) else []


def test_every_setting_is_documented():
    assert len(settings()) > 5
    assert [name for name in settings() if not (is_documented(name) or is_documented(f"TENURE_{name.upper()}"))] == []


def test_every_setting_is_in_the_example():
    """All but the folder that the file itself lies in."""
    example = (ROOT / "tenure.example.toml").read_text()
    names = set(settings()) - {"data_dir"}
    assert [name for name in sorted(names) if not re.search(rf"^#? ?{name}\b|^#? ?\[{name}\]", example, re.M)] == []


def test_every_event_that_is_sent_is_documented():
    assert [name for name in SENT if not is_documented(name)] == []


def test_every_event_that_the_code_names_is_listed_as_sent():
    """The table of events that are sent is what the docs and the dashboard's form are made from."""
    named = {
        node.value
        for layer in ("domain", "actions", "worker")
        for path in (SRC / layer).glob("*.py")
        if path.name != "event_types.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in EVENT_TYPES
    }
    assert "customer.subscription.updated" in named
    assert named - set(SENT) == set()


def test_every_report_is_documented_and_says_what_it_answers():
    reports = sorted(QUERIES.glob("*.sql"))
    assert len(reports) >= 8
    for report in reports:
        assert is_documented(report.stem), f"docs/ say nothing of {report.name}"
        header = report.read_text().split("\n\n")[0]
        assert header.startswith("--"), f"{report.name} does not start with its question"
        assert len(header.splitlines()) >= 2, f"{report.name} names no parameters and units"


def test_every_table_of_sql_is_documented():
    catalogue = importlib.import_module("tenure.analytics.catalogue")
    names = [each.name for each in catalogue.TABLES]
    assert "cancellation_sessions" in names
    assert [name for name in names if not is_documented(name)] == []


def test_every_kind_of_offer_is_documented():
    kinds = get_args(get_type_hints(portal.Retention)["type"])
    assert "coupon_offer" in kinds
    assert [kind for kind in kinds if not is_documented(kind)] == []


def test_every_reason_is_documented():
    assert [reason for reason in get_args(portal.Feedback) if not is_documented(reason)] == []


def test_every_resource_of_the_api_is_documented():
    api = importlib.import_module("tenure.api")
    paths = {resource.path for resource in api.RESOURCES}
    assert len(paths) > 10
    assert [path for path in sorted(paths) if not is_documented(path)] == []


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "ARCHITECTURE.md", *PAGES])
def test_links_between_pages_lead_somewhere(page: Path):
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_a_decision_fits_on_a_page():
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [path.name for path in decisions if not re.match(r"\d{4}-[a-z0-9-]+\.md$", path.name)] == []
    assert [path.name for path in decisions if len(path.read_text().splitlines()) > 60] == []


def test_the_commands_of_the_make_file_are_in_the_contributors_guide():
    targets = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.M)
    assert targets is not None
    guide = (ROOT / "CONTRIBUTING.md").read_text()
    assert [name for name in targets[1].split() if f"make {name}" not in guide] == []
