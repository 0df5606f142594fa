"""What a coupon takes off, for whom and how long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.domain.coupons import AppliesTo, CouponCurrencyOption, amount_off, check, fits, is_valid
from tenure.domain.errors import Invalid
from tests.domain.samples import NOW, coupon

amounts = st.integers(0, 99_999_999_999)


@pytest.mark.parametrize(
    ("percent", "amount", "off"),
    [
        (25, 1000, 250),
        (100, 999, 999),
        (50, 5, 2),  # 2.5 rounds to even
        (50, 7, 4),  # 3.5 rounds to even
        (33.33, 1000, 333),  # 333.3
        (0.01, 10_000, 1),
        (12.5, 0, 0),
        (19.99, 99_999_999_999, 19_990_000_000),  # 19 989 999 999.8001
    ],
)
def test_percent_off_rounds_half_to_even(percent: float, amount: int, off: int):
    assert amount_off(coupon(percent_off=percent), amount, "eur") == off


def test_a_flat_amount_takes_at_most_everything_and_knows_currencies():
    flat = coupon(amount_off=500, currency="eur", currency_options={"usd": CouponCurrencyOption(amount_off=600)})
    assert amount_off(flat, 2000, "eur") == 500
    assert amount_off(flat, 2000, "usd") == 600
    assert amount_off(flat, 300, "eur") == 300


@given(amounts, st.floats(0.01, 100).map(lambda percent: round(percent, 2)))
def test_a_percentage_never_takes_more_than_all_nor_gives(amount: int, percent: float):
    off = amount_off(coupon(percent_off=percent), amount, "eur")
    assert 0 <= off <= amount
    assert abs(off * 100 - amount * percent) <= 50 + amount * 1e-9


@given(amounts, amounts, st.floats(0.01, 100).map(lambda percent: round(percent, 2)))
def test_more_to_pay_is_never_less_off(one: int, other: int, percent: float):
    small, large = sorted((one, other))
    here = coupon(percent_off=percent)
    assert amount_off(here, small, "eur") <= amount_off(here, large, "eur")


@given(amounts, st.integers(1, 10_000))
def test_a_flat_amount_is_the_amount_or_everything(amount: int, flat: int):
    assert amount_off(coupon(amount_off=flat, currency="eur"), amount, "eur") == min(amount, flat)


@pytest.mark.parametrize(
    ("fields", "valid"),
    [
        ({}, True),
        ({"redeem_by": NOW + 1}, True),
        ({"redeem_by": NOW}, False),
        ({"max_redemptions": 2, "times_redeemed": 1}, True),
        ({"max_redemptions": 2, "times_redeemed": 2}, False),
    ],
)
def test_a_coupon_is_valid_while_it_can_be_redeemed(fields: dict[str, int], valid: bool):
    assert is_valid(coupon(**fields), NOW) is valid


def test_a_coupon_fits_a_currency_and_a_product():
    flat = coupon(amount_off=5, currency="eur", currency_options={"usd": CouponCurrencyOption(amount_off=6)})
    one = frozenset({"prod_1"})
    assert fits(flat, "eur", one) and fits(flat, "usd", one) and not fits(flat, "gbp", one)
    assert fits(coupon(), "gbp", one)
    narrow = coupon(applies_to=AppliesTo(products=["prod_1", "prod_2"]))
    assert fits(narrow, "eur", one) and not fits(narrow, "eur", frozenset({"prod_3"}))


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"percent_off": None}, "percent_off"),
        ({"percent_off": 5.0, "amount_off": 5, "currency": "eur"}, "percent_off"),
        ({"percent_off": 0.0}, "percent_off"),
        ({"percent_off": 100.01}, "percent_off"),
        ({"amount_off": 5}, "currency"),
        ({"duration": "repeating"}, "duration_in_months"),
        ({"duration": "once", "duration_in_months": 3}, "duration_in_months"),
        ({"redeem_by": NOW}, "redeem_by"),
        ({"redeem_by": NOW + 6 * 366 * 86400}, "redeem_by"),
    ],
)
def test_parts_that_do_not_make_a_coupon_are_refused(fields: dict[str, object], param: str):
    with pytest.raises(Invalid) as refused:
        check(coupon(**fields), NOW)
    assert refused.value.param == param
