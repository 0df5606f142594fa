"""Schedules at work on both databases: a customer, prices, phases, and time that passes."""

import copy
import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from tenure.actions import (
    coupons,
    customers,
    passing,
    prices,
    products,
    scheduled,
    subscription_schedules,
    subscriptions,
    test_clocks,
)
from tenure.actions.keeping import keep
from tenure.actions.patch import patch
from tenure.domain import cancellations
from tenure.domain.documents import Change, Scope
from tenure.domain.errors import Conflict, Invalid, NotFound
from tenure.domain.events import Event
from tenure.domain.prices import Price, Recurring
from tenure.domain.requests import CreateSubscription, DiscountGiven, ItemGiven, UpdateSubscription
from tenure.domain.schedule_requests import (
    CreateSchedule,
    DefaultSettingsGiven,
    DurationGiven,
    PhaseAddedItemGiven,
    PhaseChanged,
    PhaseGiven,
    PhaseInvoiceSettingsGiven,
    PhaseItemGiven,
    UpdateSchedule,
)
from tenure.domain.subscription_schedules import SubscriptionSchedule
from tenure.domain.subscriptions import Subscription
from tenure.domain.test_clocks import TestClock
from tenure.store.due import due
from tenure.store.store import Store
from tenure.wire.shapes import render

numbers = itertools.count()
MONTH = DurationGiven(interval="month")


def at(date: str) -> int:
    """2027-01-31, UTC, in unix seconds."""
    return int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp())


class Shop:
    """An account with a customer and two prices, in a time of its own."""

    def __init__(self, store: Store, run: Callable[..., Any], start: str = "2027-01-10") -> None:
        self.store, self.run, self.now = store, run, at(start)
        self.scope = Scope(f"acct_{next(numbers)}", livemode=False)

        def open_(tx: Any) -> None:
            self.customer = customers.create(tx, {"name": "Ada"}).id
            self.product = products.create(tx, {"name": "Sail"}).id
            self.team, self.solo = self.price(tx, 3000), self.price(tx, 1000)
            self.year = self.price(tx, 9000, "year")
            coupons.create(tx, {"percent_off": 50, "duration": "forever"}, id="HALF")

        self.write(open_)

    def price(self, tx: Any, amount: int, interval: str = "month") -> str:
        terms = {"product": self.product, "currency": "eur", "unit_amount": amount}
        made = terms | {"recurring": {"interval": interval}}
        return str(prices.create(tx, made).id)

    def write(self, fn: Callable[[Any], Any]) -> Any:
        return self.run(self.store.write(self.scope, fn, now=self.now))

    def create(self, *phases: PhaseGiven, **fields: Any) -> SubscriptionSchedule:
        asked = {"customer": self.customer, "start_date": "now", "phases": list(phases)} | fields
        made: SubscriptionSchedule = self.write(lambda tx: subscription_schedules.create(tx, CreateSchedule(**asked)))
        self.id = made.id
        return made

    def update(self, **fields: Any) -> SubscriptionSchedule:
        made: SubscriptionSchedule = self.write(
            lambda tx: subscription_schedules.update(tx, self.id, UpdateSchedule(**fields))
        )
        return made

    def subscribe(self, *items: ItemGiven, **fields: Any) -> Subscription:
        chosen = list(items) or [ItemGiven(price=self.team)]
        asked = patch(CreateSubscription(customer=self.customer, items=chosen), fields)
        made: Subscription = self.write(lambda tx: subscriptions.create(tx, asked))
        return made

    def take_over(self, subscription: Subscription) -> SubscriptionSchedule:
        asked = CreateSchedule(from_subscription=subscription.id)
        made: SubscriptionSchedule = self.write(lambda tx: subscription_schedules.create(tx, asked))
        self.id = made.id
        return made

    def go(self, date: str) -> SubscriptionSchedule:
        """Time passes: every moment that has come, the longest waiting first, as the worker does it."""
        self.now = at(date)

        def pass_(tx: Any) -> SubscriptionSchedule:
            while found := [each for each in due(tx, self.now, 100) if each.scope == self.scope]:
                assert passing.claimed(tx, found[0], now=self.now)
            kept: SubscriptionSchedule = tx.need(SubscriptionSchedule, self.id)
            return kept

        return self.write(pass_)  # type: ignore[no-any-return]

    def subscription(self, id: str | None = None) -> Subscription:
        def find(tx: Any) -> Subscription:
            schedule = tx.need(SubscriptionSchedule, self.id)
            found: Subscription = tx.need(Subscription, id or schedule.subscription or schedule.released_subscription)
            return found

        return self.write(find)  # type: ignore[no-any-return]

    def news(self, family: str = "subscription_schedule") -> list[str]:
        """What was told of schedules, oldest first."""
        found = self.write(lambda tx: tx.page(Event, limit=100).items)
        named = [each.type for each in reversed(found) if each.type.startswith(family + ".")]
        return [each.removeprefix(family + ".") for each in named]


