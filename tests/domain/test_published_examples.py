"""The worked examples that the reference's documentation prints, as a table: what it says, and where."""

from decimal import Decimal

import pytest

from tenure.domain.amounts import total
from tenure.domain.invoice_totals import off
from tenure.domain.money import split
from tenure.domain.prices import Price, Tier
from tenure.domain.prorations import share
from tests.domain import samples

PRORATIONS = "https://docs.stripe.com/billing/subscriptions/prorations.md"
TIERS = "https://docs.stripe.com/subscriptions/pricing-models/tiered-pricing"
COUPONS = "https://docs.stripe.com/api/coupons/object"

FONTS = [(5, 700), (10, 650), (None, 600)]  # 1-5: 7 USD, 6-10: 6.5 USD, 11+: 6 USD


def _tiered(mode: str) -> Price:
    tiers = [Tier(up_to=up_to, unit_amount=amount) for up_to, amount in FONTS]
    return samples.price(amount=None, currency="usd", billing_scheme="tiered", tiers_mode=mode, tiers=tiers)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "what", "price", "expected"),
    [(PRORATIONS, "credit of the 10 USD plan", -1000, -500), (PRORATIONS, "debit of the 20 USD plan", 2000, 1000)],
)
def test_halfway_through_a_period(source: str, what: str, price: int, expected: int):
    assert share(price, 15, 30, "usd") == expected, (what, source)


def test_the_upgrade_from_10_to_20_halfway_costs_5():
    assert share(-1000, 15, 30, "usd") + share(2000, 15, 30, "usd") == 500, PRORATIONS


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


def test_a_split_is_of_whole_cents():
    assert split(100, [Decimal(1)] * 3, "usd") == [34, 33, 33]
