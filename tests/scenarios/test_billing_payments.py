"""Stories of payments: first ones, failed ones, paused ones, and what the customer's balance pays."""

import pytest
import stripe

from tests.scenarios.dated import at, on
from tests.scenarios.ledger import Ledger

DECLINES = "pm_card_chargeCustomerFail"


def test_a_failed_renewal_is_paid_at_the_second_try(client: stripe.StripeClient):
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe()
    story.card(DECLINES)
    assert story.go("2027-05-01T02:00").status == "past_due"
    failed = story.last()
    assert (failed.status, failed.attempt_count, on(failed.next_payment_attempt)) == ("open", 1, "2027-05-04T01:00")
    assert (failed.amount_due, failed.amount_remaining, failed.amount_paid) == (1000, 1000, 0)
    story.card()
    assert story.go("2027-05-04T02:00").status == "active"
    assert (story.last().status, story.last().amount_paid, story.last().attempt_count) == ("paid", 1000, 2)
    assert story.period() == ("2027-05-01", "2027-06-01")


def test_a_failed_renewal_is_paid_by_hand(client: stripe.StripeClient):
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe()
    story.card(DECLINES)
    story.go("2027-05-01T02:00")
    with pytest.raises(stripe.CardError):
        story.api.invoices.pay(story.last().id)
    assert story.api.invoices.pay(story.last().id, {"payment_method": story.card()}).status == "paid"
    assert story.now().status == "active"


def test_after_the_last_try_it_ends(client: stripe.StripeClient):
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe()
    story.card(DECLINES)
    story.go("2027-05-01T02:00")
    seen = []
    for date in ("2027-05-04T02:00", "2027-05-09T02:00", "2027-05-16T02:00"):
        story.go(date)
        seen.append((story.last().attempt_count, on(story.last().next_payment_attempt), story.now().status))
    assert seen == [
        (2, "2027-05-09T01:00", "past_due"),  # 3 days, then 5
        (3, "2027-05-16T01:00", "past_due"),  # then 7
        (4, None, "canceled"),
    ]
    assert story.now().cancellation_details.reason == "payment_failed"
    assert (story.last().status, story.last().amount_remaining) == ("open", 1000)
    story.go("2027-07-01")
    assert story.totals() == [1000, 1000]


def test_a_credit_note_gives_back_a_part_of_what_was_paid(client: stripe.StripeClient):
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe()
    line = story.last().lines.data[0].id
    lines = [{"type": "invoice_line_item", "invoice_line_item": line, "amount": 400}]
    note = story.api.credit_notes.create({"invoice": story.last().id, "lines": lines, "credit_amount": 400})
    assert (note.total, note.status, story.balance()) == (400, "issued", -400)
    assert (story.last().status, story.last().amount_paid) == ("paid", 1000)
    assert story.last().post_payment_credit_notes_amount == 400
    story.go("2027-05-01T02:00")
    assert (story.last().total, story.last().amount_due, story.balance()) == (1000, 600, 0)


def test_a_balance_pays_three_invoices(client: stripe.StripeClient):
    story = Ledger(client, "2027-04-01")
    story.card()
    grant = {"amount": -2500, "currency": "eur"}
    story.api.customers.balance_transactions.create(story.customer, grant)
    story.subscribe()
    story.go("2027-07-01T02:00")
    found = [(each.starting_balance, each.ending_balance, each.amount_due) for each in story.invoices()]
    assert found == [(-2500, -1500, 0), (-1500, -500, 0), (-500, 0, 500), (0, 0, 1000)]
    assert story.balance() == 0


@pytest.mark.parametrize(
    ("behavior", "token", "status"),
    [
        ("allow_incomplete", "pm_card_visa", "active"),
        ("allow_incomplete", DECLINES, "incomplete"),
        ("default_incomplete", "pm_card_visa", "incomplete"),
        ("error_if_incomplete", "pm_card_visa", "active"),
    ],
)
def test_the_first_payment_goes_as_asked(client: stripe.StripeClient, behavior: str, token: str, status: str):
    story = Ledger(client, "2027-04-01")
    story.card(token)
    story.subscribe(payment_behavior=behavior)
    assert story.now().status == status
    assert story.statuses() == ["paid" if status == "active" else "open"]


def test_what_must_be_paid_at_once_leaves_nothing_behind(client: stripe.StripeClient):
    story = Ledger(client, "2027-04-01")
    story.card(DECLINES)
    with pytest.raises(stripe.CardError):
        story.subscribe(payment_behavior="error_if_incomplete")
    assert story.invoices() == []
    assert story.api.subscriptions.list({"customer": story.customer, "status": "all"}).data == []
    with pytest.raises(stripe.InvalidRequestError, match="pending_if_incomplete"):
        story.subscribe(payment_behavior="pending_if_incomplete")