def phase(*prices: str, **fields: Any) -> PhaseGiven:
    return PhaseGiven(items=[PhaseItemGiven(price=price) for price in prices], **fields)


def changed(*prices: str, **fields: Any) -> PhaseChanged:
    return PhaseChanged(items=[PhaseItemGiven(price=price) for price in prices], **fields)


@pytest.fixture
def shop(store: Store, run: Callable[..., Any]) -> Shop:
    return Shop(store, run)


def metered(tx: Any, product: str) -> str:
    """A price that is paid by usage."""
    often = Recurring(interval="month", usage_type="metered", meter="mtr_1")
    made = Price(id=tx.new_id("price_"), created=tx.now, currency="eur", product=product, recurring=often)
    tx.save(Change(after=(replace(made, type="recurring", unit_amount=1),)))
    return made.id


def items(subscription: Subscription) -> list[tuple[str, int | None]]:
    return [(item.price, item.quantity) for item in subscription.items]


def test_one_that_starts_now_has_its_subscription_at_once(shop: Shop):
    made = shop.create(phase(shop.team, duration=MONTH, metadata={"plan": "team"}))
    there = shop.subscription()
    assert (made.status, made.subscription, there.schedule) == ("active", there.id, made.id)
    assert made.current_phase is not None
    assert (made.current_phase.start_date, made.current_phase.end_date) == (at("2027-01-10"), at("2027-02-10"))
    assert (items(there), there.metadata, there.status) == ([(shop.team, 1)], {"plan": "team"}, "active")
    assert shop.news() == ["created"]


def test_one_that_starts_later_waits(shop: Shop):
    made = shop.create(phase(shop.team, iterations=2), start_date=at("2027-02-01"))
    assert (made.status, made.subscription, made.current_phase) == ("not_started", None, None)
    assert (made.phases[0].start_date, made.phases[0].end_date) == (at("2027-02-01"), at("2027-04-01"))
    assert shop.go("2027-01-31").status == "not_started"
    begun = shop.go("2027-02-01")
    assert (begun.status, shop.subscription().start_date) == ("active", at("2027-02-01"))
    assert shop.news() == ["created", "updated"]


def test_one_that_starts_in_the_past_dates_its_subscription_back(shop: Shop):
    made = shop.create(phase(shop.team, duration=MONTH), start_date=at("2027-01-01"))
    assert (made.status, shop.subscription().start_date) == ("active", at("2027-01-01"))
    assert made.phases[0].end_date == at("2027-02-01")


