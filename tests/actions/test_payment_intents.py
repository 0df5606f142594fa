"""Payment intents, setup intents and refunds against the sandbox, on both databases."""

from typing import Any

import pytest
from msgspec.structs import replace

from tenure.actions import customers, payment_intents, payment_methods, refunds, setup_intents
from tenure.actions.charging import Asking
from tenure.actions.payment_intents import Tried, authenticate, by_secret, cancel, capture, confirm, create, update
from tenure.domain.documents import Change, Scope
from tenure.domain.errors import Conflict, Declined, Invalid, NotFound
from tenure.domain.events import Event
from tenure.domain.payment_intents import IntentStatus, PaymentIntent
from tenure.domain.payment_methods import PaymentMethod
from tenure.domain.payments import Decline, Outcome
from tenure.domain.refunds import Refund, RefundStatus
from tenure.store.store import Store
from tenure.store.tx import Tx
from tests.support.stores import SCOPE

NOW = 1_790_000_000
HERE = Asking()
AWAY = Asking(off_session=True, may_ask=False)
MONEY = {"amount": 2900, "currency": "eur"}


def customer(tx: Tx) -> str:
    return customers.create(tx, {"name": "Ada"}).id


def paid(tx: Tx, token: str = "pm_card_visa", **fields: Any) -> Tried:
    return create(tx, {**MONEY, **fields}, method=token, asking=HERE)


def told(tx: Tx) -> list[str]:
    return [each.type for each in reversed(tx.page(Event, limit=100).items)]


async def test_an_intent_is_paid_in_one_go(store: Store):
    def work(tx: Tx) -> None:
        tried = paid(tx)
        assert tried.refusal is None and tried.intent == tx.need(PaymentIntent, tried.intent.id)
        assert (tried.intent.status, tried.intent.amount_received) == ("succeeded", 2900)
        assert (tried.intent.client_secret or "").startswith(f"{tried.intent.id}_secret_")
        assert told(tx) == ["payment_intent.created", "payment_intent.succeeded"]
        method = tried.intent.payment_method or ""
        with pytest.raises(Conflict, match="may not be used again"):
            create(tx, MONEY, method=method, asking=HERE)
        with pytest.raises(Conflict, match="already succeeded"):
            confirm(tx, tried.intent.id, {}, asking=HERE)

    await store.write(SCOPE, work, now=NOW)


async def test_a_decline_is_answered_and_kept(store: Store):
    def work(tx: Tx) -> None:
        tried = paid(tx, "pm_card_chargeDeclinedInsufficientFunds")
        assert isinstance(tried.refusal, Declined) and tried.refusal.code == "card_declined"
        assert tried.refusal.details["decline_code"] == "insufficient_funds"
        assert tried.refusal.details["payment_intent"]["id"] == tried.intent.id
        kept = tx.need(PaymentIntent, tried.intent.id)
        assert kept.status == "requires_payment_method" and kept.last_payment_error is not None
        assert kept.last_payment_error["message"] == "Your card has insufficient funds."
        again = confirm(tx, kept.id, {}, asking=HERE, method="pm_card_visa").intent
        assert again.status == "succeeded" and again.last_payment_error is None

    await store.write(SCOPE, work, now=NOW)


async def test_a_customer_authenticates_and_pays(store: Store):
    def work(tx: Tx) -> None:
        owner = customer(tx)
        asked = paid(tx, "pm_card_authenticationRequired", customer=owner, setup_future_usage="off_session").intent
        assert asked.status == "requires_action"
        secret = asked.client_secret or ""
        done = authenticate(tx, secret, ok=True, now=NOW)
        assert (done.status, done.next_action) == ("succeeded", None)
        method = tx.need(PaymentMethod, done.payment_method or "")
        assert method.customer == owner and method.ready
        assert told(tx)[-3:] == [
            "payment_intent.requires_action",
            "payment_method.attached",
            "payment_intent.succeeded",
        ]
        with pytest.raises(Conflict, match="needs no authentication"):
            authenticate(tx, secret, ok=True, now=NOW)

    await store.write(SCOPE, work, now=NOW)


async def test_a_customer_who_fails_to_authenticate_has_not_paid(store: Store):
    def work(tx: Tx) -> None:
        asked = paid(tx, "pm_card_threeDSecure2Required").intent
        failed = authenticate(tx, asked.client_secret or "", ok=False, now=NOW)
        assert failed.status == "requires_payment_method" and failed.last_payment_error is not None
        assert failed.last_payment_error["code"] == "payment_intent_authentication_failure"
        later = paid(tx, "pm_card_threeDSecureRequiredChargeDeclined").intent
        declined = authenticate(tx, later.client_secret or "", ok=True, now=NOW)
        assert declined.last_payment_error is not None
        assert declined.last_payment_error["code"] == "card_declined"

    await store.write(SCOPE, work, now=NOW)


