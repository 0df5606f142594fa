"""Which parts make a price, and how its amounts are spelled."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.domain.errors import Invalid
from tenure.domain.prices import Price, complete, spelled

MONTHLY = {"interval": "month"}


def price(**fields: Any) -> Price:
    made = {"id": "price_1", "currency": "eur", "product": "prod_1", **fields}
    return complete(msgspec.convert(made, Price))


def tiered(*tiers: dict[str, Any], **fields: Any) -> Price:
    form = {"billing_scheme": "tiered", "tiers_mode": "graduated", "recurring": MONTHLY, "tiers": list(tiers)}
    return price(**{**form, **fields})


@pytest.mark.parametrize(
    ("given_", "whole", "exact"),
    [
        ({"unit_amount": 1900}, 1900, "1900"),
        ({"unit_amount": 0}, 0, "0"),
        ({"unit_amount_decimal": "0.5"}, None, "0.5"),
        ({"unit_amount_decimal": "0.50"}, None, "0.5"),
        ({"unit_amount_decimal": "1200.000"}, 1200, "1200"),
        ({"unit_amount_decimal": "0.000000000001"}, None, "0.000000000001"),
        ({"unit_amount": 500, "currency": "jpy"}, 500, "500"),
        ({"unit_amount": 1230, "currency": "kwd"}, 1230, "1230"),
        ({"unit_amount_decimal": "0.5", "currency": "kwd"}, None, "0.5"),
    ],
)
def test_an_amount_is_shown_in_both_spellings(given_: dict[str, Any], whole: int | None, exact: str):
    made = price(**given_)
    assert (made.unit_amount, made.unit_amount_decimal) == (whole, exact)


@given(st.decimals(min_value=0, max_value=10**9, places=12))
def test_no_digit_of_a_decimal_is_lost(value: Decimal):
    amount = spelled(None, f"{value:f}", "eur", "unit_amount")
    assert amount.exact is not None and Decimal(amount.exact) == value
    assert (amount.whole is None) == (value != int(value))
    assert "E" not in amount.exact


def test_tiers_are_shown_in_both_spellings():
    first, last = (
        tiered({"up_to": 5, "unit_amount": 700}, {"unit_amount_decimal": "0.25", "flat_amount": 10}).tiers or []
    )
    assert (first.unit_amount_decimal, first.flat_amount, first.flat_amount_decimal) == ("700", None, None)
    assert (last.up_to, last.unit_amount, last.unit_amount_decimal) == (None, None, "0.25")
    assert last.flat_amount_decimal == "10"


def test_a_currency_option_has_the_form_of_its_price():
    flat = price(unit_amount=100, currency_options={"jpy": {"unit_amount": 90}, "kwd": {"unit_amount_decimal": "0.5"}})
    assert flat.currency_options is not None
    assert flat.currency_options["jpy"].unit_amount_decimal == "90"
    assert flat.currency_options["kwd"].unit_amount is None
    steps = [{"up_to": 5, "unit_amount": 7}, {"unit_amount": 5}]
    made = tiered(*steps, currency_options={"usd": {"tiers": steps}})
    assert made.currency_options is not None and made.currency_options["usd"].tiers == made.tiers


def test_a_payer_may_choose_the_amount_of_a_one_time_price():
    made = price(custom_unit_amount={"minimum": 100, "maximum": 900, "preset": 500})
    assert (made.unit_amount, made.unit_amount_decimal) == (None, None)


END = {"unit_amount": 5}
REFUSED: dict[str, tuple[dict[str, Any], str | None, str]] = {
    "no amount": ({}, None, "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set."),
    "two amounts": ({"unit_amount": 1, "unit_amount_decimal": "1"}, "unit_amount", "only specify one of these"),
    "no ten fils": ({"unit_amount": 1234, "currency": "kwd"}, "unit_amount", "multiples of ten"),
    "tiers per unit": ({"unit_amount": 1, "tiers": [END]}, "billing_scheme", "billing_scheme=tiered"),
    "tiered once": (
        {"billing_scheme": "tiered", "tiers": [END], "tiers_mode": "volume"},
        "interval",
        "Prices with `type=one_time` are not supported with tiered billing.",
    ),
    "chosen amount of a recurring price": (
        {"recurring": MONTHLY, "custom_unit_amount": {}},
        "custom_unit_amount",
        "type=recurring",
    ),
    "chosen and fixed amount": ({"unit_amount": 5, "custom_unit_amount": {}}, "unit_amount", "only specify one"),
    "bounds": ({"custom_unit_amount": {"minimum": 5, "maximum": 4}}, "custom_unit_amount[maximum]", "maximum"),
    "preset": ({"custom_unit_amount": {"maximum": 4, "preset": 5}}, "custom_unit_amount[preset]", "preset"),
    "no meter": (
        {"unit_amount": 1, "recurring": {"interval": "month", "usage_type": "metered"}},
        None,
        "Starting with Stripe version `2025-03-31.basil`, metered prices must be backed by meters.",
    ),
    "meter without usage": (
        {"unit_amount": 1, "recurring": {"interval": "month", "meter": "mtr_1"}},
        "recurring[usage_type]",
        "usage_type=metered",
    ),
    "too long": (
        {"unit_amount": 1, "recurring": {"interval": "month", "interval_count": 37}},
        "recurring[interval_count]",
        "The interval_count for monthly prices can't be greater than 36",
    ),
    "own currency": (
        {"unit_amount": 1, "currency_options": {"eur": {"unit_amount": 1}}},
        "currency_options[eur]",
        "own",
    ),
    "option without amount": (
        {"unit_amount": 1, "currency_options": {"usd": {}}},
        "currency_options[usd][unit_amount]",
        "Missing required param",
    ),
    "option with tiers": (
        {"unit_amount": 1, "currency_options": {"usd": {"tiers": [END]}}},
        "currency_options[usd][tiers]",
        "tiers",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_price_is_refused(case: str):
    fields, param, words = REFUSED[case]
    with pytest.raises(Invalid) as refused:
        price(**fields)
    assert refused.value.param == param and words in refused.value.message


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tiers": []}, "tiers"),
        ({"tiers_mode": None}, "tiers_mode"),
        ({"unit_amount": 5}, "unit_amount"),
        ({"transform_quantity": {"divide_by": 5, "round": "up"}}, "transform_quantity"),
        ({"tiers": [{"up_to": 5, "unit_amount": 1}]}, "tiers[0][up_to]"),
        ({"tiers": [{"unit_amount": 1}, END]}, "tiers[0][up_to]"),
        ({"tiers": [{"up_to": 5, "unit_amount": 1}, {"up_to": 5, "unit_amount": 1}, END]}, "tiers[1][up_to]"),
        ({"tiers": [{"up_to": 5}, END]}, "tiers[0]"),
        ({"tiers": [{"unit_amount": 1, "unit_amount_decimal": "1"}]}, "tiers[0][unit_amount]"),
        ({"tiers": [{"flat_amount_decimal": "1.5"}]}, "tiers[0][flat_amount_decimal]"),
        ({"tiers": [{"flat_amount": 5}], "currency": "bhd"}, "tiers[0][flat_amount]"),
        ({"currency_options": {"usd": {"unit_amount": 5}}}, "currency_options[usd][tiers]"),
        (
            {"currency_options": {"usd": {"tiers": [{"up_to": 9, "unit_amount": 1}, END]}}},
            "currency_options[usd][tiers]",
        ),
    ],
)
def test_tiers_that_do_not_add_up_are_refused(fields: dict[str, Any], param: str):
    with pytest.raises(Invalid) as refused:
        tiered(END, **fields)
    assert refused.value.param == param
