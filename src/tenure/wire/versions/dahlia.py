"""What 2026-03-25.dahlia brought: additions, and one more reason why a subscription can end."""

from tenure.wire.versions.change import Change, Extras, Shape


def _subscription(shape: Shape, extras: Extras) -> None:
    details = shape.get("cancellation_details")
    if details and details.get("reason") == "canceled_by_retention_policy":
        details["reason"] = "cancellation_requested"


DAHLIA = Change(
    adds={
        "billing_portal.configuration": (
            "features.payment_method_update.payment_method_configuration",
            "features.subscription_update.billing_cycle_anchor",
        ),
        "billing_portal.session": ("customer_account",),
        "credit_note": ("customer_account", "refunds.payment_record_refund", "refunds.type"),
        "credit_note_line_item": ("metadata",),
        "customer": ("customer_account", "tax.provider"),
        "customer_balance_transaction": ("customer_account",),
        "customer_session": ("components.customer_sheet", "components.mobile_payment_element", "customer_account"),
        "discount": ("customer_account",),
        "invoice": ("customer_account",),
        "invoice_payment": ("payment.payment_record",),
        "invoiceitem": ("customer_account", "quantity_decimal"),
        "line_item": ("quantity_decimal", "subtotal"),
        "payment_intent": (
            "amount_details.discount_amount",
            "amount_details.error",
            "amount_details.line_items",
            "amount_details.shipping",
            "amount_details.tax",
            "customer_account",
            "hooks",
            "payment_details",
        ),
        "payment_method": ("customer_account",),
        "promotion_code": ("customer_account",),
        "setup_intent": ("customer_account",),
        "subscription": ("customer_account", "presentment_details"),
        "subscription_schedule": ("customer_account",),
        "tax_id": ("customer_account", "owner.customer_account"),
    },
    down={"subscription": _subscription},
)
