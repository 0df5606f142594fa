"""What a crash may cost a renewal: nothing, and never a second invoice.

subscriptions, all due ──▶ three workers on PostgreSQL, one on SQLite ──kill -9, start, again and again──▶ all renewed
afterwards: each has one new invoice, paid, one of each event, and is in its next period

A run prints its seed; FAULT_SEED repeats its choices (not its timing, which is the machine's). FAULT_RENEWALS=10000
renews more of them; how long a person's writes took meanwhile is printed, not judged (`pytest -s`).
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

from tenure.actions import customers, prices, products, subscriptions
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, Scope
from tenure.domain.invoices import Invoice
from tenure.domain.payment_methods import PaymentMethod
from tenure.domain.requests import CreateSubscription, ItemGiven
from tenure.domain.subscriptions import Subscription
from tenure.store.due import due
from tenure.store.errors import AlreadyExists
from tenure.store.schema import events
from tenure.store.store import Store
from tenure.store.tx import Tx
from tests.support.wait import until

pytestmark = pytest.mark.faults

RENEWALS = int(os.environ.get("FAULT_RENEWALS", 600))
KILLS = 8
# A slow machine renews 20 in a second.
PATIENCE_S = 120 + RENEWALS // 20
SEED = int(os.environ.get("FAULT_SEED", random.SystemRandom().randrange(10**6)))
SCOPE = Scope("acct_test", livemode=False)
DAY_S = 86400
TOLD = (
    "customer.subscription.updated",
    "invoice.created",
    "invoice.finalized",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice_payment.paid",
    "payment_intent.created",
    "payment_intent.succeeded",
)
_TOLD = select(events.c.type, events.c.object_id, func.count().label("number")).group_by(
    events.c.type, events.c.object_id
)


def subscribed(tx: Tx) -> Subscription:
    """A customer with a card and a monthly subscription, made by the product's own actions."""
    product = products.create(tx, {"name": "Halyard"})
    terms = {"product": product.id, "currency": "eur", "unit_amount": 900, "recurring": {"interval": "month"}}
    card = {"payment_method": "pm_card_visa", "invoice_settings": {"default_payment_method": "pm_card_visa"}}
    customer = customers.create(tx, {"name": "Ada", **card})
    items = [ItemGiven(price=prices.create(tx, terms).id)]
    return subscriptions.create(tx, CreateSubscription(customer=customer.id, items=items))


def copies(tx: Tx, first: Subscription, numbers: range, end: int) -> None:
    """Others like the first one, each with a customer and a card of their own, whose period is over at `end`."""
    customer = tx.need(Customer, first.customer)
    card = tx.need(PaymentMethod, customer.invoice_settings.default_payment_method or "")
    start = end - 30 * DAY_S
    for number in numbers:
        id, pays, sub = f"cus_{number}", f"pm_{number}", f"sub_{number}"
        settings = replace(customer.invoice_settings, default_payment_method=pays)
        owner = replace(customer, id=id, invoice_prefix=f"COPY{number}", invoice_settings=settings)
        item = replace(
            first.items[0], id=f"si_{number}", subscription=sub, current_period_start=start, current_period_end=end,
            debits=[],
        )  # fmt: skip
        copy = replace(
            first, id=sub, customer=id, items=[item], latest_invoice=None, upcoming_at=None, created=start,
            billing_cycle_anchor=end, start_date=start,
        )  # fmt: skip
        tx.save(Change(after=(owner, replace(card, id=pays, customer=id), copy)))


