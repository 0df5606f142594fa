"""What 2025-03-31.basil brought to subscriptions and parameters; basil_invoices.py has what it brought to invoices.

subscription   {"current_period_end": 1767, "discount": {…}}   periods on items, discounts as a list
parameters     coupon=25OFF                                    discounts[0][coupon]=25OFF
               price=price_1                                   pricing[price]=price_1
GET /v1/invoices/upcoming                                      POST /v1/invoices/create_preview
"""

from collections.abc import Iterator
from typing import Any

from tenure.domain.errors import Invalid
from tenure.wire.expandable import Inside, Part, Ref
from tenure.wire.typed import Tree
from tenure.wire.versions import basil_invoices as invoices
from tenure.wire.versions.change import Change, Extras, Need, Shape, both, elements, rename

_TAX_RATE = Part({"tax_rate": Ref("tax_rate")})
_UPCOMING = (
    "billing_cycle_anchor",
    "cancel_at",
    "cancel_at_period_end",
    "cancel_now",
    "default_tax_rates",
    "items",
    "proration_behavior",
    "proration_date",
    "resume_at",
    "start_date",
    "trial_end",
)
_ADVICE = ("advice_code", "network_advice_code", "network_decline_code")
_PAGING = ("limit", "starting_after", "ending_before")


def _subscription(shape: Shape, extras: Extras) -> None:
    items: list[Any] = (shape.get("items") or {}).get("data") or []
    first: Shape = min(items, key=lambda item: int(item["current_period_end"]), default={})
    shape["current_period_start"] = first.get("current_period_start", shape.get("start_date"))
    shape["current_period_end"] = first.get("current_period_end", shape.get("billing_cycle_anchor"))
    shape["billing_thresholds"] = None
    shape["discount"] = invoices.first_discount(shape, extras, "subscription.discount")


def _subscription_needs(shape: Shape) -> Iterator[Need]:
    yield from invoices.discount_needs(shape, "subscription.discount")


def _item(shape: Shape, extras: Extras) -> None:
    shape["billing_thresholds"] = None


def _schedule(shape: Shape, extras: Extras) -> None:
    settings = shape.get("default_settings")
    if settings:
        settings["billing_thresholds"] = None
    for phase in shape.get("phases") or ():
        discounts = phase.get("discounts") or [{}]
        phase["coupon"] = discounts[0].get("coupon")
        phase["billing_thresholds"] = None
        for item in phase.get("items") or ():
            item["billing_thresholds"] = None


def _price(shape: Shape, extras: Extras) -> None:
    if shape.get("recurring"):
        shape["recurring"]["aggregate_usage"] = None


def _plan(shape: Shape, extras: Extras) -> None:
    shape["aggregate_usage"] = None


def _payment_intent(shape: Shape, extras: Extras) -> None:
    shape["invoice"] = (extras("payment_intent.invoice", shape["id"]) or {}).get("invoice")


def _payment_intent_needs(shape: Shape) -> Iterator[Need]:
    yield "payment_intent.invoice", shape["id"]


def _singular(tree: Tree) -> None:
    """`coupon` and `promotion_code` become the only discount; empty ones take all discounts away."""
    given = [name for name in ("coupon", "promotion_code") if name in tree]
    if not given:
        return
    if len(given) > 1:
        raise both(*given)
    name = given[0]
    if "discounts" in tree:
        raise both(name, "discounts")
    value = tree.pop(name)
    tree["discounts"] = [{name: value}] if value else ""


def _customer(tree: Tree) -> None:
    for name in ("coupon", "promotion_code"):
        if tree.get(name):
            raise Invalid(
                f"The parameter `{name}` is not supported by Tenure: put discounts on the customer's subscriptions.",
                code="parameter_unsupported",
                param=name,
            )
        tree.pop(name, None)


def _invoice_item(tree: Tree) -> None:
    if "price" in tree:
        rename(tree, "price", "pricing")
        tree["pricing"] = {"price": tree["pricing"]}
    rename(tree, "unit_amount", "unit_amount_decimal")


def _lines(tree: Tree) -> None:
    for line in elements(tree.get("lines")):
        _line(line)


def _line(tree: Tree) -> None:
    if "price" in tree:
        rename(tree, "price", "pricing")
        tree["pricing"] = {"price": tree["pricing"]}


def _credit_note(tree: Tree) -> None:
    if "refund" in tree:
        rename(tree, "refund", "refunds")
        tree["refunds"] = [{"refund": tree["refunds"]}]


