"""The operations of balances, tax ids, tax rates, invoice items and credit notes, performed by the official SDK."""

from collections.abc import Callable
from typing import Any

from tests.conformance.shop import Shop

BALANCE = "/v1/customers/{id}/balance_transactions"
NUMBERS = "/v1/customers/{id}/tax_ids"
NOTES = "/v1/credit_notes"
ITEMS = "/v1/invoiceitems"
RATES = "/v1/tax_rates"
VAT = {"type": "eu_vat", "value": "DE136695976"}


def moved(shop: Shop, **fields: Any) -> tuple[str, Any]:
    """A customer, and a move of their balance."""
    customer = shop.customer().id
    asked = {"amount": -500, "currency": "EUR", "description": "Sorry", "metadata": {"a": "b"}, **fields}
    return customer, shop.api.customers.balance_transactions.create(customer, asked)


def numbered(shop: Shop) -> tuple[str, Any]:
    """A customer with a tax id."""
    customer = shop.customer().id
    return customer, shop.api.customers.tax_ids.create(customer, VAT)


def rate(shop: Shop, **fields: Any) -> Any:
    asked = {"display_name": "VAT", "inclusive": False, "percentage": 8.875, "country": "DE", "tax_type": "vat"}
    return shop.api.tax_rates.create(asked | fields)


def item(shop: Shop, **fields: Any) -> Any:
    owner = {} if "customer" in fields else {"customer": shop.customer().id}
    amount = {} if {"pricing", "unit_amount_decimal"} & set(fields) else {"amount": 2500, "currency": "eur"}
    return shop.api.invoice_items.create({"tax_rates": [rate(shop).id], **owner, **amount, **fields})


def invoice(shop: Shop, *, paid: bool = False) -> Any:
    """A final invoice over 25.00 and its tax."""
    customer = shop.customer(payment_method="pm_card_visa").id
    made = shop.api.invoices.create({"customer": customer, "currency": "eur", "auto_advance": False})
    item(shop, customer=customer, invoice=made.id, discounts=[{"coupon": shop.coupon().id}], description="Sails")
    final = shop.api.invoices.finalize_invoice(made.id)
    if not paid:
        return final
    method = shop.api.customers.payment_methods.list(customer).data[0].id
    return shop.api.invoices.pay(made.id, {"payment_method": method})


def lines(of: Any, amount: int = 1000) -> dict[str, Any]:
    part = {"type": "invoice_line_item", "invoice_line_item": of.lines.data[0].id, "amount": amount}
    return {"invoice": of.id, "lines": [part]}


def note(shop: Shop, **fields: Any) -> Any:
    return shop.api.credit_notes.create({**lines(invoice(shop)), **fields})


def _refunded(shop: Shop) -> Any:
    of = invoice(shop, paid=True)
    shown = shop.api.credit_notes.preview({**lines(of), "credit_amount": 816})
    assert shown.total == 816  # 1000 - 25 % = 750, and 8.875 % of that
    made = shop.api.credit_notes.create(
        {
            **lines(of),
            "refund_amount": 500,
            "credit_amount": 316,
            "reason": "order_change",
            "memo": "Sorry",
            "metadata": {"a": "b"},
            "expand": ["invoice", "customer", "customer_balance_transaction", "refunds.refund", "lines"],
        }
    )
    assert made.invoice.post_payment_credit_notes_amount == 816
    assert made.customer_balance_transaction.ending_balance == -316
    assert made.refunds[0].refund.amount == 500
    return made


def _voided(shop: Shop) -> Any:
    return shop.api.credit_notes.void_credit_note(note(shop).id)


def _numbers(shop: Shop) -> Any:
    customer, made = numbered(shop)
    assert shop.api.customers.retrieve(customer, {"expand": ["tax_ids"]}).tax_ids.data[0].id == made.id
    return shop.api.customers.tax_ids.list(customer)


