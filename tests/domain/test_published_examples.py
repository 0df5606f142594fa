"""The worked examples that the reference's documentation prints, as a table: what it says, and where."""

import pytest
from msgspec.structs import replace

from tenure.domain.amounts import total
from tenure.domain.invoice_totals import off
from tenure.domain.periods import boundary
from tenure.domain.prices import Price, Tier
from tenure.domain.prorations import Value, credits, debits
from tenure.domain.subscriptions import BillingMode
from tests.domain import samples
from tests.scenarios.dated import at, on

PRORATIONS = "https://docs.stripe.com/billing/subscriptions/prorations.md"
REFUNDING = "https://support.stripe.com/questions/refunding-credit-balance-to-customer-after-subscription-downgrade-or-cancellation"
CYCLES = "https://docs.stripe.com/billing/subscriptions/billing-cycle.md"
TIERS = "https://docs.stripe.com/subscriptions/pricing-models/tiered-pricing"
# The coupon object, as the reference describes amount_off there.
COUPONS = "https://docs.stripe.com/api/coupons/object"

FONTS = [(5, 700), (10, 650), (None, 600)]  # 1-5: 7 USD, 6-10: 6.5 USD, 11+: 6 USD


def _tiered(mode: str) -> Price:
    tiers = [Tier(up_to=up_to, unit_amount=amount) for up_to, amount in FONTS]
    return samples.price(amount=None, currency="usd", billing_scheme="tiered", tiers_mode=mode, tiers=tiers)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "old", "new", "credit", "debit", "owed"),
    [
        (PRORATIONS, 1000, 2000, -500, 1000, 500),
        (REFUNDING, 1000, 10000, -500, 5000, 4500),
        (REFUNDING, 10000, 1000, -5000, 500, -4500),
    ],
)
def test_a_change_in_the_middle_of_the_period(source: str, old: int, new: int, credit: int, debit: int, owed: int):
    back, asked = _halfway(old, new)
    assert (back, asked, back + asked) == (credit, debit, owed), source


def _halfway(old: int, new: int) -> tuple[int, int]:
    """What a change from one price to another gives back and asks for."""
    prices = {"price_1": samples.price(amount=old), "price_2": samples.price("price_2", amount=new)}
    item, now = samples.item(), samples.NOW + samples.MONTH_S // 2
    classic = samples.subscription(billing_mode=BillingMode(type="classic"))
    back = credits(classic, [item], prices, {item.id: Value(subtotal=old)}, now)
    asked = debits(classic, [replace(item, price="price_2")], prices, {item.id: Value(subtotal=new)}, now)
    return back[0].amount, asked[0].amount


@pytest.mark.parametrize(
    ("source", "anchor", "months"),
    [
        (CYCLES, "2027-01-31", ["2027-02-28", "2027-03-31", "2027-04-30"]),
        (CYCLES, "2028-01-31", ["2028-02-29", "2028-03-31", "2028-04-30"]),
        (CYCLES, "2027-09-02", ["2027-10-02", "2027-11-02", "2027-12-02"]),
    ],
)
def test_a_month_ends_on_the_anchors_day(source: str, anchor: str, months: list[str]):
    assert [on(boundary(at(anchor), "month", 1, number)) for number in (1, 2, 3)] == months, source


def test_a_week_ends_on_the_anchors_weekday():
    friday = at("2022-06-03")
    assert [on(boundary(friday, "week", 1, number)) for number in (1, 2)] == ["2022-06-10", "2022-06-17"], CYCLES


@pytest.mark.parametrize(
    ("source", "mode", "fonts", "expected"),
    [
        (TIERS, "volume", 1, 700),
        (TIERS, "volume", 5, 3500),
        (TIERS, "volume", 6, 3900),
        (TIERS, "volume", 20, 12000),
        (TIERS, "volume", 25, 15000),
        (TIERS, "graduated", 5, 3500),
    ],
)
def test_fonts_by_tiers(source: str, mode: str, fonts: int, expected: int):
    assert total(_tiered(mode), fonts, "usd") == expected, source


@pytest.mark.parametrize(
    ("source", "subtotal", "amount_off", "left"), [(COUPONS, 10000, 20000, 0), (COUPONS, 30000, 20000, 10000)]
)
def test_an_amount_off_goes_no_further_than_the_invoice(source: str, subtotal: int, amount_off: int, left: int):
    coupon = samples.coupon(amount_off=amount_off, currency="usd")
    assert subtotal - sum(off(coupon, [subtotal], "usd")) == left, source
