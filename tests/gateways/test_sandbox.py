"""The sandbox behaves as the test cards say; live mode takes no card at all."""

import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure import gateways
from tenure.domain.documents import Scope
from tenure.domain.errors import Declined, Invalid, Refused
from tenure.domain.payment_methods import PaymentMethod, fingerprint
from tenure.domain.payments import CardGiven, Charge, Known, Verification
from tenure.gateways.cards import BY_NAME, BY_NUMBER, CARDS
from tenure.gateways.sandbox import IBANS, luhn

ACCOUNT = "acct_1"
NOW = 1_790_000_000  # 2026-09-21
TEST = gateways.of(Scope(ACCOUNT, livemode=False))
LIVE = gateways.of(Scope(ACCOUNT, livemode=True))
FUTURE = {"exp_month": 12, "exp_year": 2030}


def method_of(known: Known | None, **fields: Any) -> PaymentMethod:
    assert known is not None
    document = {**known.fields, "id": "pm_1", "reference": known.reference, **fields}
    return msgspec.convert(document, PaymentMethod)


def method(name: str, **fields: Any) -> PaymentMethod:
    return method_of(TEST.shared(f"pm_card_{name}", account=ACCOUNT, now=NOW), **fields)


def charged(paying: PaymentMethod, **asked: Any) -> tuple[str, str | None, str | None]:
    outcome = TEST.charge(Charge(amount=2900, currency="eur", method=paying, **asked))
    why = outcome.decline
    return outcome.result, why.code if why else None, why.decline_code if why else None


@pytest.mark.parametrize(
    ("name", "brand", "funding", "last4"),
    [
        ("visa", "visa", "credit", "4242"),
        ("visa_debit", "visa", "debit", "5556"),
        ("mastercard", "mastercard", "credit", "4444"),
        ("mastercard_prepaid", "mastercard", "prepaid", "5100"),
        ("amex", "amex", "credit", "0005"),
        ("discover", "discover", "credit", "1117"),
        ("diners", "diners", "credit", "0004"),
        ("jcb", "jcb", "credit", "0505"),
        ("unionpay", "unionpay", "credit", "0005"),
    ],
)
def test_cards_of_each_brand_pay(name: str, brand: str, funding: str, last4: str):
    paying = method(name)
    assert paying.card is not None
    assert (paying.card.brand, paying.card.funding, paying.card.last4) == (brand, funding, last4)
    assert (paying.card.exp_month, paying.card.exp_year) == (9, 2027)
    assert charged(paying) == ("succeeded", None, None)


@pytest.mark.parametrize(
    ("name", "number", "code", "decline_code"),
    [
        ("chargeDeclined", "4000000000000002", "card_declined", "generic_decline"),
        ("visa_chargeDeclined", "4000000000000002", "card_declined", "generic_decline"),
        ("chargeDeclinedInsufficientFunds", "4000000000009995", "card_declined", "insufficient_funds"),
        ("chargeDeclinedLostCard", "4000000000009987", "card_declined", "lost_card"),
        ("chargeDeclinedStolenCard", "4000000000009979", "card_declined", "stolen_card"),
        ("chargeDeclinedExpiredCard", "4000000000000069", "expired_card", "expired_card"),
        ("chargeDeclinedIncorrectCvc", "4000000000000127", "incorrect_cvc", "incorrect_cvc"),
        ("chargeDeclinedProcessingError", "4000000000000119", "processing_error", "processing_error"),
        ("visa_chargeDeclinedVelocityLimitExceeded", "4000000000006975", "card_declined", "card_velocity_exceeded"),
        ("chargeCustomerFail", "4000000000000341", "card_declined", "generic_decline"),
    ],
)
def test_cards_that_are_declined_say_why(name: str, number: str, code: str, decline_code: str):
    by_number = method_of(TEST.card(CardGiven(number=number, cvc="123", **FUTURE), account=ACCOUNT, now=NOW))
    for paying in (method(name), by_number):
        assert charged(paying) == ("failed", code, decline_code)
        saved = TEST.verify(Verification(method=paying)).result
        assert saved == ("succeeded" if name == "chargeCustomerFail" else "failed")


