"""A subscription's life against a plain model of it, on both databases: whatever is done to it, in any order.

    cancel · cancel at a date · take back · quantity · pause collection · pause · resume · coupon · time · delete

After each step the document is what the model says, refusals have changed nothing, and the events tell the whole story.
"""

import itertools
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tenure.actions import coupons, customers, prices, products, subscriptions, test_clocks
from tenure.domain.documents import Scope
from tenure.domain.errors import Refused
from tenure.domain.events import Event
from tenure.domain.requests import CreateSubscription, DiscountGiven, ItemGiven, UpdateSubscription
from tenure.domain.subscriptions import BillingMode, PauseCollection, Subscription, next_due
from tenure.store.sqlite import SqliteStore
from tenure.store.store import Store
from tenure.wire.shapes import render

DAY_S = 86400
REAL_NOW = 1_790_000_000
STARTS = [int(datetime(2027, *date, tzinfo=UTC).timestamp()) for date in ((1, 31), (2, 28), (3, 30), (12, 31))]
numbers = itertools.count()
days = st.integers(1, 45)


def months_after(anchor: int, months: int) -> int:
    first = datetime.fromtimestamp(anchor, UTC)
    year, month = divmod(first.month - 1 + months, 12)
    last = monthrange(first.year + year, month + 1)[1]
    return int(first.replace(year=first.year + year, month=month + 1, day=min(first.day, last)).timestamp())


def next_boundary(anchor: int, moment: int) -> int:
    """The first month boundary of the anchor after `moment`; the anchor itself may lie ahead."""
    return next(b for n in range(-24, 600) if (b := months_after(anchor, n)) > moment)


@dataclass
class Model:
    """What a subscription is, in words of its own."""

    classic: bool
    now: int
    anchor: int
    start: int
    whole: int
    trial_end: int | None
    status: str
    cancel_at: int | None = None
    at_period_end: bool = False
    canceled_at: int | None = None
    ended_at: int | None = None
    quantity: int = 1
    collection: int | None | str = "on"
    """`on`, or when it goes on again: None is never."""
    discounts: list[int | None] = field(default_factory=list)

    @property
    def live(self) -> bool:
        return self.status != "canceled"

    @property
    def ending(self) -> bool:
        return self.cancel_at is not None

    @property
    def end(self) -> int:
        """Where the period ends: at its boundary, or before it where the subscription does; a trial is not cut."""
        at, trial = self.cancel_at, self.trial_end
        if at is None or not self.start < at < self.whole or (trial is not None and trial >= at):
            return self.whole
        return at

    def due(self) -> int | None:
        if not self.live:
            return None
        found = [self.cancel_at, self.collection if isinstance(self.collection, int) else None]
        found += [self.end] if self.status != "paused" else []
        return min((moment for moment in found if moment is not None), default=None)

    def pass_to(self, target: int) -> None:
        while (at := self.due()) is not None and at <= target:
            if at == self.cancel_at:
                self.status, self.ended_at, self.collection = "canceled", at, "on"
            elif self.status == "trialing" and at == self.trial_end:
                self.status = "active"
                self._period(at)
            elif at == self.collection:
                self.collection = "on"
            else:
                self._period(at)
        self.now = target

    def _period(self, at: int) -> None:
        self.start, self.whole = at, next_boundary(self.anchor, at)
        self.discounts = [end for end in self.discounts if end is None or end > at]


