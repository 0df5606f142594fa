"""Documents that the store's tests save."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from tenure.domain.coupons import Coupon
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft
from tenure.domain.prices import Price, Recurring
from tenure.domain.products import Product
from tenure.domain.subscriptions import Status, Subscription, SubscriptionItem
from tenure.domain.webhook_endpoints import WebhookEndpoint
from tenure.store.tx import Tx

NOW = 1_790_000_000
MONTH_S = 30 * 86400


def customer(id: str = "cus_1", *, created: int = NOW, **fields: Any) -> Customer:
    return Customer(id=id, created=created, **fields)


def coupon(id: str = "STAY", **fields: Any) -> Coupon:
    return Coupon(id=id, created=NOW, percent_off=20.0, **fields)


def endpoint(id: str = "we_1", *, events: tuple[str, ...] = ("*",), status: str = "enabled") -> WebhookEndpoint:
    return WebhookEndpoint(
        id=id, created=NOW, enabled_events=list(events), url="https://example.test/hook", status=status
    )


def subscription(id: str = "sub_1", *, created: int = NOW, **fields: Any) -> Subscription:
    item = SubscriptionItem(
        id=f"si_{id}",
        created=created,
        current_period_start=created,
        current_period_end=created + MONTH_S,
        price=fields.pop("price", "price_1"),
        quantity=1,
        subscription=id,
    )
    given: dict[str, Any] = {"customer": "cus_1", "status": Status.ACTIVE, "currency": "eur"} | fields
    return Subscription(id=id, created=created, billing_cycle_anchor=created, start_date=created, items=[item], **given)


def catalog() -> tuple[Product, Price]:
    price = Price(
        id="price_1",
        created=NOW,
        currency="eur",
        product="prod_1",
        recurring=Recurring(interval="month"),
        type="recurring",
        unit_amount=1900,
    )
    return Product(id="prod_1", created=NOW, name="Team"), price


def saving(*docs: Any, events: tuple[EventDraft, ...] = (), deleted: tuple[Any, ...] = ()) -> Callable[[Tx], None]:
    """An action that saves these documents."""
    return lambda tx: tx.save(Change(after=docs, deleted=deleted, events=events))


def updating(cls: type[Any], id: str, type_: str = "customer.updated", **fields: Any) -> Callable[[Tx], None]:
    """An action that locks a document, changes fields, and tells of it."""

    def act(tx: Tx) -> None:
        doc = replace(tx.lock(cls, id), **fields)
        tx.save(Change(after=(doc,), events=(EventDraft(type_, doc),)))

    return act
