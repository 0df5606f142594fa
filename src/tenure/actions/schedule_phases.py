"""Phases of a schedule: read from what was asked, taken from a subscription, and put into effect on one.

PhaseAsked ── laid_out ──▶ Phase ── first ──▶ CreateSubscription
Subscription ── taken ──▶ Phase ── change ──▶ UpdateSubscription
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from tenure.actions import items, payment_methods, prices
from tenure.actions.patch import given
from tenure.domain.coupons import Coupon, is_valid
from tenure.domain.errors import Invalid, Refused
from tenure.domain.items import check_items
from tenure.domain.prices import Price
from tenure.domain.promotion_codes import PromotionCode
from tenure.domain.requests import DiscountGiven, ItemGiven
from tenure.domain.schedule_phases import Length, check_trial, windows
from tenure.domain.schedule_requests import PhaseAddedItemGiven, PhaseAsked, PhaseChanged, PhaseItemGiven
from tenure.domain.subscription_schedules import (
    AddedItem,
    AddedPeriod,
    CurrentPhase,
    DefaultSettings,
    Phase,
    PhaseInvoiceSettings,
    PhaseItem,
)
from tenure.domain.subscriptions import Subscription, SubscriptionItem
from tenure.domain.tax_rates import TaxRate
from tenure.store.tx import Tx


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What phases are read in: whose they are, the schedule's defaults and billing mode, discounts that may be kept."""

    customer: str
    settings: DefaultSettings
    mode: str
    now: int
    discounts: frozenset[str] = frozenset()


def laid_out(tx: Tx, asked: Sequence[PhaseAsked], start: int, frame: Frame) -> list[Phase]:
    """The phases that were asked for, the first one from `start`. Raises Invalid, NotFound."""
    chosen = [_priced(tx, each, number) for number, each in enumerate(asked)]
    lengths = [_length(each, found, n, frame.now) for n, (each, found) in enumerate(zip(asked, chosen, strict=True))]
    placed = windows(lengths, start)
    return [
        _phase(tx, each, found, window, f"phases[{number}]", frame)
        for number, (each, found, window) in enumerate(zip(asked, chosen, placed, strict=True))
    ]


@contextmanager
def _under(at: str) -> Iterator[None]:
    """A refusal of what is inside names its parameter in full."""
    try:
        yield
    except Refused as refused:
        if refused.param is not None and not refused.param.startswith("phases["):
            head, bracket, rest = refused.param.partition("[")
            refused.param = f"{at}[{head}]{bracket}{rest}"
        raise


def _priced(tx: Tx, asked: PhaseAsked, number: int) -> list[Price]:
    """The price of each item, in order."""
    currency = None if asked.currency is UNSET else asked.currency.lower()
    wanted = [ItemGiven(plan=each.plan, price=each.price, price_data=each.price_data) for each in asked.items]
    with _under(f"phases[{number}]"):
        return items.priced(tx, wanted, currency=currency)


def _length(asked: PhaseAsked, found: Sequence[Price], number: int, now: int) -> Length:
    """How long it lasts: until a date, for a time, or one period of its first price."""
    said = [name for name in ("duration", "end_date", "iterations") if getattr(asked, name) is not UNSET]
    if len(said) > 1:
        raise Invalid(
            f"You may only specify one of these parameters: {', '.join(said)}.", param=f"phases[{number}][{said[1]}]"
        )
    began = getattr(asked, "start_date", UNSET)
    start = None if began is UNSET else now if began == "now" else began
    if asked.end_date is not UNSET:
        return Length(start=start, end=now if isinstance(asked.end_date, str) else asked.end_date)
    if asked.duration is not UNSET:
        return Length(start=start, interval=asked.duration.interval, interval_count=asked.duration.interval_count)
    recurring = found[0].recurring
    assert recurring is not None
    times = 1 if asked.iterations is UNSET else asked.iterations
    return Length(start=start, interval=recurring.interval, interval_count=recurring.interval_count, times=times)


