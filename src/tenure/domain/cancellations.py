"""How a subscription ends, and how an end that is only set is taken back.

    cancel_at_period_end ──▶ ending ──cancel_at reached──▶ canceled
            cancel_at    ──▶   │
                               └──undo──▶ as before (cancellation_details back to null)
    cancel_now ──────────────────────────────────────────▶ canceled

Classic mode sets `cancel_at_period_end` and `cancel_at`; from the portal, flexible mode sets `cancel_at` alone.
Source: Stripe documentation, "Cancel subscriptions" and "Flexible billing mode".
"""

from msgspec.structs import replace

from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Conflict, Invalid
from tenure.domain.subscriptions import (
    TERMINAL,
    CancellationDetails,
    Status,
    Subscription,
    is_ending,
    move,
    period_end,
)

UPDATED = "customer.subscription.updated"
DELETED = "customer.subscription.deleted"


def _live(subscription: Subscription) -> None:
    if subscription.status in TERMINAL:
        raise Conflict(
            f"The subscription {subscription.id} is already canceled and can no longer be changed.",
            code="resource_missing",
            param="subscription",
        )


def _requested(details: CancellationDetails | None) -> CancellationDetails:
    return replace(details or CancellationDetails(), reason="cancellation_requested")


def at_period_end(
    subscription: Subscription, now: int, *, details: CancellationDetails | None = None, from_portal: bool = False
) -> Subscription:
    """Set the end to the latest end of its items' periods, or now where a pause has outlived them.

    From the portal, flexible mode leaves the boolean false.
    """
    _live(subscription)
    flag = not (from_portal and subscription.billing_mode.type == "flexible")
    end = subscription.trial_end if subscription.status is Status.TRIALING else None
    return replace(
        subscription,
        cancel_at_period_end=flag,
        cancel_at=end or max(period_end(subscription), now),
        canceled_at=now,
        cancellation_details=_requested(details or subscription.cancellation_details),
    )


def at_time(
    subscription: Subscription, now: int, cancel_at: int, *, details: CancellationDetails | None = None
) -> Subscription:
    """Set the end to a moment; in classic mode one inside the trial shortens it. Raises Invalid for the past."""
    _live(subscription)
    if cancel_at <= now:
        raise Invalid("`cancel_at` must be a timestamp in the future.", param="cancel_at")
    trial_end = subscription.trial_end
    if subscription.billing_mode.type == "classic" and trial_end is not None and now < cancel_at < trial_end:
        subscription = _shortened(subscription, cancel_at)
    return replace(
        subscription,
        cancel_at=cancel_at,
        cancel_at_period_end=False,
        canceled_at=now,
        cancellation_details=_requested(details or subscription.cancellation_details),
    )


def _shortened(subscription: Subscription, trial_end: int) -> Subscription:
    """Its trial ends earlier, and with it the items' first period, on which the next ones follow."""
    items = [replace(item, current_period_end=trial_end) for item in subscription.items]
    return replace(subscription, trial_end=trial_end, billing_cycle_anchor=trial_end, items=items)


def follow_period(subscription: Subscription) -> Subscription:
    """In classic mode an end that is set for the period's end moves with the period."""
    if not subscription.cancel_at_period_end or subscription.billing_mode.type != "classic":
        return subscription
    end = subscription.trial_end if subscription.status is Status.TRIALING else None
    return replace(subscription, cancel_at=end or period_end(subscription))


def undo(subscription: Subscription) -> Subscription:
    """Take back an end that is set; price, discounts and periods stay. Raises Conflict when there is none."""
    _live(subscription)
    if not is_ending(subscription):
        raise Conflict(f"The subscription {subscription.id} is not set to be canceled.")
    return replace(
        subscription,
        cancel_at=None,
        cancel_at_period_end=False,
        canceled_at=None,
        cancellation_details=CancellationDetails(),
    )


def cancel_now(subscription: Subscription, now: int, *, details: CancellationDetails | None = None) -> Subscription:
    """End it at once. Raises Conflict when it has ended before."""
    _live(subscription)
    return move(
        subscription,
        Status.CANCELED,
        ended_at=now,
        canceled_at=subscription.canceled_at or now,
        cancel_at_period_end=subscription.cancel_at_period_end,
        cancellation_details=_requested(details or subscription.cancellation_details),
        pause_collection=None,
        status_details=None,
    )


def end_reached(subscription: Subscription, at: int) -> Subscription:
    """End it because its `cancel_at` has come; the reason given when it was set stays."""
    return move(subscription, Status.CANCELED, ended_at=at, pause_collection=None, status_details=None)


def updated(subscription: Subscription) -> Change:
    """The change that tells of an updated subscription."""
    return Change(after=(subscription,), events=(EventDraft(UPDATED, subscription),))


def deleted(subscription: Subscription) -> Change:
    """The change that tells of a subscription that ended."""
    return Change(after=(subscription,), events=(EventDraft(DELETED, subscription),))
