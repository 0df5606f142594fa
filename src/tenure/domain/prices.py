"""A price: how much a product costs and how often; amounts are in minor units of `currency`."""

from typing import Literal

import msgspec

from tenure.domain.documents import Document, Part

Interval = Literal["day", "week", "month", "year"]
TaxBehavior = Literal["exclusive", "inclusive", "unspecified"]


class Recurring(Part, frozen=True, kw_only=True):
    """How often a price recurs."""

    interval: Interval
    interval_count: int = 1
    meter: str | None = None
    trial_period_days: int | None = None
    usage_type: Literal["licensed", "metered"] = "licensed"


class CustomUnitAmount(Part, frozen=True, kw_only=True):
    """Bounds of an amount that the payer chooses, minor units."""

    maximum: int | None = None
    minimum: int | None = None
    preset: int | None = None


class Tier(Part, frozen=True, kw_only=True):
    """One step of a tiered price; `up_to` null is the last one."""

    flat_amount: int | None = None
    flat_amount_decimal: str | None = None
    unit_amount: int | None = None
    unit_amount_decimal: str | None = None
    up_to: int | None = None


class CurrencyOption(Part, frozen=True, kw_only=True):
    """The same price in another currency, minor units of that one."""

    custom_unit_amount: CustomUnitAmount | None = None
    tax_behavior: TaxBehavior = "unspecified"
    tiers: list[Tier] | None = None
    unit_amount: int | None = None
    unit_amount_decimal: str | None = None


class TransformQuantity(Part, frozen=True, kw_only=True):
    """Divide the quantity before it is billed, and round."""

    divide_by: int
    round: Literal["down", "up"]


class Price(Document, frozen=True, kw_only=True):
    """How much a product costs and how often."""

    object: str = "price"
    active: bool = True
    billing_scheme: Literal["per_unit", "tiered"] = "per_unit"
    currency: str
    currency_options: dict[str, CurrencyOption] | None = None
    custom_unit_amount: CustomUnitAmount | None = None
    lookup_key: str | None = None
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    nickname: str | None = None
    product: str
    recurring: Recurring | None = None
    tax_behavior: TaxBehavior = "unspecified"
    tiers: list[Tier] | None = None
    tiers_mode: Literal["graduated", "volume"] | None = None
    transform_quantity: TransformQuantity | None = None
    type: Literal["one_time", "recurring"] = "one_time"
    unit_amount: int | None = None
    unit_amount_decimal: str | None = None
