"""A customer's credit balance: what the merchant owes a customer, or a customer the merchant, outside of any invoice.

    balance < 0   credit in the customer's favour: lowers what the next invoice asks for
    balance > 0   a debt: is added to the next invoice

The balance is never written by hand: each transaction moves it, and remembers what it was afterwards.
Source: Stripe documentation, "Customer credit balance".
"""

from typing import Literal

import msgspec
from msgspec.structs import replace

from tenure.domain.customers import Customer
from tenure.domain.documents import Document
from tenure.domain.errors import Invalid

MAX_AMOUNT = 99_999_999_999
TransactionType = Literal[
    "adjustment",
    "applied_to_invoice",
    "checkout_session_subscription_payment",
    "checkout_session_subscription_payment_canceled",
    "credit_note",
    "initial",
    "invoice_overpaid",
    "invoice_too_large",
    "invoice_too_small",
    "migration",
    "unapplied_from_invoice",
    "unspent_receiver_credit",
]


class CustomerBalanceTransaction(Document, frozen=True, kw_only=True):
    """One move of the balance, in minor units; `ending_balance` is the balance right after it."""

    object: str = "customer_balance_transaction"
    amount: int
    checkout_session: str | None = None
    credit_note: str | None = None
    currency: str
    customer: str
    customer_account: str | None = None
    description: str | None = None
    ending_balance: int
    invoice: str | None = None
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    type: TransactionType = "adjustment"


def credited(customer: Customer, amount: int, currency: str) -> Customer:
    """The customer with the balance moved by `amount`; the first move decides on the currency. Raises Invalid."""
    if customer.currency is not None and currency != customer.currency:
        raise Invalid(
            f"The currency `{currency}` does not match the currency of the customer, `{customer.currency}`.",
            param="currency",
        )
    balance = customer.balance + amount
    if abs(balance) > MAX_AMOUNT:
        raise Invalid(f"A customer's balance must lie between -{MAX_AMOUNT} and {MAX_AMOUNT}.", param="amount")
    return replace(customer, balance=balance, currency=currency)