def _phase(tx: Tx, asked: PhaseAsked, found: Sequence[Price], window: CurrentPhase, at: str, frame: Frame) -> Phase:
    if asked.automatic_tax is not UNSET and asked.automatic_tax.enabled:
        raise Invalid("Automatic tax is not supported by Tenure.", param=f"{at}[automatic_tax][enabled]")
    made = [_item(tx, each, price, f"{at}[items][{n}]", frame) for n, (each, price) in _numbered(asked.items, found)]
    _check_items(made, found, at, frame.mode)
    currency = found[0].currency if asked.currency is UNSET else asked.currency.lower()
    if asked.default_payment_method is not UNSET:
        payment_methods.usable(tx, asked.default_payment_method, frame.customer, param=f"{at}[default_payment_method]")
    named = ("billing_cycle_anchor", "collection_method", "default_payment_method", "description", "trial")
    settings = None if asked.invoice_settings is UNSET else asked.invoice_settings
    phase = Phase(
        add_invoice_items=_added(tx, asked, currency, at, frame),
        currency=currency,
        default_tax_rates=_rates(tx, asked.default_tax_rates, f"{at}[default_tax_rates]"),
        discounts=_discounts(tx, asked.discounts, f"{at}[discounts]", frame),
        end_date=window.end_date,
        invoice_settings=msgspec.convert(given(settings), PhaseInvoiceSettings) if settings else None,
        items=made,
        metadata={} if asked.metadata is UNSET else asked.metadata,
        proration_behavior="create_prorations" if asked.proration_behavior is UNSET else asked.proration_behavior,
        start_date=window.start_date,
        trial_end=asked.trial_end if isinstance(asked.trial_end, int) else None,
        **{name: getattr(asked, name) for name in named if getattr(asked, name) is not UNSET},
    )
    return check_trial(phase, at, anchor=phase.billing_cycle_anchor or frame.settings.billing_cycle_anchor)


def _numbered(asked: Sequence[PhaseItemGiven], found: Sequence[Price]) -> Any:
    return enumerate(zip(asked, found, strict=True))


def _item(tx: Tx, asked: PhaseItemGiven, price: Price, at: str, frame: Frame) -> PhaseItem:
    metered = price.recurring is not None and price.recurring.usage_type == "metered"
    if metered and asked.quantity is not UNSET:
        raise Invalid(
            "You cannot set the quantity for metered plans. Remove the quantity from the parameters.",
            param=f"{at}[quantity]",
        )
    return PhaseItem(
        discounts=_discounts(tx, asked.discounts, f"{at}[discounts]", frame),
        metadata={} if asked.metadata is UNSET else asked.metadata,
        price=price.id,
        quantity=None if metered else 1 if asked.quantity is UNSET else asked.quantity,
        tax_rates=_rates(tx, asked.tax_rates, f"{at}[tax_rates]"),
    )


def _check_items(made: Sequence[PhaseItem], found: Sequence[Price], at: str, mode: str) -> None:
    """Refuse what could not be the items of a subscription."""
    as_items = [
        SubscriptionItem(
            id="", created=0, current_period_start=0, current_period_end=0, price=each.price, subscription=""
        )
        for each in made
    ]
    with _under(at):
        check_items(as_items, {price.id: price for price in found}, mode)


def _rates(tx: Tx, asked: Any, at: str) -> list[str]:
    chosen: list[str] = [] if asked is UNSET or asked is None else asked
    for number, id in enumerate(chosen):
        tx.need(TaxRate, id, param=f"{at}[{number}]")
    return chosen


def _discounts(tx: Tx, asked: Any, at: str, frame: Frame) -> list[DiscountGiven]:
    """The coupons, codes and discounts to be on it; they are redeemed when the phase begins."""
    chosen: list[DiscountGiven] = [] if asked is UNSET or asked is None else asked
    for number, each in enumerate(chosen):
        _check_discount(tx, each, f"{at}[{number}]", frame)
    return chosen


def _check_discount(tx: Tx, asked: DiscountGiven, at: str, frame: Frame) -> None:
    if sum(value is not None for value in (asked.coupon, asked.discount, asked.promotion_code)) != 1:
        raise Invalid("Pass exactly one of `coupon`, `promotion_code` and `discount`.", param=at)
    if asked.coupon is not None and not is_valid(tx.need(Coupon, asked.coupon, param=f"{at}[coupon]"), frame.now):
        raise Invalid(
            f"Coupon {asked.coupon} is used up and cannot be applied.", code="coupon_expired", param=f"{at}[coupon]"
        )
    if asked.promotion_code is not None:
        tx.need(PromotionCode, asked.promotion_code, param=f"{at}[promotion_code]")
    if asked.discount is not None and asked.discount not in frame.discounts:
        raise Invalid(f"No such discount: '{asked.discount}'", code="resource_missing", param=f"{at}[discount]")


