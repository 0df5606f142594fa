"""The test cards: public numbers and tokens that stand for one behaviour each; none of them is anybody's card.

    pm_card_visa, tok_visa, 4242 4242 4242 4242                       pays
    pm_card_chargeCustomerFail, 4000 0000 0000 0341                   can be given to a customer, then declines
    pm_card_authenticationRequired, 4000 0027 6000 3184               asks for 3-D Secure every time

Source: Stripe documentation, "Testing".
"""

from enum import StrEnum
from typing import NamedTuple

from tenure.domain.payments import Decline

DECLINED = "Your card was declined."


class Asks(StrEnum):
    """When the issuer wants to see the customer."""

    NEVER = "never"
    ALWAYS = "always"
    UNLESS_SET_UP = "unless_set_up"
    ON_SESSION = "on_session"


class Refuses(StrEnum):
    """When the issuer says no."""

    NEVER = "never"
    ALWAYS = "always"
    CHARGES = "charges"


class SandboxCard(NamedTuple):
    """One card: its names without `pm_card_` and `tok_`, its number, and how its issuer behaves."""

    names: tuple[str, ...]
    number: str
    brand: str = "visa"
    funding: str = "credit"
    decline: Decline | None = None
    refuses: Refuses = Refuses.NEVER
    asks: Asks = Asks.NEVER
    authenticates: bool = True


def _declined(decline_code: str, message: str = DECLINED, advice: str | None = None) -> Decline:
    return Decline(code="card_declined", decline_code=decline_code, message=message, advice_code=advice)


GENERIC = _declined("generic_decline", advice="try_again_later")
FUNDS = _declined("insufficient_funds", "Your card has insufficient funds.", "try_again_later")
VELOCITY = _declined(
    "card_velocity_exceeded",
    "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
    "try_again_later",
)
EXPIRED = Decline(code="expired_card", decline_code="expired_card", message="Your card has expired.", param="exp_month")
CVC = Decline(
    code="incorrect_cvc",
    decline_code="incorrect_cvc",
    message="Your card's security code is incorrect.",
    param="cvc",
)
PROCESSING = Decline(
    code="processing_error",
    decline_code="processing_error",
    message="An error occurred while processing your card. Try again in a little bit.",
    advice_code="try_again_later",
)
LOST = _declined("lost_card", advice="do_not_try_again")
STOLEN = _declined("stolen_card", advice="do_not_try_again")
FRAUD = _declined("fraudulent", advice="do_not_try_again")
LIVE_CARD = _declined(
    "test_mode_live_card",
    "Your card was declined. Your request was in test mode, but used a non test (live) card. For a list of valid test "
    "cards, visit: https://stripe.com/docs/testing.",
)


def _pays(brand: str, number: str, *names: str, funding: str = "credit") -> SandboxCard:
    return SandboxCard(names, number, brand, funding)


def _refuses(number: str, decline: Decline, *names: str) -> SandboxCard:
    return SandboxCard(names, number, decline=decline, refuses=Refuses.ALWAYS)


CARDS: tuple[SandboxCard, ...] = (
    _pays("visa", "4242424242424242", "visa"),
    _pays("visa", "4012888888881881"),
    _pays("visa", "4000056655665556", "visa_debit", funding="debit"),
    _pays("mastercard", "5555555555554444", "mastercard"),
    _pays("mastercard", "2223003122003222"),
    _pays("mastercard", "5200828282828210", "mastercard_debit", funding="debit"),
    _pays("mastercard", "5105105105105100", "mastercard_prepaid", funding="prepaid"),
    _pays("amex", "378282246310005", "amex"),
    _pays("amex", "371449635398431"),
    _pays("discover", "6011111111111117", "discover"),
    _pays("discover", "6011000990139424"),
    _pays("diners", "3056930009020004", "diners"),
    _pays("diners", "36227206271667"),
    _pays("jcb", "3566002020360505", "jcb"),
    _pays("unionpay", "6200000000000005", "unionpay"),
    _refuses("4000000000000002", GENERIC, "chargeDeclined", "visa_chargeDeclined"),
    _refuses("4000000000009995", FUNDS, "chargeDeclinedInsufficientFunds", "visa_chargeDeclinedInsufficientFunds"),
    _refuses("4000000000009987", LOST, "chargeDeclinedLostCard", "visa_chargeDeclinedLostCard"),
    _refuses("4000000000009979", STOLEN, "chargeDeclinedStolenCard", "visa_chargeDeclinedStolenCard"),
    _refuses("4000000000000069", EXPIRED, "chargeDeclinedExpiredCard", "visa_chargeDeclinedExpiredCard"),
    _refuses("4000000000000127", CVC, "chargeDeclinedIncorrectCvc", "visa_chargeDeclinedIncorrectCvc"),
    _refuses("4000000000000119", PROCESSING, "chargeDeclinedProcessingError", "visa_chargeDeclinedProcessingError"),
    _refuses(
        "4000000000006975",
        VELOCITY,
        "chargeDeclinedVelocityLimitExceeded",
        "visa_chargeDeclinedVelocityLimitExceeded",
    ),
    _refuses("4100000000000019", FRAUD, "chargeDeclinedFraudulent", "radarBlock"),
    SandboxCard(("chargeCustomerFail",), "4000000000000341", decline=GENERIC, refuses=Refuses.CHARGES),
    SandboxCard(("authenticationRequired",), "4000002760003184", asks=Asks.ALWAYS),
    SandboxCard(("authenticationRequiredOnSetup",), "4000002500003155", asks=Asks.UNLESS_SET_UP),
    SandboxCard(("authenticationRequiredSetupForOffSession",), "4000003800000446", asks=Asks.ON_SESSION),
    SandboxCard(
        ("authenticationRequiredChargeDeclinedInsufficientFunds",),
        "4000008260003178",
        decline=FUNDS,
        refuses=Refuses.CHARGES,
        asks=Asks.ALWAYS,
    ),
    SandboxCard(("threeDSecure2Required", "threeDSecureRequired"), "4000000000003220", asks=Asks.ALWAYS),
    SandboxCard((), "4000008400000027", asks=Asks.ALWAYS),
    SandboxCard(
        ("threeDSecureRequiredChargeDeclined",),
        "4000008400001629",
        decline=GENERIC,
        refuses=Refuses.CHARGES,
        asks=Asks.ALWAYS,
    ),
    SandboxCard(("threeDSecureOptional",), "4000000000003055"),
    SandboxCard(("amex_threeDSecureNotSupported",), "378282246310005", "amex", authenticates=False),
)
BY_NAME = {name: card for card in CARDS for name in card.names}
BY_NUMBER: dict[str, SandboxCard] = {}
for _card in CARDS:
    BY_NUMBER.setdefault(_card.number, _card)
BY_REFERENCE = {(card.names[0] if card.names else f"{card.brand}_{card.number[-4:]}"): card for card in CARDS}
REFERENCES = {card: reference for reference, card in BY_REFERENCE.items()}
