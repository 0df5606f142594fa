"""How a language writes money, dates, periods and percentages; always formatted first, put into sentences second.

money(2900, "eur", language)                 €29.00      29,00 €
day(1797206400, language, "Europe/Berlin")   December 14, 2026, held together by no-break spaces
per("month", 3, language)                    every 3 months
"""

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_datetime, format_skeleton, get_timezone_name
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent, get_currency_precision

from tenure.i18n.languages import Language
from tenure.i18n.locales import cldr

OFFSET = re.compile(r"([+-])(\d\d)(\d\d)")
NO_BREAK_SPACE = "\u00a0"
# Stripe's minor units where they are not CLDR's. Source: Stripe documentation, "Supported currencies".
MINOR_DIGITS = {"isk": 2, "ugx": 2, "huf": 2, "twd": 2, "mga": 0, "bhd": 3, "jod": 3, "kwd": 3, "omr": 3, "tnd": 3}


def minor_digits(currency: str) -> int:
    """How many decimal places the smallest unit of a currency stands for on the wire."""
    known = MINOR_DIGITS.get(currency.lower())
    return get_currency_precision(currency.upper()) if known is None else known


def decimal_amount(amount: int | Decimal, currency: str) -> Decimal:
    """Minor units as an exact decimal of the currency."""
    return Decimal(amount).scaleb(-minor_digits(currency))


def money(amount: int | Decimal, currency: str, language: Language) -> str:
    """Minor units as the language writes them, with all digits that the currency has, or that the amount needs."""
    exact = decimal_amount(amount, currency)
    digits = max(get_currency_precision(currency.upper()), -int(exact.normalize().as_tuple().exponent))
    locale = cldr(language.tag)
    pattern = locale.currency_formats["standard"]
    places = (digits, digits)
    text: str = pattern.apply(exact, locale, currency=currency.upper(), currency_digits=False, force_frac=places)
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
    return _held_together(format_date(local(at, time_zone).date(), "long", locale=cldr(language.tag)))


def short_day(at: int, language: Language, time_zone: str = "UTC", *, now: int | None = None) -> str:
    """Day and month for badges; with the year when it is not the year of `now`."""
    moment = local(at, time_zone)
    same_year = now is not None and local(now, time_zone).year == moment.year
    skeleton = "MMMd" if same_year else "yMMMd"
    return _held_together(format_skeleton(skeleton, moment, tzinfo=zone(time_zone), locale=cldr(language.tag)))


def month(at: int, language: Language, time_zone: str = "UTC") -> str:
    """Month and year."""
    text = format_skeleton("yMMMM", local(at, time_zone), tzinfo=zone(time_zone), locale=cldr(language.tag))
    return _held_together(text)


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


def percent(value: float, language: Language) -> str:
    """A percentage given in hundredths: 25 or 12.5."""
    share = Decimal(str(value)) / 100
    return format_percent(share, locale=cldr(language.tag), decimal_quantization=False)


def number(value: int, language: Language) -> str:
    """A whole number with the language's grouping."""
    return format_decimal(value, locale=cldr(language.tag))


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


def listed(names: list[str], language: Language) -> str:
    """Names as one phrase: A, B and C."""
    return format_list(names, locale=cldr(language.tag)) if names else ""