def test_phases_change_prices_quantities_and_discounts(shop: Shop):
    half = [DiscountGiven(coupon="HALF")]
    second = PhaseGiven(items=[PhaseItemGiven(price=shop.solo, quantity=4)], duration=MONTH)
    shop.create(phase(shop.team, duration=MONTH, discounts=half), second)
    first = shop.subscription()
    assert [each.source.coupon for each in first.discounts] == ["HALF"]

    after = shop.go("2027-02-10")
    there = shop.subscription()
    assert after.current_phase is not None and after.current_phase.start_date == at("2027-02-10")
    assert (items(there), there.discounts) == ([(shop.solo, 4)], [])
    assert [item.id for item in there.items] == [item.id for item in first.items], "the item goes on"
    assert (there.items[0].current_period_start, there.items[0].current_period_end) == (
        at("2027-02-10"),
        at("2027-03-10"),
    )

    over = shop.go("2027-03-10")
    assert (over.status, over.released_at, over.released_subscription) == ("released", at("2027-03-10"), there.id)
    assert (shop.subscription().schedule, shop.subscription().status) == (None, "active")
    assert shop.news() == ["created", "updated", "expiring", "released"]


def test_a_coupon_that_goes_on_is_redeemed_once(shop: Shop):
    half = [DiscountGiven(coupon="HALF")]
    shop.create(phase(shop.team, duration=MONTH, discounts=half), phase(shop.solo, duration=MONTH, discounts=half))
    kept = shop.subscription().discounts
    shop.go("2027-02-11")
    assert shop.subscription().discounts == kept


def test_an_end_of_cancel_ends_the_subscription(shop: Shop):
    shop.create(phase(shop.team, duration=MONTH), end_behavior="cancel")
    assert shop.subscription().cancel_at == at("2027-02-10")
    over = shop.go("2027-02-10")
    there = shop.subscription()
    assert (over.status, over.completed_at) == ("completed", at("2027-02-10"))
    assert (there.status, there.ended_at) == ("canceled", at("2027-02-10"))
    assert shop.news()[-1] == "completed"


def test_time_that_passes_late_is_counted_from_the_moment_that_was_due(shop: Shop):
    shop.create(phase(shop.team, duration=MONTH), phase(shop.year, iterations=1))
    shop.go("2027-03-20")
    there = shop.subscription()
    assert items(there) == [(shop.year, 1)]
    assert there.items[0].current_period_start == at("2027-02-10")


def test_a_trial_of_a_phase_is_a_trial_of_the_subscription(shop: Shop):
    shop.create(phase(shop.team, duration=MONTH, trial=True), phase(shop.team, duration=MONTH))
    there = shop.subscription()
    assert (there.status, there.trial_end) == ("trialing", at("2027-02-10"))
    shop.go("2027-02-10")
    there = shop.subscription()
    assert (there.status, there.items[0].current_period_end) == ("active", at("2027-03-10"))


def test_the_anchor_may_move_to_the_phase(shop: Shop):
    shop.create(
        phase(shop.team, end_date=at("2027-01-25")),
        phase(shop.team, duration=MONTH, billing_cycle_anchor="phase_start"),
    )
    shop.go("2027-01-25")
    there = shop.subscription()
    assert there.billing_cycle_anchor == at("2027-01-25")
    assert there.items[0].current_period_end == at("2027-02-25")


def test_default_settings_hold_where_a_phase_says_nothing(shop: Shop):
    shop.create(
        phase(shop.team, duration=MONTH),
        phase(shop.team, duration=MONTH, description="Second"),
        default_settings=DefaultSettingsGiven(
            collection_method="send_invoice",
            description="Usual",
            invoice_settings=PhaseInvoiceSettingsGiven(
                custom_fields=[{"name": "PO", "value": "7"}], days_until_due=9, footer="Thanks"
            ),
        ),
    )
    there = shop.subscription()
    assert (there.description, there.collection_method, there.days_until_due) == ("Usual", "send_invoice", 9)
    fields = [(each.name, each.value) for each in there.invoice_settings.custom_fields or []]
    assert (fields, there.invoice_settings.footer) == ([("PO", "7")], "Thanks")
    shop.go("2027-02-10")
    assert shop.subscription().description == "Second"


