"""What the two releases named endive brought: pausing, feedback options and more; to what Tenure shows, only additions.

`payment_method_types` of intents, which endive renamed, is taken in every version.
"""

from tenure.wire.versions.change import Change

_CUSTOM = ("custom_fields", "description", "footer")

OCTOBER = Change(
    adds={
        "billing_portal.configuration": ("features.subscription_pause",),
        "billing_portal.session": ("after_expiration", "flow.subscription_pause"),
    }
)

SEPTEMBER = Change(
    adds={
        "billing_portal.configuration": ("features.subscription_cancel.cancellation_reason.feedback_options",),
        "billing_portal.session": ("flow.customer_update",),
        "customer_session": ("components.active_entitlements", "components.customer_portal"),
        "invoice": ("amount_paid_off_stripe", "status_details"),
        "invoiceitem": ("frozen_fields", "invoicing_rules", "proration_details.credited_items"),
        "payment_intent": ("managed_payments", "payment_record", "allowed_payment_method_types"),
        "product": ("tax_details",),
        "refund": ("customer", "customer_account", "payment_method"),
        "setup_intent": ("managed_payments", "allowed_payment_method_types"),
        "subscription": (
            "billing_schedules",
            "cancellation_details.feedback_option",
            *(f"invoice_settings.{name}" for name in _CUSTOM),
            "managed_payments",
            "pending_update.cancel_at_period_end",
            "pending_update.discount",
            "pending_update.discounts",
            "pending_update.metadata",
            "status_details",
            "trial_settings.end_behavior.billing_cycle_anchor",
        ),
        "subscription_item": ("billed_until", "current_trial"),
        "subscription_schedule": (
            *(f"default_settings.invoice_settings.{name}" for name in _CUSTOM),
            *(f"phases.invoice_settings.{name}" for name in _CUSTOM),
            "pause_schedules",
            "phases.add_invoice_items.discountable",
            "phases.trial",
        ),
    },
)
