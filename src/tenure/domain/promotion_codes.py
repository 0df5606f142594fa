"""A promotion code: a word that customers type to redeem a coupon, with limits of its own."""

from typing import Literal

import msgspec

from tenure.domain.coupons import Coupon, is_valid
from tenure.domain.documents import Document, Part
from tenure.domain.errors import Invalid


class Promotion(Part, frozen=True, kw_only=True):
    """What the code redeems."""

    coupon: str
    type: Literal["coupon"] = "coupon"


class MinimumAmount(Part, frozen=True, kw_only=True):
    """The least order value in another currency, minor units."""

    minimum_amount: int | None = None


class Restrictions(Part, frozen=True, kw_only=True):
    """Who may use the code; `minimum_amount` is in minor units."""

    currency_options: dict[str, MinimumAmount] | None = None
    first_time_transaction: bool = False
    minimum_amount: int | None = None
    minimum_amount_currency: str | None = None


class PromotionCode(Document, frozen=True, kw_only=True):
    """A word that redeems a coupon; `code` is compared without case."""

    object: str = "promotion_code"
    active: bool = True
    code: str
    customer: str | None = None
    customer_account: str | None = None
    expires_at: int | None = None
    max_redemptions: int | None = None
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    promotion: Promotion
    restrictions: Restrictions = Restrictions()
    times_redeemed: int = 0


def is_active(code: PromotionCode, coupon: Coupon | None, now: int) -> bool:
    """Whether the code can be redeemed at `now`; it is never more alive than its coupon."""
    in_time = code.expires_at is None or now < code.expires_at
    left = code.max_redemptions is None or code.times_redeemed < code.max_redemptions
    return code.active and in_time and left and coupon is not None and is_valid(coupon, now)


def least(code: PromotionCode, currency: str) -> int | None:
    """The least order value in this currency, minor units; None where there is none. Raises Invalid for a currency
    in which none is set."""
    limits = code.restrictions
    if limits.minimum_amount is None:
        return None
    option = (limits.currency_options or {}).get(currency)
    amount = limits.minimum_amount if limits.minimum_amount_currency == currency else None
    amount = option.minimum_amount if amount is None and option is not None else amount
    if amount is None:
        raise Invalid(f"This promotion code cannot be redeemed: its minimum amount is not set in `{currency}`.")
    return amount


def check(code: PromotionCode, coupon: Coupon, now: int) -> PromotionCode:
    """The same code, or Invalid where it would outlive or outnumber its coupon."""
    if code.expires_at is not None and code.expires_at <= now:
        raise Invalid("expires_at must be in the future.", param="expires_at")
    if code.expires_at is not None and coupon.redeem_by is not None and code.expires_at > coupon.redeem_by:
        raise Invalid("The promotion code cannot expire after its coupon's `redeem_by`.", param="expires_at")
    if None not in (code.max_redemptions, coupon.max_redemptions) and code.max_redemptions > coupon.max_redemptions:  # type: ignore[operator]
        raise Invalid("max_redemptions cannot be greater than that of the coupon.", param="max_redemptions")
    if (code.restrictions.minimum_amount is None) != (code.restrictions.minimum_amount_currency is None):
        raise Invalid(
            "`restrictions[minimum_amount]` and `restrictions[minimum_amount_currency]` go together.",
            param="restrictions[minimum_amount]",
        )
    return code
