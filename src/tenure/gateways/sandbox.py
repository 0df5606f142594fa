"""The gateway of test mode: it behaves as the test cards say, and no money moves.

    method.reference "visa"                    ──▶ succeeded
    method.reference "authenticationRequired"  ──▶ requires_action, until its owner has authenticated
    method.reference "chargeCustomerFail"      ──▶ verify: succeeded; charge: failed, card_declined

A number is looked up among the public test numbers and forgotten; any other number is refused, since it may be real.
"""

from datetime import UTC, datetime
from typing import Any

from tenure.domain.errors import Declined, Invalid
from tenure.domain.payment_methods import Networks, PaymentMethod, check_expiry, fingerprint
from tenure.domain.payments import CardGiven, Charge, Decline, Known, Outcome, Verification
from tenure.gateways import cards
from tenure.gateways.cards import BY_NAME, BY_NUMBER, BY_REFERENCE, REFERENCES, Asks, Refuses, SandboxCard

METHOD_PREFIX = "pm_card_"
TOKEN_PREFIX = "tok_"
BANK_REFUSES = Decline(
    code="payment_intent_payment_attempt_failed",
    decline_code="generic_decline",
    message="The customer's bank account could not be debited.",
)
# Test IBANs, each with the behaviour that it stands for. Source: Stripe documentation, "SEPA Direct Debit: testing".
IBANS: dict[str, bool] = {
    "AT611904300234573201": True,
    "AT861904300235473202": False,
    "DE89370400440532013000": True,
    "DE62370400440532013001": False,
    "FR1420041010050500013M02606": True,
    "FR8420041010050500013M02607": False,
    "NL39RABO0300065264": True,
    "NL91ABNA0417164300": False,
    "ES0700120345030000067890": True,
    "ES9121000418450200051332": False,
    "IT40S0542811101000000123456": True,
    "IT60X0542811101000000123456": False,
}
_SEPA_REFERENCES = {True: "sepa_succeeds", False: "sepa_fails"}


class Sandbox:
    """Test cards and test accounts."""

    name = "sandbox"

    def shared(self, id: str, *, account: str, now: int) -> Known | None:
        """The card behind `pm_card_…`."""
        card = BY_NAME.get(id.removeprefix(METHOD_PREFIX)) if id.startswith(METHOD_PREFIX) else None
        return _known(card, account, _next_year(now)) if card is not None else None

    def card(self, given: CardGiven, *, account: str, now: int) -> Known:
        """The test card of this token or number. Raises Declined, Invalid."""
        if given.token is not None:
            card = BY_NAME.get(given.token.removeprefix(TOKEN_PREFIX)) if given.token.startswith(TOKEN_PREFIX) else None
            if card is None:
                raise Invalid(f"No such token: '{given.token}'", code="resource_missing", param="card[token]")
            return _known(card, account, _next_year(now), networks=given.networks)
        if given.number is None:
            raise Invalid("Missing required param: card[number].", code="parameter_missing", param="card[number]")
        card = _by_number(given.number)
        month, year = _expiry(given, now)
        _check_cvc(given.cvc, card)
        cvc = given.cvc is not None
        return _known(card, account, (month, year), cvc=cvc, networks=given.networks)

    def sepa_debit(self, iban: str, *, account: str) -> Known:
        """The test account of this IBAN. Raises Invalid."""
        plain = iban.replace(" ", "").upper()
        if plain not in IBANS:
            raise Invalid(
                "The IBAN you provided is not one of the test IBANs; test mode takes no other.",
                code="invalid_bank_account_iban",
                param="sepa_debit[iban]",
            )
        detail = {
            "bank_code": plain[4:12],
            "country": plain[:2],
            "fingerprint": fingerprint(account, plain),
            "last4": plain[-4:],
        }
        return Known(fields={"type": "sepa_debit", "sepa_debit": detail}, reference=_SEPA_REFERENCES[IBANS[plain]])

    def charge(self, charge: Charge) -> Outcome:
        """As the card's issuer behaves."""
        if charge.method.type == "custom":
            return Outcome(result="failed", decline=_not_collected())
        if charge.method.reference in _SEPA_REFERENCES.values():
            refused = charge.method.reference == _SEPA_REFERENCES[False]
            return _answer(BANK_REFUSES if refused else None)
        card = _card_of(charge.method)
        if not charge.authenticated and _asks(card, off_session=charge.off_session, ready=charge.method.ready):
            return Outcome(result="requires_action")
        return _answer(card.decline if card.refuses is not Refuses.NEVER else None)

    def verify(self, check: Verification) -> Outcome:
        """Whether the issuer lets the card be saved; setting it up may need its owner."""
        if check.method.type != "card":
            return Outcome(result="succeeded", ready=True)
        card = _card_of(check.method)
        if card.refuses is Refuses.ALWAYS:
            return _answer(card.decline)
        if check.setup and not check.authenticated and card.asks is not Asks.NEVER:
            return Outcome(result="requires_action")
        return Outcome(result="succeeded", ready=check.setup)

    def refund(self, amount: int, currency: str, method: PaymentMethod | None) -> Outcome:
        """No money moved, so none has to come back."""
        return Outcome(result="succeeded")


