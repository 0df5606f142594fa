"""A merchant's colour always makes a readable page."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tenure.web import brand

COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(COLORS)
@example("#ffffff")
@example("#000000")
@example("#ffd400")
@example("#808080")
@example("#0e7c6b")
def test_every_colour_has_contrast_in_light_and_dark(color):
    for mode in ("light", "dark"):
        colors = {name: brand.parse(value) for name, value in brand.scheme(color, mode).items()}
        surface = brand.SURFACE[mode]
        assert brand.contrast(colors["brand-fg"], colors["brand"]) >= 4.5
        assert brand.contrast(colors["brand-fg"], colors["brand-hover"]) >= 4.5
        assert brand.contrast(colors["brand-edge"], surface) >= 3
        assert brand.contrast(colors["brand-ring"], surface) >= 3
        assert brand.contrast(colors["brand-text"], surface) >= 4.5
        assert brand.contrast(colors["brand-text"], colors["brand-soft"]) >= 4.5


@given(COLORS)
def test_a_colour_survives_the_round_trip(color):
    rgb = brand.parse(color)
    assert (
        brand.to_hex(brand.from_oklch(*brand.to_oklch(rgb))) == color
        or max(abs(one - other) for one, other in zip(brand.from_oklch(*brand.to_oklch(rgb)), rgb, strict=True))
        <= 2 / 255
    )


def test_a_readable_colour_stays_as_it_is():
    assert brand.scheme("#0e7c6b", "light")["brand"] == "#0e7c6b"
    yellow = brand.scheme("#ffd400", "light")
    assert (yellow["brand"], yellow["brand-fg"]) == ("#ffd400", "#10131a")


def test_black_on_white_is_21_to_1():
    assert round(brand.contrast((0, 0, 0), (1, 1, 1)), 2) == 21.0


@pytest.mark.parametrize("wrong", ["red", "#fff", "#12345g", "", "#1234567", "url(x)"])
def test_only_six_digits_are_a_colour(wrong):
    with pytest.raises(ValueError, match="rrggbb"):
        brand.parse(wrong)
    assert brand.path(wrong) == brand.path(brand.DEFAULT_COLOR)


def test_the_stylesheet_sets_eight_properties_for_both_modes():
    css = brand.stylesheet("#0e7c6b").decode()
    assert len(re.findall(r"--brand[a-z-]*:light-dark\(#[0-9a-f]{6},#[0-9a-f]{6}\);", css)) == 8
