"""/v1/subscriptions: what customers pay for, and how it ends."""

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from tenure.actions import retention, subscriptions
from tenure.api.resource import (
    Call,
    Operation,
    Resource,
    Where,
    action,
    create,
    lists,
    retrieve,
    searches,
    shown,
    update,
)
from tenure.domain.documents import Part, full
from tenure.domain.errors import NotFound
from tenure.domain.requests import (
    CancelSubscription,
    CreateSubscription,
    PauseSubscription,
    ResumeSubscription,
    UpdateSubscription,
)
from tenure.domain.subscription_schedules import refuse_ending
from tenure.domain.subscriptions import TERMINAL, BillingMode, Flexible, Subscription
from tenure.wire.lists import ListParams, Range, conditions

PATH = "/v1/subscriptions"
StatusFilter = Literal[
    "active", "all", "canceled", "ended", "incomplete", "incomplete_expired", "past_due", "paused", "trialing", "unpaid"
]  # fmt: skip


class MigratedMode(Part, frozen=True, kw_only=True):
    """The billing mode to go over to."""

    type: Literal["flexible"]
    flexible: Flexible | UnsetType = UNSET


class MigrateSubscription(Part, frozen=True, kw_only=True):
    """Going over to flexible billing."""

    billing_mode: MigratedMode


class ListSubscriptions(ListParams, frozen=True, kw_only=True):
    """Filters of the list; without `status`, canceled ones are left out."""

    collection_method: Literal["charge_automatically", "send_invoice"] | UnsetType = UNSET
    created: Range | UnsetType = UNSET
    current_period_end: Range | UnsetType = UNSET
    current_period_start: Range | UnsetType = UNSET
    customer: str | UnsetType = UNSET
    plan: str | UnsetType = UNSET
    price: str | UnsetType = UNSET
    status: StatusFilter | UnsetType = UNSET
    test_clock: str | UnsetType = UNSET


def _where(params: ListSubscriptions) -> Where:
    where: list[tuple[str, str, Any]] = [
        *conditions("created", params.created),
        *conditions("period_end", params.current_period_end),
        *conditions("period_start", params.current_period_start),
    ]
    for name in ("collection_method", "customer", "price", "test_clock"):
        if getattr(params, name) is not UNSET:
            where.append((name, "=", getattr(params, name)))
    if params.plan is not UNSET:
        where.append(("price", "=", params.plan))
    match params.status:
        case "all":
            pass
        case "ended":
            where.append(("status", "in", ["canceled", "incomplete_expired"]))
        case status if status is not UNSET:
            where.append(("status", "=", status))
        case _:
            where.append(("status", "!=", "canceled"))
    return where


def _update(call: Call) -> Subscription:
    """A schedule that manages the subscription decides how it ends; everything else may be changed beside it."""
    if call.params.cancel_at is not UNSET or call.params.cancel_at_period_end is not UNSET:
        refuse_ending(call.tx.need(Subscription, call.id, param="id").schedule)
    before = subscriptions.locked(call.tx, call.id)
    after = subscriptions.update(call.tx, call.id, call.params)
    retention.record(call.tx, before, after, source="api")
    return after


def _cancel(call: Call) -> dict[str, Any]:
    before = subscriptions.locked(call.tx, call.id)
    if before.status in TERMINAL:  # the reference's answer to a second cancel
        raise NotFound(f"No such subscription: '{call.id}'", code="resource_missing", param="id")
    details = call.params.cancellation_details
    given = None if details is UNSET else details
    wish = call.params
    gone = subscriptions.cancel(call.tx, call.id, details=given, invoice_now=wish.invoice_now, prorate=wish.prorate)
    retention.record(call.tx, before, gone, source="api")
    return shown(call, gone)


def _resume(call: Call) -> Subscription:
    return subscriptions.resume(call.tx, call.id, call.params)


def _migrate(call: Call) -> Subscription:
    mode = call.params.billing_mode
    flexible = None if mode.flexible is UNSET else mode.flexible
    return subscriptions.migrate(call.tx, call.id, BillingMode(type="flexible", flexible=flexible))


def _pause(call: Call) -> Subscription:
    return subscriptions.pause(call.tx, call.id, call.params)


def _delete_discount(call: Call) -> dict[str, Any]:
    before = call.tx.need(Subscription, call.id, param="id")
    subscriptions.drop_discounts(call.tx, call.id)
    return {**full(before.discounts[0]), "deleted": True}


RESOURCE = Resource(
    PATH,
    Subscription,
    (
        create(CreateSubscription, lambda call: subscriptions.create(call.tx, call.params)),
        retrieve(Subscription),
        update(UpdateSubscription, _update),
        Operation("DELETE", "/{id}", CancelSubscription, _cancel, writes=True),
        lists(PATH, Subscription, ListSubscriptions, _where),
        searches(PATH, Subscription, "subscriptions"),
        action("pause", PauseSubscription, _pause),
        action("resume", ResumeSubscription, _resume),
        action("migrate", MigrateSubscription, _migrate),
        Operation("DELETE", "/{id}/discount", CancelSubscription, _delete_discount, writes=True),
    ),
    frozenset(
        {
            "application_fee_percent",
            "billing_schedules",
            "billing_thresholds",
            "customer_account",
            "default_source",
            "on_behalf_of",
            "transfer_data",
        }
    ),
)
