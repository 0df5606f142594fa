"""The money in the portal over HTTP: what a page says the next invoice will be, the invoice then is, to the cent."""

import re
import time
from typing import Any

import pytest

from tests.support.wait import until

DAY = 86400


class Story:
    """A customer on a test clock, with a card, taxes and a subscription in the making."""

    def __init__(self, shop: Any, **given: Any) -> None:
        self.shop, self.api = shop, shop.api
        self.clock = self.api.test_helpers.test_clocks.create({"frozen_time": int(time.time())})
        self.ada = shop.customer(test_clock=self.clock.id, **given)
        card = self.api.payment_methods.attach("pm_card_visa", {"customer": self.ada.id})
        self.api.customers.update(self.ada.id, {"invoice_settings": {"default_payment_method": card.id}})

    def price(self, **given: Any) -> str:
        terms = {"product": self.shop.product.id, "currency": "eur", "recurring": {"interval": "month"}}
        return str(self.api.prices.create(terms | given).id)

    def subscribe(self, **given: Any) -> Any:
        return self.shop.subscription(self.ada, **given)

    def pass_time(self, days: int) -> None:
        now = self.api.test_helpers.test_clocks.retrieve(self.clock.id).frozen_time
        self.api.test_helpers.test_clocks.advance(self.clock.id, {"frozen_time": now + days * DAY})
        until(lambda: self.api.test_helpers.test_clocks.retrieve(self.clock.id).status == "ready", 30)

    def renewals(self, subscription: Any) -> list[Any]:
        """The invoices of its periods, the oldest first."""
        found = self.api.invoices.list({"subscription": subscription.id, "limit": 100}).data
        return [each for each in reversed(found) if each.billing_reason == "subscription_cycle"]


def cents(text: str) -> int:
    return round(float(text.replace(",", "")) * 100)


def offered(visitor: Any) -> tuple[int, int, int]:
    """What the offer's page says in its first row: how many payments, the normal total and the lower one."""
    found = re.search(
        r"Next (?:(\d+) payments, each|payment) Normal price: €([\d.,]+) ?€([\d.,]+)", visitor.text
    ) or pytest.fail(visitor.text)
    return int(found[1] or 1), cents(found[2]), cents(found[3])


def accept(browse: Any, story: Story, coupon: Any) -> Any:
    offer = {"type": "coupon_offer", "coupon_offer": {"coupon": coupon.id}}
    link = story.shop.link(story.ada, story.shop.configuration(retention=offer))
    return browse().open(link).press("cancel-subscription")


def scenarios(story: Story) -> dict[str, dict[str, Any]]:
    api = story.api
    tax = api.tax_rates.create({"display_name": "USt", "percentage": 19, "inclusive": False}).id
    inside = api.tax_rates.create({"display_name": "MwSt", "percentage": 7.7, "inclusive": True}).id
    tiers = [
        {"up_to": 3, "unit_amount": 1099},
        {"up_to": 10, "unit_amount": 899, "flat_amount": 250},
        {"up_to": "inf", "unit_amount": 500},
    ]
    graduated = story.price(billing_scheme="tiered", tiers_mode="graduated", tiers=tiers)
    other = api.coupons.create({"amount_off": 333, "currency": "eur", "duration": "forever"}).id
    return {
        "taxes": {"default_tax_rates": [tax]},
        "quantity": {"items": [{"price": story.shop.price.id, "quantity": 7}], "default_tax_rates": [inside]},
        "tiers": {"items": [{"price": graduated, "quantity": 12}]},
        "stacked": {"discounts": [{"coupon": other}], "default_tax_rates": [tax]},
    }


@pytest.mark.parametrize("kind", ["taxes", "quantity", "tiers", "stacked"])
def test_the_invoices_after_an_accepted_offer_are_what_its_page_said(browse, shop, kind):
    story = Story(shop)
    subscription = story.subscribe(**scenarios(story)[kind])
    visitor = accept(browse, story, shop.coupon(percent_off=33.3))
    count, full, reduced = offered(visitor)
    assert (count, reduced < full) == (2, True) or (count, reduced < full) == (3, True)
    visitor.press("retention-accept")
    assert f"€{reduced / 100:,.2f}" in visitor.text  # the receipt says the same
    story.pass_time(130)
    totals = [each.total for each in story.renewals(subscription)]
    assert totals[: count + 1] == [reduced] * count + [full]
    assert all(each.status in ("paid", "draft") for each in story.renewals(subscription))


