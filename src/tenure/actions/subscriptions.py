"""Subscriptions: update, cancel, undo, pause, resume; how one is made is in signup.py, how time passes in renewals.py.

Every verb loads and locks, asks a rule of domain/, and saves one Change: documents, events and deliveries together.
What a change costs or gives back is billed by changes.py.
"""

from typing import Any, Literal

from msgspec import UNSET
from msgspec.structs import replace

from tenure.actions import changes, discounts, ends, items, standing
from tenure.actions.adding import one_time_items
from tenure.actions.changes import Terms
from tenure.actions.clock import moment
from tenure.actions.keeping import UPDATED, keep
from tenure.actions.patch import given, merged_metadata, patch
from tenure.actions.renewals import advance as advance
from tenure.actions.renewals import step as step
from tenure.actions.renewals import upcoming as upcoming
from tenure.actions.signup import create as create
from tenure.actions.terms import discounted, ending, plain, prices_of
from tenure.domain import cancellations
from tenure.domain.documents import EventDraft
from tenure.domain.errors import Conflict, Invalid, NotFound
from tenure.domain.items import cut_short, reprice, start_period
from tenure.domain.portal import FeedbackOption
from tenure.domain.requests import (
    DetailsGiven,
    PauseSubscription,
    ResumeSubscription,
    UpdateSubscription,
)
from tenure.domain.subscription_schedules import refuse_ending
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
    gathering,
    is_ending,
    move,
    next_due,
    noticing,
)
from tenure.store.tx import Tx

PENDING_ONLY = {
    "add_invoice_items",
    "billing_cycle_anchor",
    "items",
    "off_session",
    "payment_behavior",
    "proration_behavior",
    "proration_date",
    "trial_end",
    "trial_from_plan",
}


def locked(tx: Tx, id: str, *, customer: str | None = None, param: str | None = "id") -> Subscription:
    """The subscription, locked; another customer's does not exist for this one. Raises NotFound."""
    subscription = tx.lock(Subscription, id, param=param)
    if customer is not None and subscription.customer != customer:
        raise NotFound(f"No such subscription: '{id}'", code="resource_missing", param=param)
    return subscription


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
    """Change what was given, and bill it. A subscription that has ended keeps only metadata and cancellation details.

    Raises Invalid, NotFound, Conflict, and Declined where `error_if_incomplete` asks for that.
    """
    before = locked(tx, id)
    now = moment(tx, before.test_clock)
    if before.status in TERMINAL:
        return _saved(tx, before, _ended_metadata(before, params), params)
    if params.payment_behavior == "pending_if_incomplete":
        _check_pending(before, params)
    after = _changed(tx, plain(tx, before, params), params, now)
    if params.cancellation_details is not UNSET:
        after = _with_details(tx, after, params.cancellation_details)
    extra = one_time_items(tx, params.add_invoice_items, after, now=now)
    if after == before and not extra:
        return before
    return changes.change(tx, before, after, _terms(params, extra), now=now)


def _saved(tx: Tx, before: Subscription, after: Subscription, params: UpdateSubscription) -> Subscription:
    if params.cancellation_details is not UNSET:
        after = _with_details(tx, after, params.cancellation_details)
    if after != before:
        tx.save(cancellations.updated(after))
    return after


def _check_pending(before: Subscription, params: UpdateSubscription) -> None:
    others = sorted(set(given(params)) - PENDING_ONLY)
    if others:
        raise Invalid(
            f"When `payment_behavior` is set to `pending_if_incomplete`, the following parameters cannot be used: "
            f"{', '.join(others)}.",
            param=others[0],
        )
    if before.collection_method == "send_invoice":
        raise Invalid(
            "`pending_if_incomplete` cannot be used with `collection_method=send_invoice`.", param="payment_behavior"
        )


def _terms(params: UpdateSubscription, extra: list[Any]) -> Terms:
    return Terms(
        proration=params.proration_behavior or "create_prorations",
        payment=params.payment_behavior or "allow_incomplete",
        date=params.proration_date if params.proration_date is not UNSET else None,
        off_session=params.off_session is True,
        extra=extra,
    )


def _ended_metadata(before: Subscription, params: UpdateSubscription) -> Subscription:
    if set(given(params)) - {"metadata", "cancellation_details"}:
        raise Invalid("A canceled subscription can only update its cancellation_details and metadata.")
    if params.metadata is UNSET:
        return before
    return replace(before, metadata=merged_metadata(before.metadata, params.metadata))


def _changed(tx: Tx, subscription: Subscription, params: UpdateSubscription, now: int) -> Subscription:
    after = ends.whole(tx, subscription)
    if params.items is not UNSET:
        after = items.changed(tx, after, params.items, now=now)
    if params.trial_end is not UNSET:
        after = _new_trial_end(tx, after, params.trial_end, now)
    anchor = params.billing_cycle_anchor
    if anchor == "now" or getattr(anchor, "type", None) == "now":
        after = _restarted(tx, after, now)
    if params.pause_collection is not UNSET:
        after = replace(after, pause_collection=check_pause(params.pause_collection, now))
    if params.pending_invoice_item_interval is not UNSET:
        after = gathering(after, now)
    after = ending(cancellations.follow_period(discounted(tx, after, params, now)), params, now)
    after = ends.cut(tx, subscription, after, prorates=params.proration_behavior != "none")
    moved = [i.current_period_end for i in after.items] != [i.current_period_end for i in subscription.items]
    return noticing(after) if moved or after.trial_end != subscription.trial_end else after


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
    invoice_now: bool = False,
    prorate: bool = False,
) -> Subscription:
    """End it now or at its period's end. Raises NotFound, Conflict where it has ended or its end is set already.

    `prorate` gives back the time that is left, `invoice_now` bills what is still owed; both only for an end now.
    """
    before = locked(tx, id, customer=customer, param=param)
    now = moment(tx, before.test_clock)
    described = _with_details(tx, before, details) if details is not None else before
    if mode == "immediately":
        return _cancelled_now(tx, before, described, now, invoice_now=invoice_now, prorate=prorate)
    refuse_ending(before.schedule)
    if is_ending(before):
        raise Conflict(f"The subscription `{id}` is already set to be canceled at period end.", param=param)
    after = cancellations.at_period_end(described, now, from_portal=from_portal)
    tx.save(cancellations.updated(after))
    return after


