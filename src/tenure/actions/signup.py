"""A new subscription: its items and periods, its first invoice, and how the first payment goes.

items, trial, anchor ─▶ first periods ─▶ first invoice ─▶ paid ─▶ active
                                             │ └ declined, or not asked yet ─▶ incomplete, for 23 hours
                                             └ nothing due (a trial) ─▶ trialing
"""

from math import lcm

from msgspec import UNSET
from msgspec.structs import replace

from tenure.actions import billing, discounts, ends, invoices, items, payments, proration_items, setup_intents, standing
from tenure.actions.adding import one_time_items
from tenure.actions.books import Books, books
from tenure.actions.clock import moment
from tenure.actions.keeping import keep
from tenure.actions.terms import discounted, ending, plain, prices_of
from tenure.domain import prorations
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Invalid
from tenure.domain.invoice_items import InvoiceItem
from tenure.domain.invoices import Invoice, InvoiceStatus
from tenure.domain.items import item_period, start_period
from tenure.domain.periods import DAY_S, calendar_anchor, on_day
from tenure.domain.prices import Price
from tenure.domain.requests import CreateSubscription
from tenure.domain.subscriptions import (
    FIRST_PAYMENT_S,
    AnchorConfig,
    BillingMode,
    Flexible,
    Status,
    Subscription,
    SubscriptionItem,
    gathering,
    move,
    noticing,
)
from tenure.store.tx import Tx

CREATED = "customer.subscription.created"
NO_METHOD = (
    "This customer has no attached payment source or default payment method. Please consider adding a default payment "
    "method. For more information, visit the guide to payments in Tenure's documentation."
)


def create(tx: Tx, params: CreateSubscription) -> Subscription:
    """A new subscription with its first invoice. Raises Invalid, NotFound, and Declined where that is asked for."""
    customer = tx.need(Customer, params.customer, param="customer")
    now = moment(tx, customer.test_clock)
    made = _made(tx, params, customer, now)
    extra = one_time_items(tx, params.add_invoice_items, made, now=now)

    def told() -> EventDraft:
        return EventDraft(CREATED, tx.need(Subscription, made.id))

    news = [lambda draft=draft: draft for draft in discounts.news(None, made)]
    with tx.story(*news, told):
        tx.save(Change(after=(made,)))
        _billed(tx, params, customer, made, extra, now)
    return tx.need(Subscription, made.id)


def _made(tx: Tx, params: CreateSubscription, customer: Customer, now: int) -> Subscription:
    currency = (params.currency or "").lower() or None
    chosen = items.priced(tx, params.items, currency=currency)
    trial_end = _first_trial_end(params, chosen, now)
    if params.days_until_due is not UNSET and params.collection_method != "send_invoice":
        raise Invalid("`days_until_due` goes only with `collection_method=send_invoice`.", param="days_until_due")
    if params.payment_behavior == "pending_if_incomplete":
        raise Invalid("`pending_if_incomplete` can only be used when updating.", param="payment_behavior")
    blank = Subscription(
        id=tx.new_id("sub_"),
        created=now,
        livemode=tx.scope.livemode,
        billing_cycle_anchor=_first_anchor(params, chosen, now, trial_end),
        billing_cycle_anchor_config=params.billing_cycle_anchor_config or None,
        billing_mode=_mode(params),
        currency=currency or chosen[0].currency,
        customer=customer.id,
        items=[],
        start_date=params.backdate_start_date or now,
        status=Status.TRIALING if trial_end else Status.INCOMPLETE,
        test_clock=customer.test_clock,
        trial_end=trial_end,
        trial_start=now if trial_end else None,
    )
    filled = items.added(tx, plain(tx, blank, params), params.items, chosen, now=now)
    placed = replace(filled, items=_first_periods(tx, filled, now))
    ended = ends.cut(tx, placed, ending(placed, params, now), prorates=params.proration_behavior != "none")
    return gathering(noticing(discounted(tx, ended, params, now)), now)


def _mode(params: CreateSubscription) -> BillingMode:
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


def _first_anchor(params: CreateSubscription, chosen: list[Price], now: int, trial_end: int | None) -> int:
    if params.billing_cycle_anchor is not UNSET and params.billing_cycle_anchor_config is not UNSET:
        raise Invalid(
            "You may only specify one of these parameters: billing_cycle_anchor, billing_cycle_anchor_config.",
            param="billing_cycle_anchor",
        )
    if params.backdate_start_date is not UNSET and params.backdate_start_date > now:
        raise Invalid("`backdate_start_date` must be in the past.", param="backdate_start_date")
    config = params.billing_cycle_anchor_config
    if config is not UNSET:
        return _on_calendar(config, chosen, trial_end or now)
    if params.billing_cycle_anchor is not UNSET:
        if params.billing_cycle_anchor < now:
            raise Invalid("`billing_cycle_anchor` must be in the future.", param="billing_cycle_anchor")
        natural = min(item_period(price, trial_end or now, trial_end or now)[1] for price in chosen)
        if params.billing_cycle_anchor > natural:
            raise Invalid(
                f"billing_cycle_anchor cannot be later than next natural billing date ({natural}) for plan",
                param="billing_cycle_anchor",
            )
        return params.billing_cycle_anchor
    return trial_end or params.backdate_start_date or now


