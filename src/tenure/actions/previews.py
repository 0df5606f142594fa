"""Previews: what an invoice would say. The change is really made inside a savepoint, looked at, and undone.

So a preview cannot differ from what happens: it is what happens, without its end.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from tenure.actions import billing, customers, invoice_items, renewals, subscriptions
from tenure.actions.clock import moment, page_all
from tenure.actions.patch import patch
from tenure.actions.terms import prices_of
from tenure.domain import amounts
from tenure.domain.customers import Customer
from tenure.domain.errors import Invalid, NotFound
from tenure.domain.invoice_items import InvoiceItem
from tenure.domain.invoices import Invoice, InvoiceStatus, StatusTransitions
from tenure.domain.prices import Price
from tenure.domain.prorations import metered
from tenure.domain.requests import CreateSubscription, UpdateSubscription
from tenure.domain.subscriptions import TERMINAL, Status, Subscription
from tenure.store.tx import Tx

NONE = "No upcoming invoices for customer: {customer}"
CHANGES = ("billing_cycle_anchor", "cancel_at", "cancel_at_period_end", "default_tax_rates", "items", "metadata")
MORE = ("proration_behavior", "proration_date", "trial_end")


class _Seen(Exception):
    """Carries what was seen out of the savepoint, which undoes everything."""

    def __init__(self, invoice: Invoice) -> None:
        super().__init__()
        self.invoice = invoice


def preview(tx: Tx, fields: Mapping[str, Any]) -> Invoice:
    """The invoice that these parameters would lead to. Raises Invalid, NotFound; nothing stays behind."""
    if (fields.get("automatic_tax") or {}).get("enabled"):
        raise Invalid("Automatic tax is not supported by Tenure.", param="automatic_tax[enabled]")
    if fields.get("preview_mode") == "recurring":
        raise Invalid("Tenure previews the next invoice only: `preview_mode` must be `next`.", param="preview_mode")
    try:
        with tx.savepoint():
            raise _Seen(_as_draft(_happened(tx, fields)))
    except _Seen as seen:
        return seen.invoice


def next_invoice(tx: Tx, subscription: Subscription) -> Invoice | None:
    """The next invoice of a subscription as it is, or None where none will come; nothing is saved."""
    if stops(subscription):
        return None
    return _as_draft(subscriptions.upcoming(tx, subscription))


def next_amount(tx: Tx, subscription: Subscription, customer: Customer) -> int | None:
    """What the next invoice will ask for, or None where none will come; minor units.

    The same as `next_invoice` says. Where only fixed prices make it up, it is their sum, and no invoice is drawn up.
    """
    if stops(subscription):
        return None
    prices = prices_of(tx, subscription)
    if not _is_plain(subscription, prices) or billing.waiting(tx, subscription):
        invoice = next_invoice(tx, subscription)
        return invoice.amount_due if invoice else None
    at = min(item.current_period_end for item in subscription.items)
    whole = sum(
        amounts.total(prices[item.price], 1 if item.quantity is None else item.quantity, subscription.currency)
        for item in subscription.items
        if item.current_period_end == at
    )
    return max(whole + customer.balance, 0)


def _is_plain(subscription: Subscription, prices: Mapping[str, Price]) -> bool:
    """Whether nothing is taken off, no tax comes on top, no usage counts, and no end cuts a period short."""
    reduced = subscription.discounts or any(item.discounts for item in subscription.items)
    taxed = subscription.default_tax_rates or any(item.tax_rates for item in subscription.items)
    by_usage = any(item.price not in prices or metered(prices[item.price]) for item in subscription.items)
    between = subscription.trial_end is not None and subscription.trial_end != subscription.billing_cycle_anchor
    return not (reduced or taxed or by_usage or between or subscription.cancel_at is not None)


def stops(subscription: Subscription) -> bool:
    """Whether no further period will be billed."""
    if subscription.status in TERMINAL or subscription.status in (Status.PAUSED, Status.INCOMPLETE):
        return True
    ends = min(item.current_period_end for item in subscription.items)
    return subscription.cancel_at is not None and subscription.cancel_at <= ends


def _as_draft(invoice: Invoice) -> Invoice:
    """As it would look before anything is final."""
    return replace(
        invoice,
        id=f"upcoming_{invoice.id}",
        amount_paid=0,
        amount_remaining=invoice.amount_due,
        attempt_count=0,
        attempted=False,
        billing_reason="upcoming",
        hosted_invoice_url=None,
        hosted_token=None,
        invoice_pdf=None,
        number=None,
        payment_intent=None,
        status=InvoiceStatus.DRAFT,
        status_transitions=StatusTransitions(),
    )


def _happened(tx: Tx, fields: Mapping[str, Any]) -> Invoice:
    details = dict(fields.get("subscription_details") or {})
    id = fields.get("subscription")
    if id is None:
        customer = _customer(tx, fields)
        if details.get("items"):
            return _created(tx, customer, fields, details)
        id = _soonest(tx, customer)
        if id is None:
            return _loose(tx, customer, fields)
    before = tx.lock(Subscription, id, param="subscription")
    if fields.get("customer") not in (None, before.customer):
        raise NotFound(f"No such subscription: '{before.id}'", code="resource_missing", param="subscription")
    if before.status in TERMINAL:
        raise Invalid(NONE.format(customer=before.customer), code="invoice_upcoming_none")
    _with_items(tx, fields, before.customer, before.id)
    return _changed(tx, before, fields, details)


def _soonest(tx: Tx, customer: Customer) -> str | None:
    """The subscription of the customer that is billed next."""
    going = [each for each in page_all(tx, Subscription, [("customer", "=", customer.id)]) if not stops(each)]
    ends = {each.id: min(item.current_period_end for item in each.items) for each in going}
    return min(ends, key=lambda id: (ends[id], id)) if ends else None


def _customer(tx: Tx, fields: Mapping[str, Any]) -> Customer:
    if fields.get("customer") is not None:
        return tx.need(Customer, fields["customer"], param="customer")
    if fields.get("customer_details") is None:
        raise Invalid(
            "You must pass `customer`, `customer_details` or `subscription`.",
            code="parameter_missing",
            param="customer",
        )
    known = fields["customer_details"]
    return customers.create(
        tx, {name: known[name] for name in ("address", "shipping", "tax_exempt") if known.get(name)}
    )


def _with_items(tx: Tx, fields: Mapping[str, Any], customer: str, subscription: str | None) -> None:
    """The invoice items that are only supposed."""
    for each in fields.get("invoice_items") or []:
        if each.get("invoiceitem") is not None:
            invoice_items.update(tx, each["invoiceitem"], {k: v for k, v in each.items() if k != "invoiceitem"})
            continue
        given = {k: v for k, v in each.items() if k not in ("price", "unit_amount", "tax_code")}
        if each.get("price") is not None:
            given["pricing"] = {"price": each["price"]}
        if each.get("unit_amount") is not None:
            given["unit_amount_decimal"] = str(each["unit_amount"])
        owner = {} if subscription is None else {"subscription": subscription}
        invoice_items.create(tx, {**given, "customer": customer, **owner})


def _created(tx: Tx, customer: Customer, fields: Mapping[str, Any], details: dict[str, Any]) -> Invoice:
    asked: dict[str, Any] = {
        k: details[k] for k in ("items", "trial_end", "default_tax_rates", "billing_mode") if k in details
    }
    anchor = details.get("billing_cycle_anchor")
    if isinstance(anchor, int):
        asked["billing_cycle_anchor"] = anchor
    if details.get("start_date") is not None:
        asked["backdate_start_date"] = details["start_date"]
    for name in ("currency", "discounts"):
        if fields.get(name) is not None:
            asked[name] = fields[name]
    if details.get("proration_behavior") is not None:
        asked["proration_behavior"] = details["proration_behavior"]
    _with_items(tx, fields, customer.id, None)
    whole = {**asked, "customer": customer.id, "payment_behavior": "default_incomplete"}
    return _invoice(tx, subscriptions.create(tx, msgspec.convert(whole, CreateSubscription)))


def _invoice(tx: Tx, subscription: Subscription) -> Invoice:
    assert subscription.latest_invoice is not None
    return tx.need(Invoice, subscription.latest_invoice)


def _loose(tx: Tx, customer: Customer, fields: Mapping[str, Any]) -> Invoice:
    """The invoice of a customer without a subscription: what waits, and what is supposed."""
    _with_items(tx, fields, customer.id, None)
    currency = fields.get("currency") or customer.currency or _waiting_currency(tx, customer)
    found = billing.loose(tx, customer.id, currency) if currency else []
    if not found:
        raise Invalid(NONE.format(customer=customer.id), code="invoice_upcoming_none")
    now = moment(tx, customer.test_clock)
    return billing.draft(tx, customer, None, reason="manual", at=now, lines=[], items=found, currency=currency).invoice


def _waiting_currency(tx: Tx, customer: Customer) -> str | None:
    """The currency of what waits for a customer who has never been billed."""
    where = [("customer", "=", customer.id), ("pending", "=", True), ("subscription", "null", None)]
    found = tx.page(InvoiceItem, where, limit=1).items
    return found[0].currency if found else None


def _changed(tx: Tx, before: Subscription, fields: Mapping[str, Any], details: dict[str, Any]) -> Invoice:
    prorates = details.get("proration_behavior", "create_prorations") != "none"
    if details.get("cancel_now"):
        gone = subscriptions.cancel(tx, before.id, invoice_now=True, prorate=prorates)
        if gone.latest_invoice == before.latest_invoice:
            raise Invalid(NONE.format(customer=before.customer), code="invoice_upcoming_none")
        return _invoice(tx, gone)
    asked = {name: details[name] for name in (*CHANGES, *MORE) if name in details}
    if fields.get("discounts") is not None:
        asked["discounts"] = fields["discounts"]
    after = before
    if isinstance(asked.get("billing_cycle_anchor"), int):
        raise Invalid(
            "For existing subscriptions, the billing_cycle_anchor can only be set to `now` or `unchanged`.",
            param="subscription_details[billing_cycle_anchor]",
        )
    if asked:
        params = patch(UpdateSubscription(), {**asked, "payment_behavior": "default_incomplete"})
        after = subscriptions.update(tx, before.id, params)
        if after.latest_invoice != before.latest_invoice:
            return _invoice(tx, after)
    last = renewals.last_bill(tx, after) if stops(after) else subscriptions.upcoming(tx, after)
    if last is None:
        raise Invalid(NONE.format(customer=before.customer), code="invoice_upcoming_none")
    return last