async def test_only_who_knows_the_whole_secret_may_go_on(store: Store):
    def work(tx: Tx) -> None:
        intent = create(tx, MONEY).intent
        assert by_secret(tx, intent.client_secret or "") == intent
        for wrong in (
            intent.id,
            f"{intent.id}_secret_",
            (intent.client_secret or "")[:-1],
            "",
            "pi_none_secret_x",
            "ü",
        ):
            with pytest.raises(NotFound):
                by_secret(tx, wrong)
            with pytest.raises(NotFound):
                setup_intents.by_secret(tx, wrong)

    await store.write(SCOPE, work, now=NOW)


async def test_a_card_that_wants_its_owner_declines_without_them(store: Store):
    def work(tx: Tx) -> None:
        owner = customer(tx)
        method = payment_methods.attach(tx, "pm_card_authenticationRequiredOnSetup", owner).id
        away = create(tx, {**MONEY, "customer": owner}, method=method, asking=AWAY)
        assert isinstance(away.refusal, Declined) and away.refusal.code == "authentication_required"
        assert away.intent.status == "requires_payment_method"
        setup = setup_intents.create(tx, {"customer": owner}, method=method, confirmed=True).intent
        assert setup.status == "requires_action"
        ready = setup_intents.authenticate(tx, setup.client_secret or "", ok=True, now=NOW)
        assert ready.status == "succeeded"
        then = create(tx, {**MONEY, "customer": owner}, method=method, asking=AWAY)
        assert then.refusal is None and then.intent.status == "succeeded"
        with pytest.raises(Invalid, match="off_session=true"):
            create(tx, {**MONEY, "customer": owner, "setup_future_usage": "off_session"}, method=method, asking=AWAY)

    await store.write(SCOPE, work, now=NOW)


async def test_an_intent_changes_until_it_is_paid(store: Store):
    def work(tx: Tx) -> None:
        intent = create(tx, MONEY).intent
        assert intent.automatic_payment_methods is not None and intent.payment_method_types == ["card", "sepa_debit"]
        with pytest.raises(Invalid, match="missing a payment method"):
            confirm(tx, intent.id, {}, asking=HERE)
        owner = customer(tx)
        changed = update(tx, intent.id, {"amount": 1900, "customer": owner}, method="pm_card_visa")
        assert (changed.amount, changed.customer, changed.status) == (1900, owner, "requires_confirmation")
        with pytest.raises(Conflict, match="You cannot modify `customer`"):
            update(tx, intent.id, {"customer": customer(tx)})
        assert confirm(tx, intent.id, {}, asking=HERE).intent.amount_received == 1900
        assert update(tx, intent.id, {"metadata": {"a": "b"}}).metadata == {"a": "b"}
        with pytest.raises(Conflict, match="This PaymentIntent's amount could not be updated"):
            update(tx, intent.id, {"amount": 5})

    await store.write(SCOPE, work, now=NOW)


async def test_a_type_that_an_intent_does_not_take_is_refused(store: Store):
    def work(tx: Tx) -> None:
        own = payment_methods.create(tx, {"type": "custom", "custom": {"type": "cash"}}).id
        with pytest.raises(Invalid, match=r"The PaymentMethod provided \(custom\) is not allowed"):
            create(tx, MONEY, method=own)
        with pytest.raises(Invalid, match="is not allowed for this SetupIntent"):
            setup_intents.create(tx, {"payment_method_types": ["card"]}, method=own)
        tried = create(tx, {**MONEY, "payment_method_types": ["custom"]}, method=own, asking=HERE)
        assert isinstance(tried.refusal, Invalid) and tried.refusal.code == "payment_method_not_available"

    await store.write(SCOPE, work, now=NOW)


async def test_reserved_money_is_captured_or_let_go(store: Store):
    def work(tx: Tx) -> None:
        reserved = paid(tx, capture_method="manual").intent
        assert (reserved.status, reserved.amount_capturable) == ("requires_capture", 2900)
        taken = capture(tx, reserved.id, amount=1900, fields={"metadata": {"part": "1"}})
        assert (taken.status, taken.amount_received, taken.metadata) == ("succeeded", 1900, {"part": "1"})
        gone = cancel(tx, paid(tx, capture_method="manual").intent.id, reason="abandoned")
        assert (gone.status, gone.canceled_at) == ("canceled", NOW)
        with pytest.raises(Conflict, match="status of canceled"):
            confirm(tx, gone.id, {}, asking=HERE)
        with pytest.raises(Conflict, match="could not be captured"):
            capture(tx, gone.id, amount=None, fields={})
        assert told(tx)[-5:] == [
            "payment_intent.amount_capturable_updated",
            "payment_intent.succeeded",
            "payment_intent.created",
            "payment_intent.amount_capturable_updated",
            "payment_intent.canceled",
        ]

    await store.write(SCOPE, work, now=NOW)


