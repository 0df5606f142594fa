"""Credit notes in money: the invoice, the customer's balance, refunds and news, on both databases."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from tenure.actions import billing, credit_notes, customers, invoice_items, invoices, tax_rates
from tenure.domain.credit_notes import CreditNote
from tenure.domain.customer_balance import CustomerBalanceTransaction
from tenure.domain.customers import Customer
from tenure.domain.documents import Change
from tenure.domain.errors import Conflict, Invalid
from tenure.domain.events import Event
from tenure.domain.invoices import Invoice
from tenure.domain.payment_intents import PaymentIntent
from tenure.domain.payment_methods import PaymentMethod
from tenure.domain.refunds import Refund
from tenure.store.store import Store
from tenure.store.tx import Tx
from tests.support.stores import SCOPE

NOW = 1_790_000_000


def draft(tx: Tx, *amounts: int, **fields: Any) -> Invoice:
    customer = customers.create(tx, {"name": "Ada", "payment_method": "pm_card_visa", **fields})
    rate = tax_rates.create(tx, {"display_name": "VAT", "inclusive": False, "percentage": 20.0}).id
    items = [
        invoice_items.create(
            tx,
            {"customer": customer.id, "amount": amount, "currency": "eur", "tax_rates": [rate], "description": "Sail"},
        )
        for amount in amounts
    ]
    bill = billing.draft(tx, tx.need(Customer, customer.id), None, reason="manual", at=NOW, lines=(), items=items)
    tx.save(Change(after=(bill.invoice, *bill.taken), events=(bill.created,)))
    return bill.invoice


def opened(tx: Tx, *amounts: int, **fields: Any) -> Invoice:
    return invoices.finalize(tx, draft(tx, *amounts, **fields).id, auto_advance=False)


def paid(tx: Tx, *amounts: int) -> Invoice:
    invoice = opened(tx, *amounts)
    after, failure = invoices.pay(tx, invoice.id, payment_method=method_of(tx, invoice.customer))
    assert failure is None
    return after


def method_of(tx: Tx, customer: str) -> str:
    return tx.page(PaymentMethod, [("customer", "=", customer)]).items[0].id


def news(tx: Tx) -> list[str]:
    return [each.type for each in reversed(tx.page(Event, limit=100).items)]


async def run(store: Store, work: Callable[[Tx], None]) -> None:
    await store.write(SCOPE, work, now=NOW)


async def test_an_open_invoice_asks_for_less(store: Store) -> None:
    def work(tx: Tx) -> None:
        invoice = opened(tx, 10000, 5000)
        assert invoice.total == 18000  # 15000 × 1.2
        first = invoice.lines[0]
        asked = {"type": "invoice_line_item", "invoice_line_item": first.id, "amount": 2500}
        seen = len(news(tx))
        shown = credit_notes.preview(tx, {"invoice": invoice.id, "lines": [asked]})
        note = credit_notes.create(tx, {"invoice": invoice.id, "lines": [asked], "reason": "order_change", "memo": "m"})
        assert replace(shown, id=note.id, pdf=note.pdf, lines=note.lines, memo="m", reason=note.reason) == note
        assert (note.total, note.subtotal, note.total_taxes[0].amount) == (3000, 2500, 500)  # 2500 + 20 %
        after = tx.need(Invoice, invoice.id)
        assert (after.amount_due, after.amount_remaining, after.pre_payment_credit_notes_amount) == (15000, 15000, 3000)
        assert (after.status, note.number) == ("open", f"{invoice.number}-CN-01")
        assert news(tx)[seen:] == ["credit_note.created", "invoice.updated"]

    await run(store, work)


async def test_an_open_invoice_that_is_wholly_credited_is_paid(store: Store) -> None:
    def work(tx: Tx) -> None:
        invoice = opened(tx, 10000)
        seen = len(news(tx))
        credit_notes.create(tx, {"invoice": invoice.id, "amount": 12000})
        after = tx.need(Invoice, invoice.id)
        assert (after.status, after.amount_due, after.amount_paid, after.amount_remaining) == ("paid", 0, 0, 0)
        assert news(tx)[seen:][:3] == ["credit_note.created", "invoice.updated", "invoice.paid"]
        with pytest.raises(Invalid, match="left of the invoice to credit"):
            credit_notes.create(tx, {"invoice": invoice.id, "amount": 1})

    await run(store, work)


async def test_a_paid_invoice_is_refunded_and_credited(store: Store) -> None:
    def work(tx: Tx) -> None:
        invoice = paid(tx, 10000)
        assert (invoice.status, invoice.amount_paid) == ("paid", 12000)
        fields = {"invoice": invoice.id, "amount": 12000}
        with pytest.raises(Invalid, match=r"that was paid already \(12000\)"):
            credit_notes.create(tx, fields)
        note = credit_notes.create(
            tx, {**fields, "refund_amount": 7000, "credit_amount": 4000, "out_of_band_amount": 1000}
        )
        made = tx.need(Refund, note.refunds[0].refund)
        assert (made.amount, made.payment_intent, made.status) == (7000, invoice.payment_intent, "succeeded")
        moved = tx.need(CustomerBalanceTransaction, note.customer_balance_transaction or "")
        assert (moved.amount, moved.type, moved.credit_note, moved.invoice) == (
            -4000,
            "credit_note",
            note.id,
            invoice.id,
        )
        assert tx.need(Customer, invoice.customer).balance == -4000
        after = tx.need(Invoice, invoice.id)
        assert (after.status, after.post_payment_credit_notes_amount, after.amount_paid) == ("paid", 12000, 12000)
        with pytest.raises(Conflict, match="gave no money back"):
            credit_notes.void(tx, note.id)

    await run(store, work)


async def test_a_refund_that_was_made_already_can_belong_to_a_note_once(store: Store) -> None:
    def work(tx: Tx) -> None:
        invoice = paid(tx, 10000)
        first = credit_notes.create(tx, {"invoice": invoice.id, "amount": 3000, "refund_amount": 3000})
        linked = [{"refund": first.refunds[0].refund}]
        with pytest.raises(Invalid, match="left to credit"):
            credit_notes.create(tx, {"invoice": invoice.id, "amount": 3000, "refunds": linked})
        part = {"invoice": invoice.id, "amount": 1000, "credit_amount": 1000}
        credit_notes.create(tx, part)
        with pytest.raises(Invalid, match="greater than or equal to 0"):
            credit_notes.create(tx, {**part, "refund_amount": -1})

    await run(store, work)


async def test_a_void_note_gives_the_invoice_back_what_it_took(store: Store) -> None:
    def work(tx: Tx) -> None:
        invoice = opened(tx, 10000)
        note = credit_notes.create(tx, {"invoice": invoice.id, "amount": 2000})
        gone = credit_notes.void(tx, note.id)
        assert (gone.status, gone.voided_at) == ("void", NOW)
        assert tx.need(Invoice, invoice.id).amount_remaining == 12000
        again = credit_notes.create(tx, {"invoice": invoice.id, "amount": 12000})
        assert again.number.endswith("-CN-02")
        assert news(tx).count("credit_note.voided") == 1

    await run(store, work)


async def test_the_intent_that_waits_asks_for_what_remains(store: Store) -> None:
    def work(tx: Tx) -> None:
        invoice = opened(tx, 10000, payment_method="pm_card_authenticationRequired")
        tried, failure = invoices.pay(tx, invoice.id, payment_method=method_of(tx, invoice.customer))
        assert failure is not None
        waits = tried.payment_intent or ""
        assert tx.need(PaymentIntent, waits).amount == 12000
        credit_notes.create(tx, {"invoice": invoice.id, "amount": 2000})
        assert tx.need(PaymentIntent, waits).amount == 10000
        credit_notes.create(tx, {"invoice": invoice.id, "amount": 10000})
        assert tx.need(PaymentIntent, waits).status == "canceled"

    await run(store, work)


async def test_drafts_have_no_notes_and_words_can_change(store: Store) -> None:
    def work(tx: Tx) -> None:
        with pytest.raises(Conflict, match="draft"):
            credit_notes.create(tx, {"invoice": draft(tx, 100).id, "amount": 1})
        note = credit_notes.create(tx, {"invoice": opened(tx, 100).id, "amount": 1})
        assert credit_notes.update(tx, note.id, {"memo": "Sorry"}).memo == "Sorry"
        assert credit_notes.update(tx, note.id, {"memo": "Sorry"}) == tx.need(CreditNote, note.id)
        assert news(tx).count("credit_note.updated") == 1

    await run(store, work)
