"""How invoices are paid through the sandbox, on both databases."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from tenure.actions import customers, payment_intents, payment_methods, payments
from tenure.actions.charging import Asking
from tenure.actions.payments import Collected
from tenure.domain.customers import Customer
from tenure.domain.documents import Change
from tenure.domain.errors import Conflict, Declined, Invalid
from tenure.domain.events import Event
from tenure.domain.invoice_payments import InvoicePayment
from tenure.domain.invoices import Invoice, InvoiceStatus
from tenure.domain.payment_intents import IntentStatus, PaymentIntent
from tenure.domain.payment_methods import PaymentMethod
from tenure.store.store import Store
from tenure.store.tx import Tx
from tests.support.stores import OTHER_MODE, SCOPE

NOW = 1_790_000_000
Work = Callable[[Tx], Any]


def invoice_of(tx: Tx, customer: str, **fields: Any) -> Invoice:
    """An open invoice over 29 euro."""
    invoice = Invoice(
        id=tx.new_id("in_"),
        created=NOW,
        livemode=tx.scope.livemode,
        currency="eur",
        customer=customer,
        amount_due=2900,
        amount_remaining=2900,
        total=2900,
        period_start=NOW,
        period_end=NOW,
        status=InvoiceStatus.OPEN,
        **fields,
    )
    tx.save(Change(after=(invoice,)))
    return invoice


def paying(tx: Tx, token: str) -> tuple[str, str]:
    """A customer who has this card, and the card."""
    customer = customers.create(tx, {"name": "Ada"}).id
    return customer, payment_methods.attach(tx, token, customer).id


def collected(tx: Tx, token: str | None, *, off_session: bool = True, **fields: Any) -> tuple[Invoice, Collected]:
    customer, method = paying(tx, token) if token else (customers.create(tx, {}).id, None)
    invoice = invoice_of(tx, customer, **fields)
    return invoice, payments.collect(tx, invoice, method=method, off_session=off_session, now=NOW)


def told(tx: Tx) -> list[str]:
    """The types of the events, in their order."""
    return [each.type for each in reversed(tx.page(Event, limit=100).items)]


async def test_a_card_that_pays_pays_the_invoice(store: Store):
    def work(tx: Tx) -> None:
        invoice, got = collected(tx, "pm_card_visa")
        assert got.status == "succeeded" and got.error is None and got.intent is not None
        assert (got.intent.amount, got.intent.amount_received, got.intent.status) == (2900, 2900, "succeeded")
        (payment,) = tx.page(InvoicePayment, [("invoice", "=", invoice.id)]).items
        assert (payment.status, payment.amount_paid, payment.is_default) == ("paid", 2900, True)
        assert payment.payment.payment_intent == got.intent.id and payment.status_transitions.paid_at == NOW
        assert told(tx)[-3:] == ["payment_intent.created", "payment_intent.succeeded", "invoice_payment.paid"]

    await store.write(SCOPE, work, now=NOW)


async def test_a_declined_card_leaves_the_same_intent_for_the_next_one(store: Store):
    def work(tx: Tx) -> None:
        customer, bad = paying(tx, "pm_card_chargeCustomerFail")
        invoice = invoice_of(tx, customer)
        first = payments.collect(tx, invoice, method=bad, off_session=True, now=NOW)
        assert first.status == "failed" and first.error is not None and first.intent is not None
        assert (first.error["code"], first.error["decline_code"]) == ("card_declined", "generic_decline")
        assert first.error["payment_method"]["id"] == bad and first.intent.payment_method is None
        assert first.intent.last_payment_error == first.error
        with pytest.raises(Declined, match="Your card was declined."):
            raise payments.refusal(first)
        good = payment_methods.attach(tx, "pm_card_mastercard", customer).id
        again = replace(invoice, payment_intent=first.intent.id, amount_remaining=1900)
        second = payments.collect(tx, again, method=good, off_session=True, now=NOW + 60)
        assert second.status == "succeeded" and second.intent is not None
        assert (second.intent.id, second.intent.amount_received) == (first.intent.id, 1900)
        assert second.intent.last_payment_error is None
        assert [each.amount_paid for each in tx.page(InvoicePayment).items] == [1900]
        assert told(tx)[-5:] == [
            "payment_intent.created",
            "payment_intent.payment_failed",
            "payment_method.attached",
            "payment_intent.succeeded",
            "invoice_payment.paid",
        ]

    await store.write(SCOPE, work, now=NOW)


async def test_nobody_is_charged_twice(store: Store):
    def work(tx: Tx) -> None:
        invoice, first = collected(tx, "pm_card_visa")
        assert first.intent is not None
        again = replace(invoice, payment_intent=first.intent.id)
        second = payments.collect(tx, again, method=first.intent.payment_method, off_session=True, now=NOW)
        assert second == first._replace(intent=second.intent) and second.intent == first.intent
        assert payments.prepare(tx, again, method=None, now=NOW) == first.intent
        assert len(tx.page(PaymentIntent).items) == 1

    await store.write(SCOPE, work, now=NOW)


async def test_a_card_that_wants_its_owner_waits_for_them(store: Store):
    def work(tx: Tx) -> None:
        tx.site = "https://billing.example.com"
        _, got = collected(tx, "pm_card_authenticationRequired")
        assert got.status == "requires_action" and got.error is None and got.intent is not None
        action = got.intent.next_action or {}
        assert action["type"] == "use_stripe_sdk"
        url = action["use_stripe_sdk"]["stripe_js"]
        assert url == f"https://billing.example.com/i/authenticate/acct_test.test.{got.intent.client_secret}"
        assert told(tx)[-1] == "payment_intent.requires_action"

    await store.write(SCOPE, work, now=NOW)


async def test_without_a_method_there_is_an_intent_that_waits_for_one(store: Store):
    def work(tx: Tx) -> None:
        invoice, got = collected(tx, None)
        assert got.status == "failed" and got.intent is not None and got.error is not None
        assert got.intent.status == "requires_payment_method" and got.intent.invoice == invoice.id
        assert got.error["code"] == "resource_missing"
        with pytest.raises(Invalid, match="no attached payment source"):
            raise payments.refusal(got)
        assert told(tx)[-1] == "payment_intent.created"

    await store.write(SCOPE, work, now=NOW)


async def test_a_prepared_intent_is_the_one_that_is_charged_later(store: Store):
    def work(tx: Tx) -> None:
        customer, method = paying(tx, "pm_card_visa")
        invoice = invoice_of(tx, customer)
        ready = payments.prepare(tx, invoice, method=method, now=NOW)
        assert (ready.status, ready.payment_method) == ("requires_confirmation", method)
        again = replace(invoice, payment_intent=ready.id)
        assert payments.prepare(tx, again, method=method, now=NOW) == ready
        got = payments.collect(tx, again, method=method, off_session=False, now=NOW)
        assert got.intent is not None and (got.intent.id, got.status) == (ready.id, "succeeded")
        bare = payments.prepare(tx, invoice_of(tx, customer), method=None, now=NOW)
        assert bare.status == "requires_payment_method"

    await store.write(SCOPE, work, now=NOW)


async def test_what_is_withdrawn_cannot_be_paid_any_more(store: Store):
    def work(tx: Tx) -> None:
        customer, _ = paying(tx, "pm_card_visa")
        invoice = invoice_of(tx, customer)
        payments.withdraw(tx, invoice, now=NOW)
        intent = payments.prepare(tx, invoice, method=None, now=NOW)
        with_intent = replace(invoice, payment_intent=intent.id)
        for _ in range(2):
            payments.withdraw(tx, with_intent, now=NOW + 5, reason="void_invoice")
        gone = tx.need(PaymentIntent, intent.id)
        assert (gone.status, gone.canceled_at, gone.cancellation_reason) == ("canceled", NOW + 5, "void_invoice")
        (payment,) = tx.page(InvoicePayment).items
        assert (payment.status, payment.status_transitions.canceled_at) == ("canceled", NOW + 5)
        assert told(tx)[-1] == "payment_intent.canceled" and told(tx)[-2] == "payment_intent.created"

    await store.write(SCOPE, work, now=NOW)


async def test_paid_money_is_not_withdrawn(store: Store):
    def work(tx: Tx) -> None:
        invoice, got = collected(tx, "pm_card_visa")
        assert got.intent is not None
        payments.withdraw(tx, replace(invoice, payment_intent=got.intent.id), now=NOW)
        assert tx.need(PaymentIntent, got.intent.id).status is IntentStatus.SUCCEEDED

    await store.write(SCOPE, work, now=NOW)


async def test_nothing_to_collect_needs_no_intent(store: Store):
    def work(tx: Tx) -> None:
        customer, method = paying(tx, "pm_card_visa")
        nothing = replace(invoice_of(tx, customer), amount_remaining=0)
        got = payments.collect(tx, nothing, method=method, off_session=True, now=NOW)
        assert got == Collected("succeeded", None, None) and not tx.page(PaymentIntent).items

    await store.write(SCOPE, work, now=NOW)


async def test_a_card_that_was_set_up_pays_without_its_owner(store: Store):
    """4000 0025 0000 3155 asks until it has been set up; the first payment of a subscription sets it up."""

    def work(tx: Tx) -> None:
        customer, method = paying(tx, "pm_card_authenticationRequiredOnSetup")
        first = payments.collect(tx, invoice_of(tx, customer), method=method, off_session=True, now=NOW)
        assert first.status == "requires_action"
        tx.save(Change(after=(replace(tx.lock(PaymentMethod, method), ready=True),)))
        then = payments.collect(tx, invoice_of(tx, customer), method=method, off_session=True, now=NOW)
        assert then.status == "succeeded"
        there = payments.collect(tx, invoice_of(tx, customer), method=method, off_session=False, now=NOW)
        assert there.status == "requires_action"

    await store.write(SCOPE, work, now=NOW)


async def test_live_mode_collects_nothing_by_itself(store: Store):
    def work(tx: Tx) -> None:
        customer = customers.create(tx, {}).id
        made = payment_methods.create(tx, {"type": "custom", "custom": {"type": "bank_transfer"}})
        method = payment_methods.attach(tx, made.id, customer).id
        got = payments.collect(tx, invoice_of(tx, customer), method=method, off_session=True, now=NOW)
        assert got.status == "failed" and got.error is not None
        assert got.error["code"] == "payment_method_not_available"

    await store.write(OTHER_MODE, work, now=NOW)


@pytest.mark.parametrize("named", ["invoice", "subscription", "customer", "none"])
async def test_the_nearest_default_pays(store: Store, named: str):
    def work(tx: Tx) -> None:
        customer, method = paying(tx, "pm_card_visa")
        other = payment_methods.attach(tx, "pm_card_amex", customer).id
        fields = {"invoice_settings": {"default_payment_method": other if named != "customer" else method}}
        owner = customers.update(tx, customer, fields if named != "none" else {})
        invoice = invoice_of(tx, customer, default_payment_method=method if named == "invoice" else None)
        found = payments.default_method(tx, customer=owner, subscription=None, invoice=invoice)
        assert found == {"invoice": method, "subscription": other, "customer": method, "none": None}[named]
        payment_methods.detach(tx, method)
        gone = payments.default_method(tx, customer=tx.need(Customer, customer), subscription=None, invoice=invoice)
        assert gone == {"invoice": other, "subscription": other, "customer": None, "none": None}[named]

    await store.write(SCOPE, work, now=NOW)


async def test_a_customer_who_finishes_pays_the_invoice(store: Store):
    def work(tx: Tx) -> None:
        customer, method = paying(tx, "pm_card_authenticationRequired")
        invoice = invoice_of(tx, customer)
        intent = payments.prepare(tx, invoice, method=method, now=NOW)
        tx.save(Change(after=(replace(tx.lock(Invoice, invoice.id), payment_intent=intent.id),)))
        asked = payment_intents.confirm(tx, intent.id, {}, asking=Asking()).intent
        assert asked.status == "requires_action" and tx.need(Invoice, invoice.id).status == "open"
        payment_intents.authenticate(tx, asked.client_secret or "", ok=True, now=NOW + 9)
        after = tx.need(Invoice, invoice.id)
        assert (after.status, after.amount_paid, after.amount_remaining) == ("paid", 2900, 0)
        assert [each.status for each in tx.page(InvoicePayment).items] == ["paid"]
        assert [each for each in told(tx) if each.startswith(("payment_intent", "invoice"))] == [
            "payment_intent.created",
            "payment_intent.requires_action",
            "payment_intent.succeeded",
            "invoice_payment.paid",
            "invoice.paid",
            "invoice.payment_succeeded",
        ]

    await store.write(SCOPE, work, now=NOW)


async def test_a_declined_customer_leaves_the_invoice_open(store: Store):
    def work(tx: Tx) -> None:
        customer, method = paying(tx, "pm_card_chargeCustomerFail")
        invoice = invoice_of(tx, customer)
        intent = payments.prepare(tx, invoice, method=method, now=NOW)
        tx.save(Change(after=(replace(tx.lock(Invoice, invoice.id), payment_intent=intent.id),)))
        tried = payment_intents.confirm(tx, intent.id, {}, asking=Asking())
        assert isinstance(tried.refusal, Declined)
        after = tx.need(Invoice, invoice.id)
        assert (after.status, after.attempt_count, after.attempted) == ("open", 1, True)
        assert "invoice.payment_failed" in told(tx) and "invoice.paid" not in told(tx)
        with pytest.raises(Conflict, match="Void the invoice instead"):
            payment_intents.cancel(tx, intent.id, reason=None)
        with pytest.raises(Conflict, match="come from its invoice"):
            payment_intents.update(tx, intent.id, {"amount": 5})

    await store.write(SCOPE, work, now=NOW)
