"""A coupon: what it takes off, for how long, and how often it may still be redeemed.

redeemable?  not deleted ── redeem_by not passed ── redemptions left ── currency fits ── product fits
"""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

import msgspec

from tenure.domain.documents import Document, Part
from tenure.domain.errors import Invalid

Duration = Literal["forever", "once", "repeating"]
MAX_REDEEM_BY_S = 5 * 366 * 86400


class AppliesTo(Part, frozen=True, kw_only=True):
    """The only products that the coupon takes something off."""

    products: list[str]


class CouponCurrencyOption(Part, frozen=True, kw_only=True):
    """The amount in another currency, minor units of that one."""

    amount_off: int


class Coupon(Document, frozen=True, kw_only=True):
    """Either `percent_off` (over 0, up to 100) or `amount_off` (minor units of `currency`)."""

    object: str = "coupon"
    amount_off: int | None = None
    applies_to: AppliesTo | None = None
    currency: str | None = None
    currency_options: dict[str, CouponCurrencyOption] | None = None
    duration: Duration = "once"
    duration_in_months: int | None = None
    max_redemptions: int | None = None
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    name: str | None = None
    percent_off: float | None = None
    redeem_by: int | None = None
    times_redeemed: int = 0


def is_valid(coupon: Coupon, now: int) -> bool:
    """Whether the coupon can still be redeemed by anybody at `now`, unix seconds."""
    in_time = coupon.redeem_by is None or now < coupon.redeem_by
    left = coupon.max_redemptions is None or coupon.times_redeemed < coupon.max_redemptions
    return in_time and left


def fits(coupon: Coupon, currency: str, product_ids: frozenset[str]) -> bool:
    """Whether it takes something off a purchase in `currency` of any of these products."""
    in_currency = (
        coupon.amount_off is None or currency == coupon.currency or currency in (coupon.currency_options or {})
    )
    on_product = coupon.applies_to is None or bool(product_ids & set(coupon.applies_to.products))
    return in_currency and on_product


def amount_off(coupon: Coupon, amount: int, currency: str) -> int:
    """What the coupon takes off `amount`, minor units, never more than all of it; half a unit rounds to even."""
    if coupon.percent_off is not None:
        exact = Decimal(amount) * Decimal(str(coupon.percent_off)) / 100
        return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
    option = (coupon.currency_options or {}).get(currency)
    flat = option.amount_off if option else coupon.amount_off or 0
    return min(amount, flat)


def check(coupon: Coupon, now: int) -> Coupon:
    """The same coupon, or Invalid when its parts do not make one. Source: Stripe API reference, "Create a coupon"."""
    if (coupon.percent_off is None) == (coupon.amount_off is None):
        given = "both" if coupon.amount_off is not None else "none"
        raise Invalid(
            f"You must pass exactly one of `percent_off` and `amount_off`; you passed {given}.", param="percent_off"
        )
    if coupon.percent_off is not None and not 0 < coupon.percent_off <= 100:
        raise Invalid("Invalid percent_off: must be greater than 0 and less than or equal to 100.", param="percent_off")
    if coupon.amount_off is not None and coupon.currency is None:
        raise Invalid("You must pass `currency` when passing `amount_off`.", code="parameter_missing", param="currency")
    if (coupon.duration == "repeating") != (coupon.duration_in_months is not None):
        raise Invalid(
            "`duration_in_months` is required when `duration` is `repeating`, and only then.",
            param="duration_in_months",
        )
    if coupon.redeem_by is not None and not now < coupon.redeem_by <= now + MAX_REDEEM_BY_S:
        raise Invalid("redeem_by must be in the future and at most five years from now.", param="redeem_by")
    return coupon