@pytest.mark.parametrize(
    ("name", "ready", "on_session", "off_session"),
    [
        ("authenticationRequired", True, "requires_action", "requires_action"),
        ("threeDSecure2Required", True, "requires_action", "requires_action"),
        ("authenticationRequiredOnSetup", False, "requires_action", "requires_action"),
        ("authenticationRequiredOnSetup", True, "requires_action", "succeeded"),
        ("authenticationRequiredSetupForOffSession", False, "requires_action", "succeeded"),
        ("threeDSecureOptional", False, "succeeded", "succeeded"),
    ],
)
def test_cards_that_ask_for_their_owner(name: str, ready: bool, on_session: str, off_session: str):
    paying = method(name, ready=ready)
    assert charged(paying)[0] == on_session
    assert charged(paying, off_session=True)[0] == off_session
    assert charged(paying, authenticated=True)[0] == "succeeded"


def test_a_card_may_decline_after_its_owner_has_authenticated():
    paying = method("authenticationRequiredChargeDeclinedInsufficientFunds")
    assert charged(paying)[0] == "requires_action"
    assert charged(paying, authenticated=True) == ("failed", "card_declined", "insufficient_funds")


def test_setting_up_asks_for_the_owner_too():
    asks = method("authenticationRequiredOnSetup")
    assert TEST.verify(Verification(method=asks)).result == "succeeded"
    assert TEST.verify(Verification(method=asks, setup=True)).result == "requires_action"
    done = TEST.verify(Verification(method=asks, setup=True, authenticated=True))
    assert (done.result, done.ready) == ("succeeded", True)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: str(card.number))
def test_every_test_number_is_right_and_each_token_has_its_own_behaviour(card: Any):
    assert luhn(card.number)
    for name in card.names:
        assert BY_NAME[name] is card
        by_token = TEST.card(CardGiven(token=f"tok_{name}"), account=ACCOUNT, now=NOW)
        assert by_token == TEST.shared(f"pm_card_{name}", account=ACCOUNT, now=NOW)
    assert BY_NUMBER[card.number].number == card.number


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"number": "4242424242424241"}, "incorrect_number", "number"),
        ({"number": "4242 4242 424"}, "incorrect_number", "number"),
        ({"number": "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢"}, "incorrect_number", "number"),
        ({"exp_month": 13}, "invalid_expiry_month", "exp_month"),
        ({"exp_month": 0}, "invalid_expiry_month", "exp_month"),
        ({"exp_month": 8, "exp_year": 2026}, "invalid_expiry_month", "exp_month"),
        ({"exp_year": 2025}, "invalid_expiry_year", "exp_year"),
        ({"exp_year": 2977}, "invalid_expiry_year", "exp_year"),
        ({"cvc": "12"}, "invalid_cvc", "cvc"),
        ({"cvc": "1234"}, "invalid_cvc", "cvc"),
        ({"number": "4111111111111111"}, "card_declined", None),
    ],
)
def test_a_card_that_cannot_be_is_refused(fields: dict[str, Any], code: str, param: str | None):
    given_ = CardGiven(**{"number": "4242424242424242", **FUTURE, **fields})
    with pytest.raises(Declined) as refused:
        TEST.card(given_, account=ACCOUNT, now=NOW)
    assert (refused.value.code, refused.value.param) == (code, param)


def test_a_number_that_may_be_real_is_refused_as_such():
    with pytest.raises(Declined) as refused:
        TEST.card(CardGiven(number="4111 1111 1111 1111", **FUTURE), account=ACCOUNT, now=NOW)
    assert refused.value.details == {"decline_code": "test_mode_live_card"}
    assert "4111" not in refused.value.message


