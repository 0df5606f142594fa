"""Payment methods are made, given to customers and taken from them, on both databases."""

from typing import Any

import pytest
from sqlalchemy import select

from tenure.actions import customers, payment_methods
from tenure.actions.payment_methods import attach, create, detach, update
from tenure.domain.customers import Customer
from tenure.domain.documents import Scope
from tenure.domain.errors import Conflict, Declined, Invalid, NotFound
from tenure.domain.events import Event
from tenure.domain.payment_methods import PaymentMethod
from tenure.store.billing_schema import payment_methods as table
from tenure.store.store import Store
from tenure.store.tx import Tx
from tests.support.stores import SCOPE

NOW = 1_790_000_000
NUMBER = "4242424242424242"


def card(tx: Tx, **fields: Any) -> PaymentMethod:
    given = {"number": NUMBER, "exp_month": 12, "exp_year": 2030, "cvc": "987"}
    return create(tx, {"type": "card", "card": given, **fields})


def customer(tx: Tx) -> str:
    return customers.create(tx, {"name": "Ada"}).id


def told(tx: Tx) -> list[Event]:
    return list(reversed(tx.page(Event, limit=100).items))


async def test_a_card_is_kept_without_its_number(store: Store):
    def work(tx: Tx) -> None:
        made = card(tx, billing_details={"name": "Ada", "address": {"city": "Riga"}}, metadata={"a": "b"})
        kept = tx.need(PaymentMethod, made.id)
        assert kept == made and kept.customer is None and kept.card is not None
        assert (kept.card.brand, kept.card.last4, kept.card.exp_year) == ("visa", "4242", 2030)
        assert kept.billing_details.address.city == "Riga" and kept.metadata == {"a": "b"}
        (stored,) = tx.rows(select(table.c.doc).where(table.c.id == made.id))
        assert '"last4":"4242"' in stored.doc and NUMBER not in stored.doc and "987" not in stored.doc
        assert told(tx) == []

    await store.write(SCOPE, work, now=NOW)


async def test_one_number_is_one_fingerprint(store: Store):
    def work(tx: Tx) -> None:
        first, second = card(tx), attach(tx, "pm_card_visa", customer(tx))
        other = attach(tx, "pm_card_visa_debit", customer(tx))
        prints = [each.card.fingerprint for each in (first, second, other) if each.card]
        assert prints[0] == prints[1] != prints[2] and len(prints[0] or "") == 16

    await store.write(SCOPE, work, now=NOW)


async def test_a_shared_token_makes_a_method_of_its_own_each_time(store: Store):
    def work(tx: Tx) -> None:
        owner = customer(tx)
        first, second = attach(tx, "pm_card_visa", owner), attach(tx, "pm_card_visa", owner)
        assert first.id != second.id and first.id.startswith("pm_") and first.id != "pm_card_visa"
        assert {first.customer, second.customer} == {owner}
        assert [each.type for each in told(tx)] == ["customer.created", *["payment_method.attached"] * 2]
        assert attach(tx, first.id, owner) == first and len(told(tx)) == 3

    await store.write(SCOPE, work, now=NOW)


@pytest.mark.parametrize(
    ("token", "code"),
    [("pm_card_chargeDeclined", "card_declined"), ("pm_card_chargeDeclinedExpiredCard", "expired_card")],
)
async def test_a_card_that_its_issuer_refuses_is_not_saved(store: Store, token: str, code: str):
    def work(tx: Tx) -> None:
        with pytest.raises(Declined) as refused:
            attach(tx, token, customer(tx))
        assert refused.value.code == code and refused.value.details["decline_code"]

    await store.write(SCOPE, work, now=NOW)


