"""The terms of a subscription: plain fields, discounts, and the end that parameters set; for creating and updating."""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from tenure.actions import discounts, payment_methods, tax_rates
from tenure.actions.patch import given, merged_metadata, patch
from tenure.domain import cancellations
from tenure.domain.errors import Invalid
from tenure.domain.prices import Price
from tenure.domain.requests import CreateSubscription, UpdateSubscription
from tenure.domain.subscriptions import Subscription
from tenure.store.tx import Tx

PLAIN = ("collection_method", "days_until_due", "description", "pending_invoice_item_interval", "trial_settings")


def prices_of(tx: Tx, subscription: Subscription) -> Mapping[str, Price]:
    """The prices of its items, by id."""
    return tx.many(Price, {item.price for item in subscription.items})


def plain(tx: Tx, subscription: Subscription, params: CreateSubscription | UpdateSubscription) -> Subscription:
    """The subscription with the fields that are kept as given. Raises Invalid, NotFound."""
    if params.automatic_tax is not UNSET and params.automatic_tax.enabled:
        raise Invalid("Automatic tax is not supported by Tenure.", param="automatic_tax[enabled]")
    sent = given(params)
    fields = {key: sent[key] for key in PLAIN if key in sent}
    if "invoice_settings" in sent:
        fields["invoice_settings"] = sent["invoice_settings"]
    changed = patch(subscription, fields) if fields else subscription
    if params.metadata is not UNSET:
        changed = replace(changed, metadata=merged_metadata(subscription.metadata, params.metadata))
    return _paid_by(tx, changed, params)


def _paid_by(tx: Tx, subscription: Subscription, params: CreateSubscription | UpdateSubscription) -> Subscription:
    """Who pays and in which way, and the taxes on it."""
    after = subscription
    if params.default_payment_method is not UNSET:
        id = params.default_payment_method
        if id is not None:
            payment_methods.usable(tx, id, subscription.customer)
        after = replace(after, default_payment_method=id)
    if params.default_tax_rates is not UNSET:
        rates = tax_rates.usable(tx, params.default_tax_rates or [], param="default_tax_rates")
        after = replace(after, default_tax_rates=rates)
    if params.payment_settings is not UNSET:
        before: dict[str, Any] = {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
            **(subscription.payment_settings or {}),
        }
        after = replace(after, payment_settings=before | given(params.payment_settings))
    return after


def discounted(
    tx: Tx, subscription: Subscription, params: CreateSubscription | UpdateSubscription, now: int
) -> Subscription:
    """The subscription with the discounts that were asked for. Raises Invalid, NotFound."""
    if params.discounts is UNSET:
        return subscription
    holder = discounts.of_subscription(subscription, prices_of(tx, subscription))
    found = discounts.resolve(
        tx, params.discounts or [], holder, current=subscription.discounts, now=now, param="discounts"
    )
    return replace(subscription, discounts=found)


def ending(subscription: Subscription, params: CreateSubscription | UpdateSubscription, now: int) -> Subscription:
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
