"""What can be expanded where, and which fields are shown only when they are asked for.

Ref("customer")     an id, or a list of ids, that can be expanded
Inside("price")     an object that is always embedded
Page("plan")        an embedded list object
Part({…})           a structure without identity
Hidden("price")     a field shown only when it is asked for; loaded by its owner's id where the renderer left it out
"""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias


class Ref(NamedTuple):
    """The id of an object of this kind, or a list of such ids."""

    kind: str


class Inside(NamedTuple):
    """An embedded object; `clean` when the renderer has left out its hidden fields already."""

    kind: str
    clean: bool = False


class Page(NamedTuple):
    """An embedded list object with elements of this kind."""

    kind: str


class Hidden(NamedTuple):
    """Shown only on request: absent, or null where `null`. `kind` is what to load by the owner's id."""

    kind: str
    null: bool = False
    then: Page | None = None


class Part(NamedTuple):
    """A structure inside of an object."""

    fields: "Mapping[str, Edge]"


Edge: TypeAlias = Ref | Inside | Page | Hidden | Part

FIELDS: dict[str, dict[str, Edge]] = {
    "billing_portal.configuration": {
        "application": Ref("application"),
        "features": Part(
            {
                "subscription_cancel": Part(
                    {"cancellation_reason": Part({"feedback_options": Ref("billing.feedback_option")})}
                ),
                "subscription_update": Part({"products": Hidden("billing_portal.configuration", null=True)}),
            }
        ),
    },
    "billing_portal.session": {"configuration": Ref("billing_portal.configuration")},
    "cancellation_session": {
        "configuration": Ref("billing_portal.configuration"),
        "customer": Ref("customer"),
        "feedback_option": Ref("billing.feedback_option"),
        "offer": Part({"coupon": Ref("coupon")}),
        "subscription": Ref("subscription"),
    },
    "coupon": {"applies_to": Hidden("coupon"), "currency_options": Hidden("coupon")},
    "customer": {
        "default_source": Ref("source"),
        "discount": Inside("discount"),
        "invoice_credit_balance": Hidden("customer.invoice_credit_balance"),
        "invoice_settings": Part({"default_payment_method": Ref("payment_method")}),
        "sources": Hidden("customer.sources", then=Page("source")),
        "subscriptions": Hidden("customer.subscriptions", then=Page("subscription")),
        "tax": Hidden("customer.tax"),
        "tax_ids": Hidden("customer.tax_ids", then=Page("tax_id")),
        "test_clock": Ref("test_helpers.test_clock"),
    },
    "discount": {
        "customer": Ref("customer"),
        "promotion_code": Ref("promotion_code"),
        "source": Part({"coupon": Ref("coupon")}),
    },
    "event": {},
    "billing.feedback_option": {},
    "plan": {"product": Ref("product"), "tiers": Hidden("price")},
    "price": {"currency_options": Hidden("price"), "product": Ref("product"), "tiers": Hidden("price")},
    "product": {"default_price": Ref("price"), "tax_code": Ref("tax_code")},
    "promotion_code": {
        "customer": Ref("customer"),
        "promotion": Part({"coupon": Ref("coupon")}),
        "restrictions": Part({"currency_options": Hidden("promotion_code")}),
    },
    "subscription": {
        "application": Ref("application"),
        "automatic_tax": Part({"liability": Part({"account": Ref("account")})}),
        "cancellation_details": Part({"feedback_option": Ref("billing.feedback_option")}),
        "customer": Ref("customer"),
        "default_payment_method": Ref("payment_method"),
        "default_source": Ref("source"),
        "discounts": Ref("discount"),
        "invoice_settings": Part({"account_tax_ids": Ref("tax_id"), "issuer": Part({"account": Ref("account")})}),
        "items": Page("subscription_item"),
        "latest_invoice": Ref("invoice"),
        "on_behalf_of": Ref("account"),
        "pending_setup_intent": Ref("setup_intent"),
        "pending_update": Part({"discounts": Ref("discount")}),
        "schedule": Ref("subscription_schedule"),
        "test_clock": Ref("test_helpers.test_clock"),
        "transfer_data": Part({"destination": Ref("account")}),
    },
    "subscription_item": {
        "discounts": Ref("discount"),
        "plan": Inside("plan", clean=True),
        "price": Inside("price", clean=True),
    },
    "test_helpers.test_clock": {},
    "webhook_endpoint": {},
}

_ISSUER = Part({"account": Ref("account")})
_ACCOUNTS: dict[str, Edge] = {"on_behalf_of": Ref("account"), "transfer_data": Part({"destination": Ref("account")})}
_DISCOUNT_AMOUNTS = Part({"discount": Ref("discount")})