def test_a_subscription_is_taken_over_as_it_is(shop: Shop):
    before = shop.subscribe(ItemGiven(price=shop.team, quantity=3), discounts=[{"coupon": "HALF"}])
    made = shop.take_over(before)
    (only,) = made.phases
    assert (made.status, made.subscription, made.end_behavior) == ("active", before.id, "release")
    assert (only.start_date, only.end_date) == (at("2027-01-10"), at("2027-02-10"))
    assert [(each.price, each.quantity) for each in only.items] == [(shop.team, 3)]
    there = shop.subscription()
    assert (there.schedule, there.discounts) == (made.id, before.discounts)
    with pytest.raises(Conflict, match="already attached to a schedule"):
        shop.take_over(before)
    with pytest.raises(Invalid, match="You cannot set `customer` if `from_subscription` is set"):
        shop.create(phase(shop.team), from_subscription=before.id)


def test_one_that_is_set_to_end_is_taken_over_with_its_end(shop: Shop):
    made = shop.take_over(shop.subscribe(cancel_at=at("2027-06-01")))
    assert (made.end_behavior, made.phases[0].end_date) == ("cancel", at("2027-06-01"))


def test_an_update_changes_the_current_phase_at_once_and_the_later_ones_then(shop: Shop):
    made = shop.take_over(shop.subscribe())
    start, end = made.phases[0].start_date, made.phases[0].end_date
    shop.now = at("2027-01-20")
    shop.update(phases=[changed(shop.solo, start_date=start, end_date=end), changed(shop.team, iterations=1)])
    assert items(shop.subscription()) == [(shop.solo, 1)]
    shop.go("2027-02-10")
    assert items(shop.subscription()) == [(shop.team, 1)]


def test_an_update_of_later_phases_leaves_the_subscription_alone(shop: Shop):
    made = shop.take_over(shop.subscribe())
    before = shop.subscription()
    start, end = made.phases[0].start_date, made.phases[0].end_date
    shop.update(phases=[changed(shop.team, start_date=start, end_date=end), changed(shop.solo, iterations=2)])
    assert shop.subscription() == before
    assert shop.news() == ["created", "updated"]
    assert shop.news("customer.subscription") == ["created", "updated"]


def test_phases_that_are_over_may_be_left_out_and_never_change(shop: Shop):
    shop.create(phase(shop.team, duration=MONTH), phase(shop.solo, duration=MONTH))
    made = shop.go("2027-02-15")
    start, end = made.phases[1].start_date, made.phases[1].end_date
    here = changed(shop.solo, start_date=start, end_date=end)
    after = shop.update(phases=[here, changed(shop.year, iterations=1)])
    assert [each.items[0].price for each in after.phases] == [shop.team, shop.solo, shop.year]
    past = changed(shop.team, start_date=at("2027-01-10"), end_date=start)
    assert shop.update(phases=[past, replace(here, start_date=start)]).phases[0] == made.phases[0]
    wrong = changed(shop.team, start_date=at("2027-01-11"), end_date=start)
    with pytest.raises(Invalid, match="already ended"):
        shop.update(phases=[wrong, here])


def test_a_phase_can_end_now(shop: Shop):
    made = shop.take_over(shop.subscribe())
    shop.now = at("2027-01-20")
    first = changed(shop.team, start_date=made.phases[0].start_date, end_date="now")
    after = shop.update(phases=[first, changed(shop.solo, duration=MONTH)])
    assert after.current_phase is not None and after.current_phase.start_date == at("2027-01-20")
    assert items(shop.subscription()) == [(shop.solo, 1)]


def test_what_cannot_be_updated_is_refused_in_stripes_words(shop: Shop):
    made = shop.take_over(shop.subscribe())
    start = made.phases[0].start_date
    shop.now = at("2027-01-20")
    for phases, words in [
        ([changed(shop.team)], "missing at least one phase with a `start_date`"),
        ([changed(shop.team, start_date="now", iterations=1)], "modify the start date of the current phase"),
        ([changed(shop.team, start_date=start, end_date=at("2027-01-15"))], "cannot end in the past"),
        ([changed(shop.team, start_date=start, iterations=1, duration=MONTH)], "only specify one of these"),
    ]:
        with pytest.raises(Invalid, match=words):
            shop.update(phases=phases)


