"""A small merchant, written through real documents and real rules, for the golden answers of the templates.

NOW is 2026-03-10 12:00:00 UTC.   sub_a cancelled in January, ended     sub_b cancelled in February, ends 2026-03-20
sub_c ended by failed payments    sub_d cancelled in March, undone      sub_e took the offer
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from tenure.domain import cancellations
from tenure.domain.coupons import Coupon
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft
from tenure.domain.prices import Price, Recurring
from tenure.domain.products import Product
from tenure.domain.retention import CancellationSession, OfferRecord
from tenure.domain.subscriptions import CancellationDetails, Status, Subscription, SubscriptionItem, move
from tenure.store.store import Store
from tenure.store.tx import Tx
from tests.support.stores import SCOPE

DAY = 86_400
NOW = 1_773_144_000  # 2026-03-10 12:00:00 UTC
JANUARY = 1_768_478_400  # 2026-01-15 12:00:00 UTC
FEBRUARY = 1_771_156_800  # 2026-02-15 12:00:00 UTC
MARCH = 1_772_366_400  # 2026-03-01 12:00:00 UTC
MARCH_20 = 1_774_008_000  # 2026-03-20 12:00:00 UTC


def subscription(id: str, customer: str, *, start: int, end: int = MARCH_20, price: str = "price_m") -> Subscription:
    item = SubscriptionItem(
        id=f"si_{id}",
        created=start,
        current_period_start=end - 30 * DAY,
        current_period_end=end,
        price=price,
        quantity=2,
        subscription=id,
    )
    return Subscription(
        id=id,
        created=start,
        billing_cycle_anchor=start,
        start_date=start,
        customer=customer,
        currency="eur",
        items=[item],
        status=Status.ACTIVE,
    )


def details(feedback: Any, comment: str | None = None) -> CancellationDetails:
    return CancellationDetails(feedback=feedback, comment=comment)


def catalog() -> tuple[Any, ...]:
    monthly = Price(id="price_m", created=JANUARY, currency="eur", product="prod_1", unit_amount=1900, type="recurring")
    return (
        Product(id="prod_1", created=JANUARY, name="Team"),
        Product(id="prod_2", created=JANUARY, name="Solo"),
        replace(monthly, recurring=Recurring(interval="month")),
        replace(monthly, id="price_y", product="prod_2", recurring=Recurring(interval="year")),
        Coupon(id="STAY", created=JANUARY, percent_off=20.0, name="Stay 20"),
        *(Customer(id=f"cus_{n}", created=JANUARY, email=f"{n}@example.test", name=f"=Name {n}") for n in "abcde"),
    )


def flows() -> tuple[CancellationSession, ...]:
    shown = OfferRecord(coupon="STAY", shown_at=MARCH)
    return (
        CancellationSession(
            id="cxs_1",
            created=MARCH,
            customer="cus_e",
            subscription="sub_e",
            offer=replace(shown, accepted_at=MARCH + 60),
            outcome="saved",
            completed_at=MARCH + 60,
        ),
        CancellationSession(
            id="cxs_2",
            created=MARCH,
            customer="cus_d",
            subscription="sub_d",
            feedback="unused",
            offer=replace(shown, declined_at=MARCH + 30),
            outcome="cancelled",
        ),
        CancellationSession(id="cxs_3", created=MARCH, customer="cus_b", subscription="sub_b", offer=shown),
    )


def updated(fn: Callable[[Subscription], Subscription], id: str, type: str) -> Callable[[Tx], None]:
    """An action that changes a subscription by a rule and tells of it."""

    def act(tx: Tx) -> None:
        doc = fn(tx.lock(Subscription, id))
        tx.save(Change(after=(doc,), events=(EventDraft(type, doc),)))

    return act


async def write(store: Store) -> None:
    """Save it all, as the actions do."""
    start = JANUARY - 100 * DAY
    subscriptions = (
        subscription("sub_a", "cus_a", start=JANUARY - 20 * DAY),
        subscription("sub_b", "cus_b", start=start),
        subscription("sub_c", "cus_c", start=start, price="price_y"),
        subscription("sub_d", "cus_d", start=start),
        subscription("sub_e", "cus_e", start=start),
    )
    everything = (*catalog(), *subscriptions, *flows())
    await store.write(SCOPE, lambda tx: tx.save(Change(after=everything)), now=NOW)
    update, delete = cancellations.UPDATED, cancellations.DELETED
    steps = (
        (
            "sub_a",
            delete,
            JANUARY,
            lambda s: cancellations.cancel_now(s, JANUARY, details=details("too_expensive", "=1+1")),
        ),
        ("sub_b", update, FEBRUARY, lambda s: cancellations.at_period_end(s, FEBRUARY, details=details("unused"))),
        ("sub_c", delete, FEBRUARY, failed),
        ("sub_d", update, MARCH, lambda s: cancellations.at_period_end(s, MARCH, details=details("unused"))),
        ("sub_d", update, MARCH + DAY, cancellations.undo),
    )
    for id, type, at, rule in steps:
        await store.write(SCOPE, updated(rule, id, type), now=at)


def failed(subscription: Subscription) -> Subscription:
    details = CancellationDetails(reason="payment_failed")
    return move(subscription, Status.CANCELED, ended_at=FEBRUARY, canceled_at=FEBRUARY, cancellation_details=details)
