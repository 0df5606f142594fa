"""/v1/subscriptions: what customers pay for, and how it ends."""

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from tenure.actions import subscriptions
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
from tenure.domain.requests import AnchorGiven, CreateSubscription, DetailsGiven, Proration, UpdateSubscription
from tenure.domain.subscriptions import TERMINAL, BillingMode, Flexible, Subscription
from tenure.wire.lists import ListParams, Range, conditions

PATH = "/v1/subscriptions"
StatusFilter = Literal[
    "active", "all", "canceled", "ended", "incomplete", "incomplete_expired", "past_due", "paused", "trialing", "unpaid"
]  # fmt: skip


class CancelSubscription(Part, frozen=True, kw_only=True):
    """How to end at once; `invoice_now` and `prorate` act from when invoices exist."""

    cancellation_details: DetailsGiven | UnsetType = UNSET
    invoice_now: bool = False
    prorate: bool = False


class ResumeSubscription(Part, frozen=True, kw_only=True):
    """How to go on after a pause."""

    billing_cycle_anchor: AnchorGiven | Literal["now", "unchanged"] | UnsetType = UNSET
    payment_behavior: Literal["resume_on_payment_attempt", "resume_on_payment_success"] | UnsetType = UNSET
    proration_behavior: Proration | UnsetType = UNSET
    proration_date: int | UnsetType = UNSET


class MigratedMode(Part, frozen=True, kw_only=True):
    """The billing mode to go over to."""

    type: Literal["flexible"]
    flexible: Flexible | UnsetType = UNSET


class MigrateSubscription(Part, frozen=True, kw_only=True):
    """Going over to flexible billing."""

    billing_mode: MigratedMode


class PauseFor(Part, frozen=True, kw_only=True):
    """What is billed when a pause starts."""

    outstanding_usage_through: dict[str, str] | UnsetType = UNSET
    unused_time_from: dict[str, str] | UnsetType = UNSET


class PauseSubscription(Part, frozen=True, kw_only=True):
    """How to pause."""

    bill_for: PauseFor | UnsetType = UNSET
    invoicing_behavior: Literal["invoice", "pending_invoice_item"] | UnsetType = UNSET
    type: Literal["subscription"] | UnsetType = UNSET


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


def _cancel(call: Call) -> dict[str, Any]:
    if call.tx.need(Subscription, call.id, param="id").status in TERMINAL:  # the reference's answer to a second cancel
        raise NotFound(f"No such subscription: '{call.id}'", code="resource_missing", param="id")
    details = call.params.cancellation_details
    given = None if details is UNSET else details
    return shown(call, subscriptions.cancel(call.tx, call.id, mode="immediately", details=given))


def _resume(call: Call) -> Subscription:
    anchor = call.params.billing_cycle_anchor
    unchanged = anchor == "unchanged" or getattr(anchor, "type", None) == "unchanged"
    return subscriptions.resume(call.tx, call.id, anchor_now=not unchanged)


def _migrate(call: Call) -> Subscription:
    mode = call.params.billing_mode
    flexible = None if mode.flexible is UNSET else mode.flexible
    return subscriptions.migrate(call.tx, call.id, BillingMode(type="flexible", flexible=flexible))


def _pause(call: Call) -> Subscription:
    return subscriptions.pause(call.tx, call.id)


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
        update(UpdateSubscription, lambda call: subscriptions.update(call.tx, call.id, call.params)),
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
            "add_invoice_items",
            "application_fee_percent",
            "billing_schedules",
            "billing_thresholds",
            "customer_account",
            "default_payment_method",
            "default_source",
            "default_tax_rates",
            "on_behalf_of",
            "payment_settings",
            "transfer_data",
        }
    ),
)
