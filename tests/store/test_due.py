"""What is due, of all three kinds: by the real clock and by test clocks, which never see each other's."""

import asyncio

import pytest

from tenure.domain.customers import Customer
from tenure.domain.documents import Change
from tenure.domain.invoices import Invoice, InvoiceStatus
from tenure.domain.subscription_schedules import Phase, SubscriptionSchedule
from tenure.domain.subscriptions import Status, Subscription
from tenure.store.due import Due, due, first_of_clock
from tenure.store.store import Store
from tenure.store.tx import Tx
from tests.store.samples import MONTH_S, NOW, catalog, customer, saving, subscription
from tests.support.stores import OTHER_MODE, SCOPE


def invoice(id: str, at: int, *, clock: str | None = None) -> Invoice:
    return Invoice(
        id=id, created=NOW, auto_advance=True, automatically_finalizes_at=at, currency="eur", customer="cus_1",
        period_end=NOW, period_start=NOW, status=InvoiceStatus.DRAFT, test_clock=clock,
    )  # fmt: skip


def schedule(id: str, at: int, *, clock: str | None = None) -> SubscriptionSchedule:
    phase = Phase(currency="eur", end_date=at + MONTH_S, items=[], start_date=at)
    return SubscriptionSchedule(id=id, created=NOW, customer="cus_1", phases=[phase], test_clock=clock)


async def test_what_is_due_is_found_in_all_scopes_and_kinds_the_longest_waiting_first(store: Store) -> None:
    at = NOW + MONTH_S
    late, ended = subscription("sub_late", created=NOW + 10), subscription("sub_ended", status=Status.CANCELED)
    others = [invoice("in_1", at + 5), schedule("sub_sched_1", at + 10)]
    await store.write(SCOPE, saving(*catalog(), late, ended, *others), now=NOW)
    await store.write(OTHER_MODE, saving(*catalog(), subscription("sub_early", created=NOW)), now=NOW)
    found = await store.system_read(lambda tx: due(tx, at + 10, 10))
    assert found == [
        Due(Subscription, OTHER_MODE, "sub_early", at),
        Due(Invoice, SCOPE, "in_1", at + 5),
        Due(SubscriptionSchedule, SCOPE, "sub_sched_1", at + 10),
        Due(Subscription, SCOPE, "sub_late", at + 10),
    ]
    assert await store.system_read(lambda tx: due(tx, at + 10, 2)) == found[:2]
    assert await store.system_read(lambda tx: due(tx, at - 1, 10)) == []


async def test_what_lives_on_a_test_clock_is_due_by_that_clock_alone(store: Store) -> None:
    at = NOW + MONTH_S
    clocked = [
        invoice("in_1", at, clock="clock_1"),
        schedule("sub_sched_1", at, clock="clock_1"),
        subscription("sub_1", test_clock="clock_1"),
        subscription("sub_2", created=NOW - 7, test_clock="clock_2"),
    ]
    await store.write(SCOPE, saving(*catalog(), *clocked), now=NOW)
    assert await store.system_read(lambda tx: due(tx, at * 2, 10)) == []

    def first(tx: Tx) -> list[Due | None]:
        return [first_of_clock(tx, "clock_1", at - 1), first_of_clock(tx, "clock_1", at), first_of_clock(tx, "x", at)]

    assert await store.read(SCOPE, first, now=NOW) == [None, Due(SubscriptionSchedule, SCOPE, "sub_sched_1", at), None]
    assert await store.read(OTHER_MODE, first, now=NOW) == [None, None, None]


@pytest.mark.parametrize("store_url", ["postgres"], indirect=True)
async def test_what_another_transaction_has_is_not_claimed_and_not_waited_for(store: Store) -> None:
    await store.write(SCOPE, saving(customer(), customer("cus_2")), now=NOW)
    holding, done = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold(tx: Tx) -> None:
        held = tx.claim(Customer, "cus_1")
        assert held is not None
        loop.call_soon_threadsafe(holding.set)
        asyncio.run_coroutine_threadsafe(done.wait(), loop).result(20)
        tx.save(Change(after=(held,)))

    task = asyncio.create_task(store.write(SCOPE, hold, now=NOW))
    await holding.wait()

    def look(tx: Tx) -> list[bool]:
        return [tx.claim(Customer, id) is not None for id in ("cus_1", "cus_2", "cus_none")]

    assert await store.write(SCOPE, look, now=NOW, background=True) == [False, True, False]
    done.set()
    await task
    assert await store.write(SCOPE, look, now=NOW, background=True) == [True, True, False]
