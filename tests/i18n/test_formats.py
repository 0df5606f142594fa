"""Money, dates and periods as each language writes them."""

import re

import pytest

from tenure.i18n import formats
from tenure.i18n.languages import language
from tenure.i18n.locales import TAGS

AT = 1797206400  # 2026-12-14 00:00:00 UTC
NBSP = "\u00a0"


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


@pytest.mark.parametrize(
    ("amount", "currency", "tag", "written"),
    [
        (2900, "eur", "en", "€29.00"),
        (2900, "eur", "de", "29,00 €"),
        (500, "jpy", "en", "¥500"),
        (1234567, "kwd", "de", "1.234,567 KWD"),
        (500, "isk", "de", "5 ISK"),
        (550, "isk", "de", "5,50 ISK"),
        (-150, "usd", "en", "-$1.50"),
        (0, "usd", "en", "$0.00"),
        (10**12, "usd", "en", "$10,000,000,000.00"),
    ],
)
def test_minor_units_become_money(amount, currency, tag, written):
    assert plain(formats.money(amount, currency, language(tag))) == written


def test_a_date_is_never_broken_across_lines():
    assert formats.day(AT, language("en")) == f"December{NBSP}14,{NBSP}2026"
    assert formats.day(AT, language("de")) == f"14.{NBSP}Dezember{NBSP}2026"
    assert " " not in formats.day(AT, language("fr"))


def test_a_date_is_that_of_the_time_zone():
    assert plain(formats.day(AT - 3600, language("en"), "UTC")) == "December 13, 2026"
    assert plain(formats.day(AT - 3600, language("en"), "Europe/Berlin")) == "December 14, 2026"
    assert plain(formats.day(AT, language("en"), "America/New_York")) == "December 13, 2026"
    assert plain(formats.day(AT, language("en"), "Not/AZone")) == "December 14, 2026"


def test_a_short_date_has_its_year_only_when_it_is_another_one():
    assert plain(formats.short_day(AT, language("en"), now=AT)) == "Dec 14"
    assert plain(formats.short_day(AT, language("en"), now=AT + 30 * 86400)) == "Dec 14, 2026"
    assert plain(formats.short_day(AT, language("en"))) == "Dec 14, 2026"


@pytest.mark.parametrize("tag", TAGS)
def test_a_receipts_time_names_its_zone(tag):
    text = formats.moment(AT, language(tag), "Asia/Kolkata")
    assert not re.search(r"[+-]\d{4}\b", text)
    assert re.search(r"UTC\+5:30|5:30:00|[A-Z]{3}|\D5:30", text)


def test_a_zone_is_written_by_name_or_as_an_offset():
    assert plain(formats.moment(AT, language("en"), "Europe/Berlin")).endswith("UTC+1")
    assert formats.moment(AT, language("de"), "Europe/Berlin").endswith("MEZ")
    assert formats.moment(AT, language("en"), "UTC").endswith("UTC")


@pytest.mark.parametrize(
    ("interval", "count", "tag", "written"),
    [
        ("month", 1, "en", "per month"),
        ("month", 3, "en", "every 3 months"),
        ("year", 1, "de", "pro Jahr"),
        ("week", 2, "de", "alle 2 Wochen"),
        ("day", 1, "en", "per day"),
    ],
)
def test_a_period_is_one_phrase(interval, count, tag, written):
    assert formats.per(interval, count, language(tag)) == written


def test_a_percentage_keeps_its_fraction():
    assert formats.percent(25, language("en")) == "25%"
    assert formats.percent(12.5, language("en")) == "12.5%"
    assert plain(formats.percent(33.333, language("de"))) == "33,333 %"


def test_names_become_one_phrase():
    assert formats.listed([], language("en")) == ""
    assert formats.listed(["Studio"], language("en")) == "Studio"
    assert formats.listed(["Studio", "Maps"], language("de")) == "Studio und Maps"


@pytest.mark.parametrize("tag", TAGS)
def test_every_language_writes_everything(tag):
    tongue = language(tag)
    for text in (
        formats.money(123456, "eur", tongue),
        formats.day(AT, tongue),
        formats.short_day(AT, tongue, now=AT),
        formats.month(AT, tongue),
        formats.short_moment(AT, tongue, "Europe/Berlin"),
        formats.number(5000, tongue),
    ):
        assert re.search(r"\d", text)