async def test_a_method_belongs_to_one_customer(store: Store):
    def work(tx: Tx) -> None:
        method = attach(tx, "pm_card_visa", customer(tx))
        with pytest.raises(Conflict, match="already been attached"):
            attach(tx, method.id, customer(tx))
        with pytest.raises(NotFound):
            attach(tx, method.id, "cus_none")
        with pytest.raises(NotFound, match="No such PaymentMethod: 'pm_none'"):
            attach(tx, "pm_none", customer(tx))
        with pytest.raises(Invalid, match="does not belong"):
            payment_methods.payable(tx, method.id, customer(tx))
        with pytest.raises(Invalid, match="belongs to a Customer"):
            payment_methods.payable(tx, method.id, None)
        assert payment_methods.usable(tx, method.id, method.customer or "") == method
        for default in (method, card(tx)):
            with pytest.raises(Invalid, match="must be attached to the customer"):
                payment_methods.usable(tx, default.id, customer(tx))
        with pytest.raises(NotFound):
            payment_methods.usable(tx, "pm_card_visa", method.customer or "")

    await store.write(SCOPE, work, now=NOW)


async def test_a_detached_method_is_nobodys_and_never_used_again(store: Store):
    def work(tx: Tx) -> None:
        owner = customer(tx)
        method = attach(tx, "pm_card_visa", owner)
        customers.update(tx, owner, {"invoice_settings": {"default_payment_method": method.id}})
        gone = detach(tx, method.id)
        assert gone.customer is None
        assert tx.need(Customer, owner).invoice_settings.default_payment_method is None
        with pytest.raises(Conflict, match="may not be used again"):
            attach(tx, method.id, owner)
        with pytest.raises(Conflict, match="detachment is impossible"):
            detach(tx, method.id)
        assert [each.type for each in told(tx)][-2:] == ["customer.updated", "payment_method.detached"]
        assert told(tx)[-2].data.previous_attributes == {"invoice_settings": {"default_payment_method": method.id}}

    await store.write(SCOPE, work, now=NOW)


async def test_what_is_said_of_a_customers_method_changes(store: Store):
    def work(tx: Tx) -> None:
        with pytest.raises(Conflict, match="You must save this PaymentMethod"):
            update(tx, card(tx).id, {"metadata": {"a": "b"}})
        method = attach(tx, "pm_card_visa", customer(tx))
        after = update(tx, method.id, {"billing_details": {"email": "ada@example.com"}, "card": {"exp_year": 2033}})
        assert after.billing_details.email == "ada@example.com" and after.card is not None
        assert after.card.exp_year == 2033 and after.card.last4 == "4242"
        assert told(tx)[-1].type == "payment_method.updated"
        assert update(tx, method.id, {"card": {"exp_year": 2033}}) == after and told(tx)[-1].type.endswith(".updated")
        with pytest.raises(Declined, match="expiration year"):
            update(tx, method.id, {"card": {"exp_year": 2020}})

    await store.write(SCOPE, work, now=NOW)


async def test_types_that_tenure_has_not_are_refused_by_name(store: Store):
    def work(tx: Tx) -> None:
        with pytest.raises(Invalid, match="`klarna` is not supported by Tenure") as refused:
            create(tx, {"type": "klarna"})
        assert refused.value.param == "type"
        with pytest.raises(Invalid, match="Missing required param: type"):
            create(tx, {})
        with pytest.raises(Invalid, match="Missing required param: card"):
            create(tx, {"type": "card"})
        made = create(tx, {"type": "custom", "custom": {"type": "bank_transfer"}})
        assert made.custom is not None and made.custom.display_name == "bank_transfer"
        debit = create(tx, {"type": "sepa_debit", "sepa_debit": {"iban": "DE89 3704 0044 0532 0130 00"}})
        assert debit.sepa_debit is not None and debit.sepa_debit.last4 == "3000"
        owner = customer(tx)
        attach(tx, debit.id, owner)
        with pytest.raises(Invalid, match="of another type"):
            update(tx, debit.id, {"card": {"exp_year": 2033}})

    await store.write(SCOPE, work, now=NOW)


async def test_live_mode_keeps_no_card(store: Store):
    def work(tx: Tx) -> None:
        with pytest.raises(Declined, match="generally unsafe"):
            card(tx)
        with pytest.raises(NotFound, match="No such PaymentMethod: 'pm_card_visa'"):
            attach(tx, "pm_card_visa", customer(tx))

    await store.write(Scope(SCOPE.account, livemode=True), work, now=NOW)