def _on_calendar(config: AnchorConfig, chosen: list[Price], start: int) -> int:
    """The anchor on a day of the month; where the first such month is too short, one that has the day."""
    every = [price.recurring for price in chosen if price.recurring is not None]
    if any(each.interval in ("day", "week") for each in every):
        raise Invalid(
            "`billing_cycle_anchor_config` can only be used with prices of monthly or yearly intervals.",
            param="billing_cycle_anchor_config",
        )
    first = calendar_anchor(
        start,
        day=config.day_of_month,
        month=config.month,
        hour=config.hour,
        minute=config.minute,
        second=config.second,
    )
    months = [each.interval_count * (12 if each.interval == "year" else 1) for each in every]
    return on_day(first, config.day_of_month, lcm(*months))


def _first_periods(tx: Tx, subscription: Subscription, now: int) -> list[SubscriptionItem]:
    prices = prices_of(tx, subscription)
    if subscription.trial_end is not None:
        end = subscription.trial_end
        return [replace(i, current_period_start=now, current_period_end=end) for i in subscription.items]
    anchor = subscription.billing_cycle_anchor
    started = [start_period(item, prices[item.price], anchor=anchor, at=now) for item in subscription.items]
    if subscription.start_date < now:
        return [replace(i, current_period_start=max(subscription.start_date, i.current_period_start)) for i in started]
    return started


# The first invoice


def _billed(
    tx: Tx,
    params: CreateSubscription,
    customer: Customer,
    made: Subscription,
    extra: list[InvoiceItem],
    now: int,
) -> None:
    bill = _first_bill(tx, params, customer, made, extra, now)
    assert bill.subscription is not None
    by_hand = made.collection_method == "send_invoice"
    after = bill.subscription
    if made.status is Status.INCOMPLETE:
        after = replace(after, expires_at=None if by_hand else now + FIRST_PAYMENT_S)
        if by_hand:
            after = move(after, Status.ACTIVE)
    # The loose ones were told of when they were made; what belongs to the subscription is as new as it is.
    news = [EventDraft("invoiceitem.created", item) for item in bill.taken if item.parent is not None]
    keep(tx, made, after, others=(bill.invoice, *bill.taken), news=(*news, bill.created), now=now)
    if by_hand:
        return
    opened = invoices.finalized(tx, bill.invoice, now)
    if opened.status is InvoiceStatus.OPEN:
        _collected(tx, params, opened, now)
    elif invoices.method_for(tx, opened) is None:
        _asked_for_method(tx, made.id, customer.id)


def _asked_for_method(tx: Tx, id: str, customer: str) -> None:
    """Nothing is due yet, and nobody to ask later: a setup intent lets the customer give a method meanwhile."""
    intent = setup_intents.create(tx, {"customer": customer, "usage": "off_session"}).intent
    before = tx.lock(Subscription, id)
    tx.save(Change(after=(replace(before, pending_setup_intent=intent.id),)))


def _first_bill(
    tx: Tx, params: CreateSubscription, customer: Customer, made: Subscription, extra: list[InvoiceItem], now: int
) -> billing.Bill:
    kept = books(tx, [made])
    whole: list[SubscriptionItem] = []
    stubs: list[SubscriptionItem] = []
    for item in made.items:
        (whole if made.trial_end is not None or _is_whole(made, item, kept) else stubs).append(item)
    lines = billing.first_lines(tx, replace(made, items=whole), kept)
    partial = []
    if params.proration_behavior != "none":
        values = billing.values(made, kept)
        start = made.start_date if made.start_date < now else now
        asked = prorations.debits(made, stubs, kept.prices, values, start)
        partial = [proration_items.proration_item(tx, made, each, kept, now) for each in asked]
        made = proration_items.owing(made, asked, [item.id for item in partial])
    waiting = [*partial, *extra, *billing.loose(tx, customer.id, made.currency)]
    key = f"{made.id}:{now}:create"
    return billing.draft(tx, customer, made, reason="subscription_create", at=now, lines=lines, items=waiting, key=key)


def _is_whole(made: Subscription, item: SubscriptionItem, kept: Books) -> bool:
    """Whether the item's first period is one of the whole ones, and no earlier time is to be billed with it."""
    started, price = item.current_period_start, kept.prices[item.price]
    return made.start_date >= started and prorations.fresh(None, item, price, made.billing_cycle_anchor, started)


def _collected(tx: Tx, params: CreateSubscription, opened: Invoice, now: int) -> None:
    """The first payment, in the way that `payment_behavior` asks for."""
    behavior = "allow_incomplete" if params.payment_behavior is UNSET else params.payment_behavior
    method = invoices.method_for(tx, opened)
    if behavior == "default_incomplete":
        intent = payments.prepare(tx, opened, method=method, now=now)
        invoices.saved(tx, replace(opened, payment_intent=intent.id))
        return
    if method is None:
        if standing.needs_method(tx):
            raise Invalid(NO_METHOD, code="resource_missing")
        standing.by_hand(tx, opened, now)
        return
    _, outcome = invoices.collect(tx, opened, now=now, method=method, off_session=params.off_session is True)
    if behavior == "error_if_incomplete" and outcome is not None and outcome.status != "succeeded":
        raise payments.refusal(outcome)
