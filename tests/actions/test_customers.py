"""What customers carry for their invoices, on both databases."""

import pytest

from tenure.actions import customers, invoice_drafts, invoice_items, invoices
from tenure.domain.customer_balance import CustomerBalanceTransaction
from tenure.domain.customers import Customer
from tenure.domain.errors import Conflict, Invalid
from tenure.domain.events import Event
from tenure.domain.invoice_items import InvoiceItem
from tenure.domain.invoices import Invoice
from tenure.domain.payment_methods import PaymentMethod
from tenure.domain.tax_ids import TaxId
from tenure.store.store import Store
from tenure.store.tx import Tx
from tests.support.stores import SCOPE

NOW = 1_790_000_000


async def test_a_balance_that_is_set_leaves_its_transaction(store: Store) -> None:
    def work(tx: Tx) -> None:
        made = customers.create(tx, {"balance": -500})
        assert (made.balance, made.currency) == (-500, "eur")
        after = customers.update(tx, made.id, {"balance": 200, "name": "Ada"})
        assert (after.balance, after.name) == (200, "Ada")
        customers.update(tx, made.id, {"balance": 200})
        moves = tx.page(CustomerBalanceTransaction, [("customer", "=", made.id)]).items
        assert [(each.type, each.amount, each.ending_balance) for each in reversed(moves)] == [
            ("initial", -500, -500),
            ("adjustment", 700, 200),  # 200 - -500
        ]
        updates = [each for each in tx.page(Event).items if each.type == "customer.updated"]
        assert [each.data.previous_attributes for each in updates] == [{"balance": -500, "name": None}]

    await store.write(SCOPE, work, now=NOW)


async def test_an_invoice_prefix_is_one_customer_s_alone_for_good(store: Store) -> None:
    def work(tx: Tx) -> None:
        first = customers.create(tx, {"invoice_prefix": "BOAT"})
        with pytest.raises(Conflict, match="BOAT"):
            customers.create(tx, {"invoice_prefix": "BOAT"})
        other = customers.create(tx, {})
        assert other.invoice_prefix not in (None, "BOAT")
        with pytest.raises(Conflict, match="BOAT"):
            customers.update(tx, other.id, {"invoice_prefix": "BOAT"})
        assert customers.update(tx, first.id, {"invoice_prefix": "BOAT", "name": "Ada"}).name == "Ada"
        customers.delete(tx, first.id)
        with pytest.raises(Conflict, match="BOAT"):
            customers.update(tx, other.id, {"invoice_prefix": "BOAT"})

    await store.write(SCOPE, work, now=NOW)


async def test_numbers_of_invoices_only_go_up(store: Store) -> None:
    def work(tx: Tx) -> None:
        made = customers.create(tx, {"next_invoice_sequence": 7})
        assert customers.update(tx, made.id, {"next_invoice_sequence": 9}).next_invoice_sequence == 9
        with pytest.raises(Invalid, match="at least 9"):
            customers.update(tx, made.id, {"next_invoice_sequence": 8})

    await store.write(SCOPE, work, now=NOW)


async def test_tax_ids_come_with_the_customer_or_nothing_does(store: Store) -> None:
    def work(tx: Tx) -> None:
        numbers = [{"type": "eu_vat", "value": "DE136695976"}, {"type": "us_ein", "value": "12-3456789"}]
        made = customers.create(tx, {"tax_id_data": numbers})
        kept = tx.page(TaxId, [("customer", "=", made.id)]).items
        assert [each.value for each in reversed(kept)] == ["DE136695976", "12-3456789"]
        types = [each.type for each in reversed(tx.page(Event).items)]
        assert types == ["customer.created", "customer.tax_id.created", "customer.tax_id.created"]
        with pytest.raises(Invalid) as refused:
            customers.create(tx, {"tax_id_data": [*numbers, {"type": "us_ein", "value": "1"}]})
        assert refused.value.param == "tax_id_data[2][value]"
        assert tx.count(Customer) == 1

    await store.write(SCOPE, work, now=NOW)


async def test_nothing_goes_on_for_a_customer_who_is_deleted(store: Store) -> None:
    def work(tx: Tx) -> None:
        made = customers.create(tx, {"payment_method": "pm_card_visa", "balance": -100})
        other = customers.create(tx, {"payment_method": "pm_card_visa"})
        for each in (made, other):
            invoice_items.create(tx, {"customer": each.id, "amount": 500, "currency": "eur"})
        draft = invoice_drafts.create(tx, {"customer": made.id, "auto_advance": True})
        invoice_items.create(tx, {"customer": made.id, "invoice": draft.id, "amount": 700, "currency": "eur"})
        drafted = invoice_drafts.create(tx, {"customer": made.id, "collection_method": "send_invoice"})
        invoice_items.create(tx, {"customer": made.id, "invoice": drafted.id, "amount": 900, "currency": "eur"})
        opened = invoices.finalize(tx, drafted.id, auto_advance=True)
        customers.delete(tx, made.id)
        left = [tx.need(Invoice, id) for id in (draft.id, opened.id)]
        assert [(each.status, each.auto_advance, invoices.due_at(each)) for each in left] == [
            ("draft", False, 2**53),
            ("open", False, opened.due_date),
        ]
        assert _owners(tx, PaymentMethod) == _owners(tx, InvoiceItem, ("pending", "=", True)) == [other.id]
        assert invoices.void(tx, opened.id).status == "void"
        told = {each.type for each in tx.page(Event, limit=100).items}
        assert {"payment_method.detached", "invoiceitem.deleted", "invoice.updated", "customer.deleted"} <= told

    await store.write(SCOPE, work, now=NOW)


def _owners(tx: Tx, kind: type[PaymentMethod] | type[InvoiceItem], *where: tuple[str, str, object]) -> list[str | None]:
    """Whose these documents are."""
    return [each.customer for each in tx.page(kind, where).items if each.customer is not None]
