"""Documents for the tests of rules, with every field that a test does not name at its most ordinary."""

from typing import Any

from tenure.domain.coupons import Coupon
from tenure.domain.discounts import Discount, DiscountSource
from tenure.domain.prices import Price, Recurring
from tenure.domain.subscriptions import Status, Subscription, SubscriptionItem

NOW = 1_800_000_000
MONTH_S = 31 * 86400


def price(id: str = "price_1", *, amount: int = 1000, interval: Any = "month", **fields: Any) -> Price:
    given = {"product": "prod_1", "currency": "eur"} | fields
    return Price(
        id=id, created=NOW, type="recurring", unit_amount=amount, recurring=Recurring(interval=interval), **given
    )


def item(id: str = "si_1", **fields: Any) -> SubscriptionItem:
    given = {"price": "price_1", "quantity": 1, "current_period_start": NOW, "current_period_end": NOW + MONTH_S}
    return SubscriptionItem(id=id, created=NOW, subscription="sub_1", **(given | fields))


def subscription(**fields: Any) -> Subscription:
    given = {"status": Status.ACTIVE, "currency": "eur", "customer": "cus_1", "items": [item()]} | fields
    return Subscription(id="sub_1", created=NOW, billing_cycle_anchor=NOW, start_date=NOW, **given)


def coupon(id: str = "STAY", **fields: Any) -> Coupon:
    terms = {} if "amount_off" in fields else {"percent_off": 25.0}
    return Coupon(id=id, created=NOW, **(terms | fields))


def discount(coupon: str = "STAY", **fields: Any) -> Discount:
    return Discount(id="di_1", source=DiscountSource(coupon=coupon), start=NOW, **fields)