def test_two_digits_of_a_year_are_enough_and_amex_has_four_digits_of_cvc():
    known = TEST.card(
        CardGiven(number="3782-822463-10005", exp_month=1, exp_year=31, cvc="1234"), account=ACCOUNT, now=NOW
    )
    card = method_of(known).card
    assert card is not None and (card.exp_year, card.checks.cvc_check if card.checks else "") == (2031, "unchecked")


@given(st.integers(min_value=10**11, max_value=10**18 - 1), st.integers(1, 9))
def test_the_check_digit_finds_every_wrong_digit(number: int, off: int):
    whole = next(f"{number}{digit}" for digit in range(10) if luhn(f"{number}{digit}"))
    at = number % len(whole)
    wrong = whole[:at] + str((int(whole[at]) + off) % 10) + whole[at + 1 :]
    assert not luhn(wrong)


def test_a_fingerprint_is_of_one_account():
    assert fingerprint("acct_1", "4242424242424242") == fingerprint("acct_1", "4242424242424242")
    assert fingerprint("acct_1", "4242424242424242") != fingerprint("acct_2", "4242424242424242")
    assert fingerprint("acct_1", "4242424242424242") != fingerprint("acct_1", "4000056655665556")


def test_what_is_kept_of_a_card_holds_no_number():
    for card in CARDS:
        known = TEST.card(CardGiven(number=card.number, cvc=None, **FUTURE), account=ACCOUNT, now=NOW)
        assert card.number not in str(known)
    assert "4242" not in repr(CardGiven(number="4242424242424242", cvc="123"))


@pytest.mark.parametrize("iban", list(IBANS))
def test_test_accounts_are_debited_or_not(iban: str):
    paying = method_of(TEST.sepa_debit(iban.lower(), account=ACCOUNT))
    assert paying.sepa_debit is not None and paying.sepa_debit.last4 == iban[-4:]
    assert charged(paying)[0] == ("succeeded" if IBANS[iban] else "failed")
    with pytest.raises(Invalid):
        TEST.sepa_debit(iban[:-1] + "9", account=ACCOUNT)


def test_a_way_of_the_merchants_own_is_not_charged():
    own = PaymentMethod(id="pm_1", type="custom")
    for gateway in (TEST, LIVE):
        outcome = gateway.charge(Charge(amount=5, currency="eur", method=own))
        assert outcome.decline is not None and outcome.decline.code == "payment_method_not_available"
        assert gateway.verify(Verification(method=own, setup=True)).result == "succeeded"
        assert gateway.refund(5, "eur", own).result == "succeeded"


def test_live_mode_takes_no_numbers_tokens_or_accounts():
    assert LIVE.shared("pm_card_visa", account=ACCOUNT, now=NOW) is None
    with pytest.raises(Declined, match="Sending credit card numbers directly to the Stripe API is generally unsafe"):
        LIVE.card(CardGiven(number="4242424242424242", **FUTURE), account=ACCOUNT, now=NOW)
    with pytest.raises(Invalid, match="No such token: 'tok_visa'"):
        LIVE.card(CardGiven(token="tok_visa"), account=ACCOUNT, now=NOW)
    for refuse in (
        lambda: LIVE.card(CardGiven(), account=ACCOUNT, now=NOW),
        lambda: LIVE.sepa_debit("DE89370400440532013000", account=ACCOUNT),
    ):
        with pytest.raises(Refused):
            refuse()


@pytest.mark.parametrize("given_", [CardGiven(), CardGiven(number="4242424242424242"), CardGiven(token="tok_none")])
def test_a_card_that_is_not_described_is_refused(given_: CardGiven):
    with pytest.raises(Invalid):
        TEST.card(given_, account=ACCOUNT, now=int(time.time()))
    assert (
        TEST.shared("pm_card_none", account=ACCOUNT, now=NOW) is None
        and TEST.shared("pm_1", account=ACCOUNT, now=NOW) is None
    )
