"""How a language writes money, dates, periods and percentages; always formatted first, put into sentences second.

money(2900, "eur", language)                 €29.00      29,00 €
day(1797206400, language, "Europe/Berlin")   December 14, 2026, held together by no-break spaces
per("month", 3, language)                    every 3 months
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_datetime, format_skeleton, get_timezone_name
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision

from tenure.domain.money import exponent
from tenure.i18n.languages import Language
from tenure.i18n.locales import cldr

OFFSET = re.compile(r"([+-])(\d\d)(\d\d)")
# Babel takes 50 to 100 µs for each; pages show the same few prices and dates again and again.
KEPT = 4096
NO_BREAK_SPACE = "\u00a0"


def decimal_amount(amount: int | Decimal, currency: str) -> Decimal:
    """Minor units as an exact decimal of the currency."""
    return Decimal(amount).scaleb(-exponent(currency.lower()))


@lru_cache(maxsize=KEPT)
def money(amount: int | Decimal, currency: str, language: Language) -> str:
    """Minor units as the language writes them; two decimals where the currency has none but the amount does."""
    exact, code = decimal_amount(amount, currency), currency.upper()
    places = -int(exact.normalize().as_tuple().exponent)
    usual = places <= get_currency_precision(code)
    text: str = format_currency(exact, code, locale=cldr(language.tag), currency_digits=usual)
    return text


@cache
def zone(name: str) -> ZoneInfo:
    """The time zone, or UTC where the name is unknown."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def local(at: int, time_zone: str) -> datetime:
    """Unix seconds as wall-clock time in a zone."""
    return datetime.fromtimestamp(at, UTC).astimezone(zone(time_zone))


def _held_together(text: str) -> str:
    return text.replace(" ", NO_BREAK_SPACE)


def day(at: int, language: Language, time_zone: str = "UTC") -> str:
    """The whole date, never broken across lines."""
    return _day(local(at, time_zone).date(), language)


@lru_cache(maxsize=KEPT)
def _day(when: date, language: Language) -> str:
    return _held_together(format_date(when, "long", locale=cldr(language.tag)))


def short_day(at: int, language: Language, time_zone: str = "UTC", *, now: int | None = None) -> str:
    """Day and month for badges; with the year when it is not the year of `now`."""
    moment = local(at, time_zone)
    same_year = now is not None and local(now, time_zone).year == moment.year
    return _by_skeleton("MMMd" if same_year else "yMMMd", moment.date(), language)


@lru_cache(maxsize=KEPT)
def _by_skeleton(skeleton: str, when: date, language: Language) -> str:
    midday = datetime(when.year, when.month, when.day, 12, tzinfo=UTC)
    return _held_together(format_skeleton(skeleton, midday, tzinfo=UTC, locale=cldr(language.tag)))


def month(at: int, language: Language, time_zone: str = "UTC") -> str:
    """Month and year."""
    return _by_skeleton("yMMMM", local(at, time_zone).date().replace(day=1), language)


def moment(at: int, language: Language, time_zone: str = "UTC") -> str:
    """Date, time to the second, and the zone by name, as receipts need it."""
    when = local(at, time_zone)
    text = format_datetime(when, "long", tzinfo=zone(time_zone), locale=cldr(language.tag))
    return OFFSET.sub(_utc_offset, text)


def _utc_offset(found: re.Match[str]) -> str:
    sign, hours, minutes = found.groups()
    if hours == minutes == "00":
        return "UTC"
    return f"UTC{sign}{int(hours)}" + (f":{minutes}" if minutes != "00" else "")


def short_moment(at: int, language: Language, time_zone: str = "UTC") -> str:
    """Date and time for tables and timelines."""
    return format_datetime(local(at, time_zone), "medium", tzinfo=zone(time_zone), locale=cldr(language.tag))


def zone_name(language: Language, time_zone: str) -> str:
    """The zone's name in the language."""
    return get_timezone_name(zone(time_zone), locale=cldr(language.tag))


@lru_cache(maxsize=KEPT)
def percent(value: float, language: Language) -> str:
    """A percentage given in hundredths: 25 or 12.5."""
    share = Decimal(str(value)) / 100
    return format_percent(share, locale=cldr(language.tag), decimal_quantization=False)


def number(value: int | Decimal, language: Language) -> str:
    """A number with the language's grouping, and with all the decimals that it has."""
    return format_decimal(value, locale=cldr(language.tag), decimal_quantization=False)


def per(interval: str, count: int, language: Language) -> str:
    """What follows a price: a whole phrase, never built from parts."""
    n, ngettext = count, language.ngettext
    match interval:
        case "day":
            return ngettext("per day", "every %(num)s days", n)
        case "week":
            return ngettext("per week", "every %(num)s weeks", n)
        case "month":
            return ngettext("per month", "every %(num)s months", n)
        case _:
            return ngettext("per year", "every %(num)s years", n)


def months(count: int, language: Language) -> str:
    """A length of time in months."""
    return language.ngettext("%(num)s month", "%(num)s months", count)


def listed(names: Sequence[str], language: Language) -> str:
    """Names as one phrase: A, B and C."""
    if len(names) < 2:
        return "".join(names)
    return format_list(names, locale=cldr(language.tag))
