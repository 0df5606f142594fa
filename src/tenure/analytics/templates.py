"""The ready-made questions: each file of queries/ is one, headed by its question, parameters and units.

-- title: …      -- question: …      -- <column>: what it is, and its unit      -- chart: bar | line | stacked | none
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "queries"
ORDER = (
    "cancellations_by_reason",
    "cancellation_comments",
    "cancellations_by_product_and_tenure",
    "scheduled_to_end",
    "retention_offers",
    "saved_customers",
    "undone_cancellations",
    "voluntary_and_involuntary",
)


@dataclass(frozen=True, slots=True)
class Template:
    """One question with its answer in Trino SQL; `columns` says what each column is."""

    slug: str
    title: str
    question: str
    sql: str
    chart: str
    columns: tuple[tuple[str, str], ...]


@cache
def templates() -> tuple[Template, ...]:
    """All of them; new files come after those that ORDER names."""
    found = {path.stem: _template(path) for path in sorted(FOLDER.glob("*.sql"))}
    return tuple(found[slug] for slug in (*ORDER, *sorted(found.keys() - set(ORDER))))


def template(slug: str) -> Template | None:
    """The one of that name."""
    return next((each for each in templates() if each.slug == slug), None)


def _template(path: Path) -> Template:
    sql = path.read_text(encoding="utf-8")
    header: dict[str, str] = {}
    for line in sql.splitlines():
        if not line.startswith("-- "):
            break
        name, _, said = line[3:].partition(": ")
        header[name] = said
    columns = tuple(
        (name, said) for name, said in header.items() if name not in ("title", "question", "parameters", "chart")
    )
    return Template(path.stem, header["title"], header["question"], sql, header["chart"], columns)
