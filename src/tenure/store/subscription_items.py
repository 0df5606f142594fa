"""Which subscription an item belongs to: items live inside its document, this finds it by their ids."""

from sqlalchemy import bindparam, select

from tenure.store.queries import scoped
from tenure.store.schema import subscription_items
from tenure.store.tx import Tx

_OWNER = select(subscription_items.c.subscription).where(
    scoped(subscription_items), subscription_items.c.id == bindparam("item_id")
)


def owner_of(tx: Tx, item_id: str) -> str | None:
    """The id of the subscription that has this item."""
    row = tx.row(_OWNER, **tx.bound, item_id=item_id)
    return row.subscription if row is not None else None
