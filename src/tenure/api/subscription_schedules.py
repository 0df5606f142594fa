"""/v1/subscription_schedules: what a subscription will be, phase by phase."""

from typing import Any

from msgspec import UNSET, UnsetType

from tenure.actions import subscription_schedules
from tenure.api.resource import Resource, Where, action, create, lists, retrieve, update
from tenure.domain.documents import Part
from tenure.domain.schedule_requests import CreateSchedule, UpdateSchedule
from tenure.domain.subscription_schedules import SubscriptionSchedule
from tenure.wire.lists import ListParams, Range, conditions

PATH = "/v1/subscription_schedules"


class CancelSchedule(Part, frozen=True, kw_only=True):
    """How the subscription ends with its schedule."""

    invoice_now: bool = True
    prorate: bool = True


class ReleaseSchedule(Part, frozen=True, kw_only=True):
    """Whether an end that the schedule has set stays."""

    preserve_cancel_date: bool = False


class ListSchedules(ListParams, frozen=True, kw_only=True):
    """Filters of the list; `scheduled`: only those that have not started yet."""

    canceled_at: Range | UnsetType = UNSET
    completed_at: Range | UnsetType = UNSET
    created: Range | UnsetType = UNSET
    customer: str | UnsetType = UNSET
    released_at: Range | UnsetType = UNSET
    scheduled: bool | UnsetType = UNSET


def _where(params: ListSchedules) -> Where:
    where: list[tuple[str, str, Any]] = []
    for name in ("canceled_at", "completed_at", "created", "released_at"):
        where += conditions(name, getattr(params, name))
    if params.customer is not UNSET:
        where.append(("customer", "=", params.customer))
    if params.scheduled is True:
        where.append(("status", "=", "not_started"))
    return where


RESOURCE = Resource(
    PATH,
    SubscriptionSchedule,
    (
        create(CreateSchedule, lambda call: subscription_schedules.create(call.tx, call.params)),
        retrieve(SubscriptionSchedule, "schedule"),
        update(UpdateSchedule, lambda call: subscription_schedules.update(call.tx, call.id, call.params)),
        lists(PATH, SubscriptionSchedule, ListSchedules, _where),
        action(
            "cancel",
            CancelSchedule,
            lambda call: subscription_schedules.cancel(
                call.tx, call.id, invoice_now=call.params.invoice_now, prorate=call.params.prorate
            ),
        ),
        action(
            "release",
            ReleaseSchedule,
            lambda call: subscription_schedules.release(
                call.tx, call.id, preserve_cancel_date=call.params.preserve_cancel_date
            ),
        ),
    ),
    frozenset({"customer_account", "pause_schedules"}),
)