FIELDS.update(
    {
        "invoice": {
            "account_tax_ids": Ref("tax_id"),
            "application": Ref("application"),
            "automatic_tax": Part({"liability": _ISSUER}),
            "confirmation_secret": Hidden("invoice.confirmation_secret"),
            "customer": Ref("customer"),
            "default_payment_method": Ref("payment_method"),
            "default_source": Ref("source"),
            "discounts": Ref("discount"),
            "from_invoice": Part({"invoice": Ref("invoice")}),
            "issuer": _ISSUER,
            "latest_revision": Ref("invoice"),
            "lines": Page("line_item"),
            "parent": Part({"subscription_details": Part({"subscription": Ref("subscription")})}),
            "payments": Hidden("invoice.payments", then=Page("invoice_payment")),
            "test_clock": Ref("test_helpers.test_clock"),
            "total_discount_amounts": _DISCOUNT_AMOUNTS,
            "total_pretax_credit_amounts": _DISCOUNT_AMOUNTS,
            **_ACCOUNTS,
        },
        "line_item": {
            "discount_amounts": _DISCOUNT_AMOUNTS,
            "discounts": Ref("discount"),
            "pretax_credit_amounts": _DISCOUNT_AMOUNTS,
            "pricing": Part({"price_details": Part({"price": Ref("price")})}),
            "subscription": Ref("subscription"),
        },
        "invoiceitem": {
            "customer": Ref("customer"),
            "discounts": Ref("discount"),
            "invoice": Ref("invoice"),
            "pricing": Part({"price_details": Part({"price": Ref("price")})}),
            "proration_details": Part({"discount_amounts": _DISCOUNT_AMOUNTS}),
            "test_clock": Ref("test_helpers.test_clock"),
        },
        "invoice_payment": {
            "invoice": Ref("invoice"),
            "payment": Part({"charge": Ref("charge"), "payment_intent": Ref("payment_intent")}),
        },
        "payment_intent": {
            "application": Ref("application"),
            "customer": Ref("customer"),
            "latest_charge": Ref("charge"),
            "payment_method": Ref("payment_method"),
            "review": Ref("review"),
            "source": Ref("source"),
            **_ACCOUNTS,
        },
        "payment_method": {"customer": Ref("customer")},
        "setup_intent": {
            "application": Ref("application"),
            "customer": Ref("customer"),
            "latest_attempt": Ref("setup_attempt"),
            "mandate": Ref("mandate"),
            "on_behalf_of": Ref("account"),
            "payment_method": Ref("payment_method"),
            "single_use_mandate": Ref("mandate"),
        },
        "credit_note": {
            "customer": Ref("customer"),
            "customer_balance_transaction": Ref("customer_balance_transaction"),
            "discount_amounts": _DISCOUNT_AMOUNTS,
            "invoice": Ref("invoice"),
            "lines": Page("credit_note_line_item"),
            "pretax_credit_amounts": _DISCOUNT_AMOUNTS,
            "refunds": Part({"refund": Ref("refund")}),
        },
        "credit_note_line_item": {
            "discount_amounts": _DISCOUNT_AMOUNTS,
            "pretax_credit_amounts": _DISCOUNT_AMOUNTS,
        },
        "refund": {"charge": Ref("charge"), "payment_intent": Ref("payment_intent")},
        "customer_balance_transaction": {
            "checkout_session": Ref("checkout.session"),
            "credit_note": Ref("credit_note"),
            "customer": Ref("customer"),
            "invoice": Ref("invoice"),
        },
        "subscription_schedule": {
            "application": Ref("application"),
            "customer": Ref("customer"),
            "default_settings": Part({"default_payment_method": Ref("payment_method"), **_ACCOUNTS}),
            "phases": Part(
                {
                    "add_invoice_items": Part(
                        {
                            "discounts": Part({"coupon": Ref("coupon"), "promotion_code": Ref("promotion_code")}),
                            "price": Ref("price"),
                        }
                    ),
                    "default_payment_method": Ref("payment_method"),
                    "discounts": Part({"coupon": Ref("coupon"), "promotion_code": Ref("promotion_code")}),
                    "items": Part(
                        {
                            "discounts": Part({"coupon": Ref("coupon"), "promotion_code": Ref("promotion_code")}),
                            "plan": Ref("plan"),
                            "price": Ref("price"),
                        }
                    ),
                    **_ACCOUNTS,
                }
            ),
            "subscription": Ref("subscription"),
            "test_clock": Ref("test_helpers.test_clock"),
        },
        "tax_id": {"customer": Ref("customer"), "owner": Part({"customer": Ref("customer")})},
        "tax_rate": {},
        "entitlements.feature": {},
        "entitlements.active_entitlement": {"feature": Ref("entitlements.feature")},
        "product_feature": {},
        "billing.meter": {},
        "billing.meter_event": {},
        "billing.meter_event_adjustment": {},
        "billing.meter_event_summary": {},
        "customer_session": {"customer": Ref("customer")},
    }
)
