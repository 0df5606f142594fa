"""Stories of ends in the middle of a period: what is given back, when the end is set, moved and cleared.

Source: Stripe API reference, `cancel_at`: before the current period's end it prorates where `proration_behavior` does,
in a later period always. April 2027 has 30 days, 1000 is 33.33 a day.
"""

from typing import Any

import pytest
import stripe

from tests.scenarios.dated import at, on
from tests.scenarios.ledger import Ledger, amounts

MODES = pytest.mark.parametrize("mode", ["classic", "flexible"])


def _begun(client: stripe.StripeClient, mode: str = "flexible", **fields: Any) -> Ledger:
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe(mode=mode, **fields)
    return story


def _waiting(story: Ledger) -> list[tuple[int, str | None, str | None]]:
    """What waits for an invoice: the amount and its time, the oldest first."""
    found = story.api.invoice_items.list({"customer": story.customer, "pending": True}).data[::-1]
    return [(item.amount, on(item.period.start), on(item.period.end)) for item in found]


@MODES
def test_an_end_in_the_running_period_gives_the_rest_back(client: stripe.StripeClient, mode: str):
    story = _begun(client, mode)
    story.go("2027-04-06")
    shown = story.preview(subscription_details={"cancel_at": at("2027-04-21")})
    story.change(cancel_at=at("2027-04-21"))
    assert _waiting(story) == [(-333, "2027-04-21", "2027-05-01")]  # 10 of 30 days of 1000
    assert story.period() == ("2027-04-01", "2027-04-21")
    assert story.preview().total == shown.total == -333
    gone = story.go("2027-05-02")
    assert (gone.status, on(gone.ended_at)) == ("canceled", "2027-04-21")
    assert (story.totals(), story.balance(), _waiting(story)) == ([1000, -333], -333, [])


@MODES
def test_always_invoice_gives_it_back_at_once(client: stripe.StripeClient, mode: str):
    story = _begun(client, mode)
    story.go("2027-04-06")
    story.change(cancel_at=at("2027-04-21"), proration_behavior="always_invoice")
    assert (story.totals(), story.balance()) == ([1000, -333], -333)
    story.go("2027-05-02")
    assert story.totals() == [1000, -333]


@MODES
def test_without_prorations_an_end_gives_nothing_back(client: stripe.StripeClient, mode: str):
    story = _begun(client, mode)
    story.change(cancel_at=at("2027-04-21"), proration_behavior="none")
    assert (_waiting(story), story.period()) == ([], ("2027-04-01", "2027-05-01"))
    story.change(metadata={"why": "moving"})
    assert (_waiting(story), story.period()) == ([], ("2027-04-01", "2027-05-01"))
    story.go("2027-05-02")
    assert (story.totals(), story.balance()) == ([1000], 0)


@MODES
def test_an_end_that_moves_is_paid_or_given_back_up_to_it(client: stripe.StripeClient, mode: str):
    story = _begun(client, mode)
    story.go("2027-04-06")
    story.change(cancel_at=at("2027-04-21"))
    story.change(cancel_at=at("2027-04-26"))  # 5 days more
    story.change(cancel_at=at("2027-04-11"))  # 15 days less
    # classic: half a month at today's price; flexible: half of 667, and the 167, which were really billed
    back = {"classic": [-500], "flexible": [-334, -167]}[mode]
    assert [amount for amount, _, _ in _waiting(story)] == [-333, 167, *back]
    assert story.period() == ("2027-04-01", "2027-04-11")
    story.go("2027-05-02")
    assert story.totals() == [1000, -166 + sum(back)]


@MODES
def test_an_end_that_is_taken_back_is_as_if_it_had_never_been(client: stripe.StripeClient, mode: str):
    story = _begun(client, mode)
    story.go("2027-04-06")
    story.change(cancel_at=at("2027-04-21"))
    story.change(cancel_at="")
    assert [amount for amount, _, _ in _waiting(story)] == [-333, 333]
    assert story.period() == ("2027-04-01", "2027-05-01")
    story.go("2027-05-01T02:00")
    assert (story.totals(), amounts(story.last())) == ([1000, 1000], [1000, -333, 333])


@MODES
def test_an_upgrade_before_the_end_is_asked_for_until_then(client: stripe.StripeClient, mode: str):
    story = _begun(client, mode)
    story.go("2027-04-06")
    story.change(cancel_at=at("2027-04-21"))
    story.go("2027-04-11")
    story.change(items=[{"id": story.item(), "price": story.price(amount=3000)}])
    # 10 of the 30 days are left: 1000 ⁄ 3 back, in flexible mode half of the 667 that are billed; 3000 ⁄ 3 asked
    back = {"classic": -333, "flexible": -334}[mode]
    assert [amount for amount, _, _ in _waiting(story)] == [-333, back, 1000]
    story.go("2027-05-02")
    assert story.totals() == [1000, 667 + back]


