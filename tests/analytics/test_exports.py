"""CSV that every reader reads alike and no spreadsheet runs."""

from typing import Any

import pytest

from tenure.analytics.exports import cell, csv_text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "true"),
        (-5, "-5"),
        (-1.5, "-1.5"),
        ("-1.50", "-1.50"),
        ("=1+1", "'=1+1"),
        ("+cmd", "'+cmd"),
        ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t=1"),
        ("a=1", "a=1"),
        ([1, "a"], '[1,"a"]'),
    ],
)
def test_a_cell_is_shown_as_text_that_is_no_formula(value: Any, shown: str):
    assert cell(value) == shown


def test_a_document_is_rfc_4180():
    assert csv_text(("a", "b"), [[1, 'say "hi"'], [2, "x,y\nz"]]) == 'a,b\r\n1,"say ""hi"""\r\n2,"x,y\nz"\r\n'
