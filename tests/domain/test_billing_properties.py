"""What holds for any invoice and any change: sums agree, splits add up, and a change and its undo cancel out."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tenure.domain.discounts import Discount, DiscountSource
from tenure.domain.invoice_parts import Period, PriceDetails, Pricing
from tenure.domain.invoice_totals import priced
from tenure.domain.invoices import Invoice, LineItem
from tenure.domain.money import apart, rounded, split, step
from tenure.domain.prorations import Value, credits, debit_of, debits
from tenure.domain.subscriptions import BillingMode
from tenure.domain.tax_rates import TaxRate
from tests.domain import samples

CURRENCIES = st.sampled_from(["eur", "jpy", "kwd"])
PERCENT = st.decimals("0.01", "100", places=2).map(float)
COUPONS = st.one_of(
    st.builds(lambda each: {"percent_off": each}, PERCENT),
    st.builds(lambda each: {"amount_off": each, "currency": "eur"}, st.integers(1, 9000)),
)
RATES = st.tuples(st.decimals("0", "30", places=2).map(float), st.booleans())


def _line(number: int, amount: int, discounts: list[Discount]) -> LineItem:
    pricing = Pricing(price_details=PriceDetails(price=f"price_{number}", product="prod_1"))
    return LineItem(
        id=f"il_{number}",
        amount=amount,
        currency="eur",
        discounts=discounts,
        period=Period(start=0, end=1),
        pricing=pricing,
        subtotal=amount,
    )


def _discounts(terms: list[dict[str, Any]], prefix: str) -> tuple[list[Discount], dict[str, Any]]:
    coupons = {f"{prefix}{n}": samples.coupon(f"{prefix}{n}", **each) for n, each in enumerate(terms)}
    found = [Discount(id=f"di_{id}", source=DiscountSource(coupon=id), start=0) for id in coupons]
    return found, coupons


@st.composite
def invoices(draw: st.DrawFn) -> Invoice:
    """Any mixture of lines, discounts of lines and of the whole, and taxes of both kinds."""
    of_lines, coupons = _discounts(draw(st.lists(COUPONS, max_size=2)), "item")
    of_whole, more = _discounts(draw(st.lists(COUPONS, max_size=3)), "whole")
    rates = {
        f"txr_{n}": TaxRate(id=f"txr_{n}", created=0, display_name="VAT", percentage=percentage, inclusive=inclusive)
        for n, (percentage, inclusive) in enumerate(draw(st.lists(RATES, max_size=3)))
    }
    wanted = draw(st.lists(st.integers(-5000, 20000), min_size=1, max_size=6))
    lines = [_line(n, amount, of_lines if draw(st.booleans()) else []) for n, amount in enumerate(wanted)]
    blank = Invoice(id="in_1", created=0, currency="eur", customer="cus_1", period_start=0, period_end=0)
    blank = replace(blank, discounts=of_whole, default_tax_rates=list(rates))
    return priced(blank, lines, coupons=coupons | more, rates=rates, products={})


@given(invoices())
def test_the_lines_sum_to_the_totals(invoice: Invoice):
    taken = sum(each.amount for line in invoice.lines for each in line.discount_amounts)
    exclusive = sum(t.amount for line in invoice.lines for t in line.taxes if t.tax_behavior == "exclusive")
    assert invoice.subtotal == sum(line.amount for line in invoice.lines)
    assert taken == sum(each.amount for each in invoice.total_discount_amounts)
    assert invoice.total == invoice.subtotal - taken + exclusive


@given(invoices())
def test_discounts_never_take_more_than_there_is(invoice: Invoice):
    for line in invoice.lines:
        takes = [each.amount for each in line.discount_amounts]
        assert all(take > 0 for take in takes)
        assert sum(takes) <= max(line.amount, 0)


@given(invoices())
def test_each_tax_is_the_sum_over_its_lines(invoice: Invoice):
    found: dict[str, int] = {}
    for tax in (tax for line in invoice.lines for tax in line.taxes):
        assert tax.tax_rate_details is not None
        rate = tax.tax_rate_details.tax_rate
        found[rate] = found.get(rate, 0) + tax.amount
    totals = {t.tax_rate_details.tax_rate: t.amount for t in invoice.total_taxes if t.tax_rate_details}
    assert found == totals


@given(invoices())
def test_taxes_that_are_inside_come_out_again(invoice: Invoice):
    every = sum(tax.amount for tax in invoice.total_taxes)
    assert invoice.total_excluding_tax == invoice.total - every


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=20), CURRENCIES)
def test_the_parts_of_a_split_add_up(total: int, weights: list[int], currency: str):
    parts = split(total, weights, currency)
    assert sum(parts) == total
    assert all(part * total >= 0 for part in parts)


@given(st.integers(-(10**6), 10**6), st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=9), CURRENCIES)
def test_parts_of_either_sign_add_up(total: int, weights: list[int], currency: str):
    assert sum(apart(total, weights, currency)) == total


@given(st.decimals("-1e9", "1e9", places=4), CURRENCIES)
def test_what_is_rounded_can_be_paid(exact: Decimal, currency: str):
    amount, unit = rounded(exact, currency), step(currency)
    assert amount % unit == 0
    assert abs(amount - exact) * 2 <= unit
    assert rounded(-exact, currency) == -amount


@pytest.mark.parametrize("mode", ["classic", "flexible"])
@given(
    low=st.integers(0, 10**6),
    high=st.integers(0, 10**6),
    quantities=st.tuples(st.integers(1, 50), st.integers(1, 50)),
    taken=st.integers(0, 100),
    at=st.integers(samples.NOW + 1, samples.NOW + samples.MONTH_S - 1),
)
def test_a_change_and_its_undo_cancel_out(
    mode: Any, low: int, high: int, quantities: tuple[int, int], taken: int, at: int
):
    prices = {"price_1": samples.price(amount=low), "price_2": samples.price("price_2", amount=high)}
    whole = [_value(amount * n, taken) for amount, n in zip((low, high), quantities, strict=True)]
    billing = BillingMode(type=mode)
    old = samples.item(quantity=quantities[0])
    first = debits(_of(billing, old), [old], prices, {old.id: whole[0]}, samples.NOW)
    old = replace(old, debits=[debit_of(each, "il_1") for each in first])
    back = credits(_of(billing, old), [old], prices, {old.id: whole[0]}, at)
    new = replace(old, price="price_2", quantity=quantities[1], debits=[])
    ask = debits(_of(billing, new), [new], prices, {new.id: whole[1]}, at)
    new = replace(new, debits=[debit_of(each, "il_2") for each in ask])
    undone = credits(_of(billing, new), [new], prices, {new.id: whole[1]}, at)
    again = debits(_of(billing, old), [old], prices, {old.id: whole[0]}, at)
    assert sum(each.amount for each in (*back, *ask, *undone, *again)) == 0


def _value(subtotal: int, taken: int) -> Value:
    return Value(subtotal=subtotal, discounts={"di_1": subtotal * taken // 100})


def _of(mode: BillingMode, item: Any) -> Any:
    return samples.subscription(billing_mode=mode, items=[item])
