"""Whose invoice a page's secret opens; the secret is 256 random bits, so there is nothing to try out.

/i/<token> ── find ──▶ scope and id of the invoice, or None
"""

from sqlalchemy import bindparam, false, select

from tenure.domain.documents import Scope
from tenure.store.billing_schema import invoices
from tenure.store.tx import SystemTx

_FIND = select(invoices.c.account, invoices.c.livemode, invoices.c.id).where(
    invoices.c.hosted_token == bindparam("token"), invoices.c.deleted == false()
)


def find(tx: SystemTx, token: str) -> tuple[Scope, str] | None:
    """The scope and the id behind a token."""
    row = tx.row(_FIND, token=token)
    return (Scope(row.account, row.livemode), row.id) if row is not None else None
