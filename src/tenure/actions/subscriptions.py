"""Subscriptions: create, update, cancel, undo, and what happens to them as time passes.

Every verb loads and locks, asks a rule of domain/, and saves one Change: documents, events and deliveries together.
"""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import UNSET
from msgspec.structs import replace

from tenure.actions import discounts, items
from tenure.actions.clock import moment
from tenure.actions.patch import given, merged_metadata, patch
from tenure.domain import cancellations, renewals
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Conflict, Invalid, NotFound
from tenure.domain.items import reprice, start_period
from tenure.domain.periods import DAY_S, calendar_anchor
from tenure.domain.portal import FeedbackOption
from tenure.domain.prices import Price
from tenure.domain.requests import CreateSubscription, DetailsGiven, UpdateSubscription
from tenure.domain.subscriptions import (
    TERMINAL,
    BillingMode,
    Flexible,
    PausedBy,
    PausedDetails,
    Status,
    StatusDetails,
    Subscription,
    check_pause,
    is_ending,
    move,
    next_due,
)
from tenure.store.tx import Tx

MAX_STEPS = 24
PLAIN = ("collection_method", "days_until_due", "description", "pending_invoice_item_interval", "trial_settings")


def prices_of(tx: Tx, subscription: Subscription) -> Mapping[str, Price]:
    """The prices of its items, by id."""
    return tx.many(Price, {item.price for item in subscription.items})


def locked(tx: Tx, id: str, *, customer: str | None = None, param: str | None = "id") -> Subscription:
    """The subscription, locked; another customer's does not exist for this one. Raises NotFound."""
    subscription = tx.lock(Subscription, id, param=param)
    if customer is not None and subscription.customer != customer:
        raise NotFound(f"No such subscription: '{id}'", code="resource_missing", param=param)
    return subscription


def create(tx: Tx, params: CreateSubscription) -> Subscription:
    """A new subscription, trialing or active: until billing comes, its first period simply starts."""
    customer = tx.need(Customer, params.customer, param="customer")
    now = moment(tx, customer.test_clock)
    currency = (params.currency or "").lower() or None
    chosen = items.priced(tx, params.items, currency=currency)
    trial_end = _first_trial_end(params, chosen, now)
    anchor = _first_anchor(params, now, trial_end)
    if params.days_until_due is not UNSET and params.collection_method != "send_invoice":
        raise Invalid("`days_until_due` goes only with `collection_method=send_invoice`.", param="days_until_due")
    blank = Subscription(
        id=tx.new_id("sub_"),
        created=now,
        livemode=tx.scope.livemode,
        billing_cycle_anchor=anchor,
        billing_cycle_anchor_config=params.billing_cycle_anchor_config or None,
        billing_mode=_mode(params, now),
        currency=currency or chosen[0].currency,
        customer=customer.id,
        items=[],
        start_date=params.backdate_start_date or now,
        status=Status.TRIALING if trial_end else Status.ACTIVE,
        test_clock=customer.test_clock,
        trial_end=trial_end,
        trial_start=now if trial_end else None,
    )
    filled = items.added(tx, _plain(blank, params), params.items, chosen, now=now)
    placed = replace(filled, items=_first_periods(tx, filled, now))
    made = _discounted(tx, _ending(placed, params, now), params, now)
    created = EventDraft("customer.subscription.created", made)
    tx.save(Change(after=(made,), events=discounts.news(None, made) + (created,)))
    return made


def _mode(params: CreateSubscription, now: int) -> BillingMode:
    if params.billing_mode is UNSET or params.billing_mode.type == "flexible":
        given_mode = BillingMode() if params.billing_mode is UNSET else params.billing_mode
        return replace(given_mode, flexible=given_mode.flexible or Flexible())
    return BillingMode(flexible=None, type="classic")


def _first_trial_end(params: CreateSubscription, chosen: list[Price], now: int) -> int | None:
    if params.trial_end is not UNSET and params.trial_period_days is not UNSET:
        raise Invalid("You can't use both `trial_end` and `trial_period_days`.", param="trial_end")
    if params.trial_end is not UNSET and params.trial_end != "now":
        if params.trial_end <= now:
            raise Invalid("`trial_end` must be in the future, or `now`.", param="trial_end")
        return params.trial_end
    days = params.trial_period_days or 0
    if params.trial_from_plan is True:
        days = max(price.recurring.trial_period_days or 0 for price in chosen if price.recurring)
    return now + days * DAY_S if days else None


