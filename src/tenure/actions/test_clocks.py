"""Test clocks: make, advance through every due moment, delete; and the time that a customer lives in."""

from msgspec.structs import replace

from tenure.actions import passing, subscriptions
from tenure.actions.clock import page_all
from tenure.domain import subscription_schedules as schedules
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Invalid
from tenure.domain.subscription_schedules import SubscriptionSchedule
from tenure.domain.subscriptions import TERMINAL, Subscription
from tenure.domain.test_clocks import DELETES_AFTER_S, Advancing, StatusDetails, TestClock, check_advance
from tenure.store.due import first_of_clock
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
    """Run up to `limit` due moments of what lives on the clock, earliest first; whether nothing is left to do here.

    The clock shows each moment as it passes. One that another worker has is left to that one.
    """
    clock = tx.claim(TestClock, id)
    if clock is None or clock.status != "advancing" or clock.status_details.advancing is None:
        return True
    target = clock.status_details.advancing.target_frozen_time
    for _ in range(limit):
        found = first_of_clock(tx, id, target)
        if found is None:
            ready = replace(clock, status="ready", frozen_time=target, status_details=StatusDetails())
            tx.save(Change(after=(ready,), events=(EventDraft("test_helpers.test_clock.ready", ready),)))
            return True
        if found.at > clock.frozen_time:
            clock = replace(clock, frozen_time=found.at)
            tx.save(Change(after=(clock,)))
        if not passing.step(tx, found, now=found.at):
            raise RuntimeError(f"Nothing is due for {found.id}, although its row says so.")
    return False


def delete(tx: Tx, id: str) -> TestClock:
    """Delete the clock and its customers, and end their subscriptions and schedules; invoices stay as they are."""
    clock = tx.lock(TestClock, id)
    customers = page_all(tx, Customer, [("test_clock", "=", id)])
    owned = page_all(tx, Subscription, [("test_clock", "=", id)])
    for schedule in page_all(tx, SubscriptionSchedule, [("test_clock", "=", id)]):
        if schedule.status in schedules.OPEN:
            tx.save(schedules.told(schedules.CANCELED, schedules.canceled(schedule, clock.frozen_time)))
    for subscription in owned:
        if subscription.status not in TERMINAL:
            subscriptions.close(tx, tx.lock(Subscription, subscription.id), clock.frozen_time)
    for each in customers:
        end_of_customer(tx, each.id)
    tx.save(Change(deleted=tuple(customers), events=tuple(EventDraft("customer.deleted", c) for c in customers)))
    tx.save(Change(deleted=(clock,), events=(EventDraft("test_helpers.test_clock.deleted", clock),)))
    return clock
