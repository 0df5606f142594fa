"""What a schedule does when its subscription is changed or ended by something else than the schedule.

    ended     ─▶ the schedule is canceled, aborted where payments failed, or completed where this was its own end
    changed   ─▶ the current phase is split: what was until now, and what holds for the rest of it
    its customer deleted before the start ─▶ the schedule is canceled

Nothing here calls the subscription's own verbs, which call it.
"""

from msgspec.structs import replace

from tenure.actions import schedule_effects
from tenure.actions.clock import page_all
from tenure.domain import subscription_schedules as rules
from tenure.domain.subscription_schedules import CurrentPhase, Phase, SubscriptionSchedule
from tenure.domain.subscriptions import TERMINAL, Subscription
from tenure.store.tx import Tx


def follow(tx: Tx, before: Subscription, after: Subscription, *, now: int) -> None:
    """Bring the schedule of a subscription that was just saved in line with it; nothing without one."""
    if after.schedule is None:
        return
    ended = after.status in TERMINAL and before.status not in TERMINAL
    if not ended and schedule_says(before) == schedule_says(after):
        return
    schedule = tx.lock(SubscriptionSchedule, after.schedule)
    if schedule.status not in rules.OPEN:
        return
    if ended:
        _end(tx, schedule, after, now)
    else:
        _split(tx, schedule, after, now)


def of_customer_gone(tx: Tx, customer: str, *, now: int) -> None:
    """Call off what would start for a customer who is deleted; what has started ends with its subscription."""
    for each in page_all(tx, SubscriptionSchedule, [("customer", "=", customer), ("status", "=", "not_started")]):
        tx.save(rules.told(rules.CANCELED, rules.canceled(tx.lock(SubscriptionSchedule, each.id), now)))


def schedule_says(subscription: Subscription) -> tuple[object, ...]:
    """What of a subscription is a matter of its schedule's phases."""
    items = [(each.price, each.quantity) for each in subscription.items]
    return items, [each.id for each in subscription.discounts], subscription.trial_end


def _end(tx: Tx, schedule: SubscriptionSchedule, subscription: Subscription, now: int) -> None:
    at = subscription.ended_at or now
    own = rules.cancels_at(schedule)
    if own is not None and at >= own:
        tx.save(rules.told(rules.COMPLETED, rules.completed(schedule, at)))
        return
    unpaid = subscription.cancellation_details.reason == "payment_failed"
    tx.save(rules.told(rules.ABORTED if unpaid else rules.CANCELED, rules.canceled(schedule, at)))


def _split(tx: Tx, schedule: SubscriptionSchedule, subscription: Subscription, now: int) -> None:
    """The rest of the current phase is what the subscription has become; no split where the phase says so already."""
    phase = rules.current(schedule)
    if phase is None or not phase.start_date <= now < phase.end_date or schedule_effects.says(phase, subscription):
        return
    there = schedule_effects.taken(subscription, max(now, phase.start_date), phase.end_date)
    rest = replace(
        phase,
        add_invoice_items=[],
        discounts=there.discounts,
        items=there.items,
        start_date=there.start_date,
        trial=None,
        trial_end=there.trial_end,
    )
    parts = [_shortened(phase, now), rest] if now > phase.start_date else [rest]
    at = schedule.phases.index(phase)
    phases = [*schedule.phases[:at], *parts, *schedule.phases[at + 1 :]]
    window = CurrentPhase(start_date=rest.start_date, end_date=rest.end_date)
    after = replace(schedule, phases=phases, current_phase=window)
    tx.save(rules.told(rules.UPDATED, after))


def _shortened(phase: Phase, end: int) -> Phase:
    """The phase until `end`; a trial that went on beyond it is over by then."""
    trial = None if phase.trial_end is None else min(phase.trial_end, end)
    return replace(phase, end_date=end, trial=None, trial_end=trial)
