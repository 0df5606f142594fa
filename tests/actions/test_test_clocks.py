"""Test clocks on both databases: every due moment of every kind, in the order of time, for their customers alone."""

from collections.abc import Callable
from typing import Any

from tenure.actions import customers, prices, products, subscription_schedules, subscriptions, test_clocks
from tenure.domain.customers import Customer
from tenure.domain.events import Event
from tenure.domain.invoices import Invoice
from tenure.domain.requests import CreateSubscription, ItemGiven
from tenure.domain.schedule_requests import UpdateSchedule
from tenure.domain.subscription_schedules import SubscriptionSchedule
from tenure.domain.subscriptions import Subscription
from tenure.domain.test_clocks import TestClock
from tenure.store.store import Store
from tenure.store.tx import Tx
from tests.support.stores import SCOPE

REAL_NOW = 1_790_000_000
START = 1_767_225_600  # 2026-01-01
DAY = 86_400
MANY = 103


def price(tx: Tx) -> str:
    terms = {"product": products.create(tx, {"name": "Sail"}).id, "currency": "eur", "unit_amount": 900}
    return prices.create(tx, terms | {"recurring": {"interval": "month"}}).id


def subscribe(tx: Tx, customer: str, of: str) -> str:
    return subscriptions.create(tx, CreateSubscription(customer=customer, items=[ItemGiven(price=of)])).id


def test_every_moment_of_more_than_a_page_of_subscriptions_passes_in_order(
    store: Store, run: Callable[..., Any]
) -> None:
    def make(tx: Tx) -> str:
        clock = test_clocks.create(tx, frozen_time=START).id
        customer = customers.create(tx, {"test_clock": clock})
        assert customer.created == START
        monthly = price(tx)
        ids = [subscribe(tx, customer.id, monthly) for _ in range(MANY)]
        assert tx.need(Subscription, ids[0]).created == START
        test_clocks.advance(tx, clock, frozen_time=START + 32 * DAY)
        return clock

    clock = run(store.write(SCOPE, make, now=REAL_NOW))
    seen = [START]
    while not run(store.write(SCOPE, lambda tx: test_clocks.finish(tx, clock, limit=40), now=REAL_NOW)):
        seen.append(run(store.read(SCOPE, lambda tx: tx.need(TestClock, clock), now=REAL_NOW)).frozen_time)

    def look(tx: Tx) -> tuple[int, int, int]:
        new = [("billing_reason", "=", "subscription_cycle")]
        still = tx.count(Subscription, [("next_at", "<=", START + 32 * DAY)])
        return tx.count(Invoice, new), tx.count(Invoice, [*new, ("status", "=", "draft")]), still

    assert run(store.read(SCOPE, look, now=REAL_NOW)) == (MANY, 0, 0)
    assert seen == sorted(seen) and START + 31 * DAY in seen, "The clock shows the moments as they pass."
    assert run(store.read(SCOPE, lambda tx: tx.need(TestClock, clock), now=REAL_NOW)).frozen_time == START + 32 * DAY
    told = run(store.read(SCOPE, lambda tx: [each.type for each in tx.page(Event, limit=100).items], now=REAL_NOW))
    assert told[0] == "test_helpers.test_clock.ready"


def test_a_phase_changes_before_the_renewal_at_the_same_moment(store: Store, run: Callable[..., Any]) -> None:
    def make(tx: Tx) -> tuple[str, str]:
        clock = test_clocks.create(tx, frozen_time=START).id
        id = subscribe(tx, customers.create(tx, {"test_clock": clock}).id, price(tx))
        there = tx.need(Subscription, id)
        item = ItemGiven(id=there.items[0].id, quantity=3)
        subscription_schedules.at_period_end(tx, there, [item], START)
        test_clocks.advance(tx, clock, frozen_time=START + 32 * DAY)
        while not test_clocks.finish(tx, clock):
            pass
        return clock, id

    clock, id = run(store.write(SCOPE, make, now=REAL_NOW))
    there, bills = run(
        store.read(
            SCOPE,
            lambda tx: (tx.need(Subscription, id), tx.page(Invoice, [("subscription", "=", id)]).items),
            now=REAL_NOW,
        )
    )
    assert there.items[0].quantity == 3
    assert [bill.total for bill in bills] == [2700, 900]
    assert bills[0].lines[0].period.start == START + 31 * DAY


def test_deleting_a_clock_ends_what_lives_on_it_and_keeps_its_invoices(store: Store, run: Callable[..., Any]) -> None:
    def make(tx: Tx) -> tuple[str, str, str, str]:
        clock = test_clocks.create(tx, frozen_time=START).id
        customer = customers.create(tx, {"test_clock": clock}).id
        id = subscribe(tx, customer, price(tx))
        schedule = subscription_schedules.from_subscription(tx, id).id
        subscription_schedules.update(tx, schedule, UpdateSchedule(metadata={"a": "b"}))
        return clock, customer, id, schedule

    clock, customer, id, schedule = run(store.write(SCOPE, make, now=REAL_NOW))
    run(store.write(SCOPE, lambda tx: test_clocks.delete(tx, clock), now=REAL_NOW))

    def look(tx: Tx) -> tuple[Any, ...]:
        assert tx.get(TestClock, clock) is None and tx.get(Customer, customer) is None
        bills = tx.page(Invoice, [("subscription", "=", id)]).items
        return tx.need(Subscription, id).status, tx.need(SubscriptionSchedule, schedule).status, len(bills)

    assert run(store.read(SCOPE, look, now=REAL_NOW)) == ("canceled", "canceled", 1)
