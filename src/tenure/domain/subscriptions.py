"""A subscription: its items, its periods, and how it ends.

    create ──▶ trialing ──▶ active ◀──▶ past_due ──▶ unpaid
       │           │         │ ▲            │           │
       ▼           ▼         ▼ │            ▼           ▼
    incomplete  paused ◀── paused       canceled (from every live state; terminal)
       │
       ▼
    incomplete_expired (terminal)

`move()` is the only place that assigns a status. Times are unix seconds.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from msgspec.structs import replace

from tenure.domain.customers import CustomField
from tenure.domain.discounts import Discount
from tenure.domain.documents import Document, Part
from tenure.domain.errors import Conflict, Invalid
from tenure.domain.periods import period
from tenure.domain.portal import Feedback

Reason = Literal["canceled_by_retention_policy", "cancellation_requested", "payment_disputed", "payment_failed"]


class Status(StrEnum):
    """The states of a subscription; the value is what the wire shows."""

    INCOMPLETE = "incomplete"
    INCOMPLETE_EXPIRED = "incomplete_expired"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    PAUSED = "paused"
    CANCELED = "canceled"


MOVES: dict[Status, frozenset[Status]] = {
    Status.INCOMPLETE: frozenset({Status.ACTIVE, Status.TRIALING, Status.INCOMPLETE_EXPIRED, Status.CANCELED}),
    Status.INCOMPLETE_EXPIRED: frozenset(),
    Status.TRIALING: frozenset({Status.ACTIVE, Status.PAUSED, Status.PAST_DUE, Status.CANCELED}),
    Status.ACTIVE: frozenset({Status.TRIALING, Status.PAST_DUE, Status.PAUSED, Status.CANCELED}),
    Status.PAST_DUE: frozenset({Status.ACTIVE, Status.UNPAID, Status.PAUSED, Status.CANCELED}),
    Status.UNPAID: frozenset({Status.ACTIVE, Status.CANCELED}),
    Status.PAUSED: frozenset({Status.ACTIVE, Status.CANCELED}),
    Status.CANCELED: frozenset(),
}
TERMINAL = frozenset({Status.CANCELED, Status.INCOMPLETE_EXPIRED})


class AutomaticTax(Part, frozen=True, kw_only=True):
    """Tax is not computed by Tenure; the field keeps its shape."""

    disabled_reason: str | None = None
    enabled: bool = False
    liability: dict[str, Any] | None = None


class Flexible(Part, frozen=True, kw_only=True):
    """How prorations of discounts are shown in flexible mode."""

    proration_discounts: Literal["included", "itemized"] = "included"


class BillingMode(Part, frozen=True, kw_only=True):
    """Classic or flexible billing; there is no way back to classic."""

    flexible: Flexible | None = None
    type: Literal["classic", "flexible"] = "flexible"
    updated_at: int | None = None


class AnchorConfig(Part, frozen=True, kw_only=True):
    """The calendar moment that periods hang on."""

    day_of_month: Annotated[int, msgspec.Meta(ge=1, le=31)]
    hour: Annotated[int, msgspec.Meta(ge=0, le=23)] | None = None
    minute: Annotated[int, msgspec.Meta(ge=0, le=59)] | None = None
    month: Annotated[int, msgspec.Meta(ge=1, le=12)] | None = None
    second: Annotated[int, msgspec.Meta(ge=0, le=59)] | None = None


class CancellationDetails(Part, frozen=True, kw_only=True):
    """Why it ends: the system's reason, the customer's feedback and words."""

    comment: str | None = None
    feedback: Feedback | None = None
    feedback_option: str | None = None
    reason: Reason | None = None


class PauseCollection(Part, frozen=True, kw_only=True):
    """What happens to invoices while collection is paused, and until when."""

    behavior: Literal["keep_as_draft", "mark_uncollectible", "void"]
    resumes_at: int | None = None


def check_pause(pause: PauseCollection | None, now: int) -> PauseCollection | None:
    """The same pause, or Invalid where it would end before it begins."""
    if pause is not None and pause.resumes_at is not None and pause.resumes_at <= now:
        raise Invalid("`resumes_at` must be in the future.", param="pause_collection[resumes_at]")
    return pause


class Issuer(Part, frozen=True, kw_only=True):
    """Who issues the invoices."""

    account: str | None = None
    type: Literal["account", "self"] = "self"


class SubscriptionInvoiceSettings(Part, frozen=True, kw_only=True):
    """Defaults for the invoices of this subscription."""

    account_tax_ids: list[str] | None = None
    custom_fields: list[CustomField] | None = None
    description: str | None = None
    footer: str | None = None
    issuer: Issuer = Issuer()


class EndBehavior(Part, frozen=True, kw_only=True):
    """What happens when a trial ends."""

    billing_cycle_anchor: Literal["now", "unchanged"] | None = None
    missing_payment_method: Literal["cancel", "create_invoice", "pause"] = "create_invoice"


class TrialSettings(Part, frozen=True, kw_only=True):
    """How the trial ends."""

    end_behavior: EndBehavior = EndBehavior()


class PendingInterval(Part, frozen=True, kw_only=True):
    """How often pending items are invoiced between periods."""

    interval: Literal["day", "week", "month", "year"]
    interval_count: int = 1


class PausedBy(Part, frozen=True, kw_only=True):
    """What paused the subscription."""

    type: Literal[
        "final_payment_failure",
        "first_payment_failure",
        "pause_requested",
        "system",
        "trial_end_without_payment_method",
    ]


class PausedDetails(Part, frozen=True, kw_only=True):
    """Since when and why it is paused."""

    subscription: PausedBy
    transitioned_at: int
    type: Literal["subscription"] = "subscription"


class StatusDetails(Part, frozen=True, kw_only=True):
    """More about the status."""

    paused: PausedDetails


class Debit(Part, frozen=True, kw_only=True):
    """What was billed in advance for a part of an item's period: the measure of a later credit.

    `subtotal` is before discounts, `amount` after them; both in minor units, before exclusive tax. `line` is the
    invoice's line, or the invoice item that still waits for one.
    """

    amount: int
    discounts: dict[str, int] = msgspec.field(default_factory=dict)
    end: int
    invoice: str | None = None
    line: str
    price: str
    quantity: int | None = None
    start: int
    subtotal: int
    tax_rates: list[str] = msgspec.field(default_factory=list)


class SubscriptionItem(Part, frozen=True, kw_only=True):
    """One price on a subscription, with its own period."""

    id: str
    object: str = "subscription_item"
    billed_until: int | None = None
    billing_thresholds: dict[str, Any] | None = None
    created: int
    current_period_end: int
    current_period_start: int
    current_trial: dict[str, Any] | None = None
    discounts: list[Discount] = msgspec.field(default_factory=list)
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    price: str
    quantity: int | None = None
    subscription: str
    tax_rates: list[str] = msgspec.field(default_factory=list)
    # Not shown: what has been billed for the running period.
    debits: list[Debit] = msgspec.field(default_factory=list)


class PendingUpdate(Part, frozen=True, kw_only=True):
    """A change that waits for its payment, at most until `expires_at`."""

    billing_cycle_anchor: int | None = None
    cancel_at_period_end: bool | None = None
    discount: None = None
    discounts: list[str] | None = None
    expires_at: int
    metadata: dict[str, str] | None = None
    subscription_items: list[SubscriptionItem] | None = None
    trial_end: int | None = None
    trial_from_plan: bool | None = None


class Subscription(Document, frozen=True, kw_only=True):
    """A customer's subscription; `items` hold prices by id, the wire embeds them."""

    object: str = "subscription"
    application: str | None = None
    application_fee_percent: float | None = None
    automatic_tax: AutomaticTax = AutomaticTax()
    billing_cycle_anchor: int
    billing_cycle_anchor_config: AnchorConfig | None = None
    billing_mode: BillingMode = BillingMode(flexible=Flexible())
    billing_schedules: list[dict[str, Any]] = msgspec.field(default_factory=list)
    billing_thresholds: dict[str, Any] | None = None
    cancel_at: int | None = None
    cancel_at_period_end: bool = False
    canceled_at: int | None = None
    cancellation_details: CancellationDetails = CancellationDetails()
    collection_method: Literal["charge_automatically", "send_invoice"] = "charge_automatically"
    currency: str
    customer: str
    customer_account: str | None = None
    days_until_due: int | None = None
    default_payment_method: str | None = None
    default_source: str | None = None
    default_tax_rates: list[str] = msgspec.field(default_factory=list)
    description: str | None = None
    discounts: list[Discount] = msgspec.field(default_factory=list)
    ended_at: int | None = None
    invoice_settings: SubscriptionInvoiceSettings = SubscriptionInvoiceSettings()
    items: list[SubscriptionItem]
    latest_invoice: str | None = None
    managed_payments: dict[str, Any] | None = None
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    next_pending_invoice_item_invoice: int | None = None
    on_behalf_of: str | None = None
    pause_collection: PauseCollection | None = None
    payment_settings: dict[str, Any] | None = None
    pending_invoice_item_interval: PendingInterval | None = None
    pending_setup_intent: str | None = None
    pending_update: PendingUpdate | None = None
    presentment_details: dict[str, Any] | None = None
    schedule: str | None = None
    start_date: int
    status: Status
    status_details: StatusDetails | None = None
    test_clock: str | None = None
    transfer_data: dict[str, Any] | None = None
    trial_end: int | None = None
    trial_settings: TrialSettings | None = TrialSettings()
    trial_start: int | None = None
    # Not shown: moments at which something is said or ends by itself, None once that has happened; and the invoice
    # whose payment lets a paused one go on.
    trial_notice_at: int | None = None
    upcoming_at: int | None = None
    expires_at: int | None = None
    resuming: str | None = None


