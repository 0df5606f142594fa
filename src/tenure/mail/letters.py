"""What a mail says, every text ready in its language; and the two forms that it is sent in.

    Letter ── as_html ──▶ one HTML page, styles in line, nothing loaded from anywhere
           ── as_text ──▶ the same words, plain

Every text is data: it is escaped in HTML, and has no line breaks or control characters where it could become a header.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent / "templates"
HEADER_MAX = 200
SPACES = re.compile(" {2,}")
# Control characters, halves of pairs, separators of lines and paragraphs.
BREAKS = frozenset({"Cc", "Cs", "Zl", "Zp"})
ISOLATES = "\u2068\u2069"  # ours, around values in right-to-left text


class Colors(msgspec.Struct, frozen=True, kw_only=True):
    """#rrggbb: of the merchant's mark and button, of what is written on them, of links, of lines."""

    brand: str = "#2f55d4"
    on_brand: str = "#ffffff"
    edge: str = "#2f55d4"
    link: str = "#2f55d4"


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One mail. `facts` are rows of a label and a value, `button` a text and an address, `foot` its last lines."""

    subject: str
    preview: str
    title: str
    sender: str
    mark: str = ""
    reply_to: str | None = None
    language: str = "en"
    rtl: bool = False
    colors: Colors = Colors()
    paragraphs: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    button: tuple[str, str] | None = None
    after: tuple[str, ...] = ()
    foot: tuple[str, ...] = ()


def one_line(text: str) -> str:
    """The text without what could end a line, start a header or reorder what stands beside it."""
    plain = "".join(_harmless(each) for each in text)
    return SPACES.sub(" ", plain).strip()


def _harmless(character: str) -> str:
    if unicodedata.category(character) in BREAKS:
        return " "
    return "" if unicodedata.category(character) == "Cf" and character not in ISOLATES else character


def header_line(text: str) -> str:
    """The same, cut to what a header may hold."""
    return one_line(text)[:HEADER_MAX]


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=lambda name: bool(name and name.endswith(".html")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["line"] = one_line
    return made


def as_html(letter: Letter) -> str:
    """The letter as HTML."""
    return _environment().get_template("letter.html").render(letter=letter)


def as_text(letter: Letter) -> str:
    """The letter as plain text."""
    return _environment().get_template("letter.txt").render(letter=letter)