def _first_anchor(params: CreateSubscription, now: int, trial_end: int | None) -> int:
    if params.backdate_start_date is not UNSET and params.backdate_start_date > now:
        raise Invalid("`backdate_start_date` must be in the past.", param="backdate_start_date")
    config = params.billing_cycle_anchor_config
    if config is not UNSET:
        return calendar_anchor(
            now,
            day=config.day_of_month,
            month=config.month,
            hour=config.hour,
            minute=config.minute,
            second=config.second,
        )
    if params.billing_cycle_anchor is not UNSET:
        if params.billing_cycle_anchor < now:
            raise Invalid("`billing_cycle_anchor` must be in the future.", param="billing_cycle_anchor")
        return params.billing_cycle_anchor
    return trial_end or params.backdate_start_date or now


def _first_periods(tx: Tx, subscription: Subscription, now: int) -> list[Any]:
    prices = prices_of(tx, subscription)
    if subscription.trial_end is not None:
        end = subscription.trial_end
        return [replace(i, current_period_start=now, current_period_end=end) for i in subscription.items]
    anchor = subscription.billing_cycle_anchor
    started = [start_period(item, prices[item.price], anchor=anchor, at=now) for item in subscription.items]
    if subscription.start_date < now:
        return [replace(i, current_period_start=max(subscription.start_date, i.current_period_start)) for i in started]
    return started


def _plain(subscription: Subscription, params: CreateSubscription | UpdateSubscription) -> Subscription:
    """The fields that are kept as given."""
    if params.automatic_tax is not UNSET and params.automatic_tax.enabled:
        raise Invalid("Automatic tax is not supported by Tenure.", param="automatic_tax[enabled]")
    sent = given(params)
    fields = {key: sent[key] for key in PLAIN if key in sent}
    if "invoice_settings" in sent:
        fields["invoice_settings"] = sent["invoice_settings"]
    changed = patch(subscription, fields) if fields else subscription
    if params.metadata is not UNSET:
        changed = replace(changed, metadata=merged_metadata(subscription.metadata, params.metadata))
    return changed


def _discounted(
    tx: Tx, subscription: Subscription, params: CreateSubscription | UpdateSubscription, now: int
) -> Subscription:
    if params.discounts is UNSET:
        return subscription
    products = frozenset(price.product for price in prices_of(tx, subscription).values())
    found = discounts.resolve(
        tx,
        params.discounts or [],
        current=subscription.discounts,
        subscription=subscription,
        products=products,
        now=now,
        param="discounts",
    )
    return replace(subscription, discounts=found)


def _ending(subscription: Subscription, params: CreateSubscription | UpdateSubscription, now: int) -> Subscription:
    """The end that the parameters set, move or take back."""
    at, flag = params.cancel_at, params.cancel_at_period_end
    if at is not UNSET and at is not None and flag is True:
        raise Invalid("You can't pass both `cancel_at` and `cancel_at_period_end`.", param="cancel_at")
    if flag is True:
        unchanged = subscription.cancel_at_period_end
        return subscription if unchanged else cancellations.at_period_end(subscription, now)
    if isinstance(at, int):
        return cancellations.at_time(subscription, now, at)
    if isinstance(at, str):
        ends = [item.current_period_end for item in subscription.items]
        return cancellations.at_time(subscription, now, min(ends) if at == "min_period_end" else max(ends))
    withdrawn = (at is None and subscription.cancel_at is not None) or (
        flag is False and subscription.cancel_at_period_end
    )
    return cancellations.undo(subscription) if withdrawn else subscription


def _with_details(tx: Tx, subscription: Subscription, details: DetailsGiven) -> Subscription:
    option = details.feedback_option
    if isinstance(option, str):
        usable_option(tx, option, param="cancellation_details[feedback_option]")
    return replace(subscription, cancellation_details=patch(subscription.cancellation_details, given(details)))


def usable_option(tx: Tx, id: str, *, param: str) -> FeedbackOption:
    """The custom reason, or a refusal where it is unknown or no longer offered."""
    option = tx.need(FeedbackOption, id, param=param)
    if option.status != "active":
        raise Invalid(f"The feedback option {id} is inactive and cannot be used.", param=param)
    return option


