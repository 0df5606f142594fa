"""A card as somebody typed it into a form: read, or what is wrong with it field by field.

number, expiry, cvc ── read_card() ──▶ the parameters of a card │ ((field, what to do), …)

What is read goes to the gateway and is forgotten: a number is not stored, logged or shown again.
"""

import re
from collections.abc import Mapping
from typing import Any

from tenure.i18n.languages import Language
from tenure.web.methods import problem_of

EXPIRY = re.compile(r"\s*(\d{1,2})\s*[/.\- ]?\s*(\d{4}|\d{2})\s*")
MOST_DIGITS = 40
Errors = tuple[tuple[str, str], ...]


def read_card(form: Mapping[str, str], language: Language) -> dict[str, Any] | Errors:
    """The card, or the fields that are missing."""
    month, year = expiry_of(form.get("expiry", ""))
    missing = [
        (name, problem_of(code, None, language)[1])
        for name, code, given in (
            ("number", "incorrect_number", form.get("number", "").strip()),
            ("expiry", "invalid_expiry_month", month),
            ("cvc", "invalid_cvc", form.get("cvc", "").strip()),
        )
        if not given
    ]
    if missing:
        return tuple(missing)
    return {
        "number": form.get("number", "")[:MOST_DIGITS],
        "exp_month": month,
        "exp_year": year,
        "cvc": form.get("cvc", "").strip()[:MOST_DIGITS],
    }


def expiry_of(text: str) -> tuple[int | None, int | None]:
    """Month and year of `08 / 30`, `8/2030`, `0830`; None where it is none of these."""
    found = EXPIRY.fullmatch(text)
    return (int(found[1]), int(found[2])) if found else (None, None)