CREDITING: dict[str, Callable[[Shop], Any]] = {
    f"POST {BALANCE}": lambda shop: moved(shop)[1],
    f"GET {BALANCE}": lambda shop: shop.api.customers.balance_transactions.list(moved(shop)[0]),
    f"GET {BALANCE}/{{child}}": lambda shop: (
        made := moved(shop),
        shop.api.customers.balance_transactions.retrieve(made[0], made[1].id, {"expand": ["customer"]}),
    )[1],
    f"POST {BALANCE}/{{child}}": lambda shop: (
        made := moved(shop),
        shop.api.customers.balance_transactions.update(made[0], made[1].id, {"description": "Again"}),
    )[1],
    f"POST {NUMBERS}": lambda shop: numbered(shop)[1],
    f"GET {NUMBERS}": _numbers,
    f"GET {NUMBERS}/{{child}}": lambda shop: (
        made := numbered(shop),
        shop.api.customers.tax_ids.retrieve(made[0], made[1].id, {"expand": ["customer", "owner.customer"]}),
    )[1],
    f"DELETE {NUMBERS}/{{child}}": lambda shop: (
        made := numbered(shop),
        shop.api.customers.tax_ids.delete(made[0], made[1].id),
    )[1],
    "POST /v1/tax_ids": lambda shop: shop.api.tax_ids.create(
        {**VAT, "owner": {"type": "customer", "customer": shop.customer().id}}
    ),
    "GET /v1/tax_ids": lambda shop: (shop.api.tax_ids.create(VAT), shop.api.tax_ids.list())[1],
    "GET /v1/tax_ids/{id}": lambda shop: shop.api.tax_ids.retrieve(shop.api.tax_ids.create(VAT).id),
    "DELETE /v1/tax_ids/{id}": lambda shop: shop.api.tax_ids.delete(shop.api.tax_ids.create(VAT).id),
    f"POST {RATES}": lambda shop: rate(shop, inclusive=True, jurisdiction="DE", state="BE", description="19 % VAT"),
    f"GET {RATES}/{{id}}": lambda shop: shop.api.tax_rates.retrieve(rate(shop).id),
    f"POST {RATES}/{{id}}": lambda shop: shop.api.tax_rates.update(
        rate(shop).id, {"active": False, "display_name": "Old", "jurisdiction": ""}
    ),
    f"GET {RATES}": lambda shop: (rate(shop), shop.api.tax_rates.list({"active": True, "inclusive": False}))[1],
    f"POST {ITEMS}": lambda shop: item(
        shop,
        pricing={"price": _once(shop)},
        quantity=3,
        discounts=[{"coupon": shop.coupon().id}],
        period={"start": 1_790_000_000, "end": 1_790_086_400},
        expand=["customer", "pricing.price_details.price"],
    ),
    f"GET {ITEMS}/{{id}}": lambda shop: shop.api.invoice_items.retrieve(item(shop).id),
    f"POST {ITEMS}/{{id}}": lambda shop: shop.api.invoice_items.update(
        item(shop).id, {"unit_amount_decimal": "33.335", "quantity_decimal": "1.5", "tax_rates": ""}
    ),
    f"DELETE {ITEMS}/{{id}}": lambda shop: shop.api.invoice_items.delete(item(shop).id),
    f"GET {ITEMS}": lambda shop: (
        made := item(shop),
        shop.api.invoice_items.list({"customer": made.customer, "pending": True, "created": {"gt": 1}}),
    )[1],
    f"POST {NOTES}": _refunded,
    f"GET {NOTES}/preview": lambda shop: shop.api.credit_notes.preview(lines(invoice(shop))),
    f"GET {NOTES}/preview/lines": lambda shop: shop.api.credit_notes.preview_lines.list(lines(invoice(shop))),
    f"GET {NOTES}/{{id}}": lambda shop: shop.api.credit_notes.retrieve(note(shop).id),
    f"POST {NOTES}/{{id}}": lambda shop: shop.api.credit_notes.update(note(shop).id, {"memo": "Sorry"}),
    f"GET {NOTES}": lambda shop: (
        made := note(shop),
        shop.api.credit_notes.list({"invoice": made.invoice, "customer": made.customer}),
    )[1],
    f"GET {NOTES}/{{id}}/lines": lambda shop: shop.api.credit_notes.line_items.list(note(shop).id, {"limit": 1}),
    f"POST {NOTES}/{{id}}/void": _voided,
}


def _once(shop: Shop) -> str:
    """A price that is paid once."""
    product = shop.product().id
    return str(shop.api.prices.create({"currency": "eur", "unit_amount": 900, "product": product}).id)
