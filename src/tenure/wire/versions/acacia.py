"""What 2024-10-28.acacia brought over 2024-06-20: additions only, of what Tenure shows."""

from tenure.wire.versions.change import Change

ACACIA = Change(
    adds={
        "billing_portal.configuration": ("features.subscription_update.schedule_at_period_end",),
        "credit_note": ("pretax_credit_amounts",),
        "credit_note_line_item": ("pretax_credit_amounts",),
        "invoice": ("total_pretax_credit_amounts",),
        "line_item": ("pretax_credit_amounts",),
        "tax_rate": ("flat_amount", "rate_type"),
    },
)
