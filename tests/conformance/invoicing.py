"""The operations of invoices, performed by the official SDK."""

from collections.abc import Callable
from typing import Any

from tests.conformance.crediting import invoice, item, rate
from tests.conformance.paying import attached
from tests.conformance.shop import Shop

INVOICES = "/v1/invoices"


def draft(shop: Shop, **fields: Any) -> Any:
    """A draft with one line of 25.00 and its tax."""
    owner = {} if "customer" in fields else {"customer": shop.customer().id}
    made = shop.api.invoices.create({"currency": "eur", **owner, **fields})
    item(shop, customer=made.customer, invoice=made.id, description="Sails")
    return shop.api.invoices.retrieve(made.id)


def opened(shop: Shop, **fields: Any) -> Any:
    """A final invoice that nobody has paid."""
    return shop.api.invoices.finalize_invoice(draft(shop, **fields).id)


def sent(shop: Shop, **fields: Any) -> Any:
    """A draft that is to be sent to its customer."""
    return draft(shop, collection_method="send_invoice", days_until_due=14, **fields)


def _created(shop: Shop) -> Any:
    """A draft that takes in what waits, with everything on it that a merchant may say."""
    waiting = item(shop)
    made = shop.api.invoices.create(
        {
            "customer": waiting.customer,
            "pending_invoice_items_behavior": "include",
            "collection_method": "send_invoice",
            "days_until_due": 14,
            "custom_fields": [{"name": "Order", "value": "7"}],
            "default_tax_rates": [rate(shop, inclusive=True).id],
            "description": "Thank you",
            "discounts": [{"coupon": shop.coupon().id}],
            "footer": "Riga",
            "metadata": {"crew": "7"},
            "rendering": {"amount_tax_display": "exclude_tax", "pdf": {"page_size": "a4"}},
            "shipping_details": {"name": "Ada", "address": {"line1": "Kuģu iela 1"}},
            "statement_descriptor": "HALYARD",
            "expand": ["customer", "discounts", "lines.data.discounts"],
        }
    )
    assert made.lines.data[0].parent.invoice_item_details.invoice_item == waiting.id
    assert (made.subtotal, made.total_discount_amounts[0].amount) == (2500, 625)
    return made


def _updated(shop: Shop) -> Any:
    made = draft(shop)
    mine = attached(shop, customer=made.customer).id
    off = [{"coupon": shop.coupon().id}]
    changed = {"description": "Again", "footer": "", "auto_advance": True, "discounts": off}
    return shop.api.invoices.update(made.id, {**changed, "default_payment_method": mine})


def _found(shop: Shop) -> Any:
    word = shop.word()
    made = opened(shop, metadata={"ship": word})
    query = f"metadata['ship']:'{word}' AND currency:'eur' AND status:'open' AND total>100 AND number:'{made.number}'"
    found = shop.api.invoices.search({"query": query})
    assert [each.id for each in found.data] == [made.id]
    return found


def _listed(shop: Shop) -> Any:
    made = opened(shop, collection_method="send_invoice", days_until_due=3)
    asked = {"customer": made.customer, "status": "open", "collection_method": "send_invoice", "due_date": {"gt": 1}}
    return shop.api.invoices.list({**asked, "expand": ["data.customer", "data.payments"]})


def _retrieved(shop: Shop) -> Any:
    """The first invoice of a subscription, with what hangs on it."""
    customer = shop.customer().id
    mine = attached(shop, customer=customer)
    made = shop.subscription(customer=customer, default_payment_method=mine.id)
    wanted = ["customer", "payments.data.payment.payment_intent", "parent.subscription_details.subscription"]
    return shop.api.invoices.retrieve(made.latest_invoice, {"expand": [*wanted, "confirmation_secret"]})


def _upgrade(shop: Shop) -> Any:
    """What changing the price now would cost, and one thing more."""
    made = shop.subscription()
    bigger = {"id": made["items"].data[0].id, "price": shop.price(unit_amount=5900).id}
    change = {"items": [bigger], "proration_behavior": "always_invoice"}
    extra = {"amount": 500, "currency": "eur", "description": "Training"}
    asked = {"subscription": made.id, "subscription_details": change, "invoice_items": [extra]}
    shown = shop.api.invoices.create_preview(asked)
    assert shop.api.subscriptions.retrieve(made.id)["items"].data[0].price.unit_amount == 2900
    return shown