@pytest.mark.parametrize("result", ["succeeded", "failed"])
async def test_what_was_processing_is_told_later(store: Store, result: Any):
    def work(tx: Tx) -> None:
        intent = create(tx, MONEY, method="pm_card_visa").intent
        with pytest.raises(Conflict, match="is not processing"):
            payment_intents.report(tx, intent.id, Outcome(result=result), now=NOW)
        waiting = replace(tx.lock(PaymentIntent, intent.id), status=IntentStatus.PROCESSING)
        tx.save(Change(after=(waiting,)))
        why = Decline(code="processing_error", message="No.") if result == "failed" else None
        after = payment_intents.report(tx, intent.id, Outcome(result=result, decline=why), now=NOW)
        assert after.status == ("succeeded" if result == "succeeded" else "requires_payment_method")

    await store.write(SCOPE, work, now=NOW)


async def test_a_method_is_set_up_for_its_customer(store: Store):
    def work(tx: Tx) -> None:
        owner = customer(tx)
        done = setup_intents.create(tx, {"customer": owner}, method="pm_card_visa", confirmed=True).intent
        assert done.status == "succeeded"
        method = tx.need(PaymentMethod, done.payment_method or "")
        assert method.customer == owner and method.ready
        assert told(tx)[-3:] == ["setup_intent.created", "payment_method.attached", "setup_intent.succeeded"]
        declined = setup_intents.create(tx, {"customer": owner}, method="pm_card_chargeDeclined", confirmed=True)
        assert isinstance(declined.refusal, Declined) and declined.refusal.details["setup_intent"]["last_setup_error"]
        assert declined.intent.status == "requires_payment_method" and told(tx)[-1] == "setup_intent.setup_failed"
        later = setup_intents.confirm(tx, declined.intent.id, method="pm_card_visa").intent
        assert later.status == "succeeded" and later.last_setup_error is None
        with pytest.raises(Conflict, match="You cannot confirm this SetupIntent"):
            setup_intents.confirm(tx, later.id)
        with pytest.raises(Conflict):
            setup_intents.cancel(tx, later.id, reason=None)
        with pytest.raises(Conflict, match="can not be updated"):
            setup_intents.update(tx, later.id, {"customer": owner})

    await store.write(SCOPE, work, now=NOW)


async def test_a_setup_that_is_not_authenticated_fails(store: Store):
    def work(tx: Tx) -> None:
        asked = setup_intents.create(tx, {}, method="pm_card_authenticationRequired", confirmed=True).intent
        failed = setup_intents.authenticate(tx, asked.client_secret or "", ok=False, now=NOW)
        assert failed.last_setup_error is not None
        assert failed.last_setup_error["code"] == "setup_intent_authentication_failure"
        assert told(tx)[-1] == "setup_intent.setup_failed"
        blank = setup_intents.create(tx, {}).intent
        with pytest.raises(Invalid, match="missing a payment method"):
            setup_intents.confirm(tx, blank.id)
        named = setup_intents.update(tx, blank.id, {"metadata": {"a": "b"}}, method="pm_card_visa")
        assert named.status == "requires_confirmation" and named.metadata == {"a": "b"}
        assert setup_intents.cancel(tx, blank.id, reason="abandoned").cancellation_reason == "abandoned"

    await store.write(SCOPE, work, now=NOW)


async def test_money_goes_back_up_to_what_came(store: Store):
    def work(tx: Tx) -> None:
        intent = paid(tx).intent
        first = refunds.refund(tx, intent.id, amount=900, reason="requested_by_customer", now=NOW)
        assert (first.status, first.amount, first.payment_intent) == ("succeeded", 900, intent.id)
        with pytest.raises(Invalid, match=r"greater than unrefunded amount on the payment \(2000\)"):
            refunds.refund(tx, intent.id, amount=2001, reason=None, now=NOW)
        assert refunds.refund(tx, intent.id, amount=None, reason=None, now=NOW).amount == 2000  # 2900 - 900
        assert refunds.refunded(tx, intent.id) == 2900
        with pytest.raises(Conflict, match="successful charge"):
            refunds.refund(tx, create(tx, MONEY).intent.id, amount=5, reason=None, now=NOW)
        waiting = Refund(id="re_1", amount=5, currency="eur", payment_intent=intent.id)
        tx.save(Change(after=(waiting,)))
        assert refunds.report(tx, "re_1", failure="lost_or_stolen_card").status is RefundStatus.FAILED
        assert refunds.refunded(tx, intent.id) == 2900 and told(tx)[-1] == "refund.failed"

    await store.write(SCOPE, work, now=NOW)


async def test_live_mode_has_no_test_cards(store: Store):
    def work(tx: Tx) -> None:
        with pytest.raises(NotFound):
            paid(tx)

    await store.write(Scope(SCOPE.account, livemode=True), work, now=NOW)
