"""Customers: create, update, delete."""

import zlib
from collections.abc import Mapping
from typing import Any

from tenure.actions import subscriptions
from tenure.actions.clock import moment, page_all
from tenure.actions.patch import patch
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft
from tenure.domain.ids import base62
from tenure.domain.subscriptions import TERMINAL, Subscription
from tenure.domain.test_clocks import TestClock
from tenure.store.portal_sessions import end_of_customer
from tenure.store.tx import Tx

PREFIX_LENGTH = 8
CODES = int(62**PREFIX_LENGTH)


def create(tx: Tx, fields: Mapping[str, Any]) -> Customer:
    """A new customer from the fields that were given. Raises NotFound for an unknown test clock."""
    if fields.get("test_clock") is not None:
        tx.need(TestClock, fields["test_clock"], param="test_clock")
    id = tx.new_id("cus_")
    blank = Customer(
        id=id, created=tx.now, livemode=tx.scope.livemode, invoice_prefix=base62(hash_of(id), PREFIX_LENGTH).upper()
    )
    customer = patch(blank, fields)
    tx.save(Change(after=(customer,), events=(EventDraft("customer.created", customer),)))
    return customer


def hash_of(text: str) -> int:
    """A number that depends on the text alone, for a readable invoice prefix."""
    return zlib.crc32(text.encode()) * 2654435761 % CODES


def update(tx: Tx, id: str, fields: Mapping[str, Any]) -> Customer:
    """Change the fields that were given."""
    before = tx.lock(Customer, id, param="customer")
    customer = patch(before, fields)
    if customer != before:
        tx.save(Change(after=(customer,), events=(EventDraft("customer.updated", customer),)))
    return customer


def delete(tx: Tx, id: str) -> Customer:
    """Delete the customer, end subscriptions and portal sessions at once; what was recorded stays for reports."""
    customer = tx.lock(Customer, id, param="customer")
    for each in page_all(tx, Subscription, [("customer", "=", id)]):
        if each.status not in TERMINAL:
            locked = tx.lock(Subscription, each.id)
            tx.save(subscriptions.ended(locked, moment(tx, locked.test_clock)))
    end_of_customer(tx, id)
    tx.save(Change(deleted=(customer,), events=(EventDraft("customer.deleted", customer),)))
    return customer