def _paid(shop: Shop) -> Any:
    made = opened(shop)
    after = shop.api.invoices.pay(
        made.id, {"payment_method": attached(shop, customer=made.customer).id, "expand": ["payments"]}
    )
    assert (after.status, after.amount_remaining, after.payments.data[0].status) == ("paid", 0, "paid")
    return after


def _attached(shop: Shop) -> Any:
    made = opened(shop)
    asked = {"amount": made.amount_due, "currency": "eur", "customer": made.customer}
    intent = shop.api.payment_intents.create({**asked, "payment_method": "pm_card_visa", "confirm": True})
    after = shop.api.invoices.attach_payment(made.id, {"payment_intent": intent.id})
    assert after.status == "paid"
    return after


def _extended(shop: Shop) -> Any:
    made = draft(shop)
    waiting = item(shop, customer=made.customer)
    product = shop.product().id
    after = shop.api.invoices.add_lines(
        made.id,
        {
            "lines": [
                {"invoice_item": waiting.id},
                {"amount": 700, "description": "Ropes", "metadata": {"a": "b"}},
                {"price_data": {"currency": "eur", "product": product, "unit_amount_decimal": "150"}, "quantity": 4},
            ],
            "invoice_metadata": {"crew": "7"},
        },
    )
    assert (len(after.lines.data), after.subtotal, after.metadata["crew"]) == (4, 2500 + 2500 + 700 + 600, "7")
    return after


def _relined(shop: Shop) -> Any:
    made = draft(shop)
    change = {"id": made.lines.data[0].id, "amount": 1900, "description": "Fewer sails"}
    after = shop.api.invoices.update_lines(made.id, {"lines": [change]})
    assert (after.subtotal, after.lines.data[0].description) == (1900, "Fewer sails")
    return after


def _shortened(shop: Shop) -> Any:
    made = draft(shop)
    gone = {"id": made.lines.data[0].id, "behavior": "unassign"}
    after = shop.api.invoices.remove_lines(made.id, {"lines": [gone]})
    assert (after.subtotal, after.lines.data) == (0, [])
    return after


def _line(shop: Shop) -> Any:
    made = draft(shop)
    return shop.api.invoices.line_items.update(
        made.id, made.lines.data[0].id, {"amount": 1900, "description": "Fewer sails", "discountable": False}
    )


INVOICING: dict[str, Callable[[Shop], Any]] = {
    f"POST {INVOICES}": _created,
    f"GET {INVOICES}/{{id}}": _retrieved,
    f"POST {INVOICES}/{{id}}": _updated,
    f"DELETE {INVOICES}/{{id}}": lambda shop: shop.api.invoices.delete(draft(shop).id),
    f"GET {INVOICES}": _listed,
    f"GET {INVOICES}/search": _found,
    f"POST {INVOICES}/create_preview": _upgrade,
    f"POST {INVOICES}/{{id}}/finalize": lambda shop: shop.api.invoices.finalize_invoice(
        draft(shop).id, {"auto_advance": False}
    ),
    f"POST {INVOICES}/{{id}}/pay": _paid,
    f"POST {INVOICES}/{{id}}/send": lambda shop: shop.api.invoices.send_invoice(sent(shop).id),
    f"POST {INVOICES}/{{id}}/void": lambda shop: shop.api.invoices.void_invoice(opened(shop).id),
    f"POST {INVOICES}/{{id}}/mark_uncollectible": lambda shop: shop.api.invoices.mark_uncollectible(opened(shop).id),
    f"POST {INVOICES}/{{id}}/attach_payment": _attached,
    f"POST {INVOICES}/{{id}}/add_lines": _extended,
    f"POST {INVOICES}/{{id}}/update_lines": _relined,
    f"POST {INVOICES}/{{id}}/remove_lines": _shortened,
    f"GET {INVOICES}/{{id}}/lines": lambda shop: shop.api.invoices.line_items.list(invoice(shop).id, {"limit": 1}),
    f"POST {INVOICES}/{{id}}/lines/{{child}}": _line,
}
