"""What a paper says, every text ready in its language: this package knows nothing of invoices, languages or money.

    Paper ── press.printed(paper) ──▶ b"%PDF-…"

The texts reach typst as data (JSON), never as its markup.
"""

from typing import Literal

import msgspec

PaperSize = Literal["a4", "us-letter"]


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with an address, under a label such as "Bill to"."""

    label: str = ""
    name: str = ""
    lines: tuple[str, ...] = ()


class PaperLine(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table; `notes` are pairs of a text and an amount below it."""

    text: str
    detail: str = ""
    quantity: str = ""
    unit: str = ""
    tax: str = ""
    amount: str = ""
    notes: tuple[tuple[str, str], ...] = ()


class PaperSum(msgspec.Struct, frozen=True, kw_only=True):
    """One row below the table."""

    label: str
    amount: str
    strong: bool = False


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """The heads of the table; a column without one is left out."""

    text: str
    quantity: str = ""
    unit: str = ""
    tax: str = ""
    amount: str


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """One document. `page` holds {n} and {of}; colours are #rrggbb: of links, of the merchant's mark and of the letter
    on it; the file is dated with the unix second `at`.
    """

    title: str
    headline: str
    columns: Columns
    color: str = "#161b26"
    mark_color: str = "#161b26"
    on_color: str = "#ffffff"
    size: PaperSize = "a4"
    language: str = "en"
    region: str | None = None
    rtl: bool = False
    letter: str = ""
    stamp: str = ""
    subject: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    parties: tuple[Party, ...] = ()
    link: tuple[str, str] | None = None
    memo: str = ""
    lines: tuple[PaperLine, ...] = ()
    sums: tuple[PaperSum, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    rows_title: str = ""
    footer: str = ""
    foot: str = ""
    page: str = "{n} / {of}"
    at: int = 0
