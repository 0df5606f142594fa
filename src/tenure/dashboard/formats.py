"""One language and one time zone at hand: what dashboard pages and sentences are written with.

words.money(2900, "eur")   €29.00        words.moment(1797811200)   14 Dec 2026, 11:42
"""

from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_date, format_time

from tenure.i18n import formats
from tenure.i18n.languages import Language
from tenure.i18n.locales import cldr


@dataclass(frozen=True, kw_only=True)
class Words:
    """Texts and formats for one person; `now` (unix seconds) decides which dates need their year."""

    language: Language
    zone: str
    now: int

    def _(self, message: str) -> str:
        """The text in the person's language."""
        return self.language.gettext(message)

    def ngettext(self, one: str, many: str, number: int, **values: object) -> str:
        """The sentence in the number's form, with the number as `num` and the other values put in."""
        return self.language.ngettext(one, many, number, **values)

    def at(self, moment: int) -> datetime:
        """A unix moment on the account's clock."""
        return formats.local(moment, self.zone)

    def money(self, amount: int, currency: str) -> str:
        return formats.money(amount, currency, self.language)

    def number(self, value: int) -> str:
        return formats.number(value, self.language)

    def percent(self, value: float) -> str:
        return formats.percent(value, self.language)

    def date(self, moment: int | None) -> str:
        """A day written out: 14 December 2026."""
        return "" if moment is None else formats.day(moment, self.language, self.zone)

    def day(self, moment: int | None) -> str:
        """A short day; the year only where it is not the current one."""
        return "" if moment is None else formats.short_day(moment, self.language, self.zone, now=self.now)

    def short(self, moment: int | None) -> str:
        """A short day with its year: 14 Dec 2026."""
        if moment is None:
            return ""
        return format_date(self.at(moment).date(), "medium", locale=cldr(self.language.tag))

    def moment(self, moment: int | None) -> str:
        """A day with its time of day."""
        if moment is None:
            return ""
        time = format_time(self.at(moment).time(), "short", locale=cldr(self.language.tag))
        return f"{self.short(moment)}, {time}"

    def every(self, interval: str, count: int) -> str:
        """What follows a price: per month, every 3 months."""
        return formats.per(interval, count, self.language)
