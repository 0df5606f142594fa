"""Refunds: give money of a payment intent back, and what the gateway learns about it later."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from tenure import gateways
from tenure.actions.clock import moment, page_all
from tenure.actions.patch import merged_metadata, patch
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Conflict
from tenure.domain.payment_intents import PaymentIntent
from tenure.domain.payment_methods import PaymentMethod
from tenure.domain.refunds import Refund, RefundReason, RefundStatus, check_amount, move
from tenure.store.tx import Tx


def create(tx: Tx, fields: Mapping[str, Any]) -> Refund:
    """Give money of a payment back. Raises NotFound, Invalid, Conflict."""
    intent = tx.need(PaymentIntent, fields["payment_intent"], param="payment_intent")
    owner = tx.get(Customer, intent.customer) if intent.customer is not None else None
    now = moment(tx, owner.test_clock if owner is not None else None)
    metadata = merged_metadata({}, fields.get("metadata") or {})
    amount, reason = fields.get("amount"), fields.get("reason")
    return refund(tx, intent.id, amount=amount, reason=reason, now=now, metadata=metadata)


def update(tx: Tx, id: str, fields: Mapping[str, Any]) -> Refund:
    """Change the metadata."""
    before = tx.lock(Refund, id, param="id")
    after = patch(before, fields)
    if after != before:
        tx.save(Change(after=(after,), events=(EventDraft("refund.updated", after),)))
    return after


def refund(
    tx: Tx,
    intent_id: str,
    *,
    amount: int | None,
    reason: RefundReason | None,
    now: int,
    metadata: dict[str, str] | None = None,
) -> Refund:
    """Give back `amount`, or all that is left of it. Raises Invalid where that is more than came in."""
    intent = tx.lock(PaymentIntent, intent_id, param="payment_intent")
    left = intent.amount_received - refunded(tx, intent_id)
    wanted = left if amount is None else amount
    check_amount(wanted, received=intent.amount_received, refunded=intent.amount_received - left)
    method = tx.get(PaymentMethod, intent.payment_method) if intent.payment_method else None
    blank = Refund(
        id=tx.new_id("re_"),
        created=now,
        livemode=tx.scope.livemode,
        amount=wanted,
        currency=intent.currency,
        customer=intent.customer,
        metadata=metadata or {},
        payment_intent=intent.id,
        payment_method=intent.payment_method,
        reason=reason,
    )
    outcome = gateways.of(tx.scope).refund(wanted, intent.currency, method)
    match outcome.result:
        case "succeeded":
            made = move(blank, RefundStatus.SUCCEEDED)
        case "failed":
            why = outcome.decline.message if outcome.decline else "The refund was refused."
            raise Conflict(why, code=outcome.decline.code if outcome.decline else None)
        case "processing" | "requires_action":
            made = replace(blank, pending_reason="processing")
    tx.save(Change(after=(made,), events=(EventDraft("refund.created", made),)))
    return made


def refunded(tx: Tx, intent_id: str) -> int:
    """What has gone back, or is on its way, of an intent; minor units."""
    every = page_all(tx, Refund, [("payment_intent", "=", intent_id)])
    return sum(each.amount for each in every if each.status is not RefundStatus.FAILED)


def report(tx: Tx, id: str, *, failure: str | None) -> Refund:
    """What the gateway has learnt of a refund on its way: it arrived, or why it did not."""
    before = tx.lock(Refund, id)
    if failure is None:
        after, news = move(before, RefundStatus.SUCCEEDED, pending_reason=None), "refund.updated"
    else:
        after = move(before, RefundStatus.FAILED, pending_reason=None, failure_reason=failure)
        news = "refund.failed"
    tx.save(Change(after=(after,), events=(EventDraft(news, after),)))
    return after
