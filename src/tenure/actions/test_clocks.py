"""Test clocks: make, advance through every due moment, delete; and the time that a customer lives in."""

from msgspec.structs import replace

from tenure.actions import subscriptions
from tenure.actions.clock import page_all
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Invalid
from tenure.domain.subscriptions import TERMINAL, Subscription
from tenure.domain.test_clocks import DELETES_AFTER_S, Advancing, StatusDetails, TestClock, check_advance
from tenure.store.portal_sessions import end_of_customer
from tenure.store.tx import Tx


def create(tx: Tx, *, frozen_time: int, name: str | None = None) -> TestClock:
    """A clock that stands at `frozen_time`, unix seconds; test mode only."""
    if tx.scope.livemode:
        raise Invalid("Test clocks can only be used in test mode.")
    clock = TestClock(
        id=tx.new_id("clock_"),
        created=tx.now,
        livemode=False,
        frozen_time=frozen_time,
        name=name,
        deletes_after=tx.now + DELETES_AFTER_S,
    )
    tx.save(Change(after=(clock,), events=(EventDraft("test_helpers.test_clock.created", clock),)))
    return clock


def advance(tx: Tx, id: str, *, frozen_time: int) -> TestClock:
    """Begin to advance: the clock answers `advancing`, and `finish` does the work. Raises Invalid, NotFound."""
    clock = tx.lock(TestClock, id)
    check_advance(clock, frozen_time)
    details = StatusDetails(advancing=Advancing(target_frozen_time=frozen_time))
    going = replace(clock, status="advancing", status_details=details)
    tx.save(Change(after=(going,), events=(EventDraft("test_helpers.test_clock.advancing", going),)))
    return going


def finish(tx: Tx, id: str, *, limit: int = 50) -> bool:
    """Run up to `limit` due moments of the clock's subscriptions, earliest first; whether the clock is ready again."""
    clock = tx.lock(TestClock, id)
    if clock.status != "advancing" or clock.status_details.advancing is None:
        return True
    target = clock.status_details.advancing.target_frozen_time
    for _ in range(limit):
        due = tx.page(Subscription, [("test_clock", "=", id), ("next_at", "<=", target)], limit=100).items
        if not due:
            ready = replace(clock, status="ready", frozen_time=target, status_details=StatusDetails())
            tx.save(Change(after=(ready,), events=(EventDraft("test_helpers.test_clock.ready", ready),)))
            return True
        first = min(due, key=lambda each: (subscriptions.due_at(each), each.created, each.id))
        subscriptions.step(tx, first.id, now=target)
    return False


def delete(tx: Tx, id: str) -> TestClock:
    """Delete the clock, its customers and their subscriptions, as Stripe does."""
    clock = tx.lock(TestClock, id)
    customers = page_all(tx, Customer, [("test_clock", "=", id)])
    owned = page_all(tx, Subscription, [("test_clock", "=", id)])
    ended = [subscriptions.ended(each, clock.frozen_time) for each in owned if each.status not in TERMINAL]
    for change in ended:
        tx.save(change)
    for each in customers:
        end_of_customer(tx, each.id)
    tx.save(Change(deleted=tuple(customers), events=tuple(EventDraft("customer.deleted", c) for c in customers)))
    tx.save(Change(deleted=(clock,), events=(EventDraft("test_helpers.test_clock.deleted", clock),)))
    return clock