class Life(RuleBasedStateMachine):
    """Every rule does one thing to the model and to the real one; the attributes are given by the test."""

    store: Store
    run: Callable[..., Any]
    classic: bool

    def write(self, fn: Callable[[Any], Any]) -> Any:
        return self.run(self.store.write(self.scope, fn, now=REAL_NOW))

    def read(self, fn: Callable[[Any], Any]) -> Any:
        return self.run(self.store.read(self.scope, fn, now=REAL_NOW))

    @initialize(start=st.sampled_from(STARTS), trial=st.sampled_from([0, 0, 10, 40]))
    def subscribe(self, start: int, trial: int) -> None:
        self.scope = Scope(f"acct_{next(numbers)}", livemode=False)
        self.told = 0

        def make(tx: Any) -> Subscription:
            self.clock = test_clocks.create(tx, frozen_time=start).id
            customer = customers.create(tx, {"test_clock": self.clock}).id
            product = products.create(tx, {"name": "Sail"}).id
            terms = {"product": product, "currency": "eur", "unit_amount": 100, "recurring": {"interval": "month"}}
            price = prices.create(tx, terms).id
            coupons.create(tx, {"percent_off": 5, "duration": "repeating", "duration_in_months": 1}, id="MONTH")
            coupons.create(tx, {"percent_off": 5, "duration": "forever"}, id="EVER")
            asked = CreateSubscription(
                customer=customer,
                items=[ItemGiven(price=price)],
                billing_mode=BillingMode(type="classic" if self.classic else "flexible"),
                trial_period_days=trial,
            )
            return subscriptions.create(tx, asked)

        self.id = self.write(make).id
        trial_end = start + trial * DAY_S if trial else None
        anchor = trial_end or start
        self.model = Model(
            classic=self.classic,
            now=start,
            anchor=anchor,
            start=start,
            whole=trial_end or next_boundary(anchor, start),
            trial_end=trial_end,
            status="trialing" if trial else "active",
        )

    def attempt(self, allowed: bool, act: Callable[[Any], Any]) -> bool:
        """Do it; where the model says that it is refused, it must be, and nothing may have changed."""
        if allowed:
            self.write(act)
            return True
        before = self.read(self.everything)
        with pytest.raises(Refused):
            self.write(act)
        assert self.read(self.everything) == before
        return False

    def everything(self, tx: Any) -> Any:
        return tx.need(Subscription, self.id), tx.count(Event)

    def update(self, **fields: Any) -> Callable[[Any], Any]:
        return lambda tx: subscriptions.update(tx, self.id, UpdateSubscription(**fields))

    def end_on(self, at: int, *, flag: bool) -> None:
        self.model = replace(self.model, cancel_at=at, at_period_end=flag, canceled_at=self.model.now)

    @rule()
    def cancel_at_period_end(self) -> None:
        model = self.model
        if self.attempt(model.live, self.update(cancel_at_period_end=True)) and not model.at_period_end:
            self.end_on(max(model.whole, model.now), flag=True)

    @rule()
    def cancel_in_the_portal(self) -> None:
        model = self.model
        if self.attempt(
            model.live and not model.ending,
            lambda tx: subscriptions.cancel(tx, self.id, mode="at_period_end", from_portal=True),
        ):
            self.end_on(max(model.end, model.now), flag=model.classic)

    @rule(ahead=days)
    def cancel_at_a_date(self, ahead: int) -> None:
        at = self.model.now + ahead * DAY_S
        if self.attempt(self.model.live, self.update(cancel_at=at)):
            if self.model.classic and self.model.status == "trialing" and at < self.model.whole:
                self.model = replace(self.model, trial_end=at, whole=at, anchor=at)
            self.end_on(at, flag=False)

    @rule()
    def take_back(self) -> None:
        if self.attempt(self.model.live and self.model.ending, lambda tx: subscriptions.undo(tx, self.id)):
            self.model = replace(self.model, cancel_at=None, at_period_end=False, canceled_at=None)

    @rule(quantity=st.integers(0, 9))
    def change_quantity(self, quantity: int) -> None:
        item = self.read(lambda tx: tx.need(Subscription, self.id)).items[0].id
        if self.attempt(self.model.live, self.update(items=[ItemGiven(id=item, quantity=quantity)])):
            self.model.quantity = quantity

    @rule(ahead=st.none() | days)
    def pause_collection(self, ahead: int | None) -> None:
        resumes_at = self.model.now + ahead * DAY_S if ahead else None
        pause = PauseCollection(behavior="void", resumes_at=resumes_at)
        if self.attempt(self.model.live, self.update(pause_collection=pause)):
            self.model.collection = resumes_at

    @rule()
    def go_on_collecting(self) -> None:
        if self.attempt(self.model.live, self.update(pause_collection=None)):
            self.model.collection = "on"

    @rule()
    def pause(self) -> None:
        allowed = not self.model.classic and self.model.status == "active"
        if self.attempt(allowed, lambda tx: subscriptions.pause(tx, self.id)):
            self.model.status = "paused"

    @rule()
    def resume(self) -> None:
        model = self.model
        if self.attempt(model.status == "paused", lambda tx: subscriptions.resume(tx, self.id)):
            end = next_boundary(model.now, model.now)
            self.model = replace(model, status="active", anchor=model.now, start=model.now, whole=end)

    @rule(coupon=st.sampled_from(["MONTH", "EVER"]))
    def put_coupon(self, coupon: str) -> None:
        if self.attempt(self.model.live, lambda tx: subscriptions.put_coupon(tx, self.id, coupon)):
            self.model.discounts.append(months_after(self.model.now, 1) if coupon == "MONTH" else None)

    @rule(coupon=st.sampled_from(["MONTH", "EVER", "NONE"]))
    def replace_discounts(self, coupon: str) -> None:
        change = self.update(discounts=[DiscountGiven(coupon=coupon)])
        if self.attempt(self.model.live and coupon != "NONE", change):
            self.model.discounts = [months_after(self.model.now, 1) if coupon == "MONTH" else None]

    @rule(ahead=days)
    def time_passes(self, ahead: int) -> None:
        target = self.model.now + ahead * DAY_S
        self.write(lambda tx: test_clocks.advance(tx, self.clock, frozen_time=target))
        while not self.write(lambda tx: test_clocks.finish(tx, self.clock, limit=3)):
            pass
        self.model.pass_to(target)

    @rule(unsure=st.sampled_from([True] * 7 + [False]))
    def delete(self, unsure: bool) -> None:
        if unsure:
            return  # so that lives are not too short
        model = self.model
        if self.attempt(model.live, lambda tx: subscriptions.cancel(tx, self.id)):
            asked_at = model.canceled_at or model.now
            self.model = replace(model, status="canceled", ended_at=model.now, canceled_at=asked_at, collection="on")

    @invariant()
    def all_of_it_holds(self) -> None:
        def look(tx: Any) -> tuple[Subscription, dict[str, Any], list[str], list[Event]]:
            here = tx.need(Subscription, self.id)
            due = next_due(here)
            where = ("next_at", "null", None) if due is None else ("next_at", "=", due)
            found = [each.id for each in tx.page(Subscription, [where]).items]
            return here, render(here, tx.many, now=tx.now), found, everything(tx)

        here, shape, found, news = self.read(look)
        self.it_is_what_the_model_says(here)
        self.its_end_is_told_consistently(here)
        assert found == [self.id], "its next moment is in the index"
        told, due = self.model.due(), next_due(here)  # notices of trials and invoices come before what they announce
        assert due is None if told is None else due is not None and due <= told
        self.its_events_can_be_read_backwards(shape, [each for each in news if each.data.object["id"] == self.id])

    def it_is_what_the_model_says(self, here: Subscription) -> None:
        pause = here.pause_collection
        model, item = self.model, here.items[0]
        assert (here.status, here.ended_at, here.trial_end) == (model.status, model.ended_at, model.trial_end)
        assert (here.cancel_at, here.cancel_at_period_end, here.canceled_at) == (
            model.cancel_at,
            model.at_period_end,
            model.canceled_at,
        )
        assert (item.current_period_start, item.current_period_end) == (model.start, model.end)
        assert (item.quantity, here.billing_cycle_anchor) == (model.quantity, model.anchor)
        assert ("on" if pause is None else pause.resumes_at) == model.collection
        assert [each.end for each in here.discounts] == model.discounts
        assert (here.status_details is not None) == (model.status == "paused")

    def its_end_is_told_consistently(self, here: Subscription) -> None:
        over = here.status == "canceled"
        asked = here.cancel_at is not None or over
        assert (here.ended_at is not None) == over
        assert (here.canceled_at is not None) == asked
        assert here.cancellation_details.reason == ("cancellation_requested" if asked else None)
        assert here.cancel_at is not None or not here.cancel_at_period_end
        assert here.ended_at is None or here.canceled_at is None or here.canceled_at <= here.ended_at
        assert here.cancel_at is None or here.ended_at is None or here.ended_at <= here.cancel_at

    def its_events_can_be_read_backwards(self, now: dict[str, Any], told: list[Event]) -> None:
        types = [each.type.removeprefix("customer.subscription.") for each in told]
        assert types[-1] == "created" and types.count("created") == 1
        assert types.count("deleted") == (self.model.status == "canceled")
        assert types[0] == "deleted" or self.model.live
        for event, type in zip(told, types, strict=True):
            assert known(event.data.object) == known(now), type
            if type == "updated":
                assert event.data.previous_attributes, "an update that changed nothing is no news"
                now = earlier(event.data.object, event.data.previous_attributes)
            elif type == "deleted":
                now = told[1].data.object