def test_the_end_behavior_decides_whether_the_subscription_is_set_to_end(shop: Shop):
    shop.create(phase(shop.team, duration=MONTH))
    shop.update(end_behavior="cancel")
    assert shop.subscription().cancel_at == at("2027-02-10")
    shop.update(end_behavior="release")
    assert shop.subscription().cancel_at is None


def test_releasing_takes_back_the_end_that_it_had_set_unless_told_otherwise(shop: Shop):
    for kept, end in [(False, None), (True, at("2027-02-10"))]:
        shop.create(phase(shop.team, duration=MONTH), end_behavior="cancel")
        made = shop.write(lambda tx, kept=kept: subscription_schedules.release(tx, shop.id, preserve_cancel_date=kept))
        there = shop.subscription()
        assert (made.status, made.released_subscription, there.schedule) == ("released", there.id, None)
        assert there.cancel_at == end
    with pytest.raises(Conflict, match="currently in the `released` status"):
        shop.write(lambda tx: subscription_schedules.cancel(tx, shop.id))


def test_canceling_ends_the_subscription_at_once(shop: Shop):
    shop.create(phase(shop.team, duration=MONTH))
    made = shop.write(lambda tx: subscription_schedules.cancel(tx, shop.id))
    assert (made.status, made.canceled_at, made.current_phase) == ("canceled", shop.now, None)
    assert shop.subscription().status == "canceled"
    assert shop.news() == ["created", "canceled"]


@pytest.mark.parametrize(
    ("verb", "status"), [(subscription_schedules.cancel, "canceled"), (subscription_schedules.release, "released")]
)
def test_one_that_has_not_started_can_be_canceled_and_released(shop: Shop, verb: Any, status: str):
    shop.create(phase(shop.team, duration=MONTH), start_date=at("2027-02-01"))
    made = shop.write(lambda tx: verb(tx, shop.id))
    assert (made.status, made.subscription, made.released_subscription) == (status, None, None)
    assert shop.go("2027-02-02").status == status


def test_without_its_customer_it_never_starts(shop: Shop):
    shop.create(phase(shop.team, duration=MONTH), start_date=at("2027-02-01"))
    shop.write(lambda tx: customers.delete(tx, shop.customer))
    assert shop.go("2027-02-01").status == "canceled"


def test_what_waits_for_a_customer_who_is_deleted_is_called_off(shop: Shop):
    shop.create(phase(shop.team, duration=MONTH), start_date=at("2027-02-01"))
    shop.write(lambda tx: scheduled.of_customer_gone(tx, shop.customer, now=shop.now))
    assert shop.write(lambda tx: tx.need(SubscriptionSchedule, shop.id)).status == "canceled"
    assert shop.news() == ["created", "canceled"]