def update(tx: Tx, id: str, params: UpdateSubscription) -> Subscription:
    """Change what was given. A subscription that has ended keeps only metadata and cancellation details open."""
    before = locked(tx, id)
    now = moment(tx, before.test_clock)
    after = _plain(before, params) if before.status not in TERMINAL else _ended_metadata(before, params)
    if before.status not in TERMINAL:
        after = _changed(tx, after, params, now)
    if params.cancellation_details is not UNSET:
        after = _with_details(tx, after, params.cancellation_details)
    if after != before:
        tx.save(discounts.with_news(before, cancellations.updated(after)))
    return after


def _ended_metadata(before: Subscription, params: UpdateSubscription) -> Subscription:
    if set(given(params)) - {"metadata", "cancellation_details"}:
        raise Invalid("A canceled subscription can only update its cancellation_details and metadata.")
    if params.metadata is UNSET:
        return before
    return replace(before, metadata=merged_metadata(before.metadata, params.metadata))


def _changed(tx: Tx, subscription: Subscription, params: UpdateSubscription, now: int) -> Subscription:
    after = subscription
    if params.items is not UNSET:
        after = items.changed(tx, after, params.items, now=now)
    if params.trial_end is not UNSET:
        after = _new_trial_end(tx, after, params.trial_end, now)
    anchor = params.billing_cycle_anchor
    if anchor == "now" or getattr(anchor, "type", None) == "now":
        after = _restarted(tx, after, now)
    if params.pause_collection is not UNSET:
        after = replace(after, pause_collection=check_pause(params.pause_collection, now))
    after = _discounted(tx, after, params, now)
    return _ending(cancellations.follow_period(after), params, now)


def _new_trial_end(tx: Tx, subscription: Subscription, end: int | Literal["now"], now: int) -> Subscription:
    if end == "now":
        if subscription.status is not Status.TRIALING:
            return subscription
        return move(_restarted(tx, replace(subscription, trial_end=now), now), Status.ACTIVE)
    if end <= now:
        raise Invalid("`trial_end` must be in the future, or `now`.", param="trial_end")
    kept = [replace(item, current_period_end=end) for item in subscription.items]
    start = subscription.trial_start if subscription.status is Status.TRIALING else now
    return move(subscription, Status.TRIALING, trial_end=end, trial_start=start, items=kept, billing_cycle_anchor=end)


def _restarted(tx: Tx, subscription: Subscription, now: int) -> Subscription:
    prices = prices_of(tx, subscription)
    restarted = [start_period(item, prices[item.price], anchor=now, at=now) for item in subscription.items]
    return reprice(replace(subscription, items=restarted, billing_cycle_anchor=now), restarted, prices, now)


def cancel(
    tx: Tx,
    id: str,
    *,
    mode: Literal["at_period_end", "immediately"] = "immediately",
    customer: str | None = None,
    details: DetailsGiven | None = None,
    from_portal: bool = False,
    param: str = "id",
) -> Subscription:
    """End it now or at its period's end. Raises NotFound, Conflict where it has ended or its end is set already."""
    before = locked(tx, id, customer=customer, param=param)
    now = moment(tx, before.test_clock)
    described = _with_details(tx, before, details) if details is not None else before
    if mode == "immediately":
        after = cancellations.cancel_now(described, now)
        tx.save(cancellations.deleted(after))
        return after
    if is_ending(before):
        raise Conflict(f"The subscription `{id}` is already set to be canceled at period end.", param=param)
    after = cancellations.at_period_end(described, now, from_portal=from_portal)
    tx.save(cancellations.updated(after))
    return after


def undo(tx: Tx, id: str, *, customer: str | None = None) -> Subscription:
    """Take back an end that is set but not reached. Raises NotFound, Conflict."""
    after = cancellations.undo(locked(tx, id, customer=customer))
    tx.save(cancellations.updated(after))
    return after


def answer(tx: Tx, id: str, details: DetailsGiven, *, customer: str | None = None) -> Subscription:
    """Write down why the customer left, before or after the end. Raises NotFound."""
    before = locked(tx, id, customer=customer)
    after = _with_details(tx, before, details)
    if after != before:
        tx.save(cancellations.updated(after))
    return after


