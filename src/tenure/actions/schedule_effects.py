"""What a phase does to a subscription: the parameters that begin one with it, or change one into it; and back.

    Phase ── first ──▶ CreateSubscription          Phase ── change ──▶ UpdateSubscription
    Subscription ── taken ──▶ Phase

Items are matched by price; one whose price is new takes the place of one that is gone, so that its period goes on.
A coupon that is on the subscription already is kept and not redeemed again.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from tenure.domain.discounts import Discount
from tenure.domain.documents import full
from tenure.domain.requests import CreateSubscription, DiscountGiven, Proration, UpdateSubscription
from tenure.domain.subscription_schedules import (
    DefaultSettings,
    Phase,
    PhaseInvoiceSettings,
    PhaseItem,
    SubscriptionSchedule,
    cancels_at,
)
from tenure.domain.subscriptions import Status, Subscription, SubscriptionItem, period_end


def taken(subscription: Subscription, start: int, end: int) -> Phase:
    """A phase in which the subscription is as it is now."""
    trial = subscription.trial_end
    return Phase(
        currency=subscription.currency,
        default_tax_rates=subscription.default_tax_rates,
        discounts=_kept(subscription.discounts),
        end_date=end,
        items=[
            PhaseItem(
                discounts=_kept(item.discounts),
                metadata=item.metadata,
                price=item.price,
                quantity=item.quantity,
                tax_rates=item.tax_rates,
            )
            for item in subscription.items
        ],
        start_date=start,
        trial_end=trial if trial is not None and start < trial <= end else None,
    )


def _kept(discounts: Sequence[Discount]) -> list[DiscountGiven]:
    return [DiscountGiven(discount=each.id) for each in discounts]


def window(subscription: Subscription) -> tuple[int, int]:
    """Start and end of the period that the subscription is in."""
    return min(item.current_period_start for item in subscription.items), period_end(subscription)


def defaults(subscription: Subscription) -> DefaultSettings:
    """The settings of a schedule that takes over this subscription."""
    settings = subscription.invoice_settings
    return DefaultSettings(
        collection_method=subscription.collection_method,
        default_payment_method=subscription.default_payment_method,
        description=subscription.description,
        invoice_settings=PhaseInvoiceSettings(
            custom_fields=settings.custom_fields,
            days_until_due=subscription.days_until_due,
            description=settings.description,
            footer=settings.footer,
        ),
    )


def first(schedule: SubscriptionSchedule, phase: Phase, at: int) -> CreateSubscription:
    """The subscription that the first phase begins with; one that began in the past is dated back."""
    asked = {
        **_settings(schedule, phase),
        "billing_mode": full(schedule.billing_mode),
        "currency": phase.currency,
        "customer": schedule.customer,
        "discounts": [full(each) for each in phase.discounts],
        "items": [_new_item(each) for each in phase.items],
        "proration_behavior": phase.proration_behavior,
        "add_invoice_items": _added(phase),
    }
    if phase.start_date < at:
        asked["backdate_start_date"] = phase.start_date
    if phase.trial_end is not None and phase.trial_end > at:
        asked["trial_end"] = phase.trial_end
    if cancels_at(schedule) is not None:
        asked["cancel_at"] = cancels_at(schedule)
    return msgspec.convert({key: value for key, value in asked.items() if value != []}, CreateSubscription)


def change(
    schedule: SubscriptionSchedule,
    phase: Phase,
    subscription: Subscription,
    at: int,
    *,
    proration: Proration,
    begins: bool,
) -> UpdateSubscription:
    """What makes the subscription what the phase says; `begins`: the phase is only just entered."""
    asked = {
        **_settings(schedule, phase),
        "default_tax_rates": phase.default_tax_rates,
        "discounts": _discounts(phase.discounts, subscription.discounts),
        "items": _items(phase.items, subscription.items),
        "off_session": True,
        "proration_behavior": proration,
    }
    trial = _trial(phase, subscription, at)
    if trial is not None:
        asked["trial_end"] = trial
    if begins:
        anchor = phase.billing_cycle_anchor or schedule.default_settings.billing_cycle_anchor
        if anchor == "phase_start" and trial is None:
            asked["billing_cycle_anchor"] = "now"
        if phase.add_invoice_items:
            asked["add_invoice_items"] = _added(phase)
    if subscription.cancel_at != cancels_at(schedule):
        asked["cancel_at"] = cancels_at(schedule)
    return msgspec.convert(asked, UpdateSubscription)


def _settings(schedule: SubscriptionSchedule, phase: Phase) -> dict[str, Any]:
    """What the phase says, and where it says nothing the schedule's default."""
    usual = schedule.default_settings
    invoices = phase.invoice_settings or usual.invoice_settings
    method = phase.collection_method or usual.collection_method
    named = invoices.custom_fields
    shown = {
        "custom_fields": None if named is None else [full(each) for each in named],
        "description": invoices.description,
        "footer": invoices.footer,
    }
    said = {
        "collection_method": method,
        "days_until_due": invoices.days_until_due if method == "send_invoice" else None,
        "default_payment_method": phase.default_payment_method or usual.default_payment_method,
        "default_tax_rates": phase.default_tax_rates or None,
        "description": phase.description or usual.description,
        "invoice_settings": _said(shown) or None,
        "metadata": phase.metadata or None,
    }
    return _said(said)