def test_a_first_payment_has_23_hours(client: stripe.StripeClient):
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe(payment_behavior="default_incomplete")
    assert story.go("2027-04-01T22:59").status == "incomplete"
    assert story.go("2027-04-01T23:00").status == "incomplete_expired"
    assert story.statuses() == ["void"]
    paid = Ledger(client, "2027-04-01")
    paid.card(DECLINES)
    paid.subscribe()
    assert paid.go("2027-04-01T20:00").status == "incomplete"
    paid.api.invoices.pay(paid.last().id, {"payment_method": paid.card()})
    assert paid.go("2027-04-02").status == "active"
    assert paid.totals() == [1000]


@pytest.mark.parametrize(("pays", "status", "amount"), [(True, "paid", 2000), (False, "void", 1000)])
def test_a_change_waits_for_its_payment(client: stripe.StripeClient, pays: bool, status: str, amount: int):
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe()
    story.go("2027-04-16")
    story.card(DECLINES)
    change = {
        "items": [{"id": story.item(), "price": story.price(amount=2000)}],
        "proration_behavior": "always_invoice",
    }
    waits = story.change(**change, payment_behavior="pending_if_incomplete")
    assert (waits.status, on(waits.pending_update.expires_at)) == ("active", "2027-04-16T23:00")
    assert (waits["items"].data[0].price.unit_amount, story.last().total) == (1000, 500)
    story.card()
    if pays:
        story.api.invoices.pay(story.last().id)
    after = story.go("2027-04-17")
    assert (after.pending_update, after["items"].data[0].price.unit_amount) == (None, amount)
    assert story.last().status == status
    story.go("2027-05-01T02:00")
    assert story.last().total == amount
    kind = "applied" if pays else "expired"
    assert f"customer.subscription.pending_update_{kind}" in story.told()


@pytest.mark.parametrize(
    ("behavior", "status"), [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")]
)
def test_collection_pauses(client: stripe.StripeClient, behavior: str, status: str):
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe()
    story.change(pause_collection={"behavior": behavior, "resumes_at": at("2027-06-15")})
    story.go("2027-07-01T02:00")
    assert story.totals() == [1000] * 4
    assert story.statuses() == ["paid", status, status, "paid"]
    assert story.now().status == "active"


def test_a_pause_gives_back_what_is_unused_and_a_new_period_is_paid_after_it(client: stripe.StripeClient):
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe()
    story.go("2027-04-16")
    unused = {"bill_for": {"unused_time_from": {"type": "pause_at"}}, "invoicing_behavior": "invoice"}
    assert story.api.subscriptions.pause(story.id, unused).status == "paused"
    assert (story.last().total, story.balance()) == (-500, -500)
    story.go("2027-08-10")
    assert story.api.subscriptions.resume(story.id).status == "active"
    assert (story.last().total, story.last().amount_due, story.last().status) == (1000, 500, "paid")
    assert story.period() == ("2027-08-10", "2027-09-10")


def _order(told: list[str], *kinds: str) -> list[str]:
    """The news of these kinds, in their order."""
    return [each for each in told if each in kinds or each.startswith(("invoice.", "customer.subscription."))]


def test_news_of_a_creation_a_renewal_and_an_upgrade_come_in_order(client: stripe.StripeClient):
    """Source of the renewal: https://support.stripe.com/questions/what-events-can-i-see-when-a-subscription-is-renewed"""
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe()
    assert _order(story.told())[-5:] == [
        "customer.subscription.created",
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]
    before = len(story.told())
    story.go("2027-05-01T02:00")
    assert _order(story.told()[before:]) == [
        "invoice.upcoming",
        "invoice.created",
        "customer.subscription.updated",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]
    before = len(story.told())
    items = [{"id": story.item(), "price": story.price(amount=2000)}]
    story.change(items=items, proration_behavior="always_invoice")
    assert _order(story.told()[before:], "invoiceitem.created") == [
        "customer.subscription.updated",
        "invoiceitem.created",
        "invoiceitem.created",
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]


def test_news_of_a_failed_renewal_come_in_order(client: stripe.StripeClient):
    story = Ledger(client, "2027-04-01")
    story.card()
    story.subscribe()
    story.card(DECLINES)
    before = len(story.told())
    story.go("2027-05-01T02:00")
    assert _order(story.told()[before:], "payment_intent.payment_failed", "customer.updated") == [
        "invoice.upcoming",
        "invoice.created",
        "customer.subscription.updated",
        "invoice.finalized",
        "payment_intent.payment_failed",
        "invoice.updated",
        "invoice.payment_failed",
        "customer.updated",
        "customer.subscription.updated",
    ]