def _cancelled_now(
    tx: Tx, before: Subscription, described: Subscription, now: int, *, invoice_now: bool, prorate: bool
) -> Subscription:
    after = cancellations.cancel_now(described, now)
    credits = changes.given_back(tx, before, now, now=now) if prorate else []
    bill = changes.last_invoice(tx, before, credits, now=now) if invoice_now else None
    taken = {item.id: item for item in bill.taken} if bill else {item.id: item for item in credits}
    news = [EventDraft("invoiceitem.created", taken[item.id]) for item in credits]
    if bill is None:
        keep(tx, before, after, cancellations.DELETED, others=credits, news=news, now=now)
    else:
        after = replace(after, latest_invoice=bill.invoice.id)
        others = (bill.invoice, *bill.taken)
        keep(tx, before, after, cancellations.DELETED, others=others, news=(*news, bill.created), now=now)
        changes.closed(tx, bill.invoice, now)
    standing.stop_collecting(tx, after.id)
    return after


def undo(tx: Tx, id: str, *, customer: str | None = None) -> Subscription:
    """Take back an end that is set but not reached. Raises NotFound, Conflict."""
    before = locked(tx, id, customer=customer)
    refuse_ending(before.schedule)
    after = cancellations.undo(ends.whole(tx, before))
    return changes.change(tx, before, after, Terms(), now=moment(tx, before.test_clock))


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
    after = discounted(tx, before, asked, moment(tx, before.test_clock))
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


def pause(tx: Tx, id: str, params: PauseSubscription | None = None) -> Subscription:
    """Pause it until it is resumed: no periods advance. Raises Conflict where the reference refuses too."""
    before = locked(tx, id)
    if before.billing_mode.type != "flexible":
        raise Conflict("Only subscriptions with `billing_mode[type]=flexible` can be paused.", param="id")
    if before.schedule is not None:
        raise Conflict(f"The subscription {id} is managed by the schedule {before.schedule}: release it first.")
    if before.status not in (Status.ACTIVE, Status.PAST_DUE) or before.collection_method == "send_invoice":
        raise Conflict(f"The subscription {id} cannot be paused: it is `{before.status}`.", param="id")
    now = moment(tx, before.test_clock)
    why = PausedDetails(subscription=PausedBy(type="pause_requested"), transitioned_at=now)
    after = move(before, Status.PAUSED, status_details=StatusDetails(paused=why), upcoming_at=None)
    items = _unused(tx, before, params, now)
    at_once = items and params is not None and params.invoicing_behavior == "invoice"
    bill = changes.last_invoice(tx, before, items, now=now) if at_once else None
    taken = {item.id: item for item in bill.taken} if bill else {item.id: item for item in items}
    news = [EventDraft("invoiceitem.created", taken[item.id]) for item in items]
    if items:
        after = replace(after, items=[replace(item, debits=[]) for item in after.items])
    if bill is not None:
        after = replace(after, latest_invoice=bill.invoice.id)
    others = (bill.invoice, *bill.taken) if bill else tuple(items)
    news += [bill.created] if bill else []
    keep(tx, before, after, UPDATED, "customer.subscription.paused", others=others, news=news, now=now)
    if bill is not None:
        changes.closed(tx, bill.invoice, now)
    return after


def _unused(tx: Tx, before: Subscription, params: PauseSubscription | None, now: int) -> list[Any]:
    """The credits for what the pause leaves unused."""
    if params is None or params.bill_for is UNSET or params.bill_for.unused_time_from is UNSET:
        return []
    match params.bill_for.unused_time_from.type:
        case "pause_at":
            return changes.given_back(tx, before, now, now=now)
        case "item_current_period_start":
            start = min(item.current_period_start for item in before.items)
            return changes.given_back(tx, before, start, now=now)
        case _:
            return []


def resume(tx: Tx, id: str, params: ResumeSubscription | None = None) -> Subscription:
    """Go on after a pause. Raises Conflict when it is not paused."""
    before = locked(tx, id)
    if before.status is not Status.PAUSED:
        raise Conflict(f"The subscription {id} is not paused: only paused subscriptions can be resumed.", param="id")
    now = moment(tx, before.test_clock)
    anchor = params.billing_cycle_anchor if params else UNSET
    unchanged = anchor == "unchanged" or getattr(anchor, "type", None) == "unchanged"
    after = before if unchanged else cut_short(_restarted(tx, before, now))
    on_success = params is None or params.payment_behavior != "resume_on_payment_attempt"
    types = (UPDATED, "customer.subscription.resumed")
    return changes.resumed(tx, before, noticing(after), on_success=on_success, now=now, types=types)


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


def close(tx: Tx, subscription: Subscription, now: int) -> None:
    """End a subscription together with what it belongs to; its open invoices are no longer collected."""
    keep(tx, subscription, cancellations.cancel_now(subscription, now), cancellations.DELETED, now=now)
    standing.stop_collecting(tx, subscription.id)