def _phases(tree: Tree) -> None:
    for phase in elements(tree.get("phases")):
        _singular(phase)


def _preview(tree: Tree) -> None:
    """`subscription_items` and their like moved into `subscription_details`; the lines came a page at a time."""
    details = tree.get("subscription_details")
    found: Tree = details if isinstance(details, dict) else {}
    for name in _UPCOMING:
        if f"subscription_{name}" in tree:
            found[name] = tree.pop(f"subscription_{name}")
    if found:
        tree["subscription_details"] = found
    schedule = tree.get("schedule_details")
    if isinstance(schedule, dict):
        _phases(schedule)
    for name in _PAGING:
        tree.pop(name, None)
    _singular(tree)


BASIL = Change(
    adds={
        "credit_note": ("refunds", "total_taxes"),
        "credit_note_line_item": ("taxes",),
        "customer_balance_transaction": ("checkout_session",),
        "invoice": (
            "amount_overpaid",
            "automatic_tax.disabled_reason",
            "confirmation_secret",
            *(f"last_finalization_error.{name}" for name in _ADVICE),
            "parent",
            "payments",
            "total_taxes",
        ),
        "invoiceitem": ("parent", "pricing"),
        "line_item": ("parent", "pricing", "taxes"),
        "payment_intent": ("presentment_details", *(f"last_payment_error.{name}" for name in _ADVICE)),
        "payment_method": ("card.regulated_status",),
        "refund": ("presentment_details",),
        "setup_intent": tuple(f"last_setup_error.{name}" for name in _ADVICE),
        "subscription": ("automatic_tax.disabled_reason",),
        "subscription_item": ("current_period_end", "current_period_start"),
        "subscription_schedule": (
            "default_settings.automatic_tax.disabled_reason",
            "phases.automatic_tax.disabled_reason",
        ),
    },
    down={
        **invoices.DOWN,
        "payment_intent": _payment_intent,
        "plan": _plan,
        "price": _price,
        "subscription": _subscription,
        "subscription_item": _item,
        "subscription_schedule": _schedule,
    },
    needs={**invoices.NEEDS, "payment_intent": _payment_intent_needs, "subscription": _subscription_needs},
    up={
        "POST /v1/credit_notes": _credit_note,
        "GET /v1/credit_notes/preview": _credit_note,
        "GET /v1/credit_notes/preview/lines": _credit_note,
        "POST /v1/customers": _customer,
        "POST /v1/customers/{id}": _customer,
        "POST /v1/invoiceitems": _invoice_item,
        "POST /v1/invoiceitems/{id}": _invoice_item,
        "POST /v1/invoices/create_preview": _preview,
        "POST /v1/invoices/{id}/add_lines": _lines,
        "POST /v1/invoices/{id}/lines/{child}": _line,
        "POST /v1/invoices/{id}/update_lines": _lines,
        "POST /v1/subscription_schedules": _phases,
        "POST /v1/subscription_schedules/{id}": _phases,
        "POST /v1/subscriptions": _singular,
        "POST /v1/subscriptions/{id}": _singular,
    },
    names={
        "discounts[0][coupon]": "coupon",
        "discounts[0][promotion_code]": "promotion_code",
        "pricing[price]": "price",
        "refunds[0][refund]": "refund",
    },
    edges={
        "credit_note": {"refund": Ref("refund"), "refunds": None, "tax_amounts": _TAX_RATE},
        "credit_note_line_item": {"tax_amounts": _TAX_RATE},
        "invoice": {
            "charge": Ref("charge"),
            "confirmation_secret": None,
            "discount": Inside("discount"),
            "parent": None,
            "payment_intent": Ref("payment_intent"),
            "payments": None,
            "quote": Ref("quote"),
            "subscription": Ref("subscription"),
            "total_tax_amounts": _TAX_RATE,
        },
        "invoiceitem": {
            "plan": Inside("plan", clean=True),
            "price": Inside("price", clean=True),
            "pricing": None,
            "subscription": Ref("subscription"),
        },
        "line_item": {
            "invoice_item": Ref("invoiceitem"),
            "parent": None,
            "plan": Inside("plan", clean=True),
            "price": Inside("price", clean=True),
            "pricing": None,
            "subscription_item": Ref("subscription_item"),
            "tax_amounts": _TAX_RATE,
        },
        "payment_intent": {"invoice": Ref("invoice")},
        "subscription": {"discount": Inside("discount")},
        "subscription_schedule": {"phases": Part({"coupon": Ref("coupon")})},
    },
)
