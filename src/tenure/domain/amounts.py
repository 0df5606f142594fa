"""What a quantity of a price costs: per unit, in packages, by tiers; in any currency that the price has.

    per unit       quantity × unit amount
    packages       round(quantity / divide_by) × unit amount
    volume         all units at the tier that the quantity falls into, plus its flat amount
    graduated      each tier's units at that tier's amount, one tranche a tier

Amounts are exact until a tranche is rounded to minor units. Source: Stripe documentation, "Pricing models".
"""

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from tenure.domain.documents import Part
from tenure.domain.errors import Invalid
from tenure.domain.money import rounded
from tenure.domain.prices import Price, Tier


class Tranche(Part, frozen=True, kw_only=True):
    """One line's worth: `amount` in minor units for `quantity` units; `tier` counts from 1, `flat`: the tier's fee."""

    amount: int
    quantity: Decimal
    unit_amount_decimal: str | None = None
    tier: int | None = None
    flat: bool = False


class Tariff(Part, frozen=True, kw_only=True):
    """What a price asks for in one currency."""

    unit: Decimal | None
    tiers: list[Tier] | None


def tariff(price: Price, currency: str) -> Tariff:
    """The price's amounts in `currency`. Raises Invalid where it has none in that."""
    if currency == price.currency:
        return Tariff(unit=_decimal(price.unit_amount, price.unit_amount_decimal), tiers=price.tiers)
    option = (price.currency_options or {}).get(currency)
    if option is None:
        raise Invalid(
            f"The price specified only supports `{price.currency}`. "
            f"This doesn't match the expected currency: `{currency}`."
        )
    return Tariff(unit=_decimal(option.unit_amount, option.unit_amount_decimal), tiers=option.tiers)


def charge(price: Price, quantity: int | Decimal, currency: str) -> list[Tranche]:
    """What `quantity` units cost, tranche by tranche; at least one. Raises Invalid for a currency without an amount."""
    units, asked = packages(price, Decimal(quantity)), tariff(price, currency)
    if price.billing_scheme == "tiered" and asked.tiers:
        if price.tiers_mode == "volume":
            return _volume(asked.tiers, units, currency)
        return _graduated(asked.tiers, units, currency)
    unit = asked.unit or Decimal(0)
    return [Tranche(amount=rounded(unit * units, currency), quantity=Decimal(quantity), unit_amount_decimal=text(unit))]


def total(price: Price, quantity: int | Decimal, currency: str) -> int:
    """What `quantity` units cost, in minor units."""
    return sum(tranche.amount for tranche in charge(price, quantity, currency))


def packages(price: Price, quantity: Decimal) -> Decimal:
    """The quantity that is billed, after `transform_quantity`."""
    transform = price.transform_quantity
    if transform is None:
        return quantity
    rounding = ROUND_CEILING if transform.round == "up" else ROUND_FLOOR
    return (quantity / transform.divide_by).quantize(Decimal(1), rounding=rounding)


def _graduated(tiers: Sequence[Tier], units: Decimal, currency: str) -> list[Tranche]:
    tranches: list[Tranche] = []
    below = Decimal(0)
    for number, tier in enumerate(tiers, 1):
        upper = units if tier.up_to is None else min(units, Decimal(tier.up_to))
        if number > 1 and units <= below:
            break
        tranches += _of_tier(tier, max(upper - below, Decimal(0)), number, currency)
        below = upper
    return tranches


def _volume(tiers: Sequence[Tier], units: Decimal, currency: str) -> list[Tranche]:
    for number, tier in enumerate(tiers, 1):
        if tier.up_to is None or units <= tier.up_to:
            return _of_tier(tier, units, number, currency)
    return _of_tier(tiers[-1], units, len(tiers), currency)


def _of_tier(tier: Tier, units: Decimal, number: int, currency: str) -> list[Tranche]:
    unit = _decimal(tier.unit_amount, tier.unit_amount_decimal)
    flat = _decimal(tier.flat_amount, tier.flat_amount_decimal)
    tranches: list[Tranche] = []
    if unit is not None or flat is None:
        amount = rounded((unit or Decimal(0)) * units, currency)
        tranches.append(
            Tranche(amount=amount, quantity=units, unit_amount_decimal=text(unit or Decimal(0)), tier=number)
        )
    if flat is not None:
        # A flat fee is owed as soon as the tier is reached; tier 1 is reached by a quantity of 0.
        fee = rounded(flat, currency)
        tranches.append(
            Tranche(amount=fee, quantity=Decimal(0), unit_amount_decimal=text(flat), tier=number, flat=True)
        )
    return tranches


def _decimal(amount: int | None, exact: str | None) -> Decimal | None:
    if exact is not None:
        return Decimal(exact)
    return None if amount is None else Decimal(amount)


def text(value: Decimal) -> str:
    """A decimal as the wire spells it: no exponent, no zeros at the end."""
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
