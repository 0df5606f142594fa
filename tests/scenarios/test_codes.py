"""Stories of promotion codes and their restrictions, and of prices that cannot be billed."""

from typing import Any

import pytest
import stripe

from tests.scenarios.ledger import Ledger


def _code(story: Ledger, **fields: Any) -> dict[str, str]:
    """A discount by a new code of 10 %."""
    coupon = story.api.coupons.create({"percent_off": 10, "duration": "forever"}).id
    return {
        "promotion_code": story.api.promotion_codes.create(
            {"promotion": {"type": "coupon", "coupon": coupon}} | fields
        ).id
    }


def _begun(client: stripe.StripeClient) -> Ledger:
    story = Ledger(client, "2027-04-01")
    story.card()
    return story


def test_a_code_for_the_first_purchase_is_for_that_alone(client: stripe.StripeClient):
    story = _begun(client)
    first = _code(story, restrictions={"first_time_transaction": True})
    story.subscribe(trial_period_days=7)  # an invoice over 0 is no purchase
    story.subscribe(discounts=[first])
    assert story.last().total == 900
    with pytest.raises(stripe.InvalidRequestError, match="has prior transactions") as refused:
        story.subscribe(discounts=[first])
    assert refused.value.param == "discounts[0][promotion_code]"


LEAST = {
    "minimum_amount": 1500,
    "minimum_amount_currency": "usd",
    "currency_options": {"eur": {"minimum_amount": 1200}},
}


def test_a_code_with_a_minimum_asks_for_that_in_the_currency_of_the_order(client: stripe.StripeClient):
    story = _begun(client)
    code = _code(story, restrictions=LEAST)
    story.subscribe(story.price(amount=700), story.price(amount=500), discounts=[code])
    assert story.last().total == 1080  # 1200 − 10 %
    with pytest.raises(stripe.InvalidRequestError, match="below its minimum of 1200"):
        story.subscribe(story.price(amount=1199), discounts=[code])
    with pytest.raises(stripe.InvalidRequestError, match="below its minimum of 1200"):
        story.subscribe(items=[{"price": story.price(amount=1000), "discounts": [code]}, {"price": story.price()}])
    item = {"customer": story.customer, "currency": "eur", "amount": 1000, "discounts": [code]}
    with pytest.raises(stripe.InvalidRequestError, match="below its minimum of 1200"):
        story.api.invoice_items.create(item)


def test_a_minimum_in_another_currency_cannot_be_met(client: stripe.StripeClient):
    story = _begun(client)
    code = _code(story, restrictions={"minimum_amount": 1, "minimum_amount_currency": "usd"})
    with pytest.raises(stripe.InvalidRequestError, match="not set in `eur`"):
        story.subscribe(discounts=[code])


def test_a_price_that_its_payer_chooses_is_refused(client: stripe.StripeClient):
    story = _begun(client)
    product = story.api.products.create({"name": "Tip"}).id
    tip = {"product": product, "currency": "eur", "custom_unit_amount": {"enabled": True}}
    price = story.api.prices.create(tip).id
    with pytest.raises(stripe.InvalidRequestError, match="`custom_unit_amount`"):
        story.api.prices.create(tip | {"recurring": {"interval": "month"}})
    with pytest.raises(stripe.InvalidRequestError, match="only accepts prices with `type=recurring`"):
        story.subscribe(price)
    with pytest.raises(stripe.InvalidRequestError, match="`custom_unit_amount`") as refused:
        story.subscribe(add_invoice_items=[{"price": price}])
    assert refused.value.param == "add_invoice_items[0][price]"
    with pytest.raises(stripe.InvalidRequestError, match="`custom_unit_amount`"):
        story.api.invoice_items.create({"customer": story.customer, "pricing": {"price": price}})


ISSUER = {"issuer": {"type": "account", "account": "acct_1"}}


@pytest.mark.parametrize("place", ["subscription", "invoice", "schedule", "preview"])
def test_invoices_are_issued_by_the_account_itself(client: stripe.StripeClient, place: str):
    story = _begun(client)
    items = [{"price": story.price()}]
    asked: dict[str, Any] = {
        "subscription": (story.api.subscriptions.create, {"items": items, "invoice_settings": ISSUER}),
        "invoice": (story.api.invoices.create, ISSUER),
        "schedule": (
            story.api.subscription_schedules.create,
            {
                "start_date": "now",
                "phases": [{"items": items, "duration": {"interval": "month"}}],
                "default_settings": {"invoice_settings": ISSUER},
            },
        ),
        "preview": (story.api.invoices.create_preview, {"subscription_details": {"items": items}} | ISSUER),
    }
    make, fields = asked[place]
    with pytest.raises(stripe.InvalidRequestError, match="must be self") as refused:
        make({"customer": story.customer} | fields)
    assert str(refused.value.param).endswith("issuer[type]" if place in ("invoice", "preview") else "[issuer][type]")
    own = story.api.invoices.create({"customer": story.customer, "issuer": {"type": "self"}})
    assert own.issuer.type == "self"


@pytest.mark.parametrize(
    ("interval", "discounted", "in_full"),
    [("month", 4, "2027-08-01"), ("year", 1, "2028-04-01"), ("week", 18, "2027-08-05")],
)
def test_a_coupon_of_four_months_covers_what_the_reference_says(
    client: stripe.StripeClient, interval: str, discounted: int, in_full: str
):
    """Four months of a month, all of a year, every week of four months.

    Source: https://docs.stripe.com/billing/subscriptions/coupons, "Duration", which gives half of 100 for the year.
    """
    story = _begun(client)
    story.subscribe(
        story.price(interval, 10000),
        discounts=[story.coupon(percent_off=50, duration="repeating", duration_in_months=4)],
    )
    story.go(f"{in_full}T02:00")
    assert story.totals() == [*[5000] * discounted, 10000]
