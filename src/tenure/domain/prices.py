"""A price: how much a product costs and how often; amounts are in minor units of `currency`.

per_unit   one of unit_amount, unit_amount_decimal, custom_unit_amount
tiered     tiers, the last one without an end; recurring only

An amount has two spellings, a whole number and a decimal of at most twelve places; `complete` writes the other one.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from tenure.domain.documents import Document, Part
from tenure.domain.errors import Invalid
from tenure.domain.money import step

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


LONGEST: dict[str, tuple[int, str]] = {
    "day": (1095, "daily"),
    "week": (156, "weekly"),
    "month": (36, "monthly"),
    "year": (3, "yearly"),
}


class Amount(NamedTuple):
    """Both spellings of an amount; the whole one is missing where there is a fraction."""

    whole: int | None = None
    exact: str | None = None


def complete(price: Price) -> Price:
    """The price with both spellings of its amounts. Raises Invalid where its parts do not make a price."""
    _check_recurring(price)
    if price.billing_scheme == "tiered":
        price = _tiered(price)
    else:
        price = _per_unit(price)
    options = price.currency_options
    if options is None:
        return price
    return replace(price, currency_options={name: complete_option(price, name, each) for name, each in options.items()})


def complete_option(price: Price, currency: str, option: CurrencyOption) -> CurrencyOption:
    """What the price asks for in another currency, which must have the price's own form. Raises Invalid."""
    at = f"currency_options[{currency}]"
    if currency == price.currency:
        raise Invalid(f"`{currency}` is the price's own currency: its amount stands outside of the options.", param=at)
    if price.billing_scheme == "tiered":
        if not option.tiers or option.unit_amount is not None or option.unit_amount_decimal is not None:
            raise Invalid("The currency options of a tiered price have `tiers`.", param=f"{at}[tiers]")
        ends = [tier.up_to for tier in option.tiers], [tier.up_to for tier in price.tiers or ()]
        if ends[0] != ends[1]:
            raise Invalid("The tiers of every currency must end at the same quantities.", param=f"{at}[tiers]")
        return replace(option, tiers=_tiers(option.tiers, currency, f"{at}[tiers]"))
    if option.tiers:
        raise Invalid("Only tiered prices have `tiers`.", param=f"{at}[tiers]")
    if option.custom_unit_amount is not None and price.custom_unit_amount is None:
        raise Invalid(
            "A currency option can only have a `custom_unit_amount` where the price has one.",
            param=f"{at}[custom_unit_amount]",
        )
    if option.custom_unit_amount is None and option.unit_amount is None and option.unit_amount_decimal is None:
        raise Invalid(
            f"Missing required param: {at}[unit_amount].", code="parameter_missing", param=f"{at}[unit_amount]"
        )
    amount = spelled(option.unit_amount, option.unit_amount_decimal, currency, "unit_amount", at)
    return replace(option, unit_amount=amount.whole, unit_amount_decimal=amount.exact)


def spelled(whole: int | None, exact: str | None, currency: str, name: str, at: str = "") -> Amount:
    """Both spellings of an amount given in one; none of one not given. Raises Invalid."""
    param = f"{at}[{name}]" if at else name
    if whole is not None and exact is not None:
        raise Invalid(f"You may only specify one of these parameters: {name}, {name}_decimal.", param=param)
    if exact is not None:
        value = Decimal(exact)
        if value != value.to_integral_value():
            return Amount(None, f"{value.normalize():f}")
        whole = int(value)
    if whole is None:
        return Amount()
    if whole % step(currency):
        raise Invalid(
            f"Invalid integer: {whole}. Amounts in `{currency}`, a three-decimal currency, must be multiples of ten.",
            code="parameter_invalid_integer",
            param=param,
        )
    return Amount(whole, str(whole))


def _check_recurring(price: Price) -> None:
    if price.recurring is None:
        return
    longest, adjective = LONGEST[price.recurring.interval]
    if price.recurring.interval_count > longest:
        raise Invalid(
            f"The interval_count for {adjective} prices can't be greater than {longest}",
            param="recurring[interval_count]",
        )
    if price.custom_unit_amount is not None:
        raise Invalid(
            "Prices with `type=recurring` are not supported with `custom_unit_amount`.", param="custom_unit_amount"
        )
    if price.recurring.usage_type == "metered" and price.recurring.meter is None:
        raise Invalid("Starting with Stripe version `2025-03-31.basil`, metered prices must be backed by meters.")
    if price.recurring.usage_type == "licensed" and price.recurring.meter is not None:
        raise Invalid("A price with a `meter` must have `usage_type=metered`.", param="recurring[usage_type]")


