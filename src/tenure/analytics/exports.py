"""Results as CSV: RFC 4180, UTF-8, and nothing that a spreadsheet would run.

=HYPERLINK(…)  ──▶  '=HYPERLINK(…)          numbers stay as they are, negative ones too
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def cell(value: Any) -> str:
    """A value as CSV shows it; text that could start a formula gets an apostrophe in front."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return "'" + text if text.startswith(RISKY) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    """Whether a text is a decimal number, as exact ones arrive."""
    digits = text.removeprefix("-").replace(".", "", 1)
    return digits.isascii() and digits.isdigit()


def csv_rows(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as lines of CSV, each ended by CR LF."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A header and rows as one CSV document."""
    return csv_rows([columns]) + csv_rows(rows)