class Workers:
    """Processes of `tenure worker` over one database."""

    def __init__(self, url: str, folder: Path, number: int) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TENURE_")}
        self.env = kept | {"TENURE_DATABASE": url}
        self.folder = folder
        self.log = (folder / "workers.log").open("ab")
        self.running = [self.start() for _ in range(number)]

    def start(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tenure", "worker", "--data", str(self.folder / "data")]
        return subprocess.Popen(command, env=self.env, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def kill(self, number: int) -> None:
        """kill -9, and another one in its place."""
        self._end(self.running[number])
        self.running[number] = self.start()

    def close(self) -> None:
        for each in self.running:
            self._end(each)
        self.log.close()

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.poll() is None, f"A worker ended: {(self.folder / 'workers.log').read_text()[-2000:]}"
        process.send_signal(signal.SIGKILL)
        process.wait(20)


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[[str, int], Workers]]:
    started: list[Workers] = []

    def start(url: str, number: int) -> Workers:
        started.append(Workers(url, tmp_path, number))
        return started[-1]

    yield start
    for each in started:
        each.close()


def test_what_is_due_is_done_once_each_under_kills(
    store_url: str, store: Store, run: Callable[..., Any], begin: Callable[[str, int], Workers]
) -> None:
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    now = int(time.time())
    end = now - 2 * 3600  # the drafts' hour is over as well
    first = run(store.write(SCOPE, subscribed, now=now))
    for start in range(0, RENEWALS, 100):
        numbers = range(start, min(start + 100, RENEWALS))
        run(store.write(SCOPE, lambda tx, numbers=numbers: copies(tx, first, numbers, end), now=now))
    before = counted(run, store)

    def done() -> int:
        return int(run(store.read(SCOPE, lambda tx: tx.count(Invoice, [("status", "=", "paid")]), now=now))) - 1

    shared = store_url.startswith("postgresql")
    workers = begin(store_url, 3 if shared else 1)
    # On SQLite a person's writes are in the process that renews: benchmarks/renewals.py has them.
    person, began = Person(run, store, now) if shared else None, time.monotonic()
    for number in range(KILLS):
        goal = int(RENEWALS * (number + chance.random()) / KILLS)
        until(lambda goal=goal: done() >= goal, PATIENCE_S, every=0.02)
        time.sleep(0.02 * chance.random())
        workers.kill(chance.randrange(len(workers.running)))
    until(lambda: done() >= RENEWALS, PATIENCE_S, every=0.05)
    print(f"{RENEWALS} renewals in {time.monotonic() - began:.0f} s")
    if person is not None:
        print(f"a person's write: {person.ended()}")
    until(lambda: run(store.system_read(lambda tx: due(tx, now, 1))) == [], 30, every=0.05)

    assert "due_failed" not in (workers.folder / "workers.log").read_text()
    for number in range(RENEWALS):
        sub, bills = run(store.read(SCOPE, partial(renewed, id=f"sub_{number}"), now=now))
        assert sub.items[0].current_period_start == end
        assert [(bill.status, bill.period_end, bill.id) for bill in bills] == [("paid", end, sub.latest_invoice)]
    told = counted(run, store) - before
    told.pop(("customer.updated", "cus_0"), None)
    assert set(told.values()) == {1}, "Nothing is told twice."
    assert Counter(type for type, _ in told) == dict.fromkeys(TOLD, RENEWALS)


class Person(threading.Thread):
    """Somebody who changes a phone number, again and again, while others renew."""

    def __init__(self, run: Callable[..., Any], store: Store, now: int) -> None:
        super().__init__(daemon=True)
        self._write = lambda number: run(
            store.write(SCOPE, lambda tx: customers.update(tx, "cus_0", {"phone": str(number)}), now=now)
        )
        self._over = threading.Event()
        self.waits_ms: list[float] = []
        self.start()

    def run(self) -> None:
        while not self._over.wait(0.05):
            started = time.perf_counter()
            self._write(len(self.waits_ms))
            self.waits_ms.append(1000 * (time.perf_counter() - started))

    def ended(self) -> str:
        self._over.set()
        self.join(30)
        waits = sorted(self.waits_ms) or [0.0]
        return f"p50 {waits[len(waits) // 2]:.1f} ms, p95 {waits[len(waits) * 95 // 100]:.1f} ms of {len(waits)}"


def renewed(tx: Tx, id: str) -> tuple[Subscription, list[Invoice]]:
    return tx.need(Subscription, id), tx.page(Invoice, [("subscription", "=", id)]).items


def counted(run: Callable[..., Any], store: Store) -> "Counter[tuple[str, str]]":
    """How often each type of event was told of each object."""
    rows = run(store.system_read(lambda tx: tx.rows(_TOLD)))
    return Counter({(row.type, row.object_id): row.number for row in rows})


def test_the_index_is_what_refuses_a_second_invoice_of_a_period(store: Store, run: Callable[..., Any]) -> None:
    start = int(time.time())
    at = run(store.write(SCOPE, subscribed, now=start)).items[0].current_period_end
    id = run(store.read(SCOPE, lambda tx: tx.page(Subscription).items[0].id, now=start))

    def write(fn: Callable[[Tx], Any]) -> Any:
        return run(store.write(SCOPE, fn, now=at))

    def bills() -> int:
        where = [("subscription", "=", id), ("billing_reason", "=", "subscription_cycle")]
        return int(run(store.read(SCOPE, lambda tx: tx.count(Invoice, where), now=at)))

    due_before = run(store.read(SCOPE, lambda tx: tx.need(Subscription, id), now=at))
    write(lambda tx: subscriptions.advance(tx, id, now=at))
    assert bills() == 1

    def forget(tx: Tx) -> None:
        """The guard is broken: the subscription does not know that its period has been billed."""
        tx.lock(Subscription, id)
        tx.save(Change(after=(replace(due_before, upcoming_at=None),)))

    write(forget)
    with pytest.raises(AlreadyExists):
        write(lambda tx: subscriptions.advance(tx, id, now=at))
    assert bills() == 1
    run(store.system_write(lambda tx: tx.link.change("DROP INDEX uq_invoices_billing_key", {})))
    write(lambda tx: subscriptions.advance(tx, id, now=at))
    assert bills() == 2, "Without the index nothing else refuses it."
