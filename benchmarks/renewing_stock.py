"""What is stored before renewals are measured: customers, each with a card and a subscription, some of them due.

fill(url, 10_000, due=2_000)     through Tenure's own save(), on either database
multiply(path, 100)              each of them a hundred times, as copies of rows of SQLite: a million in some minutes
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import apsw
from msgspec.structs import replace

from benchmarks.stock import catalogue
from tenure.actions import customers
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, Scope
from tenure.domain.payment_methods import PaymentMethod
from tenure.domain.subscriptions import BillingMode, Flexible, Status, Subscription, SubscriptionItem
from tenure.domain.webhook_endpoints import WebhookEndpoint
from tenure.store import accounts
from tenure.store.open import open_store
from tenure.store.tx import Tx

SCOPE = Scope("acct_bench", livemode=False)
STARTED = 1_790_000_000
PERIOD_S = 30 * 86400
DUE = STARTED + PERIOD_S
LATER_S = 10 * 86400
BATCH = 500


def fill(url: str, number: int, *, due: int) -> None:
    """A migrated database with one account, one endpoint, and that many subscriptions."""
    asyncio.run(_fill(url, number, due))


async def _fill(url: str, number: int, due: int) -> None:
    store = open_store(url)
    store.migrate()
    await store.start()
    try:
        await store.system_write(lambda tx: accounts.create(tx, id=SCOPE.account, name="Halyard", created=STARTED))
        price = await store.write(SCOPE, catalogue, now=STARTED)
        one = await store.write(SCOPE, _one, now=STARTED)
        await store.write(SCOPE, _endpoint, now=STARTED)
        for start in range(0, number, BATCH):
            wanted = range(start, min(start + BATCH, number))
            await store.write(SCOPE, _batch(wanted, due, price, *one), now=STARTED)
    finally:
        await store.close()


def _one(tx: Tx) -> tuple[Customer, PaymentMethod]:
    """A customer with the card that always pays; the others are made after them."""
    fields = {"payment_method": "pm_card_visa", "invoice_settings": {"default_payment_method": "pm_card_visa"}}
    customer = customers.create(tx, {"name": "Ada", "email": "ada@example.com", **fields})
    id = customer.invoice_settings.default_payment_method
    assert id is not None
    return customer, tx.need(PaymentMethod, id)


def _endpoint(tx: Tx) -> None:
    url = "https://hooks.example.com/tenure"
    tx.save(Change(after=(WebhookEndpoint(id="we_1", created=STARTED, enabled_events=["*"], url=url),)))


def _batch(numbers: range, due: int, price: str, customer: Customer, method: PaymentMethod) -> Callable[[Tx], None]:
    def make(tx: Tx) -> None:
        for number in numbers:
            id, pays, sub = tx.new_id("cus_"), tx.new_id("pm_"), tx.new_id("sub_")
            settings = replace(customer.invoice_settings, default_payment_method=pays)
            prefix = f"B{number:07d}"
            owner = replace(customer, id=id, invoice_settings=settings, invoice_prefix=prefix, name=f"Ada {number}")
            end = DUE if number < due else DUE + LATER_S
            item = SubscriptionItem(
                id=tx.new_id("si_"), created=STARTED, current_period_start=STARTED, current_period_end=end,
                price=price, quantity=2, subscription=sub,
            )  # fmt: skip
            subscription = Subscription(
                id=sub, created=STARTED, billing_cycle_anchor=STARTED, currency="eur", customer=id, items=[item],
                billing_mode=BillingMode(flexible=Flexible(), type="flexible"), start_date=STARTED,
                status=Status.ACTIVE, metadata={"order": str(number)},
            )  # fmt: skip
            tx.save(Change(after=(owner, replace(method, id=pays, customer=id, ready=True), subscription)))

    return make


def multiply(path: Path, times: int) -> None:
    """Each customer with card and subscription so many times, with ids of their own."""
    connection = apsw.Connection(str(path))
    for pragma in ("synchronous=OFF", "cache_size=-400000"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    numbers = f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {times - 1})"
    own = {"id": "id || n", "doc": "replace(doc, id, id || n)"}
    customer, method = "doc ->> '$.customer'", "doc ->> '$.invoice_settings.default_payment_method'"
    named = {"customer": "customer || n", "doc": f"replace({own['doc']}, {customer}, {customer} || n)"}
    prefix = {"invoice_prefix": "invoice_prefix || n"}
    settled = f"replace({own['doc']}, {method}, {method} || n)"
    for table, changed in {
        "customers": own | prefix | {"doc": f"replace({settled}, invoice_prefix, invoice_prefix || n)"},
        "payment_methods": own | named,
        "subscriptions": own | named,
        "subscription_items": {"id": "id || n", "subscription": "subscription || n"},
    }.items():
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        values = ", ".join(changed.get(name, name) for name in columns)
        source = f"SELECT {values} FROM numbers, {table} ORDER BY n"  # noqa: S608
        with connection:
            connection.execute(f"{numbers} INSERT INTO {table} ({', '.join(columns)}) {source}")  # noqa: S608
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()
    os.sync()  # else the first commit that is measured waits for gigabytes of these rows
