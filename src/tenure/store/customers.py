"""Prefixes of invoice numbers: one customer's alone, even after that customer is deleted."""

from sqlalchemy import bindparam, select

from tenure.store.queries import scoped
from tenure.store.schema import customers
from tenure.store.tx import Tx

_WITH_PREFIX = select(customers.c.id).where(scoped(customers), customers.c.invoice_prefix == bindparam("prefix"))


def has_prefix(tx: Tx, prefix: str) -> str | None:
    """The customer whose invoices' numbers begin with `prefix`, or None."""
    row = tx.row(_WITH_PREFIX, **tx.bound, prefix=prefix)
    return str(row.id) if row is not None else None
