"""Intents, setup intents, invoice payments and refunds move only along their tables."""

from collections.abc import Callable
from typing import Any

import pytest

from tenure.domain import invoice_payments, payment_intents, refunds, setup_intents
from tenure.domain.documents import Scope
from tenure.domain.errors import Conflict, Declined, Invalid
from tenure.domain.invoice_payments import InvoicePayment, InvoicePaymentStatus, Payment
from tenure.domain.payment_intents import CANCELABLE, IntentStatus, PaymentIntent
from tenure.domain.payments import (
    AUTHENTICATION,
    NO_METHOD,
    Outcome,
    authentication_token,
    declined,
    error_of,
    next_action,
    read_token,
)
from tenure.domain.refunds import Refund, RefundStatus
from tenure.domain.setup_intents import SetupIntent, SetupStatus

NOW = 1_790_000_000
ACTION = {"type": "use_stripe_sdk", "use_stripe_sdk": {}}
REFUSED = {"code": "card_declined", "message": "Your card was declined.", "type": "card_error"}


def intent(status: IntentStatus = IntentStatus.REQUIRES_PAYMENT_METHOD, **fields: Any) -> PaymentIntent:
    return PaymentIntent(id="pi_1", amount=2900, currency="eur", status=status, **fields)


MACHINES: list[tuple[Callable[[Any], Any], Callable[..., Any], dict[Any, frozenset[Any]]]] = [
    (intent, payment_intents.move, payment_intents.MOVES),
    (lambda status: SetupIntent(id="seti_1", status=status), setup_intents.move, setup_intents.MOVES),
    (
        lambda status: InvoicePayment(
            id="inpay_1",
            amount_requested=1,
            currency="eur",
            invoice="in_1",
            payment=Payment(payment_intent="pi_1"),
            status=status,
        ),
        invoice_payments.move,
        invoice_payments.MOVES,
    ),
    (lambda status: Refund(id="re_1", amount=1, currency="eur", status=status), refunds.move, refunds.MOVES),
]


@pytest.mark.parametrize(("make", "move", "moves"), MACHINES)
def test_every_state_is_in_its_table_and_moves_only_where_it_says(make: Any, move: Any, moves: Any):
    states = type(next(iter(moves)))
    assert set(moves) == set(states)
    for state in states:
        for to in states:
            if to in moves[state]:
                assert move(make(state), to).status is to
            else:
                with pytest.raises(Conflict):
                    move(make(state), to)


@pytest.mark.parametrize(("make", "move", "moves"), MACHINES)
def test_every_state_can_be_reached(make: Any, move: Any, moves: Any):
    first = next(iter(moves))
    reached, grown = {first}, True
    while grown:
        more = reached.union(*(moves[state] for state in reached))
        grown, reached = more != reached, more
    assert reached == set(moves)


@pytest.mark.parametrize(
    ("capture", "status", "received", "capturable"),
    [("automatic", "succeeded", 2900, 0), ("manual", "requires_capture", 0, 2900)],
)
def test_money_is_taken_or_reserved(capture: Any, status: str, received: int, capturable: int):
    before = intent(capture_method=capture, last_payment_error=REFUSED)
    after = payment_intents.attempted(before, Outcome(result="succeeded"), method="pm_1", error=None, action=ACTION)
    assert (after.status, after.amount_received, after.amount_capturable) == (status, received, capturable)
    assert after.payment_method == "pm_1" and after.last_payment_error is None


def test_a_decline_is_remembered_and_the_method_is_not():
    before = payment_intents.given_method(intent(), "pm_1")
    after = payment_intents.attempted(before, Outcome(result="failed"), method="pm_1", error=REFUSED, action=ACTION)
    assert (after.status, after.payment_method, after.last_payment_error) == ("requires_payment_method", None, REFUSED)


def test_what_the_customer_has_to_do_is_there_only_while_they_have_to():
    asked = payment_intents.attempted(
        intent(), Outcome(result="requires_action"), method="pm_1", error=None, action=ACTION
    )
    assert asked.next_action == ACTION
    for result in ("succeeded", "failed", "processing"):
        done = payment_intents.attempted(
            asked,
            Outcome(result=result),
            method="pm_1",
            error=REFUSED,
            action=ACTION,  # type: ignore[arg-type]
        )
        assert done.next_action is None
    assert payment_intents.canceled(asked, "abandoned", NOW).next_action is None


