"""Stories of money: what changes in the middle of a period cost, to the cent. April 2027 has 30 days; half is 15."""

from typing import Any

import pytest
import stripe

from tests.scenarios.dated import on
from tests.scenarios.ledger import Ledger, amounts, taken

MODES = pytest.mark.parametrize("mode", ["classic", "flexible"])


def test_a_trial_with_a_coupon_costs_nothing_and_then_less(client: stripe.StripeClient):
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe(trial_period_days=14, discounts=[story.coupon(percent_off=25)])
    assert (story.now().status, story.totals(), story.statuses()) == ("trialing", [0], ["paid"])
    assert story.go("2027-04-15T02:00").status == "active"
    assert story.totals() == [0, 750]  # 1000 − 25 %
    assert taken(story.last()) == [250]
    assert story.period() == ("2027-04-15", "2027-05-15")


@MODES
@pytest.mark.parametrize(
    ("behavior", "totals"),
    [
        ("create_prorations", [1000, 2500]),  # 2000 + (1000 − 500) at the next renewal
        ("always_invoice", [1000, 500, 2000]),  # 1000 − 500 at once
        ("none", [1000, 2000]),
    ],
)
def test_an_upgrade_in_the_middle_of_the_month(
    client: stripe.StripeClient, mode: str, behavior: str, totals: list[int]
):
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe(mode=mode)
    story.go("2027-04-16")
    story.change(items=[{"id": story.item(), "price": story.price(amount=2000)}], proration_behavior=behavior)
    story.go("2027-05-01T02:00")
    assert story.totals() == totals
    assert set(story.statuses()) == {"paid"}


@pytest.mark.parametrize(("mode", "credit"), [("classic", -250), ("flexible", -500)])
def test_a_coupon_since_then_counts_for_the_credit_in_classic_mode_only(
    client: stripe.StripeClient, mode: str, credit: int
):
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe(mode=mode)
    story.go("2027-04-06")
    story.change(discounts=[story.coupon(percent_off=50)])
    story.go("2027-04-16")
    price = story.price(amount=2000)
    story.change(items=[{"id": story.item(), "price": price}], proration_behavior="always_invoice")
    assert amounts(story.last()) == [credit, 500]  # half of 2000 − 50 %
    assert story.last().total == credit + 500


@MODES
def test_another_quantity_is_prorated(client: stripe.StripeClient, mode: str):
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe(items=[{"price": story.price(), "quantity": 2}], mode=mode)
    story.go("2027-04-16")
    story.change(items=[{"id": story.item(), "quantity": 5}], proration_behavior="always_invoice")
    assert amounts(story.last()) == [-1000, 2500]  # half of 2 × 1000 back, half of 5 × 1000 asked
    story.go("2027-04-24")
    story.change(items=[{"id": story.item(), "quantity": 1}])
    story.go("2027-05-01T02:00")
    assert story.totals() == [2000, 1500, 66]  # 1000 + 233 − 1167: 7 of 30 days of 1000 asked, of 5000 back


def test_from_monthly_to_yearly_and_back_in_classic_mode(client: stripe.StripeClient):
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe(mode="classic")
    story.go("2027-04-16")
    story.change(items=[{"id": story.item(), "price": story.price("year", 12000)}])
    assert sorted(amounts(story.last())) == [-500, 12000]  # billed at once: a new year starts
    assert story.period() == ("2027-04-16", "2028-04-16")
    story.go("2027-10-16")  # 183 of 366 days are over
    story.change(items=[{"id": story.item(), "price": story.price("month", 1000)}])
    assert sorted(amounts(story.last())) == [-6000, 1000]
    assert (story.last().total, story.last().status, story.balance()) == (-5000, "paid", -5000)
    story.go("2027-12-16T02:00")
    assert [(each.total, each.amount_due) for each in story.invoices()[-2:]] == [(1000, 0), (1000, 0)]
    assert story.balance() == -3000


@pytest.mark.parametrize("behavior", ["create_prorations", "always_invoice"])
def test_from_monthly_to_yearly_keeps_the_anchor_in_flexible_mode(client: stripe.StripeClient, behavior: str):
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe()
    story.go("2027-04-16")
    change = [{"id": story.item(), "price": story.price("year", 12000)}]
    story.change(items=change, proration_behavior=behavior)
    assert amounts(story.last()) == [-500, 11508]  # 351 of 366 days of 12000 are 11508.20
    assert (story.last().total, story.last().status) == (11008, "paid")
    assert story.period() == ("2027-04-16", "2028-04-01")
    story.go("2028-04-01T02:00")
    assert story.totals() == [1000, 11008, 12000]