def test_an_offer_for_one_payment_ends_with_it(browse, shop):
    story = Story(shop)
    subscription = story.subscribe()
    visitor = accept(browse, story, shop.api.coupons.create({"duration": "once", "amount_off": 999, "currency": "eur"}))
    assert offered(visitor) == (1, 2900, 1901)
    assert "You save in total €9.99" in visitor.text
    visitor.press("retention-accept")
    story.pass_time(65)
    assert [each.total for each in story.renewals(subscription)][:2] == [1901, 2900]


def test_what_waits_for_the_next_invoice_is_on_the_offer(browse, shop):
    story = Story(shop)
    subscription = story.subscribe()
    story.api.invoice_items.create({"customer": story.ada.id, "amount": 500, "currency": "eur"})
    visitor = accept(browse, story, shop.coupon(percent_off=50))
    assert "€17.00" in visitor.text and "€14.50" in visitor.text
    visitor.press("retention-accept")
    story.pass_time(70)
    assert [each.total for each in story.renewals(subscription)][:2] == [1700, 1450]


def test_an_offer_during_a_trial_speaks_of_the_first_payment(browse, shop):
    story = Story(shop)
    subscription = story.subscribe(trial_period_days=14)
    visitor = accept(browse, story, shop.coupon())
    count, full, reduced = offered(visitor)
    assert (count, full, reduced) == (3, 2900, 2175)
    visitor.press("retention-accept")
    story.pass_time(120)
    assert [each.total for each in story.renewals(subscription)] == [2175, 2175, 2175, 2900]


def test_an_offer_on_usage_names_no_amount(browse, shop):
    story = Story(shop)
    meter = story.api.billing.meters.create(
        {"display_name": "Calls", "event_name": "calls_of_offer", "default_aggregation": {"formula": "sum"}}
    )
    usage = story.price(unit_amount=10, recurring={"interval": "month", "usage_type": "metered", "meter": meter.id})
    story.subscribe(items=[{"price": usage}])
    visitor = accept(browse, story, shop.coupon())
    assert "25% off for 3 months" in visitor.text and "You save in total" not in visitor.text
    visitor.press("retention-decline")
    assert "One last invoice covers what you have used and not paid yet." in visitor.text


def test_home_says_what_is_charged_next_and_with_what(browse, shop):
    story = Story(shop, balance=-400)
    subscription = story.subscribe(items=[{"price": shop.price.id, "quantity": 2}])
    said = browse().open(shop.link(story.ada)).text
    found = re.search(r"Next payment: €([\d.]+) with Visa ending 4242", said)
    assert found, said
    story.pass_time(32)
    assert story.renewals(subscription)[0].amount_due == cents(found[1])


def test_a_failed_payment_shows_what_is_open_and_where_to_pay_it(browse, shop):
    story = Story(shop)
    subscription = story.subscribe()
    bad = story.api.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": story.ada.id})
    story.api.customers.update(story.ada.id, {"invoice_settings": {"default_payment_method": bad.id}})
    story.pass_time(32)
    visitor = browse().open(shop.link(story.ada))
    assert shop.now(subscription).status == "past_due"
    assert "Your last payment didn’t go through" in visitor.text
    assert "€29.00 is open" in visitor.text and "Pay €29.00" in visitor.text
    page = re.search(r'href="(/i/[^"]+)"[^>]*data-testid="pay-invoice"', visitor.page.text)
    assert page
    assert story.renewals(subscription)[0].hosted_invoice_url.endswith(page[1])
    visitor.press("cancel-subscription")
    assert "€29.00 of earlier invoices stays to be paid." in visitor.text
    assert "29,00 € sind offen" in browse(language="de").open(shop.link(story.ada)).text


def test_cancelling_at_once_with_prorations_says_what_comes_back(browse, shop):
    story = Story(shop)
    subscription = story.subscribe()
    story.pass_time(10)
    config = shop.configuration(mode="immediately", proration_behavior="create_prorations")
    visitor = browse().open(shop.link(story.ada, config)).press("cancel-subscription")
    found = re.search(r"€([\d.]+) for the time that is left counts toward your next invoice", visitor.text)
    assert found, visitor.text
    visitor.press("confirm")
    waiting = story.api.invoice_items.list({"customer": story.ada.id, "pending": True}).data
    assert shop.now(subscription).status == "canceled"
    assert -sum(each.amount for each in waiting) == cents(found[1])
