"""Time passes for documents of every kind: one due moment of one document at a time.

step(tx, found, now=…)      the earliest moment of this document
claimed(tx, found, now=…)   the same among other workers: not where one of them has it
"""

from collections.abc import Callable
from typing import Any

from tenure.actions import invoices, subscription_schedules, subscriptions
from tenure.domain.documents import Document
from tenure.domain.invoices import Invoice
from tenure.domain.subscription_schedules import SubscriptionSchedule
from tenure.domain.subscriptions import Subscription
from tenure.store.due import Due
from tenure.store.tx import Tx

_STEPS: dict[type[Document], Callable[..., bool]] = {
    SubscriptionSchedule: subscription_schedules.step,
    Subscription: subscriptions.step,
    Invoice: invoices.step,
}


def step(tx: Tx, found: Due, *, now: int) -> bool:
    """Run its earliest moment that has come; whether there was one."""
    return _STEPS[found.cls](tx, found.id, now=now)


def claimed(tx: Tx, found: Due, *, now: int) -> bool:
    """Run its earliest moment that has come, unless another worker is at it; whether there was one.

    A subscription waits for its schedule: where both are due at once, the schedule's moment is the one that is run.
    """
    doc: Any = tx.claim(found.cls, found.id)
    if doc is None:
        return False
    if isinstance(doc, Subscription) and doc.schedule is not None:
        due = min(now, subscriptions.due_at(doc))
        schedule = tx.get(SubscriptionSchedule, doc.schedule)
        if schedule is not None and subscription_schedules.due_at(schedule) <= due:
            mine = tx.claim(SubscriptionSchedule, schedule.id)
            return mine is not None and subscription_schedules.step(tx, schedule.id, now=due)
    return step(tx, found, now=now)