@pytest.mark.parametrize("status", list(IntentStatus))
def test_money_that_came_or_is_on_its_way_is_not_canceled(status: IntentStatus):
    if status in CANCELABLE:
        gone = payment_intents.canceled(intent(status, amount_capturable=5), "duplicate", NOW)
        assert (gone.status, gone.canceled_at, gone.cancellation_reason) == ("canceled", NOW, "duplicate")
        assert gone.amount_capturable == 0
    else:
        with pytest.raises(Conflict, match="You cannot cancel this PaymentIntent"):
            payment_intents.canceled(intent(status), None, NOW)


@pytest.mark.parametrize(("asked", "taken"), [(None, 2900), (1, 1), (2900, 2900)])
def test_reserved_money_is_captured_up_to_all_of_it(asked: int | None, taken: int):
    reserved = intent(IntentStatus.REQUIRES_CAPTURE, amount_capturable=2900)
    after = payment_intents.captured(reserved, asked)
    assert (after.status, after.amount_received, after.amount_capturable) == ("succeeded", taken, 0)


@pytest.mark.parametrize("asked", [0, -1, 2901])
def test_more_than_was_reserved_is_not_captured(asked: int):
    with pytest.raises(Invalid):
        payment_intents.captured(intent(IntentStatus.REQUIRES_CAPTURE, amount_capturable=2900), asked)


@pytest.mark.parametrize("amount", [0, -5, 100_000_000])
def test_an_amount_has_bounds(amount: int):
    with pytest.raises(Invalid):
        payment_intents.check(PaymentIntent(id="pi_1", amount=amount, currency="eur"))


def test_a_setup_that_is_over_is_not_canceled():
    over = SetupIntent(id="seti_1", status=SetupStatus.SUCCEEDED)
    with pytest.raises(Conflict, match="You cannot cancel this SetupIntent"):
        setup_intents.canceled(over, None)


@pytest.mark.parametrize(
    ("amount", "received", "refunded", "code"),
    [
        (1, 2900, 2900, "charge_already_refunded"),
        (0, 2900, 2900, "charge_already_refunded"),
        (2901, 2900, 0, "amount_too_large"),
        (1901, 2900, 1000, "amount_too_large"),
    ],
)
def test_never_more_goes_back_than_came(amount: int, received: int, refunded: int, code: str):
    with pytest.raises((Invalid, Conflict)) as refused:
        refunds.check_amount(amount, received=received, refunded=refunded)
    assert refused.value.code == code
    refunds.check_amount(received - refunded or 1, received=received, refunded=min(refunded, received - 1))


def test_nothing_goes_back_of_nothing():
    with pytest.raises(Conflict):
        refunds.check_amount(5, received=0, refunded=0)
    with pytest.raises(Invalid):
        refunds.check_amount(0, received=5, refunded=0)


def test_an_error_says_what_a_caller_needs():
    error = error_of(AUTHENTICATION, {"id": "pm_1", "type": "card"})
    assert error["code"] == error["decline_code"] == "authentication_required"
    refused = declined(error, payment_intent={"id": "pi_1"})
    assert isinstance(refused, Declined) and refused.status == 402
    assert refused.details["payment_intent"] == {"id": "pi_1"} and refused.details["payment_method"]["id"] == "pm_1"
    assert isinstance(declined(error_of(NO_METHOD, None)), Invalid)


def test_the_address_to_authenticate_leads_back_to_the_intent():
    scope = Scope("acct_1", livemode=False)
    token = authentication_token(scope, "pi_1_secret_x")
    assert read_token(token) == (scope, "pi_1_secret_x")
    assert [read_token(each) for each in ("", "a.b", "acct_1.test.pi_1", "acct_1.other.pi_1_secret_x")] == [None] * 4
    back = next_action("https://b.example", token, "https://shop.example/")
    assert back["redirect_to_url"] == {
        "return_url": "https://shop.example/",
        "url": f"https://b.example/i/authenticate/{token}",
    }


def test_an_invoice_payment_says_when():
    waiting = MACHINES[2][0](InvoicePaymentStatus.OPEN)
    assert invoice_payments.paid(waiting, 5, NOW).status_transitions.paid_at == NOW
    assert invoice_payments.canceled(waiting, NOW).status_transitions.canceled_at == NOW
    assert RefundStatus.PENDING == "pending"
