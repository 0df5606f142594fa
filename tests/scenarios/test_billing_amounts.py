"""Stories of amounts: tiers, usage, taxes, discounts and currencies on real invoices."""

from typing import Any

import pytest
import stripe

from tests.scenarios.dated import at
from tests.scenarios.ledger import Ledger, amounts, taken

TIERS = [{"up_to": 5, "unit_amount": 700}, {"up_to": 10, "unit_amount": 650}, {"up_to": "inf", "unit_amount": 600}]


def _price(story: Ledger, **fields: Any) -> str:
    given = {"currency": "eur", "recurring": {"interval": "month"}, "product_data": {"name": "Fonts"}}
    return str(story.api.prices.create(given | fields).id)


@pytest.mark.parametrize(
    ("mode", "quantity", "lines"),
    [
        ("graduated", 5, [3500]),
        ("graduated", 6, [3500, 650]),
        ("graduated", 10, [3500, 3250]),
        ("graduated", 11, [3500, 3250, 600]),
        ("volume", 5, [3500]),
        ("volume", 6, [3900]),
        ("volume", 10, [6500]),
        ("volume", 11, [6600]),
    ],
)
def test_tiers_at_their_edges(client: stripe.StripeClient, mode: str, quantity: int, lines: list[int]):
    story = Ledger(client, "2027-04-01")
    story.card()
    price = _price(story, billing_scheme="tiered", tiers_mode=mode, tiers=TIERS)
    story.subscribe(items=[{"price": price, "quantity": quantity}])
    assert (amounts(story.last()), story.last().total) == (lines, sum(lines))


def test_a_metered_month_is_billed_after_it(client: stripe.StripeClient):
    story = Ledger(client, "2027-04-01")
    story.card()
    name = f"calls_{story.customer}"
    meter = story.api.billing.meters.create(
        {"display_name": "Calls", "event_name": name, "default_aggregation": {"formula": "sum"}}
    )
    recurring = {"interval": "month", "usage_type": "metered", "meter": meter.id}
    story.subscribe(_price(story, unit_amount_decimal="0.5", recurring=recurring))
    assert story.totals() == [0]
    story.go("2027-04-20")
    for day, value in (("2027-04-02", 1200), ("2027-04-19", 305)):
        payload = {"stripe_customer_id": story.customer, "value": str(value)}
        story.api.billing.meter_events.create({"event_name": name, "payload": payload, "timestamp": at(day)})
    story.go("2027-06-01T02:00")
    assert story.totals() == [0, 753, 0]  # 1505 × 0.5 = 752.5
    assert story.invoices()[1].lines.data[0].quantity == 1505


@pytest.mark.parametrize(
    ("inclusive", "tax", "total", "net"),
    [
        (False, 171, 1071, 900),  # 19 % of 1000 − 10 %, on top
        (True, 144, 900, 756),  # 900 × 19 ⁄ 119 = 143.7, inside
    ],
)
def test_taxes_come_after_a_percentage(client: stripe.StripeClient, inclusive: bool, tax: int, total: int, net: int):
    story = Ledger(client, "2027-04-01")
    story.card()
    rate = story.api.tax_rates.create({"display_name": "VAT", "percentage": 19, "inclusive": inclusive}).id
    story.subscribe(default_tax_rates=[rate], discounts=[story.coupon(percent_off=10)])
    invoice = story.last()
    assert (invoice.subtotal, taken(invoice), invoice.total) == (1000, [100], total)
    assert ([each.amount for each in invoice.total_taxes], invoice.total_excluding_tax) == ([tax], net)
    assert (invoice.amount_paid, invoice.status) == (total, "paid")


def test_dinars_are_paid_in_steps_of_ten(client: stripe.StripeClient):
    story = Ledger(client, "2027-04-01")
    story.card()
    made = story.subscribe(_price(story, currency="kwd", unit_amount=10000))
    story.go("2027-04-11")
    items = [{"id": made["items"].data[0].id, "price": _price(story, currency="kwd", unit_amount=20000)}]
    story.change(items=items, proration_behavior="always_invoice")
    assert amounts(story.last()) == [-6670, 13330]  # 20 of 30 days: 6666.7 and 13333.3
    assert story.last().total == 6660


def test_a_coupon_for_once_is_used_up(client: stripe.StripeClient):
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe(discounts=[story.coupon(percent_off=50, duration="once")])
    story.go("2027-06-01T02:00")
    assert story.totals() == [500, 1000, 1000]


def test_a_coupon_for_three_months_is_used_up(client: stripe.StripeClient):
    story = Ledger(client, "2027-01-31")
    story.card()
    story.subscribe(discounts=[story.coupon(amount_off=300, duration="repeating", duration_in_months=3)])
    story.go("2027-05-31T02:00")
    assert story.totals() == [700, 700, 700, 1000, 1000]


@pytest.mark.parametrize(("first", "takes", "total"), [("percent", [200, 500], 300), ("amount", [500, 100], 400)])
def test_discounts_go_in_their_order(client: stripe.StripeClient, first: str, takes: list[int], total: int):
    story = Ledger(client, "2027-04-01")
    story.card()
    both = [story.coupon(percent_off=20), story.coupon(amount_off=500)]
    story.subscribe(discounts=both if first == "percent" else both[::-1])
    assert (taken(story.last()), story.last().total) == (takes, total)


def test_an_items_discounts_come_before_the_subscriptions(client: stripe.StripeClient):
    story = Ledger(client, "2027-04-01")
    story.card()
    items = [{"price": story.price(), "discounts": [story.coupon(amount_off=400)]}, {"price": story.price(amount=2000)}]
    story.subscribe(items=items, discounts=[story.coupon(percent_off=10), story.coupon(amount_off=99999)])
    assert sorted(taken(story.last())) == [260, 400, 2340]  # 400; 10 % of 2600; the rest
    assert (story.last().total, story.last().status) == (0, "paid")


def test_a_doubled_tax_rate_is_refused(client: stripe.StripeClient):
    story = Ledger(client, "2027-04-01")
    rate = story.api.tax_rates.create({"display_name": "VAT", "percentage": 19, "inclusive": True}).id
    with pytest.raises(stripe.InvalidRequestError) as refused:
        story.subscribe(default_tax_rates=[rate, rate])
    assert refused.value.param == "default_tax_rates"


def test_an_item_s_fault_is_named_by_its_place(client: stripe.StripeClient):
    story = Ledger(client, "2027-04-01")
    story.card()
    made = story.subscribe()
    extra = {"price": _price(story, unit_amount=500), "discounts": [{"coupon": "nobody"}]}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        story.change(items=[{"id": made["items"].data[0].id, "quantity": 2}, extra])
    assert str(refused.value.param).startswith("items[1][discounts]")