SUBSCRIPTION_HIDDEN = ("trial_notice_at", "upcoming_at", "expires_at", "resuming")
FIRST_PAYMENT_S = 23 * 3600  # how long an incomplete subscription, or a pending update, waits for its payment
TRIAL_NOTICE_S = 3 * 86400
UPCOMING_S = 7 * 86400


def pending_items(subscription: Subscription) -> list[SubscriptionItem]:
    """The items of a change that waits for its payment."""
    update = subscription.pending_update
    return [] if update is None else update.subscription_items or []


def move(subscription: Subscription, to: Status, **changes: Any) -> Subscription:
    """The subscription in state `to`; raises Conflict where MOVES has no such way."""
    if to is not subscription.status and to not in MOVES[subscription.status]:
        raise Conflict(f"A subscription that is `{subscription.status}` cannot become `{to}`.")
    return replace(subscription, status=to, **changes)


def period_end(subscription: Subscription) -> int:
    """The latest end of its items' periods."""
    return max(item.current_period_end for item in subscription.items)


def in_trial_at(subscription: Subscription, at: int) -> bool:
    """Whether that moment lies in its trial."""
    return subscription.trial_end is not None and subscription.trial_end > at


def noticing(subscription: Subscription) -> Subscription:
    """The subscription with the moments set at which its trial's end and its next invoice are announced."""
    trial = subscription.trial_end if subscription.status is Status.TRIALING else None
    first = min(subscription.items, key=lambda item: item.current_period_end, default=None)
    upcoming = None
    if trial is None and first is not None and first.current_period_end - UPCOMING_S > first.current_period_start:
        upcoming = first.current_period_end - UPCOMING_S
    return replace(
        subscription,
        trial_notice_at=max(trial - TRIAL_NOTICE_S, subscription.created) if trial is not None else None,
        upcoming_at=upcoming,
    )


