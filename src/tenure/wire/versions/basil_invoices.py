"""Invoices, their lines, invoice items and credit notes as they were before 2025-03-31.basil.

invoice   {"subscription", "payment_intent", "charge", "paid", "tax", "total_tax_amounts", "discount"}
line      {"type", "price", "plan", "proration", "subscription_item", "tax_amounts", "tax_rates"}
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tenure.wire.versions.change import Down, Extras, Need, Needs, Shape


def discount_needs(shape: Shape, kind: str) -> Iterator[Need]:
    """The owner's first discount, where it is shown as an id: "owner discount"."""
    for first in (shape.get("discounts") or [])[:1]:
        if isinstance(first, str):
            yield kind, f"{shape['id']} {first}"


def first_discount(shape: Shape, extras: Extras, kind: str) -> Shape | None:
    """The one that `discount` showed beside the list of all."""
    for first in (shape.get("discounts") or [])[:1]:
        return extras(kind, f"{shape['id']} {first}") if isinstance(first, str) else dict(first)
    return None


def tax_amounts(taxes: list[Shape] | None) -> list[Shape]:
    """Taxes as amounts of rates."""
    return [
        {
            "amount": tax["amount"],
            "inclusive": tax["tax_behavior"] == "inclusive",
            "tax_rate": (tax.get("tax_rate_details") or {}).get("tax_rate"),
            "taxability_reason": tax["taxability_reason"],
            "taxable_amount": tax["taxable_amount"],
        }
        for tax in taxes or ()
    ]


def _tax_rate_ids(taxes: list[Shape] | None) -> list[str]:
    found = ((tax.get("tax_rate_details") or {}).get("tax_rate") for tax in taxes or ())
    return [id for id in found if isinstance(id, str)]


def _part(shape: Shape, *names: str) -> Shape:
    """The structure at the path, empty where there is none."""
    found: Any = shape
    for name in names:
        found = (found or {}).get(name)
    return found or {}


def _total(amounts: list[Shape], *, inclusive: bool) -> int:
    return sum(int(each["amount"]) for each in amounts if each["inclusive"] is inclusive)


def _invoice(shape: Shape, extras: Extras) -> None:
    details = _part(shape, "parent", "subscription_details")
    behind = extras("invoice.collection", shape["id"]) or {}
    amounts = tax_amounts(shape.get("total_taxes"))
    shape["application_fee_amount"] = None
    shape["charge"] = behind.get("charge")
    shape["discount"] = first_discount(shape, extras, "invoice.discount")
    shape["paid"] = shape.get("status") == "paid"
    shape["paid_out_of_band"] = bool(behind.get("paid_out_of_band", False))
    shape["payment_intent"] = behind.get("payment_intent")
    shape["quote"] = _part(shape, "parent", "quote_details").get("quote")
    shape["subscription"] = details.get("subscription")
    shape["subscription_details"] = {"metadata": details.get("metadata")} if details else None
    if details.get("subscription_proration_date") is not None:
        shape["subscription_proration_date"] = details["subscription_proration_date"]
    shape["tax"] = sum(each["amount"] for each in amounts) if amounts else None
    shape["total_tax_amounts"] = amounts
    shape["transfer_data"] = None


def _invoice_needs(shape: Shape) -> Iterator[Need]:
    yield "invoice.collection", shape["id"]
    yield from discount_needs(shape, "invoice.discount")


def _price_id(shape: Shape) -> str | None:
    price = _part(shape, "pricing", "price_details").get("price")
    return price if isinstance(price, str) else None


def _priced(shape: Shape, extras: Extras) -> None:
    """`price` and `plan` whole, as they are now."""
    id = _price_id(shape)
    given = _part(shape, "pricing", "price_details").get("price")
    shape["price"] = extras("price", id) if id is not None else given
    shape["plan"] = extras("plan", id) if id is not None else None
    if shape["plan"] is not None and not shape["plan"]["interval"]:
        shape["plan"] = None


def _price_needs(shape: Shape) -> Iterator[Need]:
    id = _price_id(shape)
    if id is not None:
        yield "price", id
        yield "plan", id


def _unit_amount(shape: Shape, amount: int) -> str | None:
    quantity = shape.get("quantity")
    return f"{(Decimal(amount) / quantity).normalize():f}" if quantity else None


def _line(shape: Shape, extras: Extras) -> None:
    of_item = _part(shape, "parent", "invoice_item_details")
    of_subscription = _part(shape, "parent", "subscription_item_details")
    details = of_item or of_subscription
    amounts = tax_amounts(shape.get("taxes"))
    shape["amount_excluding_tax"] = shape["amount"] - _total(amounts, inclusive=True)
    shape["invoice_item"] = details.get("invoice_item")
    _priced(shape, extras)
    shape["proration"] = bool(details.get("proration", False))
    shape["proration_details"] = details.get("proration_details") or {"credited_items": None}
    shape["subscription"] = details.get("subscription") or shape.get("subscription")
    shape["subscription_item"] = of_subscription.get("subscription_item")
    shape["tax_amounts"] = amounts
    rates = [extras("tax_rate", id) for id in _tax_rate_ids(shape.get("taxes"))]
    shape["tax_rates"] = [rate for rate in rates if rate is not None]
    shape["type"] = "subscription" if of_subscription else "invoiceitem"
    shape["unit_amount_excluding_tax"] = _unit_amount(shape, shape["amount_excluding_tax"])


def _line_needs(shape: Shape) -> Iterator[Need]:
    yield from _price_needs(shape)
    for id in _tax_rate_ids(shape.get("taxes")):
        yield "tax_rate", id


def _invoice_item(shape: Shape, extras: Extras) -> None:
    details = _part(shape, "parent", "subscription_details")
    unit = _part(shape, "pricing").get("unit_amount_decimal")
    exact = Decimal(unit) if unit is not None else None
    _priced(shape, extras)
    shape["subscription"] = details.get("subscription")
    if details.get("subscription_item") is not None:
        shape["subscription_item"] = details["subscription_item"]
    shape["unit_amount"] = int(exact) if exact is not None and exact == int(exact) else None
    shape["unit_amount_decimal"] = unit


def _credit_note(shape: Shape, extras: Extras) -> None:
    refunds = shape.get("refunds") or [{}]
    shape["refund"] = refunds[0].get("refund")
    shape["tax_amounts"] = tax_amounts(shape.get("total_taxes"))


def _credit_note_line(shape: Shape, extras: Extras) -> None:
    amounts = tax_amounts(shape.get("taxes"))
    shape["amount_excluding_tax"] = shape["amount"] - _total(amounts, inclusive=True)
    shape["tax_amounts"] = amounts
    shape["unit_amount_excluding_tax"] = _unit_amount(shape, shape["amount_excluding_tax"])


DOWN: dict[str, Down] = {
    "credit_note": _credit_note,
    "credit_note_line_item": _credit_note_line,
    "invoice": _invoice,
    "invoiceitem": _invoice_item,
    "line_item": _line,
}
NEEDS: dict[str, Needs] = {"invoice": _invoice_needs, "invoiceitem": _price_needs, "line_item": _line_needs}