def _answer(decline: Decline | None) -> Outcome:
    if decline is not None:
        return Outcome(result="failed", decline=decline)
    return Outcome(result="succeeded", ready=True)


def _not_collected() -> Decline:
    return Decline(
        code="payment_method_not_available",
        message="This payment method cannot be charged automatically. Record money that has arrived with "
        "`paid_out_of_band`.",
        type="invalid_request_error",
    )


def _asks(card: SandboxCard, *, off_session: bool, ready: bool) -> bool:
    """Whether the issuer wants to see the owner before this charge."""
    match card.asks:
        case Asks.ALWAYS:
            return True
        case Asks.UNLESS_SET_UP:
            return not (off_session and ready)
        case Asks.ON_SESSION:
            return not off_session
        case Asks.NEVER:
            return False


def _card_of(method: PaymentMethod) -> SandboxCard:
    return BY_REFERENCE[method.reference or "visa"]


def _known(
    card: SandboxCard, account: str, expiry: tuple[int, int], *, cvc: bool = False, networks: Networks | None = None
) -> Known:
    preferred = networks.preferred if networks else None
    if preferred not in (None, card.brand):
        raise Invalid(f"The card does not support the network {preferred}.", param="card[networks][preferred]")
    detail: dict[str, Any] = {
        "brand": card.brand,
        "checks": {"cvc_check": "unchecked" if cvc else None},
        "country": "US",
        "display_brand": {"amex": "american_express", "diners": "diners_club"}.get(card.brand, card.brand),
        "exp_month": expiry[0],
        "exp_year": expiry[1],
        "fingerprint": fingerprint(account, card.number),
        "funding": card.funding,
        "last4": card.number[-4:],
        "networks": {"available": [card.brand], "preferred": preferred},
        "three_d_secure_usage": {"supported": card.authenticates},
    }
    return Known(fields={"type": "card", "card": detail}, reference=REFERENCES[card])


def _next_year(now: int) -> tuple[int, int]:
    today = datetime.fromtimestamp(now, UTC)
    return today.month, today.year + 1


def _by_number(text: str) -> SandboxCard:
    number = text.replace(" ", "").replace("-", "")
    if not (number.isascii() and number.isdigit() and 12 <= len(number) <= 19 and luhn(number)):
        raise Declined("Your card number is incorrect.", code="incorrect_number", param="number")
    card = BY_NUMBER.get(number)
    if card is None:
        refused = cards.LIVE_CARD
        raise Declined(refused.message, code=refused.code, details={"decline_code": refused.decline_code})
    return card


def luhn(number: str) -> bool:
    """Whether the last digit is right for the ones before it. Source: ISO/IEC 7812-1, annex B."""
    digits = [int(each) for each in reversed(number)]
    doubled = [each * 2 - 9 if each > 4 else each * 2 for each in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _expiry(given: CardGiven, now: int) -> tuple[int, int]:
    for name, value in (("exp_month", given.exp_month), ("exp_year", given.exp_year)):
        if value is None:
            raise Invalid(f"Missing required param: card[{name}].", code="parameter_missing", param=f"card[{name}]")
    month, year = given.exp_month or 0, given.exp_year or 0
    return check_expiry(month, year + 2000 if 0 <= year < 100 else year, now)


def _check_cvc(cvc: str | None, card: SandboxCard) -> None:
    lengths = (3, 4) if card.brand == "amex" else (3,)
    if cvc is not None and not (cvc.isascii() and cvc.isdigit() and len(cvc) in lengths):
        raise Declined("Your card's security code is invalid.", code="invalid_cvc", param="cvc")
