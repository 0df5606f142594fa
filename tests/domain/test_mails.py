"""Which mails a change calls for: tables of events, documents before and after, and what follows from them."""

from typing import Any

import pytest
from msgspec.structs import replace

from tenure.domain.cancellations import DELETED, UPDATED, at_period_end, cancel_now, end_reached, undo
from tenure.domain.documents import EventDraft
from tenure.domain.event_types import SENT
from tenure.domain.invoices import Invoice
from tenure.domain.mails import MAILED, OFF, MailKind, Notice, notices, wanted
from tests.domain.samples import MONTH_S, NOW, subscription

FAILED, ACTION = "invoice.payment_failed", "invoice.payment_action_required"


def invoice(**fields: Any) -> Invoice:
    given = {"amount_remaining": 2900, "number": "HAL-0001", "billing_reason": "subscription_cycle"} | fields
    return Invoice(
        id="in_1", created=NOW, currency="eur", customer="cus_1", period_start=NOW, period_end=NOW + 1, **given
    )


def told(*drafts: EventDraft, before: Any = None, now_ms: int = NOW * 1000) -> tuple[Notice, ...]:
    known = {(type(before), before.id): before} if before is not None else {}
    return notices(drafts, known, now_ms=now_ms)


def kinds(*drafts: EventDraft, before: Any = None) -> list[MailKind]:
    return [each.kind for each in told(*drafts, before=before)]


def test_every_type_that_is_looked_at_is_one_that_is_sent():
    assert MAILED <= set(SENT)


def test_events_that_nobody_is_mailed_about_cost_a_look_into_a_set():
    assert told(EventDraft("invoice.updated", invoice()), EventDraft("customer.updated", invoice())) == ()


@pytest.mark.parametrize(
    ("before", "after", "mailed"),
    [
        # 1: the first try by itself, and the one that follows
        ({}, {"attempt_count": 1, "next_payment_attempt": NOW + 3}, True),
        ({"next_payment_attempt": NOW}, {"attempt_count": 2, "next_payment_attempt": NOW + 5}, True),
        # 2: the last one
        ({"next_payment_attempt": NOW}, {"attempt_count": 4, "next_payment_attempt": None}, True),
        # 3: somebody tries by hand, and the next try stays where it is
        ({"next_payment_attempt": NOW + 3}, {"attempt_count": 2, "next_payment_attempt": NOW + 3}, False),
        # 4: somebody signs up or changes the plan, and is there; a later try of that is by itself
        ({}, {"attempt_count": 1, "billing_reason": "subscription_create"}, False),
        ({}, {"attempt_count": 1, "billing_reason": "subscription_update"}, False),
        ({"next_payment_attempt": NOW}, {"attempt_count": 2, "billing_reason": "subscription_update"}, True),
    ],
)
def test_a_failed_try_is_mailed_when_nobody_was_there(before: dict[str, Any], after: dict[str, Any], mailed: bool):
    found = kinds(EventDraft(FAILED, invoice(**after)), before=invoice(**before))
    assert found == ([MailKind.PAYMENT_FAILED] if mailed else [])


def test_a_bank_that_asks_takes_the_place_of_the_failure():
    tried = invoice(attempt_count=1, next_payment_attempt=NOW + 3)
    assert kinds(EventDraft(FAILED, tried), EventDraft(ACTION, tried), before=invoice()) == [MailKind.CONFIRM_PAYMENT]


def test_each_try_is_a_mail_of_its_own_and_one_try_is_one():
    first = [told(EventDraft(FAILED, invoice(attempt_count=1)))[0].key for _ in range(2)]
    second = told(EventDraft(FAILED, invoice(attempt_count=2)))[0].key
    assert first[0] == first[1] != second


def test_an_invoice_may_be_sent_twice_and_is_overdue_once():
    sent, late = EventDraft("invoice.sent", invoice()), EventDraft("invoice.overdue", invoice(due_date=NOW))
    assert told(sent, now_ms=1)[0].key != told(sent, now_ms=2)[0].key
    assert told(late, now_ms=1)[0].key == told(late, now_ms=2)[0].key


def test_nothing_paid_is_no_receipt():
    assert kinds(EventDraft("invoice.paid", invoice(amount_paid=0))) == []
    assert kinds(EventDraft("invoice.paid", invoice(amount_paid=1))) == [MailKind.PAYMENT_RECEIPT]


def test_an_end_that_is_set_and_taken_back_is_mailed_once_each():
    before = subscription()
    ending = at_period_end(before, NOW)
    assert kinds(EventDraft(UPDATED, ending), before=before) == [MailKind.CANCELLATION]
    assert kinds(EventDraft(UPDATED, replace(ending, description="x")), before=ending) == []
    assert kinds(EventDraft(UPDATED, undo(ending)), before=ending) == [MailKind.CANCELLATION_UNDONE]
    assert kinds(EventDraft(UPDATED, undo(ending)), before=before) == []


def test_a_new_end_is_mailed_anew_and_one_that_moves_with_its_period_is_not():
    ending = at_period_end(subscription(), NOW)
    again = at_period_end(ending, NOW + 60)
    assert kinds(EventDraft(UPDATED, again), before=ending) == [MailKind.CANCELLATION]
    assert kinds(EventDraft(UPDATED, replace(ending, cancel_at=NOW + 2 * MONTH_S)), before=ending) == []


def test_an_end_at_once_is_mailed_and_one_that_was_announced_is_not():
    ending = at_period_end(subscription(), NOW)
    (notice,) = told(EventDraft(DELETED, cancel_now(ending, NOW + 60)), before=ending)
    assert notice.kind is MailKind.CANCELLATION and notice.facts.ended and notice.facts.ends_at == NOW + 60
    assert kinds(EventDraft(DELETED, end_reached(ending, NOW + MONTH_S)), before=ending) == []


def test_an_end_for_want_of_payment_is_told_by_the_last_failed_try():
    ended = cancel_now(subscription(), NOW)
    unpaid = replace(ended, cancellation_details=replace(ended.cancellation_details, reason="payment_failed"))
    assert kinds(EventDraft(DELETED, unpaid), before=subscription()) == []


@pytest.mark.parametrize("kind", MailKind)
def test_a_switch_decides_and_without_one_the_kind_does(kind: MailKind):
    assert wanted({}, kind) is (kind not in OFF)
    for said in (True, False):
        assert wanted({"mails": {kind.value: said}}, kind) is said
    assert wanted({"mails": "nonsense"}, kind) is (kind not in OFF)