def gathering(subscription: Subscription, now: int) -> Subscription:
    """The subscription with the next moment set at which what waits is invoiced between its periods."""
    every = subscription.pending_invoice_item_interval
    if every is None:
        return replace(subscription, next_pending_invoice_item_invoice=None)
    _, end = period(subscription.billing_cycle_anchor, every.interval, every.interval_count, now)
    return replace(subscription, next_pending_invoice_item_invoice=end)


def next_due(subscription: Subscription) -> int | None:
    """The next moment at which something happens by itself, or None when nothing will."""
    if subscription.status in TERMINAL:
        return None
    moments = [subscription.cancel_at, subscription.expires_at]
    if subscription.pending_update is not None:
        moments.append(subscription.pending_update.expires_at)
    if subscription.status not in (Status.PAUSED, Status.INCOMPLETE):
        moments += [item.current_period_end for item in subscription.items]
        moments += [subscription.trial_notice_at, subscription.upcoming_at]
        moments.append(subscription.next_pending_invoice_item_invoice)
    if subscription.status is Status.TRIALING:
        moments.append(subscription.trial_end)
    if subscription.pause_collection is not None:
        moments.append(subscription.pause_collection.resumes_at)
    due = [moment for moment in moments if moment is not None]
    return min(due) if due else None


def is_ending(subscription: Subscription) -> bool:
    """Whether an end is already set, by date or at the period's end."""
    return subscription.cancel_at is not None or subscription.cancel_at_period_end
