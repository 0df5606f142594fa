"""Subscription schedules: create, take over a subscription, update, release, cancel, and what happens as time passes.

    step     start ─▶ subscriptions.create     next phase ─▶ subscriptions.update     end ─▶ let go | subscription ends

The schedule is saved before what it does to its subscription, so that the subscription's own news (`scheduled.follow`)
finds it as it will be.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from tenure.actions import payment_methods, payments, schedule_effects, schedule_phases, standing, subscriptions
from tenure.actions.clock import moment
from tenure.actions.patch import given, merged_metadata, patch
from tenure.actions.schedule_phases import Frame
from tenure.domain import cancellations
from tenure.domain import subscription_schedules as rules
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Conflict, Invalid
from tenure.domain.requests import ItemGiven, Proration
from tenure.domain.schedule_phases import check_current, check_number
from tenure.domain.schedule_requests import (
    CreateSchedule,
    DefaultSettingsGiven,
    PhaseChanged,
    UpdateSchedule,
)
from tenure.domain.subscription_schedules import DefaultSettings, Phase, Status, SubscriptionSchedule
from tenure.domain.subscriptions import TERMINAL, BillingMode, Flexible, Subscription
from tenure.domain.test_clocks import TestClock
from tenure.store.tx import Tx

MAX_STEPS = 24


def create(tx: Tx, params: CreateSchedule) -> SubscriptionSchedule:
    """A new schedule; one that starts now has made its subscription when this returns. Raises Invalid, NotFound."""
    if params.from_subscription is not UNSET:
        others = sorted(set(given(params)) - {"from_subscription"})
        if others:
            raise Invalid(f"You cannot set `{others[0]}` if `from_subscription` is set.", param=others[0])
        return from_subscription(tx, params.from_subscription)
    for name in ("customer", "phases", "start_date"):
        if getattr(params, name) is UNSET:
            raise Invalid(f"Missing required param: {name}.", code="parameter_missing", param=name)
    customer = tx.need(Customer, params.customer or "", param="customer")
    now = moment(tx, customer.test_clock)
    schedule = rules.announced(_described(tx, params, customer, now), now)
    if schedule.phases[0].start_date <= now:
        return _start(tx, schedule, now, made=True)
    tx.save(rules.told(rules.CREATED, schedule))
    return schedule


def _described(tx: Tx, params: CreateSchedule, customer: Customer, now: int) -> SubscriptionSchedule:
    """The schedule as it was asked for, not started."""
    settings, mode = _settings(tx, customer.id, DefaultSettings(), params.default_settings), _mode(params)
    phases = params.phases or []
    check_number(phases)
    start = params.start_date if isinstance(params.start_date, int) else now
    frame = Frame(customer=customer.id, settings=settings, mode=mode.type, now=now)
    laid = schedule_phases.laid_out(tx, phases, start, frame)
    if laid[0].end_date <= now:
        raise Invalid("The first phase must end in the future.", param="phases[0][end_date]")
    return SubscriptionSchedule(
        id=tx.new_id("sub_sched_"),
        created=now,
        livemode=tx.scope.livemode,
        billing_mode=mode,
        customer=customer.id,
        default_settings=settings,
        end_behavior="release" if params.end_behavior is UNSET else params.end_behavior,
        metadata=merged_metadata({}, {} if params.metadata is UNSET else params.metadata),
        phases=laid,
        test_clock=customer.test_clock,
    )


def _mode(params: CreateSchedule) -> BillingMode:
    asked = BillingMode() if params.billing_mode is UNSET else params.billing_mode
    return replace(asked, flexible=(asked.flexible or Flexible()) if asked.type == "flexible" else None)


def _settings(
    tx: Tx, customer: str, before: DefaultSettings, asked: DefaultSettingsGiven | msgspec.UnsetType
) -> DefaultSettings:
    """The default settings after what was asked; those that are not named stay."""
    if asked is UNSET:
        return before
    if asked.automatic_tax is not UNSET and asked.automatic_tax.enabled:
        raise Invalid("Automatic tax is not supported by Tenure.", param="default_settings[automatic_tax][enabled]")
    if asked.default_payment_method is not UNSET:
        param = "default_settings[default_payment_method]"
        payment_methods.usable(tx, asked.default_payment_method, customer, param=param)
    return patch(before, given(asked))


def from_subscription(tx: Tx, id: str) -> SubscriptionSchedule:
    """A schedule whose one phase is the period that the subscription is in. Raises Conflict, NotFound."""
    before = tx.lock(Subscription, id, param="from_subscription")
    if before.schedule is not None:
        raise Conflict(
            f"You cannot migrate a subscription that is already attached to a schedule: `{before.schedule}`.",
            param="from_subscription",
        )
    if before.status in TERMINAL:
        raise Conflict(
            f"You cannot migrate a subscription that is in the `{before.status}` status.", param="from_subscription"
        )
    now = moment(tx, before.test_clock)
    start, end = schedule_effects.window(before)
    phase = schedule_effects.taken(before, start, before.cancel_at or max(end, now + 1))
    blank = SubscriptionSchedule(
        id=tx.new_id("sub_sched_"),
        created=now,
        livemode=tx.scope.livemode,
        billing_mode=before.billing_mode,
        customer=before.customer,
        default_settings=schedule_effects.defaults(before),
        end_behavior="release" if before.cancel_at is None else "cancel",
        phases=[phase],
        subscription=before.id,
        test_clock=before.test_clock,
    )
    schedule = rules.announced(rules.entered(blank, phase), now)
    _attach(tx, before, schedule, rules.CREATED)
    return schedule


def _attach(tx: Tx, subscription: Subscription, schedule: SubscriptionSchedule, type: str) -> None:
    """Save the schedule and that the subscription has it."""
    managed = replace(subscription, schedule=schedule.id)
    drafts = (EventDraft(type, schedule), EventDraft(cancellations.UPDATED, managed))
    tx.save(Change(after=(managed, schedule), events=drafts))


def update(tx: Tx, id: str, params: UpdateSchedule) -> SubscriptionSchedule:
    """Change what was given; what changes in the current phase is done to the subscription at once.

    Phases are given whole, the current one included; those that are over may be left out and never change.
    """
    before = _locked(tx, id)
    rules.check_open(before, "update", "updated")
    now = moment(tx, before.test_clock)
    settings = _settings(tx, before.customer, before.default_settings, params.default_settings)
    after = replace(before, default_settings=settings)
    if params.end_behavior is not UNSET:
        after = replace(after, end_behavior=params.end_behavior)
    if params.metadata is not UNSET:
        after = replace(after, metadata=merged_metadata(before.metadata, params.metadata))
    if params.phases is not UNSET:
        after = _laid_anew(tx, after, params.phases, now)
    if after != before:
        tx.save(rules.told(rules.UPDATED, after))
        _apply_changes(tx, before, after, now, params.proration_behavior)
        advance(tx, id, now=now)
    return tx.need(SubscriptionSchedule, id)


def _laid_anew(tx: Tx, schedule: SubscriptionSchedule, asked: list[PhaseChanged], now: int) -> SubscriptionSchedule:
    """The schedule with these phases from the current one on."""
    if not asked or asked[0].start_date is UNSET:
        raise Invalid(
            "The subscription schedule update is missing at least one phase with a `start_date` to anchor end dates "
            "to.",
            param="phases",
        )
    start = asked[0].start_date if isinstance(asked[0].start_date, int) else now
    frame = Frame(
        customer=schedule.customer,
        settings=schedule.default_settings,
        mode=schedule.billing_mode.type,
        now=now,
        discounts=_known_discounts(tx, schedule),
    )
    laid = schedule_phases.laid_out(tx, asked, start, frame)
    if schedule.current_phase is None:
        check_number(laid)
        if start < now:
            raise Invalid("The schedule must start now or in the future.", param="phases[0][start_date]")
        return rules.announced(replace(schedule, phases=laid), now)
    windows = [rules.CurrentPhase(start_date=each.start_date, end_date=each.end_date) for each in laid]
    past = check_current(schedule.phases, windows, schedule.current_phase.start_date)
    check_number(laid[past:])
    if laid[past].end_date < now:
        raise Invalid("The current phase cannot end in the past.", param=f"phases[{past}][end_date]")
    over = [each for each in schedule.phases if each.end_date <= schedule.current_phase.start_date]
    return rules.announced(rules.entered(replace(schedule, phases=[*over, *laid[past:]]), laid[past]), now)


def _known_discounts(tx: Tx, schedule: SubscriptionSchedule) -> frozenset[str]:
    """The discounts that phases may name: those on the subscription, and those that a phase names already."""
    named = [each.discount for phase in schedule.phases for each in phase.discounts]
    named += [each.discount for phase in schedule.phases for item in phase.items for each in item.discounts]
    there = tx.get(Subscription, schedule.subscription) if schedule.subscription else None
    if there is not None:
        named += [each.id for each in there.discounts]
        named += [each.id for item in there.items for each in item.discounts]
    return frozenset(each for each in named if each is not None)


def _apply_changes(
    tx: Tx, before: SubscriptionSchedule, after: SubscriptionSchedule, now: int, proration: Proration
) -> None:
    """Do to the subscription what changed for the phase that it is in."""
    phase, old = rules.current(after), rules.current(before)
    if phase is None or old is None or phase.end_date <= now:
        return
    same = replace(old, end_date=phase.end_date, trial=phase.trial) == phase
    unmoved = rules.cancels_at(before) == rules.cancels_at(after)
    if not (same and unmoved and before.default_settings == after.default_settings):
        _apply(tx, after, phase, now, proration=proration, begins=False)


def _apply(
    tx: Tx, schedule: SubscriptionSchedule, phase: Phase, at: int, *, proration: Proration, begins: bool
) -> None:
    assert schedule.subscription is not None
    there = tx.need(Subscription, schedule.subscription)
    asked = schedule_effects.change(schedule, phase, there, at, proration=proration, begins=begins)
    subscriptions.update(tx, there.id, asked)


def release(tx: Tx, id: str, *, preserve_cancel_date: bool = False) -> SubscriptionSchedule:
    """Stop here and let the subscription go on without a schedule. Raises Conflict, NotFound."""
    before = _locked(tx, id)
    return _let_go(tx, before, moment(tx, before.test_clock), keep_end=preserve_cancel_date)


def _locked(tx: Tx, id: str) -> SubscriptionSchedule:
    """The schedule, locked; its subscription is locked before it, as where the subscription is what changes."""
    found = tx.need(SubscriptionSchedule, id, param="schedule")
    if found.subscription is not None and tx.get(Subscription, found.subscription) is not None:
        tx.lock(Subscription, found.subscription)
    return tx.lock(SubscriptionSchedule, id, param="schedule")


def _let_go(tx: Tx, before: SubscriptionSchedule, now: int, *, keep_end: bool = False) -> SubscriptionSchedule:
    after = rules.released(before, now)
    there = tx.lock(Subscription, before.subscription) if before.subscription else None
    if there is None:
        tx.save(rules.told(rules.RELEASED, after))
        return after
    free = replace(there, schedule=None)
    if there.status not in TERMINAL and not keep_end and there.cancel_at is not None:
        if there.cancel_at == rules.cancels_at(before):
            free = cancellations.undo(free)
    drafts = (EventDraft(cancellations.UPDATED, free), EventDraft(rules.RELEASED, after))
    tx.save(Change(after=(free, after), events=drafts))
    return after


def cancel(tx: Tx, id: str, *, invoice_now: bool = True, prorate: bool = True) -> SubscriptionSchedule:
    """Call it off, and end its subscription at once. Raises Conflict, NotFound."""
    before = _locked(tx, id)
    now = moment(tx, before.test_clock)
    after = rules.canceled(before, now)
    tx.save(rules.told(rules.CANCELED, after))
    there = tx.get(Subscription, after.subscription) if after.subscription else None
    if there is not None and there.status not in TERMINAL:
        subscriptions.cancel(tx, there.id, invoice_now=invoice_now, prorate=prorate)
    return after


def at_period_end(tx: Tx, subscription: Subscription, items: list[ItemGiven], now: int) -> SubscriptionSchedule:
    """Change its items when its period ends: a schedule of two phases, which lets go after the second one's period.

    Raises Conflict where it has a schedule already, NotFound for items that it has not.
    """
    schedule = from_subscription(tx, subscription.id)
    first = schedule_phases.as_asked(schedule.phases[0])
    later = PhaseChanged(
        default_tax_rates=first.default_tax_rates,
        discounts=first.discounts,
        items=schedule_phases.items_after(subscription, first.items, items),
        iterations=1,
        proration_behavior="none",
    )
    return update(tx, schedule.id, UpdateSchedule(end_behavior="release", phases=[first, later]))


def due_at(schedule: SubscriptionSchedule) -> int:
    """When something happens to it next, unix seconds; far away when nothing will."""
    at = rules.next_due(schedule)
    return at if at is not None else 2**53


def step(tx: Tx, id: str, *, now: int) -> bool:
    """Run the earliest moment that has come, as of that moment; whether there was one."""
    before = _locked(tx, id)
    at = rules.next_due(before)
    if at is None or at > now:
        return False
    with _as_of(tx, before.test_clock, at):
        if before.status is Status.NOT_STARTED:
            _start(tx, before, at, made=False)
        elif before.expiring_at is not None and before.expiring_at <= at:
            tx.save(rules.told(rules.EXPIRING, replace(before, expiring_at=None)))
        else:
            _go_on(tx, before, at)
    return True


@contextmanager
def _as_of(tx: Tx, test_clock: str | None, at: int) -> Iterator[None]:
    """What is done inside is done at `at`, although it may be run later; a clock that advances passes that moment."""
    if test_clock is not None:
        clock = tx.need(TestClock, test_clock)
        if clock.frozen_time < at:
            tx.save(Change(after=(replace(clock, frozen_time=at),)))
        yield
        return
    real, tx.now = tx.now, min(at, tx.now)
    try:
        yield
    finally:
        tx.now = real


def advance(tx: Tx, id: str, *, now: int) -> None:
    """Run every moment that has come, oldest first, up to a bound; the rest waits for the next call."""
    for _ in range(MAX_STEPS):
        if not step(tx, id, now=now):
            return


def _start(tx: Tx, schedule: SubscriptionSchedule, at: int, *, made: bool) -> SubscriptionSchedule:
    """Begin the first phase with a new subscription; without its customer there is nothing to begin."""
    customer = tx.get(Customer, schedule.customer)
    if customer is None:
        gone = rules.canceled(schedule, at)
        tx.save(rules.told(rules.CANCELED, gone))
        return gone
    phase = schedule.phases[0]
    asked = schedule_effects.first(schedule, phase, at)
    named = asked.default_payment_method or payments.default_method(tx, customer=customer, subscription=None)
    if named is None and standing.needs_method(tx):  # nobody is there to be refused: the first invoice waits
        asked = replace(asked, payment_behavior="default_incomplete")
    there = subscriptions.create(tx, asked)
    after = rules.entered(schedule, phase, subscription=there.id)
    _attach(tx, tx.need(Subscription, there.id), after, rules.CREATED if made else rules.UPDATED)
    return after


def _go_on(tx: Tx, before: SubscriptionSchedule, at: int) -> None:
    """The current phase is over: on to the next one, or the end."""
    there = tx.get(Subscription, before.subscription) if before.subscription else None
    if there is None or there.status in TERMINAL:
        over = rules.completed(before, at) if before.end_behavior == "cancel" else rules.canceled(before, at)
        tx.save(rules.told(rules.COMPLETED if over.status is Status.COMPLETED else rules.CANCELED, over))
        return
    phase = rules.following(before)
    if phase is not None:
        after = rules.entered(before, phase)
        tx.save(rules.told(rules.UPDATED, after))
        _apply(tx, after, phase, at, proration=phase.proration_behavior, begins=True)
    elif before.end_behavior == "release":
        _let_go(tx, before, at)
    else:
        tx.save(rules.told(rules.COMPLETED, rules.completed(before, at)))
        subscriptions.advance(tx, there.id, now=at)
