"""A subscription schedule: phases of a subscription, one after the other, decided in advance.

    create ──▶ not_started ──start──▶ active ──end, end_behavior=release──▶ released
                    │                    │  └──end, end_behavior=cancel───▶ completed (its subscription ends)
                    └── cancel, release ─┴──▶ canceled | released

    phases   │ 1: start … end │ 2: start … end │      the end of one is the start of the next

`move()` is the only place that assigns a status. Times are unix seconds.
Source: Stripe documentation, "Subscription schedules".
"""

from enum import StrEnum
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from tenure.domain.customers import CustomField
from tenure.domain.documents import Change, Document, EventDraft, Part
from tenure.domain.errors import Conflict
from tenure.domain.periods import DAY_S
from tenure.domain.requests import DiscountGiven, Proration
from tenure.domain.subscriptions import AutomaticTax, BillingMode, Flexible, Issuer

Anchor = Literal["automatic", "phase_start"]
Collection = Literal["charge_automatically", "send_invoice"]
EndBehavior = Literal["cancel", "release"]

CREATED = "subscription_schedule.created"
UPDATED = "subscription_schedule.updated"
ABORTED = "subscription_schedule.aborted"
CANCELED = "subscription_schedule.canceled"
COMPLETED = "subscription_schedule.completed"
EXPIRING = "subscription_schedule.expiring"
RELEASED = "subscription_schedule.released"
NOTICE_S = 7 * DAY_S


class Status(StrEnum):
    """The states of a schedule; the value is what the wire shows."""

    NOT_STARTED = "not_started"
    ACTIVE = "active"
    COMPLETED = "completed"
    RELEASED = "released"
    CANCELED = "canceled"


MOVES: dict[Status, frozenset[Status]] = {
    Status.NOT_STARTED: frozenset({Status.ACTIVE, Status.RELEASED, Status.CANCELED}),
    Status.ACTIVE: frozenset({Status.COMPLETED, Status.RELEASED, Status.CANCELED}),
    Status.COMPLETED: frozenset(),
    Status.RELEASED: frozenset(),
    Status.CANCELED: frozenset(),
}
OPEN = (Status.NOT_STARTED, Status.ACTIVE)


class PhaseInvoiceSettings(Part, frozen=True, kw_only=True):
    """How invoices look and when they are due."""

    account_tax_ids: list[str] | None = None
    custom_fields: list[CustomField] | None = None
    days_until_due: int | None = None
    description: str | None = None
    footer: str | None = None
    issuer: Issuer = Issuer()


class DefaultSettings(Part, frozen=True, kw_only=True):
    """What holds for every phase that says nothing else."""

    application_fee_percent: float | None = None
    automatic_tax: AutomaticTax = AutomaticTax()
    billing_cycle_anchor: Anchor = "automatic"
    billing_thresholds: dict[str, Any] | None = None
    collection_method: Collection = "charge_automatically"
    default_payment_method: str | None = None
    description: str | None = None
    invoice_settings: PhaseInvoiceSettings = PhaseInvoiceSettings()
    on_behalf_of: str | None = None
    transfer_data: dict[str, Any] | None = None


class PhaseItem(Part, frozen=True, kw_only=True):
    """A price of a phase; the quantity of a metered one is None."""

    billing_thresholds: dict[str, Any] | None = None
    discounts: list[DiscountGiven] = msgspec.field(default_factory=list)
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    price: str
    quantity: int | None = None
    tax_rates: list[str] = msgspec.field(default_factory=list)


class AddedStart(Part, frozen=True, kw_only=True):
    """Where the period of an added invoice item begins."""

    timestamp: int | None = None
    type: Literal["max_item_period_start", "phase_start", "timestamp"] = "max_item_period_start"


class AddedEnd(Part, frozen=True, kw_only=True):
    """Where the period of an added invoice item ends."""

    timestamp: int | None = None
    type: Literal["min_item_period_end", "phase_end", "timestamp"] = "min_item_period_end"


class AddedPeriod(Part, frozen=True, kw_only=True):
    """The period of an added invoice item."""

    end: AddedEnd = AddedEnd()
    start: AddedStart = AddedStart()


class AddedItem(Part, frozen=True, kw_only=True):
    """A one-time price that the first invoice of a phase charges too."""

    discountable: bool | None = None
    discounts: list[DiscountGiven] = msgspec.field(default_factory=list)
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    period: AddedPeriod = AddedPeriod()
    price: str
    quantity: int = 1
    tax_rates: list[str] = msgspec.field(default_factory=list)


class Phase(Part, frozen=True, kw_only=True):
    """What a subscription is from `start_date` until before `end_date`; `metadata` is merged into the subscription's.

    A value of None is the one of the default settings.
    """

    add_invoice_items: list[AddedItem] = msgspec.field(default_factory=list)
    application_fee_percent: float | None = None
    automatic_tax: AutomaticTax | None = None
    billing_cycle_anchor: Anchor | None = None
    billing_thresholds: dict[str, Any] | None = None
    collection_method: Collection | None = None
    currency: str
    default_payment_method: str | None = None
    default_tax_rates: list[str] = msgspec.field(default_factory=list)
    description: str | None = None
    discounts: list[DiscountGiven] = msgspec.field(default_factory=list)
    end_date: int
    invoice_settings: PhaseInvoiceSettings | None = None
    items: list[PhaseItem]
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    on_behalf_of: str | None = None
    proration_behavior: Proration = "create_prorations"
    start_date: int
    transfer_data: dict[str, Any] | None = None
    trial: bool | None = None
    trial_end: int | None = None