def _added(phase: Phase) -> list[dict[str, Any]]:
    """What the phase bills once; its own dates are said as timestamps."""
    dates = {"phase_start": phase.start_date, "phase_end": phase.end_date}
    asked = []
    for item in phase.add_invoice_items:
        said = _said(full(item))
        said["period"] = {
            end: {"type": "timestamp", "timestamp": dates[time["type"]]} if time["type"] in dates else _said(time)
            for end, time in said["period"].items()
        }
        said["discounts"] = [_said(each) for each in said["discounts"]]
        asked.append(said)
    return asked


def _said(fields: dict[str, Any]) -> dict[str, Any]:
    """Only what is set."""
    return {key: value for key, value in fields.items() if value is not None}


def _new_item(item: PhaseItem) -> dict[str, Any]:
    said: dict[str, Any] = {"price": item.price}
    if item.quantity is not None:
        said["quantity"] = item.quantity
    if item.metadata:
        said["metadata"] = item.metadata
    if item.discounts:
        said["discounts"] = [full(each) for each in item.discounts]
    if item.tax_rates:
        said["tax_rates"] = item.tax_rates
    return said


def _items(asked: Sequence[PhaseItem], there: Sequence[SubscriptionItem]) -> list[dict[str, Any]]:
    """The items to be, as changes of those that are there."""
    by_price = {item.price: item for item in there}
    wanted = {item.price for item in asked}
    spare = [item for item in there if item.price not in wanted]
    changes = []
    for each in asked:
        old = by_price.get(each.price) or _successor(each, spare)
        changes.append(_new_item(each) if old is None else _changed_item(each, old))
    return changes + [{"id": item.id, "deleted": True} for item in spare]


def _successor(asked: PhaseItem, spare: list[SubscriptionItem]) -> SubscriptionItem | None:
    """An item whose place the new price takes, out of those that are left; licensed follows licensed."""
    found = next((item for item in spare if (item.quantity is None) == (asked.quantity is None)), None)
    if found is not None:
        spare.remove(found)
    return found


def _changed_item(asked: PhaseItem, old: SubscriptionItem) -> dict[str, Any]:
    said = _new_item(asked) | {"id": old.id, "discounts": _discounts(asked.discounts, old.discounts)}
    if old.tax_rates != asked.tax_rates:
        said["tax_rates"] = asked.tax_rates
    return said


def _discounts(asked: Sequence[DiscountGiven], there: Sequence[Discount]) -> list[dict[str, str]]:
    """The discounts to be: those that are there stay, the others are redeemed, and a kept one that is over is left."""
    spare, found = list(there), []
    for each in asked:
        kept = next((one for one in spare if _same(each, one)), None)
        if kept is not None:
            spare.remove(kept)
            found.append({"discount": kept.id})
        elif each.discount is None:
            found.append(_said(full(each)))
    return found


def _same(asked: DiscountGiven, there: Discount) -> bool:
    if asked.discount is not None:
        return asked.discount == there.id
    if asked.promotion_code is not None:
        return asked.promotion_code == there.promotion_code
    return asked.coupon == there.source.coupon and there.promotion_code is None


def _trial(phase: Phase, subscription: Subscription, at: int) -> int | str | None:
    """The trial's end to set, `now` to end one that the phase does not have, or None to leave it."""
    running = subscription.trial_end if subscription.status is Status.TRIALING else None
    wanted = phase.trial_end if phase.trial_end is not None and phase.trial_end > at else None
    if wanted == running:
        return None
    if wanted is not None:
        return wanted
    return "now" if running is not None and running > at else None


def says(phase: Phase, subscription: Subscription) -> bool:
    """Whether the subscription has the items and discounts of the phase."""
    items = sorted((each.price, each.quantity or 0) for each in phase.items)
    there = sorted((each.price, each.quantity or 0) for each in subscription.items)
    return items == there and _covered(phase.discounts, subscription.discounts)


def _covered(asked: Sequence[DiscountGiven], there: Sequence[Discount]) -> bool:
    """Whether every discount that is there was asked for; one that was asked for may be used up."""
    return all(any(_same(each, one) for each in asked) for one in there)
