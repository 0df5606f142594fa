"""Customers: create, update, delete."""

import zlib
from collections.abc import Mapping
from typing import Any

from tenure.actions import (
    customer_balance,
    invoice_items,
    payment_methods,
    scheduled,
    standing,
    subscriptions,
    tax_ids,
)
from tenure.actions.clock import moment, page_all
from tenure.actions.patch import patch
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, Document, EventDraft
from tenure.domain.errors import Conflict, Invalid
from tenure.domain.ids import base62
from tenure.domain.invoice_items import InvoiceItem
from tenure.domain.invoices import Invoice, InvoiceStatus
from tenure.domain.payment_methods import PaymentMethod
from tenure.domain.subscriptions import TERMINAL, Subscription
from tenure.domain.test_clocks import TestClock
from tenure.store.customers import has_prefix
from tenure.store.portal_sessions import end_of_customer
from tenure.store.tx import Tx

PREFIX_LENGTH = 8
CODES = int(62**PREFIX_LENGTH)
ELSEWHERE = ("balance", "payment_method", "tax_id_data")
DEFAULT_METHOD = "invoice_settings[default_payment_method]"


def create(tx: Tx, fields: Mapping[str, Any]) -> Customer:
    """A new customer from the fields that were given. Raises NotFound for an unknown test clock."""
    if fields.get("test_clock") is not None:
        tx.need(TestClock, fields["test_clock"], param="test_clock")
    id, method = tx.new_id("cus_"), fields.get("payment_method")
    if method is not None:
        return _with_method(tx, id, fields, method)
    made = _drafted(tx, id, fields)
    tx.save(made)
    return tx.need(Customer, id)


def _with_method(tx: Tx, id: str, fields: Mapping[str, Any], method: str) -> Customer:
    """A new customer with a payment method of their own, which may be the default as well."""
    settings = fields.get("invoice_settings") or {}
    default = settings.get("default_payment_method")
    early = {**fields, "invoice_settings": {**settings, "default_payment_method": None}}
    with tx.story(lambda: EventDraft("customer.created", tx.need(Customer, id))):
        made = _drafted(tx, id, early)
        tx.save(Change(after=made.after, events=made.events[1:]))
        attached = payment_methods.attach(tx, method, id)
        if default is not None:
            chosen = attached.id if default == method else default
            update(tx, id, {"invoice_settings": {"default_payment_method": chosen}})
    return tx.need(Customer, id)


def _drafted(tx: Tx, id: str, fields: Mapping[str, Any]) -> Change:
    """The customer with their balance and tax ids, and the news of all, the customer's own first."""
    _check_default_method(tx, id, fields)
    plain = {key: value for key, value in fields.items() if key not in ELSEWHERE}
    prefix = _checked_prefix(tx, fields["invoice_prefix"], id) if "invoice_prefix" in fields else _free_prefix(tx, id)
    blank = Customer(
        id=id, created=moment(tx, fields.get("test_clock")), livemode=tx.scope.livemode, invoice_prefix=prefix
    )
    customer, around = _with_balance(tx, patch(blank, plain), fields, first=True)
    numbers = [
        tax_ids.drafted(tx, **each, customer=id, param=f"tax_id_data[{n}][value]")
        for n, each in enumerate(fields.get("tax_id_data") or ())
    ]
    news = (EventDraft("customer.created", customer), *(draft for each in numbers for draft in tax_ids.created(each)))
    return Change(after=(customer, *around, *numbers), events=news)


def hash_of(text: str) -> int:
    """A number that depends on the text alone, for a readable invoice prefix."""
    return zlib.crc32(text.encode()) * 2654435761 % CODES