def _added(tx: Tx, asked: PhaseAsked, currency: str, at: str, frame: Frame) -> list[AddedItem]:
    chosen = [] if asked.add_invoice_items is UNSET else asked.add_invoice_items
    return [
        _added_item(tx, each, currency, f"{at}[add_invoice_items][{number}]", frame)
        for number, each in enumerate(chosen)
    ]


def _added_item(tx: Tx, asked: PhaseAddedItemGiven, currency: str, at: str, frame: Frame) -> AddedItem:
    if asked.price_data is not UNSET:
        price = prices.create(tx, given(asked.price_data))
    elif asked.price is not UNSET:
        price = tx.need(Price, asked.price, param=f"{at}[price]")
    else:
        raise Invalid(f"Missing required param: {at}[price].", code="parameter_missing", param=f"{at}[price]")
    if price.recurring is not None:
        raise Invalid(
            "The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`: "
            f"'{price.id}'.",
            param=f"{at}[price]",
        )
    if price.currency != currency:
        raise Invalid(
            f"The price specified only supports `{price.currency}`. This doesn't match the expected currency: "
            f"`{currency}`.",
            param=f"{at}[price]",
        )
    return AddedItem(
        discountable=None if asked.discountable is UNSET else asked.discountable,
        discounts=_discounts(tx, asked.discounts, f"{at}[discounts]", frame),
        metadata={} if asked.metadata is UNSET else asked.metadata,
        period=AddedPeriod() if asked.period is UNSET else asked.period,
        price=price.id,
        quantity=1 if asked.quantity is UNSET else asked.quantity,
        tax_rates=_rates(tx, asked.tax_rates, f"{at}[tax_rates]"),
    )


def items_after(
    subscription: Subscription, there: Sequence[PhaseItemGiven], asked: Sequence[ItemGiven]
) -> list[PhaseItemGiven]:
    """The items of a phase in which these changes of a subscription's items, `there`, are made. Raises Invalid."""
    kept = {item.id: each for item, each in zip(subscription.items, there, strict=True)}
    for number, change in enumerate(asked):
        key = change.id or f"new {number}"
        if change.id is not None and change.id not in kept:
            raise Invalid(
                f"No such subscription item: '{change.id}'", code="resource_missing", param=f"items[{number}][id]"
            )
        if change.deleted:
            kept.pop(key, None)
        else:
            kept[key] = _with(kept.get(key, PhaseItemGiven()), change)
    return list(kept.values())


def _quantity(quantity: int | None) -> dict[str, Any]:
    return {} if quantity is None else {"quantity": quantity}


def _with(before: PhaseItemGiven, asked: ItemGiven) -> PhaseItemGiven:
    """The item of a phase after this change; a new price stands for itself, however it was named before."""
    fields = {
        name: getattr(asked, name) for name in ("plan", "price", "price_data", "quantity", "metadata", "discounts")
    }
    said = {name: value for name, value in fields.items() if value is not UNSET and value is not None}
    if {"plan", "price", "price_data"} & set(said):
        before = replace(before, plan=UNSET, price=UNSET, price_data=UNSET)
    return replace(before, **said)


def as_asked(phase: Phase) -> PhaseChanged:
    """A phase in the words in which an update names it."""
    items = [
        PhaseItemGiven(
            price=each.price,
            discounts=each.discounts,
            metadata=each.metadata,
            tax_rates=each.tax_rates,
            **_quantity(each.quantity),
        )
        for each in phase.items
    ]
    return PhaseChanged(
        default_tax_rates=phase.default_tax_rates,
        discounts=phase.discounts,
        end_date=phase.end_date,
        items=items,
        start_date=phase.start_date,
        trial_end=UNSET if phase.trial_end is None else phase.trial_end,
    )