def put_coupon(tx: Tx, id: str, coupon: str, *, customer: str | None = None, param: str = "coupon") -> Subscription:
    """Add one coupon; the discounts that are there stay. Raises Invalid where it does not apply, Conflict."""
    before = locked(tx, id, customer=customer)
    if before.status in TERMINAL:
        raise Conflict(f"The subscription {id} has ended: nothing can be taken off it any more.", param=param)
    keep: list[dict[str, str]] = [{"discount": each.id} for each in before.discounts]
    asked = patch(UpdateSubscription(), {"discounts": [*keep, {"coupon": coupon}]})
    after = _discounted(tx, before, asked, moment(tx, before.test_clock))
    tx.save(discounts.with_news(before, cancellations.updated(after)))
    return after


def drop_discounts(tx: Tx, id: str) -> Subscription:
    """Take all its discounts off."""
    before = locked(tx, id)
    if not before.discounts:
        raise NotFound(f"No active discount for subscription: {id}", code="resource_missing")
    after = replace(before, discounts=[])
    tx.save(discounts.with_news(before, cancellations.updated(after)))
    return after


def pause_collection(tx: Tx, id: str, pause: Any) -> Subscription:
    """Pause collection as described, or go on with None."""
    return update(tx, id, UpdateSubscription(pause_collection=pause))


def pause(tx: Tx, id: str) -> Subscription:
    """Pause it until it is resumed: no periods advance. Raises Conflict where the reference refuses too."""
    before = locked(tx, id)
    if before.billing_mode.type != "flexible":
        raise Conflict("Only subscriptions with `billing_mode[type]=flexible` can be paused.", param="id")
    if before.status not in (Status.ACTIVE, Status.PAST_DUE) or before.collection_method == "send_invoice":
        raise Conflict(f"The subscription {id} cannot be paused: it is `{before.status}`.", param="id")
    now = moment(tx, before.test_clock)
    why = PausedDetails(subscription=PausedBy(type="pause_requested"), transitioned_at=now)
    after = move(before, Status.PAUSED, status_details=StatusDetails(paused=why))
    draft = EventDraft("customer.subscription.paused", after)
    tx.save(Change(after=(after,), events=(EventDraft(cancellations.UPDATED, after), draft)))
    return after


def resume(tx: Tx, id: str, *, anchor_now: bool = True) -> Subscription:
    """Go on after a pause. Raises Conflict when it is not paused."""
    before = locked(tx, id)
    if before.status is not Status.PAUSED:
        raise Conflict(f"The subscription {id} is not paused: only paused subscriptions can be resumed.", param="id")
    now = moment(tx, before.test_clock)
    after = move(_restarted(tx, before, now) if anchor_now else before, Status.ACTIVE, status_details=None)
    draft = EventDraft("customer.subscription.resumed", after)
    tx.save(Change(after=(after,), events=(EventDraft(cancellations.UPDATED, after), draft)))
    return after


def migrate(tx: Tx, id: str, mode: BillingMode) -> Subscription:
    """Go over to flexible billing; there is no way back. Raises Conflict where it is flexible already."""
    before = locked(tx, id)
    if before.billing_mode.type == "flexible":
        raise Conflict(f"The subscription {id} already uses flexible billing mode.", param="billing_mode[type]")
    now = moment(tx, before.test_clock)
    flexible = BillingMode(flexible=mode.flexible or Flexible(), type="flexible", updated_at=now)
    after = replace(before, billing_mode=flexible)
    tx.save(cancellations.updated(after))
    return after


def due_at(subscription: Subscription) -> int:
    """When something happens to it next, unix seconds; far away when nothing will."""
    at = next_due(subscription)
    return at if at is not None else 2**53


def ended(subscription: Subscription, now: int) -> Change:
    """The change that ends a subscription together with what it belongs to."""
    return cancellations.deleted(cancellations.cancel_now(subscription, now))


def step(tx: Tx, id: str, *, now: int) -> bool:
    """Run the earliest moment that has come; whether there was one."""
    before = tx.lock(Subscription, id)
    change = renewals.step(before, prices_of(tx, before), now)
    if change is None:
        return False
    tx.save(discounts.with_news(before, change))
    return True


def advance(tx: Tx, id: str, *, now: int) -> None:
    """Run every moment that has come, oldest first, up to a bound; the rest waits for the next call."""
    for _ in range(MAX_STEPS):
        if not step(tx, id, now=now):
            return
