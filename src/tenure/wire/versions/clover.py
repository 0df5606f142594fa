"""What 2025-09-30.clover brought: coupons as the source of discounts, and flexible billing by default.

discount        {"coupon": {…}}                      {"source": {"type": "coupon", "coupon": "25OFF"}}
promotion code  {"coupon": {…}}                      {"promotion": {"type": "coupon", "coupon": "25OFF"}}
subscription    made in classic billing mode         made in flexible billing mode
"""

from collections.abc import Iterator

from tenure.wire.expandable import Inside
from tenure.wire.typed import Tree
from tenure.wire.versions.change import Change, Extras, Need, Shape, rename


def _coupon_of(shape: Shape, holder: str) -> str | None:
    held = shape.get(holder)
    coupon = held.get("coupon") if isinstance(held, dict) else None
    return coupon if isinstance(coupon, str) else None


def _embed(shape: Shape, holder: str, extras: Extras) -> None:
    id = _coupon_of(shape, holder)
    held = shape.pop(holder, None)
    if id is not None:
        shape["coupon"] = extras("coupon", id)
    elif isinstance(held, dict):
        shape["coupon"] = held.get("coupon")


def _discount(shape: Shape, extras: Extras) -> None:
    _embed(shape, "source", extras)


def _discount_needs(shape: Shape) -> Iterator[Need]:
    id = _coupon_of(shape, "source")
    if id is not None:
        yield "coupon", id


def _promotion_code(shape: Shape, extras: Extras) -> None:
    _embed(shape, "promotion", extras)


def _promotion_code_needs(shape: Shape) -> Iterator[Need]:
    id = _coupon_of(shape, "promotion")
    if id is not None:
        yield "coupon", id


def _credit_note(shape: Shape, extras: Extras) -> None:
    if shape.get("type") == "mixed":
        shape["type"] = "post_payment"


def _create_promotion_code(tree: Tree) -> None:
    if "coupon" in tree:
        rename(tree, "coupon", "promotion")
        tree["promotion"] = {"type": "coupon", "coupon": tree["promotion"]}


def _classic(tree: Tree) -> None:
    tree.setdefault("billing_mode", {"type": "classic"})


def _create_schedule(tree: Tree) -> None:
    if "from_subscription" not in tree:
        _classic(tree)


def _create_preview(tree: Tree) -> None:
    """A preview of a new subscription is of one in classic mode."""
    if "subscription" in tree or "schedule" in tree:
        return
    name = "schedule_details" if "schedule_details" in tree else "subscription_details"
    details = tree.get(name)
    if isinstance(details, dict):
        _classic(details)


CLOVER = Change(
    adds={
        "billing_portal.configuration": (
            "features.subscription_update.products.adjustable_quantity",
            "features.subscription_update.trial_update_behavior",
            "name",
        ),
        "credit_note": ("post_payment_amount", "pre_payment_amount"),
        "customer": ("business_name", "individual_name"),
        "event": ("context",),
        "invoice": ("automatic_tax.provider",),
        "invoiceitem": ("net_amount", "proration_details"),
        "payment_intent": ("excluded_payment_method_types",),
        "payment_method": ("billing_details.tax_id",),
        "refund": ("pending_reason",),
        "setup_intent": ("excluded_payment_method_types",),
        "subscription": ("billing_mode", "billing_thresholds"),
        "subscription_item": ("billing_thresholds",),
        "subscription_schedule": (
            "billing_mode",
            "default_settings.billing_thresholds",
            "phases.add_invoice_items.metadata",
            "phases.add_invoice_items.period",
            "phases.billing_thresholds",
            "phases.items.billing_thresholds",
        ),
    },
    down={"credit_note": _credit_note, "discount": _discount, "promotion_code": _promotion_code},
    needs={"discount": _discount_needs, "promotion_code": _promotion_code_needs},
    up={
        "POST /v1/invoices/create_preview": _create_preview,
        "POST /v1/promotion_codes": _create_promotion_code,
        "POST /v1/subscription_schedules": _create_schedule,
        "POST /v1/subscriptions": _classic,
    },
    names={"promotion[coupon]": "coupon"},
    edges={
        "discount": {"source": None, "coupon": Inside("coupon")},
        "invoiceitem": {"proration_details": None},
        "promotion_code": {"promotion": None, "coupon": Inside("coupon")},
    },
)
