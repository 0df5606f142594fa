"""What waits between two periods is invoiced on its own where that is asked for; a trial asks for a method."""

from collections.abc import Callable

import pytest

from tests.scenarios.dated import Story, on

Begin = Callable[[str], Story]


def test_what_waits_is_invoiced_once_a_week(begin: Begin):
    story = begin("2027-03-01")
    made = story.subscribe(pending_invoice_item_interval={"interval": "week"})
    assert on(made.next_pending_invoice_item_invoice) == "2027-03-08"
    item = {"customer": story.customer, "subscription": story.id, "amount": 250, "currency": "eur"}
    story.api.invoice_items.create(item)
    after = story.go("2027-03-09")
    assert on(after.next_pending_invoice_item_invoice) == "2027-03-15"
    newest = story.api.invoices.list({"subscription": story.id}).data[0]
    assert (newest.billing_reason, newest.total) == ("automatic_pending_invoice_item_invoice", 250)
    again = story.go("2027-03-30")
    assert on(again.next_pending_invoice_item_invoice) == "2027-04-05"
    assert len(story.api.invoices.list({"subscription": story.id}).data) == 2  # nothing waited any more


def test_the_invoice_of_a_period_takes_in_what_waits_at_its_end(begin: Begin):
    story = begin("2027-02-01")
    story.subscribe(pending_invoice_item_interval={"interval": "week"})
    story.go("2027-02-23")
    story.api.invoice_items.create(
        {"customer": story.customer, "subscription": story.id, "amount": 250, "currency": "eur"}
    )
    story.go("2027-03-02")  # four weeks after 1 February
    newest = story.api.invoices.list({"subscription": story.id}).data[0]
    assert (newest.billing_reason, newest.total) == ("subscription_cycle", 1250)
    assert on(story.now().next_pending_invoice_item_invoice) == "2027-03-08"


@pytest.mark.parametrize("token", ["pm_card_visa", "pm_card_mastercard"])
def test_a_trial_without_a_method_asks_for_one(begin: Begin, token: str):
    story = begin("2027-03-01")
    made = story.subscribe(trial_period_days=10)
    assert made.status == "trialing"
    done = story.api.setup_intents.confirm(made.pending_setup_intent, {"payment_method": token})
    assert done.status == "succeeded"
    after = story.now()
    assert (after.pending_setup_intent, after.default_payment_method) == (None, done.payment_method)
    story.go("2027-03-12")
    newest = story.api.invoices.list({"subscription": story.id}).data[0]
    assert (newest.status, newest.amount_paid) == ("paid", 1000)
