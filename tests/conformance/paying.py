"""The operations of payment methods, intents and invoice payments, performed by the official SDK."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from tests.conformance.declared import faults
from tests.conformance.shop import Shop

METHODS = "/v1/payment_methods"
OF_CUSTOMERS = "/v1/customers/{id}/payment_methods"
INTENTS = "/v1/payment_intents"
SETUPS = "/v1/setup_intents"
PAYMENTS = "/v1/invoice_payments"
NUMBER = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2040, "cvc": "123"}


def method(shop: Shop, **fields: Any) -> Any:
    return shop.api.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}, **fields})


def attached(shop: Shop, token: str = "pm_card_visa", customer: str | None = None) -> Any:
    return shop.api.payment_methods.attach(token, {"customer": customer or shop.customer().id})


def intent(shop: Shop, **fields: Any) -> Any:
    return shop.api.payment_intents.create({"amount": 2900, "currency": "eur", **fields})


def setup(shop: Shop, **fields: Any) -> Any:
    return shop.api.setup_intents.create({"customer": shop.customer().id, **fields})


def _sepa(shop: Shop) -> Any:
    return shop.api.payment_methods.create(
        {
            "type": "sepa_debit",
            "sepa_debit": {"iban": "DE89370400440532013000"},
            "billing_details": {"name": "Ada", "email": "ada@example.com", "address": {"city": "Riga"}},
        }
    )


def _of_customer(shop: Shop) -> Any:
    mine = attached(shop)
    return shop.api.customers.payment_methods.list(mine.customer, {"type": "card"})


def _one_of_customer(shop: Shop) -> Any:
    mine = attached(shop)
    return shop.api.customers.payment_methods.retrieve(mine.customer, mine.id)


def _asked(shop: Shop) -> Any:
    asked = intent(
        shop,
        payment_method="pm_card_threeDSecure2Required",
        confirm=True,
        return_url="https://example.com/back",
    )
    assert asked.status == "requires_action" and asked.next_action.type == "redirect_to_url"
    return asked


def _declined(shop: Shop) -> Any:
    with pytest.raises(stripe.CardError) as refused:
        intent(shop, payment_method="pm_card_chargeDeclined", confirm=True)
    error = refused.value.error
    assert error is not None and not faults(error.payment_intent.to_dict())
    return shop.api.payment_intents.retrieve(error.payment_intent.id)


def _found(shop: Shop) -> Any:
    word = shop.word()
    made = intent(shop, metadata={"order": word})
    found = shop.api.payment_intents.search({"query": f"metadata['order']:'{word}' AND currency:'eur'"})
    assert [each.id for each in found.data] == [made.id]
    return found


def _reserved(shop: Shop, **fields: Any) -> Any:
    made = intent(shop, capture_method="manual", payment_method="pm_card_visa", confirm=True, **fields)
    assert (made.status, made.amount_capturable) == ("requires_capture", 2900)
    return made


def _paid(shop: Shop) -> Any:
    customer = shop.customer().id
    mine = attached(shop, customer=customer)
    subscription = shop.subscription(customer=customer, default_payment_method=mine.id)
    return shop.api.invoice_payments.list({"invoice": subscription.latest_invoice, "status": "paid"})


REFUNDS = "/v1/refunds"


def _refund(shop: Shop) -> Any:
    paid = intent(shop, payment_method="pm_card_visa", confirm=True, return_url="https://example.com/")
    return shop.api.refunds.create({"payment_intent": paid.id, "amount": 500, "reason": "duplicate"})


PAYING: dict[str, Callable[[Shop], Any]] = {
    f"POST {REFUNDS}": _refund,
    f"GET {REFUNDS}/{{id}}": lambda shop: shop.api.refunds.retrieve(
        _refund(shop).id, {"expand": ["payment_intent.customer"]}
    ),
    f"POST {REFUNDS}/{{id}}": lambda shop: shop.api.refunds.update(_refund(shop).id, {"metadata": {"a": "b"}}),
    f"GET {REFUNDS}": lambda shop: shop.api.refunds.list({"payment_intent": _refund(shop).payment_intent}),
    f"POST {METHODS}": lambda shop: (_sepa(shop), method(shop, card=NUMBER, allow_redisplay="always"))[1],
    f"GET {METHODS}/{{id}}": lambda shop: shop.api.payment_methods.retrieve(_sepa(shop).id),
    f"POST {METHODS}/{{id}}": lambda shop: shop.api.payment_methods.update(
        attached(shop).id, {"billing_details": {"name": "Grace"}, "card": {"exp_year": 2041}, "metadata": {"a": "b"}}
    ),
    f"GET {METHODS}": lambda shop: shop.api.payment_methods.list({"customer": attached(shop).customer, "type": "card"}),
    f"POST {METHODS}/{{id}}/attach": attached,
    f"POST {METHODS}/{{id}}/detach": lambda shop: shop.api.payment_methods.detach(attached(shop).id),
    f"GET {OF_CUSTOMERS}": _of_customer,
    f"GET {OF_CUSTOMERS}/{{child}}": _one_of_customer,
    f"POST {INTENTS}": _asked,
    f"GET {INTENTS}/{{id}}": _declined,
    f"POST {INTENTS}/{{id}}": lambda shop: shop.api.payment_intents.update(
        intent(shop).id, {"amount": 1900, "payment_method": method(shop).id, "receipt_email": "ada@example.com"}
    ),
    f"GET {INTENTS}": lambda shop: (intent(shop), shop.api.payment_intents.list())[1],
    f"GET {INTENTS}/search": _found,
    f"POST {INTENTS}/{{id}}/confirm": lambda shop: shop.api.payment_intents.confirm(
        intent(shop).id, {"payment_method_data": {"type": "card", "card": NUMBER}}
    ),
    f"POST {INTENTS}/{{id}}/capture": lambda shop: shop.api.payment_intents.capture(
        _reserved(shop).id, {"amount_to_capture": 1900}
    ),
    f"POST {INTENTS}/{{id}}/cancel": lambda shop: shop.api.payment_intents.cancel(
        _reserved(shop).id, {"cancellation_reason": "abandoned"}
    ),
    f"POST {SETUPS}": lambda shop: setup(shop, payment_method="pm_card_authenticationRequired", confirm=True),
    f"GET {SETUPS}/{{id}}": lambda shop: shop.api.setup_intents.retrieve(setup(shop).id),
    f"POST {SETUPS}/{{id}}": lambda shop: shop.api.setup_intents.update(setup(shop).id, {"description": "Card"}),
    f"GET {SETUPS}": lambda shop: (setup(shop), shop.api.setup_intents.list())[1],
    f"POST {SETUPS}/{{id}}/confirm": lambda shop: shop.api.setup_intents.confirm(
        setup(shop).id, {"payment_method": "pm_card_visa"}
    ),
    f"POST {SETUPS}/{{id}}/cancel": lambda shop: shop.api.setup_intents.cancel(setup(shop).id),
    f"GET {PAYMENTS}": _paid,
    f"GET {PAYMENTS}/{{id}}": lambda shop: shop.api.invoice_payments.retrieve(_paid(shop).data[0].id),
}

NOT_HERE: dict[str, Callable[[Shop], Any]] = {
    f"POST {INTENTS}/{{id}}/increment_authorization": lambda shop: shop.api.payment_intents.increment_authorization(
        _reserved(shop).id, {"amount": 3900}
    ),
    f"POST {INTENTS}/{{id}}/apply_customer_balance": lambda shop: shop.api.payment_intents.apply_customer_balance(
        intent(shop).id
    ),
    f"POST {INTENTS}/{{id}}/verify_microdeposits": lambda shop: shop.api.payment_intents.verify_microdeposits(
        intent(shop).id, {"amounts": [32, 45]}
    ),
    f"POST {SETUPS}/{{id}}/verify_microdeposits": lambda shop: shop.api.setup_intents.verify_microdeposits(
        setup(shop).id, {"amounts": [32, 45]}
    ),
}
"""What the contract has and no gateway of Tenure can do: refused with a sentence that says so."""