def _per_unit(price: Price) -> Price:
    if price.tiers or price.tiers_mode:
        raise Invalid("You must set `billing_scheme=tiered` to use `tiers` and `tiers_mode`.", param="billing_scheme")
    amount = spelled(price.unit_amount, price.unit_amount_decimal, price.currency, "unit_amount")
    if price.custom_unit_amount is not None:
        if amount.exact is not None:
            raise Invalid(
                "You may only specify one of these parameters: unit_amount, custom_unit_amount.", param="unit_amount"
            )
        _check_bounds(price.custom_unit_amount)
        return price
    if amount.exact is None:
        raise Invalid("Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.")
    return replace(price, unit_amount=amount.whole, unit_amount_decimal=amount.exact)


def _check_bounds(custom: CustomUnitAmount) -> None:
    least = custom.minimum or 0
    if custom.maximum is not None and custom.maximum < least:
        raise Invalid("The `maximum` must not be less than the `minimum`.", param="custom_unit_amount[maximum]")
    if custom.preset is not None and not least <= custom.preset <= (custom.maximum or custom.preset):
        raise Invalid("The `preset` must lie between `minimum` and `maximum`.", param="custom_unit_amount[preset]")


def _tiered(price: Price) -> Price:
    if price.recurring is None:
        raise Invalid("Prices with `type=one_time` are not supported with tiered billing.", param="interval")
    for name in ("tiers", "tiers_mode"):
        if not getattr(price, name):
            raise Invalid(f"Missing required param: {name}.", code="parameter_missing", param=name)
    for name in ("unit_amount", "unit_amount_decimal", "transform_quantity"):
        if getattr(price, name) is not None:
            raise Invalid(f"A tiered price cannot have `{name}`: its amounts stand in `tiers`.", param=name)
    return replace(price, tiers=_tiers(price.tiers or [], price.currency, "tiers"))


def _tiers(tiers: Sequence[Tier], currency: str, at: str) -> list[Tier]:
    """The tiers with both spellings of their amounts, each above the one before, the last without an end."""
    below = 0
    for number, tier in enumerate(tiers):
        last = number == len(tiers) - 1
        if last != (tier.up_to is None):
            raise Invalid("The last tier, and only that one, must have `up_to=inf`.", param=f"{at}[{number}][up_to]")
        if tier.up_to is not None and tier.up_to <= below:
            raise Invalid("Each tier must end above the one before it.", param=f"{at}[{number}][up_to]")
        below = tier.up_to or below
    return [_tier(tier, currency, f"{at}[{number}]") for number, tier in enumerate(tiers)]


def _tier(tier: Tier, currency: str, at: str) -> Tier:
    unit = spelled(tier.unit_amount, tier.unit_amount_decimal, currency, "unit_amount", at)
    flat = spelled(tier.flat_amount, tier.flat_amount_decimal, currency, "flat_amount", at)
    if unit.exact is None and flat.exact is None:
        raise Invalid("Each tier needs a `unit_amount` or a `flat_amount`.", code="parameter_missing", param=at)
    if flat.exact is not None and flat.whole is None:
        raise Invalid(
            f"Invalid decimal: {flat.exact}. A flat amount is a whole number.", param=f"{at}[flat_amount_decimal]"
        )
    return replace(
        tier,
        unit_amount=unit.whole,
        unit_amount_decimal=unit.exact,
        flat_amount=flat.whole,
        flat_amount_decimal=flat.exact,
    )


def check_fixed(price: Price, param: str) -> None:
    """Refuse a price whose amount the customer chooses on a payment page. Raises Invalid."""
    if price.custom_unit_amount is not None:
        raise Invalid(
            f"The price specified has `custom_unit_amount` set, which is only supported by Checkout Sessions and "
            f"Payment Links: '{price.id}'.",
            param=param,
        )