@pytest.mark.parametrize(
    ("phases", "param"),
    [
        ([], "phases"),
        ([{"items": [{"price": "price_none"}]}], "phases[0][items][0][price]"),
        ([{"items": []}], "phases[0][items]"),
        ([{"items": [{"price": "team"}, {"price": "team"}]}], "phases[0][items]"),
        ([{"items": [{"price": "team"}]}, {"items": [{"price": "team"}], "end_date": 5}], "phases[1][end_date]"),
        ([{"items": [{"price": "metered", "quantity": 2}]}], "phases[0][items][0][quantity]"),
        ([{"items": [{"price": "once"}]}], "phases[0][items][0][price]"),
        ([{"items": [{"price": "team"}], "discounts": [{"coupon": "NO"}]}], "phases[0][discounts][0][coupon]"),
        ([{"items": [{"price": "team"}], "discounts": [{"discount": "di_1"}]}], "phases[0][discounts][0][discount]"),
        ([{"items": [{"price": "team"}], "default_tax_rates": ["txr_1"]}], "phases[0][default_tax_rates][0]"),
        ([{"items": [{"price": "team"}], "trial_end": 5}], "phases[0][trial_end]"),
        ([{"items": [{"price": "team"}], "automatic_tax": {"enabled": True}}], "phases[0][automatic_tax][enabled]"),
    ],
)
def test_phases_that_make_no_subscription_are_refused(shop: Shop, phases: list[dict[str, Any]], param: str):
    def make(tx: Any) -> None:
        once = {"product": shop.product, "currency": "eur", "unit_amount": 5}
        known = {
            "team": shop.team,
            "metered": metered(tx, shop.product),
            "once": prices.create(tx, once).id,
        }
        named = copy.deepcopy(phases)
        for each in named:
            for item in each["items"]:
                item["price"] = known.get(item["price"], item["price"])
        fields = [patch(PhaseGiven(items=[]), each) for each in named]
        asked = CreateSchedule(customer=shop.customer, start_date="now", phases=fields)
        subscription_schedules.create(tx, asked)

    with pytest.raises((Invalid, NotFound)) as refused:
        shop.write(make)
    assert refused.value.param == param


def test_added_items_are_one_time_prices_of_the_currency(shop: Shop):
    def make(tx: Any, **fields: Any) -> Any:
        made = {"product": shop.product, "currency": "eur", "unit_amount": 500} | fields
        price = prices.create(tx, made).id
        added = [PhaseAddedItemGiven(price=price)]
        first = phase(shop.team, duration=MONTH, add_invoice_items=added)
        asked = CreateSchedule(customer=shop.customer, start_date=at("2027-02-01"), phases=[first])
        return subscription_schedules.create(tx, asked)

    kept = shop.write(make)
    assert kept.phases[0].add_invoice_items[0].quantity == 1
    for wrong in ({"currency": "usd"}, {"recurring": {"interval": "month"}}):
        with pytest.raises(Invalid) as refused:
            shop.write(lambda tx, wrong=wrong: make(tx, **wrong))
        assert refused.value.param == "phases[0][add_invoice_items][0][price]"


# A subscription that is changed or ended by something else


def test_a_direct_change_splits_the_current_phase(shop: Shop):
    made = shop.create(phase(shop.team, duration=MONTH), phase(shop.solo, duration=MONTH))
    shop.now = at("2027-01-20")

    def change(tx: Any) -> None:
        before = tx.need(Subscription, made.subscription)
        asked = UpdateSubscription(items=[ItemGiven(id=before.items[0].id, quantity=5)])
        subscriptions.update(tx, before.id, asked)

    shop.write(change)
    after = shop.write(lambda tx: tx.need(SubscriptionSchedule, made.id))
    assert [(each.start_date, each.items[0].quantity) for each in after.phases] == [
        (at("2027-01-10"), 1),
        (at("2027-01-20"), 5),
        (at("2027-02-10"), 1),
    ]
    assert after.current_phase.start_date == at("2027-01-20")
    assert shop.news() == ["created", "updated"]


def test_what_the_schedule_does_itself_splits_nothing(shop: Shop):
    made = shop.create(phase(shop.team, duration=MONTH, discounts=[DiscountGiven(coupon="HALF")]))

    def look(tx: Any) -> None:
        there = tx.need(Subscription, made.subscription)
        scheduled.follow(tx, replace(there, items=[], discounts=[]), there, now=shop.now)

    shop.write(look)
    assert shop.write(lambda tx: tx.need(SubscriptionSchedule, made.id)) == made


@pytest.mark.parametrize(("reason", "told"), [("payment_failed", "aborted"), ("cancellation_requested", "canceled")])
def test_it_ends_with_its_subscription(shop: Shop, reason: Any, told: str):
    made = shop.create(phase(shop.team, duration=MONTH))

    def end(tx: Any) -> None:
        before = tx.lock(Subscription, made.subscription)
        after = cancellations.cancel_now(before, shop.now)
        why = replace(after.cancellation_details, reason=reason)
        keep(tx, before, replace(after, cancellation_details=why), cancellations.DELETED, now=shop.now)

    shop.write(end)
    after = shop.write(lambda tx: tx.need(SubscriptionSchedule, made.id))
    assert (after.status, after.canceled_at, shop.news()) == ("canceled", shop.now, ["created", told])


