"""A discount: a coupon put on a subscription or one of its items. It lives inside the subscription's document."""

from typing import Literal

from tenure.domain.documents import Identified, Part


class DiscountSource(Part, frozen=True, kw_only=True):
    """Where the discount comes from."""

    coupon: str
    type: Literal["coupon"] = "coupon"


class Discount(Identified, frozen=True, kw_only=True):
    """One coupon at work; `start` and `end` are unix seconds, `end` is set only for repeating ones."""

    object: str = "discount"
    checkout_session: str | None = None
    customer: str | None = None
    customer_account: str | None = None
    end: int | None = None
    invoice: str | None = None
    invoice_item: str | None = None
    promotion_code: str | None = None
    source: DiscountSource
    start: int
    subscription: str | None = None
    subscription_item: str | None = None
