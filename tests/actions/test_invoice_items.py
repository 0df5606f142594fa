"""What is charged once: what it comes to, where it goes, and how long it can be changed, on both databases."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from tenure.actions import billing, coupons, customers, invoice_items, invoices, prices, products, tax_rates
from tenure.domain.documents import Change
from tenure.domain.errors import Conflict, Invalid, NotFound
from tenure.domain.events import Event
from tenure.domain.invoice_items import InvoiceItem
from tenure.domain.invoices import Invoice
from tenure.store.store import Store
from tenure.store.tx import Tx
from tests.support.stores import SCOPE

NOW = 1_790_000_000


async def run(store: Store, work: Callable[[Tx], None]) -> None:
    await store.write(SCOPE, work, now=NOW)


def customer(tx: Tx) -> str:
    return customers.create(tx, {"name": "Ada"}).id


def item(tx: Tx, **fields: Any) -> InvoiceItem:
    owner = {} if "customer" in fields else {"customer": customer(tx)}
    return invoice_items.create(tx, {**owner, **fields})


def price(tx: Tx, **fields: Any) -> str:
    product = products.create(tx, {"name": "Anchor"}).id
    return prices.create(tx, {"product": product, "currency": "eur", "unit_amount": 1250, **fields}).id


def draft(tx: Tx, owner: str) -> Invoice:
    kept = tx.need(customers.Customer, owner)
    bill = billing.draft(tx, kept, None, reason="manual", at=NOW, lines=(), currency="eur")
    tx.save(Change(after=(bill.invoice,), events=(bill.created,)))
    return bill.invoice


async def test_four_ways_to_say_what_it_costs(store: Store) -> None:
    def work(tx: Tx) -> None:
        plain = item(tx, amount=-700, currency="eur")
        assert (plain.amount, plain.quantity, plain.discountable) == (-700, 1, False)
        unit = item(tx, unit_amount_decimal="33.335", quantity=3, currency="eur")
        assert (unit.amount, unit.discountable) == (100, True)  # 33.335 × 3 = 100.005
        parts = item(tx, unit_amount_decimal="99", quantity_decimal="2.50", currency="eur")
        assert (parts.amount, parts.quantity, parts.quantity_decimal) == (248, 2, "2.5")  # 247.5, half up
        priced = item(tx, pricing={"price": price(tx)}, quantity=4)
        assert (priced.amount, priced.currency, priced.description) == (5000, "eur", "Anchor")  # 1250 × 4
        product = products.create(tx, {"name": "Buoy"}).id
        inline = item(tx, price_data={"currency": "usd", "product": product, "unit_amount": 300}, quantity=2)
        assert (inline.amount, inline.currency, inline.description) == (600, "usd", "Buoy")
        assert inline.pricing is not None and inline.pricing.price_details is not None
        assert not tx.need(prices.Price, inline.pricing.price_details.price).active

    await run(store, work)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "exactly one of"),
        ({"amount": 5, "unit_amount_decimal": "5", "currency": "eur"}, "exactly one of"),
        ({"amount": 5}, "Missing required param: currency"),
        ({"amount": 5, "currency": "eur", "quantity": 2}, "goes with a unit amount"),
        ({"unit_amount_decimal": "5", "currency": "eur", "quantity": 1, "quantity_decimal": "1"}, "only one of"),
        ({"amount": 100_000_000, "currency": "eur"}, "must lie between"),
        ({"amount": 5, "currency": "eur", "period": {"start": 2, "end": 1}}, "end must not be before"),
        ({"amount": 5, "currency": "eur", "customer": None}, "Missing required param: customer"),
    ],
)
async def test_what_makes_no_amount_is_refused(store: Store, fields: dict[str, Any], words: str) -> None:
    def work(tx: Tx) -> None:
        with pytest.raises(Invalid, match=words):
            item(tx, **fields)

    await run(store, work)


async def test_only_one_time_prices_can_be_charged_once(store: Store) -> None:
    def work(tx: Tx) -> None:
        monthly = price(tx, recurring={"interval": "month"})
        with pytest.raises(Invalid, match="only accepts prices with `type=one_time`"):
            item(tx, pricing={"price": monthly})
        with pytest.raises(Invalid, match="only supports `eur`"):
            item(tx, pricing={"price": price(tx)}, currency="usd")

    await run(store, work)


async def test_one_that_names_a_draft_is_on_it_at_once(store: Store) -> None:
    def work(tx: Tx) -> None:
        owner = customer(tx)
        rate = tax_rates.create(tx, {"display_name": "VAT", "inclusive": False, "percentage": 19.0}).id
        invoice = draft(tx, owner)
        made = item(tx, customer=owner, amount=1000, currency="eur", invoice=invoice.id, tax_rates=[rate])
        on = tx.need(Invoice, invoice.id)
        assert (on.total, on.amount_due, len(on.lines)) == (1190, 1190, 1)  # 1000 + 19 %
        assert invoice_items.item_of(on.lines[0]) == made.id
        invoice_items.update(tx, made.id, {"amount": 2000, "description": "Rope"})
        changed = tx.need(Invoice, invoice.id)
        assert (changed.total, changed.lines[0].description, changed.lines[0].id) == (2380, "Rope", on.lines[0].id)
        invoice_items.delete(tx, made.id)
        gone = tx.need(Invoice, invoice.id)
        assert (gone.total, gone.lines) == (0, [])
        types = [each.type for each in reversed(tx.page(Event, limit=50).items)]
        assert types[-5:] == [
            "invoiceitem.created",
            "invoice.updated",
            "invoice.updated",
            "invoiceitem.deleted",
            "invoice.updated",
        ]

    await run(store, work)


async def test_a_final_invoice_keeps_its_items(store: Store) -> None:
    def work(tx: Tx) -> None:
        owner = customer(tx)
        invoice = draft(tx, owner)
        made = item(tx, customer=owner, amount=1000, currency="eur", invoice=invoice.id)
        invoices.finalize(tx, invoice.id, auto_advance=False)
        with pytest.raises(Conflict, match="not a draft"):
            invoice_items.update(tx, made.id, {"amount": 1})
        with pytest.raises(Conflict, match="not a draft"):
            invoice_items.delete(tx, made.id)
        with pytest.raises(Conflict, match="not a draft"):
            item(tx, customer=owner, amount=1000, currency="eur", invoice=invoice.id)

    await run(store, work)


async def test_it_goes_where_its_customer_and_currency_are(store: Store) -> None:
    def work(tx: Tx) -> None:
        invoice = draft(tx, customer(tx))
        with pytest.raises(NotFound, match="No such invoice"):
            item(tx, amount=1, currency="eur", invoice=invoice.id)
        with pytest.raises(Invalid, match="must be `eur`"):
            item(tx, customer=invoice.customer, amount=1, currency="usd", invoice=invoice.id)
        waits = item(tx, customer=invoice.customer, amount=1, currency="eur")
        assert billing.loose(tx, invoice.customer, "eur") == [waits]

    await run(store, work)


async def test_another_quantity_is_another_amount(store: Store) -> None:
    def work(tx: Tx) -> None:
        made = item(tx, pricing={"price": price(tx)}, quantity=4)
        assert invoice_items.update(tx, made.id, {"quantity": 5}).amount == 6250  # 1250 × 5
        assert invoice_items.update(tx, made.id, {"quantity_decimal": "0.5"}).amount == 625
        assert invoice_items.update(tx, made.id, {"metadata": {"a": "b"}}).amount == 625
        other = invoice_items.update(tx, made.id, {"pricing": {"price": price(tx, unit_amount=100)}})
        assert other.amount == 50  # 100 × 0.5

    await run(store, work)


async def test_a_coupon_is_redeemed_for_it(store: Store) -> None:
    def work(tx: Tx) -> None:
        coupon = coupons.create(tx, {"percent_off": 50.0, "max_redemptions": 1}).id
        made = item(tx, amount=1000, currency="eur", discounts=[{"coupon": coupon}])
        discount = made.discounts[0]
        assert (discount.invoice_item, discount.source.coupon) == (made.id, coupon)
        with pytest.raises(Invalid, match="used up"):
            item(tx, amount=1000, currency="eur", discounts=[{"coupon": coupon}])
        kept = invoice_items.update(tx, made.id, {"discounts": [{"discount": discount.id}]})
        assert kept.discounts == [discount]
        assert invoice_items.update(tx, made.id, {"discounts": None}).discounts == []

    await run(store, work)


async def test_archived_tax_rates_are_for_nothing_new(store: Store) -> None:
    def work(tx: Tx) -> None:
        rate = tax_rates.create(tx, {"display_name": "VAT", "inclusive": False, "percentage": 19.0})
        tax_rates.update(tx, rate.id, {"active": False})
        with pytest.raises(Invalid, match="archived"):
            item(tx, amount=1, currency="eur", tax_rates=[rate.id])
        assert replace(rate, active=False) == tx.need(tax_rates.TaxRate, rate.id)

    await run(store, work)
