"""Tax ids: create, delete, and what becomes of those that are being verified."""

from collections.abc import Sequence

from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import NotFound
from tenure.domain.tax_ids import (
    Owner,
    TaxId,
    Verification,
    country_of,
    first_verification,
    settled,
    settles,
    test_status,
)
from tenure.store.tx import Tx
from tenure.wire import tax_id_formats


def create(tx: Tx, *, type: str, value: str, customer: str | None) -> TaxId:
    """A tax id of a customer, or of the account itself. Raises Invalid for a number that cannot be one."""
    if customer is not None:
        tx.need(Customer, customer, param="customer")
    tax_id = drafted(tx, type=type, value=value, customer=customer)
    tx.save(Change(after=(tax_id,), events=created(tax_id)))
    return tax_id


def drafted(tx: Tx, *, type: str, value: str, customer: str | None, param: str = "value") -> TaxId:
    """The tax id as it will be saved. Raises Invalid for a number that cannot be one."""
    if tx.scope.livemode or test_status(type, value) is None:
        tax_id_formats.check(type, value, param=param)
    verification: Verification | None = first_verification(type) if customer is not None else None
    return TaxId(
        id=tx.new_id("txi_"),
        created=tx.now,
        livemode=tx.scope.livemode,
        country=country_of(type, value),
        customer=customer,
        owner=Owner(customer=customer, type="customer") if customer is not None else Owner(type="self"),
        type=type,
        value=value.strip(),
        verification=verification,
    )


def created(tax_id: TaxId) -> tuple[EventDraft, ...]:
    """The news of a new one; there is none for the account's own."""
    return (EventDraft("customer.tax_id.created", tax_id),) if tax_id.customer is not None else ()


def delete(tx: Tx, id: str, *, customer: str | None = None) -> TaxId:
    """Delete it; invoices that show it stay as they are. `customer`: whose it must be."""
    tax_id = own(tx, customer, id) if customer is not None else tx.need(TaxId, id, param="id")
    news = (EventDraft("customer.tax_id.deleted", tax_id),) if tax_id.customer is not None else ()
    tx.save(Change(deleted=(tax_id,), events=news))
    return tax_id


def own(tx: Tx, customer: str, id: str) -> TaxId:
    """A tax id of this customer; one of another does not exist."""
    tx.need(Customer, customer, param="customer")
    tax_id = tx.need(TaxId, id, param="id")
    if tax_id.customer != customer:
        raise NotFound(f"No such tax id: '{id}'", code="resource_missing", param="id")
    return tax_id


def settle_pending(tx: Tx, limit: int) -> int:
    """Settle up to `limit` ids that are being verified; answers how many there were."""
    waiting: Sequence[TaxId] = tx.page(TaxId, [("verify_at", "<=", tx.now)], limit=limit).items
    for each in waiting:
        tax_id = tx.lock(TaxId, each.id)
        if not settles(tax_id):
            continue
        right = test_status(tax_id.type, tax_id.value) is not None or _right(tax_id)
        after = settled(tax_id, right_digits=right)
        tx.save(Change(after=(after,), events=(EventDraft("customer.tax_id.updated", after),)))
    return len(waiting)


def _right(tax_id: TaxId) -> bool:
    return tax_id_formats.check(tax_id.type, tax_id.value)