@MODES
@pytest.mark.parametrize("behavior", ["create_prorations", "always_invoice", "none"])
def test_a_later_period_is_billed_up_to_the_end_only(client: stripe.StripeClient, mode: str, behavior: str):
    story = _begun(client, mode)
    story.change(cancel_at=at("2027-05-21"), proration_behavior=behavior)
    shown = story.preview()
    story.go("2027-05-01T02:00")
    assert story.totals() == [1000, 645]  # 20 of the 31 days of May
    assert (shown.total, story.period()) == (645, ("2027-05-01", "2027-05-21"))
    line = story.last().lines.data[0]
    assert (on(line.period.start), on(line.period.end)) == ("2027-05-01", "2027-05-21")
    gone = story.go("2027-06-02")
    assert (gone.status, story.totals()) == ("canceled", [1000, 645])


@MODES
def test_a_short_period_that_is_kept_after_all_is_paid_in_full(client: stripe.StripeClient, mode: str):
    story = _begun(client, mode)
    story.change(cancel_at=at("2027-05-21"))
    story.go("2027-05-11")
    story.change(cancel_at="")
    assert _waiting(story) == [(355, "2027-05-21", "2027-06-01")]  # 11 of 31 days; with 645 it is 1000
    story.go("2027-06-01T02:00")
    assert story.totals() == [1000, 645, 1355]


@pytest.mark.parametrize(("behavior", "total"), [("create_prorations", 333), ("none", 1000)])
def test_a_new_subscription_can_be_as_short_as_its_end(client: stripe.StripeClient, behavior: str, total: int):
    story = _begun(client, cancel_at=at("2027-04-11"), proration_behavior=behavior)
    assert story.totals() == [total]  # 10 of 30 days
    gone = story.go("2027-05-02")
    assert (on(gone.ended_at), story.totals()) == ("2027-04-11", [total])


def test_a_pause_is_followed_by_the_part_up_to_the_end(client: stripe.StripeClient):
    story = _begun(client)
    story.api.subscriptions.pause(story.id, {"type": "subscription"})
    story.change(cancel_at=at("2027-06-21"))
    story.go("2027-06-01")
    assert story.api.subscriptions.resume(story.id).status == "active"
    assert (story.totals(), story.period()) == ([1000, 667], ("2027-06-01", "2027-06-21"))  # 20 of 30 days


def test_a_discount_counts_for_the_short_period_too(client: stripe.StripeClient):
    story = _begun(client)
    story.change(discounts=[story.coupon(percent_off=20)], cancel_at=at("2027-05-21"))
    story.go("2027-05-01T02:00")
    assert story.totals() == [1000, 516]  # 645 − 129


def test_the_usage_of_the_short_period_is_billed_at_its_end(client: stripe.StripeClient):
    story = Ledger(client, "2027-04-01")
    story.card()
    name = f"calls{story.customer[-6:]}".lower()
    given = {"display_name": "Calls", "event_name": name, "default_aggregation": {"formula": "sum"}}
    meter = story.api.billing.meters.create(given).id
    calls = story.price(amount=5, recurring={"usage_type": "metered", "meter": meter})
    story.subscribe(items=[{"price": calls}])
    story.change(cancel_at=at("2027-04-21"), proration_behavior="none")
    story.go("2027-04-11")
    used = {"stripe_customer_id": story.customer, "value": "100"}
    story.api.billing.meter_events.create({"event_name": name, "payload": used, "timestamp": at("2027-04-10")})
    story.go("2027-05-02")
    assert story.totals()[-1] == 500  # 100 × 5


def test_a_customer_who_stays_after_all_pays_for_the_rest(client: stripe.StripeClient):
    story = _begun(client)
    story.change(cancel_at="min_period_end")
    assert (_waiting(story), story.period()) == ([], ("2027-04-01", "2027-05-01"))
    year = story.price("year", 36600)
    story.change(items=[{"price": year}], proration_behavior="always_invoice", cancel_at="")
    assert story.period(1) == ("2027-04-01", "2028-04-01")
    story.change(cancel_at="min_period_end")
    assert _waiting(story) == [(-33600, "2027-05-01", "2028-04-01")]  # 336 of 366 days