@MODES
@pytest.mark.parametrize(("old", "new"), [(("month", 1000), ("year", 12000)), (("year", 12000), ("month", 1000))])
def test_another_interval_without_prorations_costs_its_whole_price_at_once(
    client: stripe.StripeClient, mode: str, old: tuple[str, int], new: tuple[str, int]
):
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe(story.price(*old), mode=mode)
    story.go("2027-04-16")
    change = {"items": [{"id": story.item(), "price": story.price(*new)}], "proration_behavior": "none"}
    shown = story.preview(subscription_details=change)
    story.change(**change)
    assert (shown.total, story.totals()) == (new[1], [old[1], new[1]])  # nothing is given back
    month, year = {"classic": ("2027-05-16", "2028-04-16"), "flexible": ("2027-05-01", "2028-04-01")}[mode]
    assert story.period() == ("2027-04-16", {"month": month, "year": year}[new[0]])
    story.go("2027-05-20")
    assert story.totals()[2:] == ([1000] if new[0] == "month" else [])


def test_an_item_that_comes_without_prorations_costs_nothing_until_its_next_period(client: stripe.StripeClient):
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe()
    story.go("2027-04-16")
    story.change(items=[{"price": story.price(amount=500)}], proration_behavior="none")
    assert story.totals() == [1000]
    story.go("2027-05-01T02:00")
    assert story.totals() == [1000, 1500]


@MODES
def test_from_yearly_to_monthly_gives_back_the_rest_of_the_year(client: stripe.StripeClient, mode: str):
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe(story.price("year", 12000), mode=mode)
    story.go("2027-10-01")  # 183 of 366 days are over
    story.change(items=[{"id": story.item(), "price": story.price("month", 1000)}])
    assert sorted(amounts(story.last())) == [-6000, 1000]
    story.go("2027-12-01T02:00")
    assert (story.totals(), story.balance()) == ([12000, -5000, 1000, 1000], -3000)
    assert story.period() == ("2027-12-01", "2028-01-01")


@MODES
def test_the_end_now_gives_back_what_is_left(client: stripe.StripeClient, mode: str):
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe(mode=mode)
    story.go("2027-04-11")
    shown = story.preview(subscription_details={"cancel_now": True})
    gone = story.api.subscriptions.cancel(story.id, {"prorate": True, "invoice_now": True})
    assert gone.status == "canceled"
    assert (amounts(story.last()), amounts(shown)) == ([-667], [-667])  # 20 ⁄ 30 of 1000
    assert (story.last().total, shown.total, story.balance()) == (-667, -667, -667)


def _described(invoice: Any) -> list[tuple[int, str]]:
    return [(line.amount, line.description) for line in invoice.lines.data]


@MODES
def test_a_preview_says_what_the_upgrade_and_the_renewal_then_cost(client: stripe.StripeClient, mode: str):
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe(mode=mode, discounts=[story.coupon(percent_off=15)])
    story.go("2027-04-12T07:33")
    change: dict[str, Any] = {
        "items": [{"id": story.item(), "price": story.price(amount=2999)}],
        "proration_behavior": "always_invoice",
    }
    shown = story.preview(subscription_details=change)
    story.change(**change)
    assert (_described(story.last()), story.last().total) == (_described(shown), shown.total)
    coming = story.preview()
    story.go("2027-05-01T02:00")
    assert (_described(story.last()), story.last().total) == (_described(coming), coming.total)
    assert coming.total == 2549  # 2999 − 15 % (449.85)


def test_an_upgrade_after_a_retention_coupon_agrees_to_the_cent(client: stripe.StripeClient):
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe()
    story.go("2027-04-10")
    offer = story.coupon(percent_off=30, duration="repeating", duration_in_months=3)
    story.change(discounts=[offer])
    story.go("2027-04-16")
    items = [{"id": story.item(), "price": story.price(amount=2000)}]
    shown = story.preview(subscription_details={"items": items})
    story.change(items=items)
    story.go("2027-05-01T02:00")
    assert story.last().total == shown.total == 1600  # 2000 − 30 % + (1000 − 30 %) − 500
    story.go("2027-08-01T02:00")
    assert story.totals() == [1000, 1600, 1400, 1400, 2000]  # until 10 July


def test_month_ends_over_a_leap_year_cost_the_same_each_month(client: stripe.StripeClient):
    story = Ledger(client, "2027-12-31")
    story.card()
    story.subscribe()
    story.go("2028-02-14")
    story.change(items=[{"id": story.item(), "quantity": 2}])  # 15 of the 29 days from 31 January are left
    story.go("2028-05-01")
    assert story.totals() == [1000, 1000, 2517, 2000, 2000]  # 2000 + 1034 − 517
    ends = [on(max(line.period.end for line in each.lines.data)) for each in story.invoices()]
    assert ends == ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30", "2028-05-31"]


def test_items_for_the_first_invoice_alone(client: stripe.StripeClient):
    story = Ledger(client, "2027-04-01")
    story.card()
    setup = story.api.prices.create({"product_data": {"name": "Setup"}, "currency": "eur", "unit_amount": 4900}).id
    story.subscribe(add_invoice_items=[{"price": setup}])
    story.go("2027-05-01T02:00")
    assert story.totals() == [5900, 1000]


def test_a_year_and_a_month_on_one_plan(client: stripe.StripeClient):
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe(story.price(), story.price("year", 12000))
    story.go("2027-06-01T02:00")
    assert story.totals() == [13000, 1000, 1000]
    story.go("2028-04-01T02:00")
    assert story.totals()[-2:] == [1000, 13000]
