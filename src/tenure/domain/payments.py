"""What a gateway is asked, and what it may answer: it decides at once and without network.

    Charge(amount, currency, method, …) ──▶ Gateway.charge ──▶ Outcome("succeeded")
                                                               "failed" | "requires_action" | "processing"

A gateway that has to ask somebody answers `processing`; `actions.payment_intents.report` tells what it learns later.
"""

from typing import Any, Literal, Protocol

import msgspec

from tenure.domain.documents import Part, Scope
from tenure.domain.errors import Declined, Invalid, Refused
from tenure.domain.payment_methods import Networks, PaymentMethod

QUOTED = ("advice_code", "decline_code", "payment_method", "payment_method_type")
Result = Literal["succeeded", "failed", "requires_action", "processing"]


class Decline(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no money: Stripe's error code, the issuer's reason, and a sentence for people."""

    code: str
    message: str
    decline_code: str | None = None
    advice_code: str | None = None
    param: str | None = None
    type: str = "card_error"


AUTHENTICATION = Decline(
    code="authentication_required",
    decline_code="authentication_required",
    message="Your card was declined. This transaction requires authentication.",
)
_CHOOSE = "We are unable to authenticate your payment method. Please choose a different payment method and try again."
UNAUTHENTICATED = Decline(code="payment_intent_authentication_failure", message=_CHOOSE, type="invalid_request_error")
UNAUTHENTICATED_SETUP = Decline(
    code="setup_intent_authentication_failure", message=_CHOOSE, type="invalid_request_error"
)
NO_METHOD = Decline(
    code="resource_missing",
    message="This customer has no attached payment source or default payment method. Please consider adding a default "
    "payment method.",
    type="invalid_request_error",
)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway answered; `decline` says why it failed, `ready` that its owner may stay away next time."""

    result: Result
    decline: Decline | None = None
    ready: bool = False


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """Money asked of a method, minor units; `authenticated`: its owner has just proved who they are."""

    amount: int
    currency: str
    method: PaymentMethod
    off_session: bool = False
    authenticated: bool = False


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a method works: before it is saved (`setup`), or when it is given to a customer."""

    method: PaymentMethod
    setup: bool = False
    authenticated: bool = False


class CardGiven(Part, frozen=True, kw_only=True):
    """A card as a caller describes it: by a token, or in test mode by a number; `number` and `cvc` are never kept."""

    cvc: str | None = None
    exp_month: int | None = None
    exp_year: int | None = None
    networks: Networks | None = None
    number: str | None = None
    token: str | None = None

    def __repr__(self) -> str:
        """Without the number: this may end up in a log."""
        return "CardGiven(…)"


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway makes of what was given: the fields of a payment method, and its own name for it."""

    fields: dict[str, Any]
    reference: str | None = None


class Gateway(Protocol):
    """Moves money, or says why not; called inside a transaction."""

    name: str

    def shared(self, id: str, *, account: str, now: int) -> Known | None:
        """What a shared token such as `pm_card_visa` stands for; None where it is no token of this gateway."""

    def card(self, given: CardGiven, *, account: str, now: int) -> Known:
        """The card that was described. Raises Declined, Invalid."""

    def sepa_debit(self, iban: str, *, account: str) -> Known:
        """The bank account that was described. Raises Invalid."""

    def charge(self, charge: Charge) -> Outcome:
        """Take money."""

    def verify(self, check: Verification) -> Outcome:
        """Try a method without taking money."""

    def refund(self, amount: int, currency: str, method: PaymentMethod | None) -> Outcome:
        """Give money back."""


def error_of(decline: Decline, method: dict[str, Any] | None) -> dict[str, Any]:
    """Stripe's error object of a failed payment; `method` as the wire shows it."""
    error: dict[str, Any] = {"code": decline.code}
    if decline.advice_code is not None:
        error["advice_code"] = decline.advice_code
    if decline.decline_code is not None:
        error["decline_code"] = decline.decline_code
    error["doc_url"] = f"https://stripe.com/docs/error-codes/{decline.code.replace('_', '-')}"
    error["message"] = decline.message
    if decline.param is not None:
        error["param"] = decline.param
    if method is not None:
        error["payment_method"] = method
        error["payment_method_type"] = method["type"]
    return {**error, "source": None, "type": decline.type}


def declined(error: dict[str, Any], **shown: Any) -> Refused:
    """The refusal that a caller gets for such an error; `shown` are objects that it quotes, such as the intent."""
    if error["type"] != "card_error":
        return Invalid(error["message"], code=error["code"], param=error.get("param"))
    details = {key: error[key] for key in QUOTED if key in error}
    return Declined(error["message"], code=error["code"], param=error.get("param"), details={**details, **shown})


def authentication_token(scope: Scope, client_secret: str) -> str:
    """What names an intent in the address of the page where its customer authenticates."""
    return f"{scope.account}.{'live' if scope.livemode else 'test'}.{client_secret}"


def read_token(token: str) -> tuple[Scope, str] | None:
    """The scope and the client secret in such a token, or None."""
    parts = token.split(".")
    if len(parts) != 3 or parts[1] not in ("live", "test") or "_secret_" not in parts[2]:
        return None
    return Scope(parts[0], parts[1] == "live"), parts[2]


def next_action(site: str, token: str, return_url: str | None) -> dict[str, Any]:
    """What a customer has to do: authenticate on our page, by redirect where there is somewhere to come back to."""
    url = f"{site}/i/authenticate/{token}"
    if return_url is not None:
        return {"redirect_to_url": {"return_url": return_url, "url": url}, "type": "redirect_to_url"}
    return {"type": "use_stripe_sdk", "use_stripe_sdk": {"stripe_js": url, "type": "three_d_secure_redirect"}}
