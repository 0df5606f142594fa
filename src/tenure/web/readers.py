"""Who reads a page: language, time zone and the present; and the merchant whose page it is.

Reader(language, "Europe/Berlin", now).day(1797206400)     14. Dezember 2026
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tenure.domain.errors import NotFound
from tenure.i18n import formats
from tenure.i18n.languages import Language
from tenure.store import Tx, accounts
from tenure.web.brand import DEFAULT_COLOR


@dataclass(frozen=True, kw_only=True)
class Reader:
    """How amounts and times are written on this page; `now` is in unix seconds."""

    language: Language
    time_zone: str = "UTC"
    now: int

    def money(self, amount: int, currency: str) -> str:
        return formats.money(amount, currency, self.language)

    def exact_money(self, amount: Decimal, currency: str) -> str:
        """An amount that may hold parts of the smallest unit, as the price of one of many may."""
        return formats.money(amount, currency, self.language)

    def number(self, value: int | Decimal) -> str:
        return formats.number(value, self.language)

    def percent(self, value: float) -> str:
        return formats.percent(value, self.language)

    def day(self, at: int) -> str:
        return formats.day(at, self.language, self.time_zone)

    def short_day(self, at: int) -> str:
        return formats.short_day(at, self.language, self.time_zone, now=self.now)

    def dated(self, at: int) -> str:
        """The day in short, always with its year, as papers need it."""
        return formats.short_day(at, self.language, self.time_zone)

    def month(self, at: int) -> str:
        return formats.month(at, self.language, self.time_zone)

    def moment(self, at: int) -> str:
        return formats.moment(at, self.language, self.time_zone)

    def per(self, interval: str, count: int) -> str:
        return formats.per(interval, count, self.language)

    def listed(self, names: list[str]) -> str:
        return formats.listed(names, self.language)


@dataclass(frozen=True, kw_only=True)
class Merchant:
    """What pages show of an account."""

    account: str
    name: str
    color: str = DEFAULT_COLOR
    letter: str = ""
    support_email: str | None = None
    time_zone: str = "UTC"
    language: str = "en"
    country: str | None = None
    address: str = ""


def merchant_of(account: str, name: str, settings: Mapping[str, Any]) -> Merchant:
    """The merchant as an account's settings describe it."""
    shown = settings.get("business_name") or name
    return Merchant(
        account=account,
        name=shown,
        color=settings.get("brand_color") or DEFAULT_COLOR,
        letter=settings.get("icon_letter") or shown.strip()[:1].upper(),
        support_email=settings.get("support_email"),
        time_zone=settings.get("time_zone") or "UTC",
        language=settings.get("language") or "en",
        country=settings.get("country"),
        address=settings.get("address") or "",
    )


def read_merchant(tx: Tx) -> Merchant:
    """The merchant of the transaction's account."""
    account = accounts.get(tx, tx.scope.account)
    if account is None:
        raise NotFound("This account does not exist.")
    return merchant_of(account.id, account.name, account.settings)
