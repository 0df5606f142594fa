"""The next amount that pages show is what the engine's next invoice asks for, drawn up or not."""

from typing import Any

import pytest

from tenure.actions import coupons, customers, invoice_items, previews, prices, products, subscriptions, tax_rates
from tenure.domain.customers import Customer
from tenure.domain.requests import CreateSubscription, DiscountGiven, ItemGiven
from tenure.store.store import Store
from tenure.store.tx import Tx
from tests.store.samples import NOW
from tests.support.stores import SCOPE

MONTH: dict[str, Any] = {"currency": "eur", "recurring": {"interval": "month"}}
TIERS = [{"up_to": 2, "unit_amount": 700, "flat_amount": 50}, {"up_to": None, "unit_amount": 300}]


@pytest.mark.parametrize(
    ("about", "price", "asked", "balance", "amount"),
    [
        ("fixed", {"unit_amount": 900}, {}, 0, 2700),
        ("packages", {"unit_amount": 900, "transform_quantity": {"divide_by": 2, "round": "up"}}, {}, 0, 1800),
        ("tiers", {"billing_scheme": "tiered", "tiers_mode": "graduated", "tiers": TIERS}, {}, 0, 1750),
        ("trial", {"unit_amount": 900}, {"trial_period_days": 9}, 0, 2700),
        ("credit", {"unit_amount": 900}, {"trial_period_days": 9}, -700, 2000),
        ("more credit than due", {"unit_amount": 900}, {"trial_period_days": 9}, -9000, 0),
        ("coupon", {"unit_amount": 900}, {"discounts": [DiscountGiven(coupon="EVER")]}, 0, 2025),
        ("tax", {"unit_amount": 900}, {"default_tax_rates": ["the rate"]}, 0, 3213),
    ],
)
async def test_the_next_amount_is_what_the_next_invoice_asks_for(
    store: Store, about: str, price: dict[str, Any], asked: dict[str, Any], balance: int, amount: int
) -> None:
    def told(tx: Tx) -> tuple[int | None, int]:
        customer = customers.create(tx, {"balance": balance} if balance else {})
        sail = products.create(tx, {"name": "Sail"})
        made = prices.create(tx, {**MONTH, "product": sail.id, **price})
        coupons.create(tx, {"percent_off": 25, "duration": "forever"}, id="EVER")
        rate = tax_rates.create(tx, {"display_name": "VAT", "inclusive": False, "percentage": 19})
        terms = {**asked, "default_tax_rates": [rate.id]} if about == "tax" else asked
        wish = CreateSubscription(customer=customer.id, items=[ItemGiven(price=made.id, quantity=3)], **terms)
        subscription = subscriptions.create(tx, wish)
        drawn = previews.next_invoice(tx, subscription)
        assert drawn is not None
        return previews.next_amount(tx, subscription, tx.need(Customer, customer.id)), drawn.amount_due

    assert await store.write(SCOPE, told, now=NOW) == (amount, amount)


async def test_what_waits_counts_and_an_end_leaves_none(store: Store) -> None:
    def told(tx: Tx) -> tuple[int | None, int | None]:
        customer = customers.create(tx, {})
        sail = products.create(tx, {"name": "Sail"})
        made = prices.create(tx, {**MONTH, "product": sail.id, "unit_amount": 900})
        wish = CreateSubscription(customer=customer.id, items=[ItemGiven(price=made.id)])
        subscription = subscriptions.create(tx, wish)
        invoice_items.create(tx, {"customer": customer.id, "amount": 55, "currency": "eur"})
        before = previews.next_amount(tx, subscription, customer)
        ending = subscriptions.cancel(tx, subscription.id, mode="at_period_end")
        return before, previews.next_amount(tx, ending, customer)

    assert await store.write(SCOPE, told, now=NOW) == (955, None)