def test_it_finds_out_by_itself_that_its_subscription_has_ended(shop: Shop):
    made = shop.create(phase(shop.team, duration=MONTH))

    def end(tx: Any) -> None:
        before = tx.lock(Subscription, made.subscription)
        tx.save(cancellations.deleted(cancellations.cancel_now(before, shop.now)))

    shop.write(end)
    assert shop.go("2027-02-10").status == "canceled"


# A change that waits for the period's end


def test_a_downgrade_waits_for_the_periods_end(shop: Shop):
    before = shop.subscribe(ItemGiven(price=shop.team, quantity=3), discounts=[{"coupon": "HALF"}])
    shop.now = at("2027-01-20")
    change = [ItemGiven(id=before.items[0].id, price=shop.solo)]
    made = shop.write(lambda tx: subscription_schedules.at_period_end(tx, before, change, shop.now))
    shop.id = made.id
    assert [(each.start_date, each.end_date) for each in made.phases] == [
        (at("2027-01-10"), at("2027-02-10")),
        (at("2027-02-10"), at("2027-03-10")),
    ]
    assert items(shop.subscription()) == [(shop.team, 3)]
    shop.go("2027-02-10")
    there = shop.subscription()
    assert (items(there), there.discounts) == ([(shop.solo, 3)], before.discounts)
    assert there.items[0].current_period_end == at("2027-03-10")
    assert shop.go("2027-03-10").status == "released"


def test_items_come_and_go_at_the_periods_end(shop: Shop):
    before = shop.subscribe(ItemGiven(price=shop.team), ItemGiven(price=shop.solo))
    change = [ItemGiven(id=before.items[0].id, deleted=True), ItemGiven(price=shop.year, quantity=2)]
    shop.id = shop.write(lambda tx: subscription_schedules.at_period_end(tx, before, change, shop.now)).id
    shop.go("2027-02-10")
    assert sorted(items(shop.subscription())) == sorted([(shop.solo, 1), (shop.year, 2)])
    with pytest.raises(Conflict, match="already attached"):
        shop.write(lambda tx: subscription_schedules.at_period_end(tx, before, change, shop.now))


def test_a_clock_that_advances_passes_the_moment_of_a_phase(store: Store, run: Callable[..., Any]):
    shop = Shop(store, run)

    def make(tx: Any) -> TestClock:
        clock = test_clocks.create(tx, frozen_time=at("2027-01-10"))
        shop.customer = customers.create(tx, {"test_clock": clock.id}).id
        return clock

    clock = shop.write(make)
    made = shop.create(phase(shop.team, duration=MONTH), phase(shop.solo, duration=MONTH))
    assert made.test_clock == clock.id
    target = at("2027-02-20")

    def pass_(tx: Any) -> TestClock:
        test_clocks.advance(tx, clock.id, frozen_time=target)
        while not test_clocks.finish(tx, clock.id):
            pass
        found: TestClock = tx.need(TestClock, clock.id)
        return found

    assert shop.write(pass_).frozen_time == target
    there = shop.subscription()
    assert (items(there), there.items[0].current_period_start) == ([(shop.solo, 1)], at("2027-02-10"))


def test_the_wire_shows_the_plan_of_each_item_and_hides_what_is_internal(shop: Shop):
    made = shop.create(phase(shop.team, duration=MONTH))
    shown = shop.write(lambda tx: render(made, tx.many))
    assert shown["phases"][0]["items"][0]["plan"] == shop.team
    assert "expiring_at" not in shown and shown["default_settings"]["billing_cycle_anchor"] == "automatic"
