"""A payment method: how a customer pays, without anything that could pay by itself.

card        brand, last4, expiry, fingerprint       never a number, never a security code
sepa_debit  country, bank code, last4, fingerprint  never an IBAN
custom      a way of the merchant's own: bank transfer, cash, another provider

made ── attach ──▶ of a customer ── detach ──▶ spent: it is never used again
"""

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from tenure.domain.customers import Address
from tenure.domain.documents import Document, Part
from tenure.domain.errors import Conflict, Declined, Invalid

MethodType = Literal["card", "custom", "sepa_debit"]
TYPES: tuple[str, ...] = ("card", "custom", "sepa_debit")
Redisplay = Literal["always", "limited", "unspecified"]
FINGERPRINT_LENGTH = 16
MAX_YEARS_AHEAD = 50


class BillingDetails(Part, frozen=True, kw_only=True):
    """Whom the method belongs to, as the customer said."""

    address: Address = Address()
    email: str | None = None
    name: str | None = None
    phone: str | None = None
    tax_id: str | None = None


class Checks(Part, frozen=True, kw_only=True):
    """What the issuer said about the address and the security code: pass, fail, unavailable or unchecked."""

    address_line1_check: str | None = None
    address_postal_code_check: str | None = None
    cvc_check: str | None = None


class Networks(Part, frozen=True, kw_only=True):
    """Over which networks the card can be charged."""

    available: list[str] = msgspec.field(default_factory=list)
    preferred: str | None = None


class ThreeDSecureUsage(Part, frozen=True, kw_only=True):
    """Whether its issuer can ask the customer to authenticate."""

    supported: bool = True


class Card(Part, frozen=True, kw_only=True):
    """What may be known of a card."""

    brand: str
    checks: Checks | None = Checks()
    country: str | None = None
    display_brand: str | None = None
    exp_month: int
    exp_year: int
    fingerprint: str | None = None
    funding: str = "credit"
    generated_from: dict[str, Any] | None = None
    last4: str
    networks: Networks | None = None
    regulated_status: Literal["regulated", "unregulated"] | None = "unregulated"
    three_d_secure_usage: ThreeDSecureUsage | None = ThreeDSecureUsage()
    wallet: dict[str, Any] | None = None


class SepaDebit(Part, frozen=True, kw_only=True):
    """What may be known of a bank account."""

    bank_code: str | None = None
    branch_code: str | None = ""
    country: str | None = None
    fingerprint: str | None = None
    generated_from: dict[str, Any] | None = None
    last4: str | None = None


class Custom(Part, frozen=True, kw_only=True):
    """A way of the merchant's own; `type` is the merchant's name for it."""

    display_name: str | None = None
    type: str


class PaymentMethod(Document, frozen=True, kw_only=True):
    """How a customer pays. Below the line `reference` are fields that the wire does not show."""

    object: str = "payment_method"
    allow_redisplay: Redisplay | None = "unspecified"
    billing_details: BillingDetails = BillingDetails()
    card: Card | None = None
    custom: Custom | None = None
    customer: str | None = None
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    sepa_debit: SepaDebit | None = None
    type: MethodType
    # Not shown: the gateway's name for it, whether it is set up to be charged without its owner, and whether it was
    # used without a customer or taken from one: then never again.
    reference: str | None = None
    ready: bool = False
    spent: bool = False


METHOD_HIDDEN = ("reference", "ready", "spent")


def fingerprint(account: str, number: str) -> str:
    """A name for a number that is the same within one account, and means nothing outside of it."""
    digest = hmac.new(account.encode(), number.encode(), hashlib.sha256).hexdigest()
    return digest[:FINGERPRINT_LENGTH]


def fingerprint_of(method: PaymentMethod) -> str | None:
    """What two methods with the same number have in common."""
    detail = method.card or method.sepa_debit
    return detail.fingerprint if detail else None


def check_usable(method: PaymentMethod, customer: str | None) -> None:
    """Refuse a method that is spent, or that belongs to somebody else. Raises Conflict, Invalid."""
    if method.spent:
        raise Conflict(
            "This PaymentMethod was previously used without being attached to a Customer or was detached from a "
            "Customer, and may not be used again.",
            code="payment_method_unexpected_state",
            param="payment_method",
        )
    if method.customer is None or method.customer == customer:
        return
    if customer is None:
        raise Invalid(
            f"The PaymentMethod {method.id} belongs to a Customer. Please include the Customer in the `customer` "
            "parameter.",
            param="payment_method",
        )
    raise Invalid(
        f"Payment method {method.id} does not belong to the Customer you supplied {customer}. Please use this payment "
        "method with the Customer that it belongs to instead.",
        param="payment_method",
    )


def attached(method: PaymentMethod, customer: str) -> PaymentMethod:
    """The method as one of this customer's. Raises Conflict where it is spent or another's."""
    if method.customer is not None and method.customer != customer:
        raise Conflict(
            "The payment method you provided has already been attached to a customer.",
            code="payment_method_unexpected_state",
        )
    check_usable(method, customer)
    checked = method.card
    if checked is not None and checked.checks is not None and checked.checks.cvc_check == "unchecked":
        checked = replace(checked, checks=replace(checked.checks, cvc_check="pass"))
    return replace(method, customer=customer, card=checked)


def detached(method: PaymentMethod) -> PaymentMethod:
    """The method without its customer, for good. Raises Conflict where it has none."""
    if method.customer is None:
        raise Conflict(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            code="payment_method_unexpected_state",
        )
    return replace(method, customer=None, spent=True, ready=False)


def check_expiry(month: int, year: int, now: int) -> tuple[int, int]:
    """The same expiry, or Declined where there is no such month or it has passed."""
    today = datetime.fromtimestamp(now, UTC)
    if not 1 <= month <= 12 or (year == today.year and month < today.month):
        raise Declined("Your card's expiration month is invalid.", code="invalid_expiry_month", param="exp_month")
    if not today.year <= year <= today.year + MAX_YEARS_AHEAD:
        raise Declined("Your card's expiration year is invalid.", code="invalid_expiry_year", param="exp_year")
    return month, year
