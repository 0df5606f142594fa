"""Who took a retention offer and when: once per customer in 365 days, also under parallel clicks."""

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from tenure.domain.retention import OFFER_AGAIN_AFTER_S
from tenure.store.errors import AlreadyExists
from tenure.store.queries import scoped
from tenure.store.schema import retention_redemptions as table
from tenure.store.tx import Tx

_LAST = select(table.c.accepted_at).where(scoped(table), table.c.customer == bindparam("of_customer"))


def _take(dialect: str) -> postgresql.Insert | sqlite.Insert:
    """The unique row of the customer is the lock: an older one gives way, a fresh one does not."""
    make = sqlite.insert if dialect == "sqlite" else postgresql.insert
    new = make(table).values({column.name: bindparam(column.name) for column in table.c})
    return new.on_conflict_do_update(
        index_elements=[table.c.account, table.c.livemode, table.c.customer],
        set_={name: new.excluded[name] for name in ("coupon", "subscription", "accepted_at")},
        where=table.c.accepted_at <= bindparam("long_ago"),
    )


_TAKE = {dialect: _take(dialect) for dialect in ("sqlite", "postgresql")}


def last_accepted_at(tx: Tx, customer: str) -> int | None:
    """When the customer last took an offer, unix seconds."""
    row = tx.row(_LAST, **tx.bound, of_customer=customer)
    return row.accepted_at if row is not None else None


def add_redemption(tx: Tx, *, coupon: str, customer: str, subscription: str, accepted_at: int) -> None:
    """Note that the customer takes an offer; raises AlreadyExists when they took one within 365 days."""
    given = {"coupon": coupon, "customer": customer, "subscription": subscription, "accepted_at": accepted_at}
    if tx.run(_TAKE[tx.dialect], **tx.bound, **given, long_ago=accepted_at - OFFER_AGAIN_AFTER_S) == 0:
        raise AlreadyExists("retention redemption", customer)
