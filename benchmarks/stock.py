"""What is stored before anything is measured: one account, a price, and for each customer one subscription.

fill(data, 10_000)        Tenure's store through its own save()     ids, key, cookies
multiply(data, 100)       each subscription a hundred times, as copies of rows: a million in a minute
copy_for_floor(…)         the same rows; subscriptions as the API shows them
"""

import asyncio
import hashlib
import json
import os
import shutil
from pathlib import Path

import apsw
import msgspec

from tenure.app import opened
from tenure.commands import accounts
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, Scope, load
from tenure.domain.portal import Configuration, Session
from tenure.domain.prices import Price, Recurring
from tenure.domain.products import Product
from tenure.domain.subscriptions import BillingMode, Flexible, Status, Subscription, SubscriptionItem
from tenure.settings import read_settings
from tenure.store import portal_sessions
from tenure.store.tx import Tx
from tenure.web.context import App
from tenure.wire.shapes import render

BATCH = 500
COOKIES = 50
PERIOD_S = 30 * 86400


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """What requests need to know of the stored objects."""

    key: str
    cookies: list[str]
    subscriptions: list[str]


def database(data: Path) -> Path:
    return data / "tenure.db"


def fill(data: Path, subscriptions: int) -> Stock:
    """A new data folder with that many customers and subscriptions, and some open portal sessions."""
    return asyncio.run(_fill(data, subscriptions))


async def _fill(data: Path, number: int) -> Stock:
    async with opened(read_settings(data)) as app:
        account = await accounts.ensure_account(app)
        scope, now = Scope(account.id, livemode=False), app.clock()
        key = await accounts.create_key(app, account.id, livemode=False)
        price = await app.store.write(scope, catalogue, now=now)
        subscriptions: list[Subscription] = []
        for start in range(0, number, BATCH):
            wanted = range(start, min(start + BATCH, number))
            subscriptions += await app.store.write(scope, lambda tx, wanted=wanted: _batch(tx, wanted, price), now=now)
        cookies = await _open_sessions(app, scope, subscriptions[:: max(1, number // COOKIES)][:COOKIES])
        return Stock(key=key, cookies=cookies, subscriptions=[each.id for each in subscriptions])


def catalogue(tx: Tx) -> str:
    product = Product(id=tx.new_id("prod_"), created=tx.now, name="Halyard Studio")
    price = Price(
        id=tx.new_id("price_"), created=tx.now, currency="eur", product=product.id,
        recurring=Recurring(interval="month"), type="recurring", unit_amount=2900, unit_amount_decimal="2900",
    )  # fmt: skip
    tx.save(Change(after=(product, price)))
    return price.id


def _batch(tx: Tx, numbers: range, price: str) -> list[Subscription]:
    made = []
    for number in numbers:
        at = tx.now - number
        customer = Customer(id=tx.new_id("cus_"), created=at, email=f"c{number}@example.com", name=f"Customer {number}")
        id = tx.new_id("sub_")
        item = SubscriptionItem(
            id=tx.new_id("si_"), created=at, current_period_start=at, current_period_end=at + PERIOD_S, price=price,
            quantity=2, subscription=id,
        )  # fmt: skip
        subscription = Subscription(
            id=id, created=at, billing_cycle_anchor=at, billing_mode=BillingMode(flexible=Flexible(), type="flexible"),
            currency="eur", customer=customer.id, items=[item], start_date=at, status=Status.ACTIVE,
            metadata={"order": str(number)},
        )  # fmt: skip
        tx.save(Change(after=(customer, subscription)))
        made.append(subscription)
    return made


async def _open_sessions(app: App, scope: Scope, subscriptions: list[Subscription]) -> list[str]:
    """Portal sessions that were opened just now; the cookies of their browsers."""
    found = await app.store.read(scope, lambda tx: tx.page(Configuration, limit=1).items, now=app.clock())
    cookies = [f"cookie-{number:032d}" for number in range(len(subscriptions))]

    def make(tx: Tx) -> None:
        for subscription, cookie in zip(subscriptions, cookies, strict=True):
            session = Session(
                id=tx.new_id("bps_"), created=tx.now, configuration=found[0].id, customer=subscription.customer, url=""
            )
            tx.save(Change(after=(session,)))
            token = _sha(cookie[::-1])
            portal_sessions.attach_token(tx, session.id, token_hash=token)
            portal_sessions.exchange(
                tx, token_hash=token, cookie_hash=_sha(cookie), now=tx.now, expires_at=tx.now + 3600
            )

    await app.store.write(scope, make, now=app.clock())
    return cookies


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def copy_for_floor(data: Path, target: Path) -> None:
    """A copy of the database in which subscriptions lie as the API shows them."""
    source = apsw.Connection(str(database(data)))
    source.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    prices = {doc.id: doc for doc in (load(Price, raw) for (raw,) in source.execute("SELECT doc FROM prices"))}
    source.close()
    shutil.copy(database(data), target)
    copy = apsw.Connection(str(target))
    with copy:
        for row, raw in copy.execute("SELECT rowid, doc FROM subscriptions").fetchall():
            shape = render(load(Subscription, raw), lambda cls, ids: prices)
            copy.execute("UPDATE subscriptions SET doc = ? WHERE rowid = ?", (json.dumps(shape), row))
    copy.close()


def multiply(data: Path, times: int) -> None:
    """Each subscription so many times, with ids and times of creation of their own."""
    connection = apsw.Connection(str(database(data)))
    connection.execute("PRAGMA synchronous=OFF")
    for table in ("subscriptions", "subscription_items"):
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        changed = {"id": "id || n", "subscription": "subscription || n", "created": "created - n * 20000"}
        changed["doc"] = "replace(doc, id, id || n)"
        values = ", ".join(changed.get(name, name) for name in columns)
        numbers = f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {times - 1})"
        with connection:
            connection.execute(
                f"{numbers} INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table}, numbers"  # noqa: S608
            )
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()
    os.sync()  # else the first commit that is measured waits for gigabytes of these rows