def everything(tx: Any) -> list[Event]:
    """All events of the scope, newest first."""
    found: list[Event] = []
    after = None
    while True:
        page = tx.page(Event, limit=100, starting_after=after)
        found += page.items
        if not page.has_more:
            return found
        after = page.items[-1].id


def earlier(after: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    """The object before a change, from the object after it and its previous attributes."""
    merged = dict(after)
    for name, value in old.items():
        nested = isinstance(value, dict) and isinstance(after.get(name), dict)
        merged[name] = earlier(after[name], value) if nested else value
    return merged


def known(shape: dict[str, Any]) -> dict[str, Any]:
    """What is set; a field that is left out and one that is null say the same."""
    return {name: value for name, value in shape.items() if value is not None}


@pytest.mark.parametrize("mode", ["classic", "flexible"])
def test_a_life_goes_as_the_model_says(store: Store, run: Callable[..., Any], mode: str):
    machine = type("LifeHere", (Life,), {"store": store, "run": staticmethod(run), "classic": mode == "classic"})
    deep = settings().max_examples > 100
    wanted = settings(
        max_examples=400 if deep else 80 if isinstance(store, SqliteStore) else 30,
        stateful_step_count=20,
        phases=[Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if deep else [])],
    )
    run_state_machine_as_test(machine, settings=wanted)