def update(tx: Tx, id: str, fields: Mapping[str, Any]) -> Customer:
    """Change the fields that were given. Raises Invalid, Conflict."""
    before = tx.lock(Customer, id, param="customer")
    _check_default_method(tx, id, fields)
    if "invoice_prefix" in fields:
        _checked_prefix(tx, fields["invoice_prefix"], id)
    if fields.get("next_invoice_sequence", before.next_invoice_sequence) < before.next_invoice_sequence:
        raise Invalid(
            f"next_invoice_sequence must be at least {before.next_invoice_sequence}: lower numbers may be taken.",
            param="next_invoice_sequence",
        )
    plain = {key: value for key, value in fields.items() if key != "balance"}
    customer, around = _with_balance(tx, patch(before, plain), fields, first=False)
    if customer != before:
        tx.save(Change(after=(customer, *around), events=(EventDraft("customer.updated", customer),)))
    return customer


def _with_balance(
    tx: Tx, customer: Customer, fields: Mapping[str, Any], *, first: bool
) -> tuple[Customer, tuple[Document, ...]]:
    """The customer with the balance that was asked for, and the transaction that brings it there."""
    if "balance" not in fields:
        return customer, ()
    now = moment(tx, customer.test_clock)
    moved = customer_balance.set_to(tx, customer, fields["balance"], type="initial" if first else "adjustment", now=now)
    return (moved.customer, (moved.transaction,)) if moved is not None else (customer, ())


def _check_default_method(tx: Tx, customer: str, fields: Mapping[str, Any]) -> None:
    """Refuse a default that does not belong to the customer. Raises NotFound, Invalid."""
    default = (fields.get("invoice_settings") or {}).get("default_payment_method")
    if default is not None and tx.need(PaymentMethod, default, param=DEFAULT_METHOD).customer != customer:
        raise Invalid(
            f"The customer does not have a payment method with the ID {default}. "
            "The payment method must be attached to the customer.",
            code="resource_missing",
            param=DEFAULT_METHOD,
        )


def _checked_prefix(tx: Tx, prefix: str, id: str) -> str:
    """The same prefix. Raises Conflict where another customer has it."""
    if has_prefix(tx, prefix) not in (None, id):
        raise Conflict(f"The invoice prefix `{prefix}` is used by another customer.", param="invoice_prefix")
    return prefix


def _free_prefix(tx: Tx, id: str) -> str:
    """A prefix that follows from the id, and that nobody has."""
    prefix, seed = "", id
    while not prefix or has_prefix(tx, prefix) is not None:
        prefix = base62(hash_of(seed), PREFIX_LENGTH).upper()
        seed += "'"
    return prefix


def delete(tx: Tx, id: str) -> Customer:
    """Delete the customer and end at once what goes on: subscriptions, schedules, payment methods, portal sessions.

    What was recorded stays for reports. Invoices stay as they are, but nobody collects them any more.
    """
    customer = tx.lock(Customer, id, param="customer")
    for each in page_all(tx, Subscription, [("customer", "=", id)]):
        if each.status not in TERMINAL:
            locked = tx.lock(Subscription, each.id)
            subscriptions.close(tx, locked, moment(tx, locked.test_clock))
    scheduled.of_customer_gone(tx, id, now=moment(tx, customer.test_clock))
    end_of_customer(tx, id)
    _stop_billing(tx, id)
    customer = tx.lock(Customer, id)
    tx.save(Change(deleted=(customer,), events=(EventDraft("customer.deleted", customer),)))
    return customer


def _stop_billing(tx: Tx, customer: str) -> None:
    """No draft is finalized and no open invoice is collected by itself; what waits for an invoice goes."""
    for status in (InvoiceStatus.DRAFT, InvoiceStatus.OPEN):
        for each in page_all(tx, Invoice, [("customer", "=", customer), ("status", "=", status.value)]):
            standing.leave(tx, tx.lock(Invoice, each.id))
    for item in page_all(tx, InvoiceItem, [("customer", "=", customer), ("pending", "=", True)]):
        invoice_items.delete(tx, item.id)
    for method in page_all(tx, PaymentMethod, [("customer", "=", customer)]):
        payment_methods.detach(tx, method.id)
