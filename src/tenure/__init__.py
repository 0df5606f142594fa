"""Tenure: a self-hosted customer portal with a cancellation page, speaking Stripe Billing's wire API."""

__version__ = "0.1.0"
