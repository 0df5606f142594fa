"""A customer's credit balance: move it, and say more about a move that was made."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from msgspec.structs import replace

from tenure.actions.clock import moment
from tenure.actions.patch import merged_metadata, patch
from tenure.domain.customer_balance import CustomerBalanceTransaction, TransactionType, credited
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import NotFound
from tenure.store import accounts
from tenure.store.tx import Tx

FALLBACK_CURRENCY = "eur"


class Moved(NamedTuple):
    """The customer after a move of the balance, and the transaction that records it."""

    customer: Customer
    transaction: CustomerBalanceTransaction


def move(
    tx: Tx,
    customer_id: str,
    *,
    amount: int,
    currency: str,
    type: TransactionType,
    invoice: str | None = None,
    credit_note: str | None = None,
    description: str | None = None,
    metadata: Mapping[str, str] | None = None,
    now: int,
) -> CustomerBalanceTransaction:
    """Add `amount` to the balance, negative in the customer's favour. Raises NotFound, and Invalid for the currency."""
    before = tx.lock(Customer, customer_id, param="customer")
    moved = _moved(tx, before, amount=amount, currency=currency, type=type, now=now)
    transaction = replace(
        moved.transaction,
        invoice=invoice,
        credit_note=credit_note,
        description=description,
        metadata=merged_metadata({}, metadata),
    )
    news = (EventDraft("customer.updated", moved.customer),) if moved.customer != before else ()
    tx.save(Change(after=(moved.customer, transaction), events=news))
    return transaction


def set_to(
    tx: Tx, customer: Customer, balance: int, *, type: Literal["adjustment", "initial"], now: int
) -> Moved | None:
    """What makes the balance of a customer who is about to be saved `balance`; None where it is that already."""
    amount = balance - customer.balance
    if not amount:
        return None
    currency = customer.currency or default_currency(tx)
    return _moved(tx, customer, amount=amount, currency=currency, type=type, now=now)


def create(tx: Tx, customer_id: str, fields: Mapping[str, Any]) -> CustomerBalanceTransaction:
    """An adjustment that the merchant makes."""
    customer = tx.need(Customer, customer_id, param="customer")
    now = moment(tx, customer.test_clock)
    return move(tx, customer_id, type="adjustment", now=now, **fields)


def update(tx: Tx, customer_id: str, id: str, fields: Mapping[str, Any]) -> CustomerBalanceTransaction:
    """Change the description or the metadata; amounts never change."""
    before = own(tx, customer_id, id)
    after = patch(before, fields)
    if after != before:
        tx.save(Change(after=(after,)))
    return after


def own(tx: Tx, customer_id: str, id: str) -> CustomerBalanceTransaction:
    """A transaction of this customer; one of another does not exist."""
    tx.need(Customer, customer_id, param="customer")
    found = tx.need(CustomerBalanceTransaction, id, param="transaction")
    if found.customer != customer_id:
        raise NotFound(f"No such customer balance transaction: '{id}'", code="resource_missing", param="transaction")
    return found


def default_currency(tx: Tx) -> str:
    """The account's own currency, for customers who have none yet."""
    account = accounts.get(tx, tx.scope.account)
    return str(account.settings.get("default_currency", FALLBACK_CURRENCY)) if account else FALLBACK_CURRENCY


def _moved(tx: Tx, customer: Customer, *, amount: int, currency: str, type: TransactionType, now: int) -> Moved:
    after = credited(customer, amount, currency)
    transaction = CustomerBalanceTransaction(
        id=tx.new_id("cbtxn_"),
        created=now,
        livemode=tx.scope.livemode,
        amount=amount,
        currency=currency,
        customer=customer.id,
        ending_balance=after.balance,
        type=type,
    )
    return Moved(after, transaction)