class CurrentPhase(Part, frozen=True, kw_only=True):
    """The window of the phase that the subscription is in."""

    end_date: int
    start_date: int


class SubscriptionSchedule(Document, frozen=True, kw_only=True):
    """The phases of one subscription, which exists from the first one's start."""

    object: str = "subscription_schedule"
    application: str | None = None
    billing_mode: BillingMode = BillingMode(flexible=Flexible())
    canceled_at: int | None = None
    completed_at: int | None = None
    current_phase: CurrentPhase | None = None
    customer: str
    customer_account: str | None = None
    default_settings: DefaultSettings = DefaultSettings()
    end_behavior: EndBehavior = "release"
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    pause_schedules: list[dict[str, Any]] = msgspec.field(default_factory=list)
    phases: list[Phase]
    released_at: int | None = None
    released_subscription: str | None = None
    status: Status = Status.NOT_STARTED
    subscription: str | None = None
    test_clock: str | None = None
    # Not shown: when the coming end is announced; None once that has happened.
    expiring_at: int | None = None


HIDDEN = ("expiring_at",)


def move(schedule: SubscriptionSchedule, to: Status, **changes: Any) -> SubscriptionSchedule:
    """The schedule in state `to`; raises Conflict where MOVES has no such way."""
    if to is not schedule.status and to not in MOVES[schedule.status]:
        raise Conflict(f"A subscription schedule that is `{schedule.status}` cannot become `{to}`.")
    return replace(schedule, status=to, **changes)


def check_open(schedule: SubscriptionSchedule, verb: str, done: str) -> None:
    """Refuse what can only be done before the end. Raises Conflict."""
    if schedule.status not in OPEN:
        raise Conflict(
            f"You cannot {verb} a subscription schedule that is currently in the `{schedule.status}` status. "
            f"It must be in `not_started, active` status to be {done}."
        )


def ends_at(schedule: SubscriptionSchedule) -> int:
    """The end of its last phase."""
    return schedule.phases[-1].end_date


def next_due(schedule: SubscriptionSchedule) -> int | None:
    """The next moment at which something happens by itself, or None when nothing will."""
    if schedule.status is Status.NOT_STARTED:
        return schedule.phases[0].start_date
    if schedule.status is not Status.ACTIVE or schedule.current_phase is None:
        return None
    end = schedule.current_phase.end_date
    return end if schedule.expiring_at is None else min(end, schedule.expiring_at)


def current(schedule: SubscriptionSchedule) -> Phase | None:
    """The phase that its subscription is in; None before the start and after the end."""
    at = schedule.current_phase
    return next((each for each in schedule.phases if at is not None and each.start_date == at.start_date), None)


def following(schedule: SubscriptionSchedule) -> Phase | None:
    """The phase after the current one; the first one before the start; None when there is no more."""
    at = schedule.current_phase
    return next((each for each in schedule.phases if at is None or each.start_date >= at.end_date), None)


def cancels_at(schedule: SubscriptionSchedule) -> int | None:
    """When its subscription ends because of it; None where the subscription is let go."""
    return ends_at(schedule) if schedule.end_behavior == "cancel" else None


def announced(schedule: SubscriptionSchedule, now: int) -> SubscriptionSchedule:
    """The schedule with the moment at which its end is announced, a week before, where that is still to come."""
    at = ends_at(schedule) - NOTICE_S
    return replace(schedule, expiring_at=at if at > now else None)


def entered(schedule: SubscriptionSchedule, phase: Phase, **changes: Any) -> SubscriptionSchedule:
    """The schedule in one of its phases."""
    window = CurrentPhase(start_date=phase.start_date, end_date=phase.end_date)
    return move(schedule, Status.ACTIVE, current_phase=window, **changes)


def released(schedule: SubscriptionSchedule, now: int) -> SubscriptionSchedule:
    """The schedule that has let its subscription go."""
    check_open(schedule, "release", "released")
    gone = schedule.subscription
    return move(
        schedule, Status.RELEASED, released_at=now, released_subscription=gone, subscription=None, current_phase=None
    )


def canceled(schedule: SubscriptionSchedule, now: int) -> SubscriptionSchedule:
    """The schedule that was called off; what it has started ends with it."""
    check_open(schedule, "cancel", "canceled")
    return move(schedule, Status.CANCELED, canceled_at=now, current_phase=None)


def completed(schedule: SubscriptionSchedule, at: int) -> SubscriptionSchedule:
    """The schedule whose last phase is over, and its subscription with it."""
    return move(schedule, Status.COMPLETED, completed_at=at, current_phase=None)


def told(type: str, schedule: SubscriptionSchedule) -> Change:
    """The change that tells of a schedule."""
    return Change(after=(schedule,), events=(EventDraft(type, schedule),))


def refuse_ending(schedule: str | None) -> None:
    """Refuse to set, move or take back the end of a subscription whose schedule decides that. Raises Conflict."""
    if schedule is not None:
        raise Conflict(
            f"The subscription is managed by the subscription schedule `{schedule}`, and updating any cancelation "
            "behavior directly is not allowed. Please update the schedule instead."
        )
