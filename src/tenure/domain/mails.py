"""Which mails a change calls for: read off its events and what the documents were before, by pure functions.

    invoice.payment_failed            payment_failed        unless the bank asks for a confirmation, or somebody
    invoice.payment_action_required   confirm_payment       tried by hand while the next try is set
    invoice.sent                      invoice_sent
    invoice.overdue                   invoice_overdue
    invoice.paid                      payment_receipt
    customer.subscription.updated     cancellation, cancellation_undone
    customer.subscription.deleted     cancellation          the customer's or the merchant's wish, at once
    ….trial_will_end                  trial_will_end
    an accepted offer                 offer_accepted

A notice has a key of its kind, its object and its moment: the same thing is never mailed twice. The moment is the try,
the due date or the trial's end; of what people may do again and again it is the millisecond in which they did.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Literal

import msgspec

from tenure.domain.cancellations import DELETED, UPDATED
from tenure.domain.coupons import Coupon, Duration, amount_off
from tenure.domain.documents import Document, EventDraft, Part
from tenure.domain.invoices import Invoice, subscription_of
from tenure.domain.retention import CancellationSession
from tenure.domain.subscriptions import TERMINAL, Subscription

SETTING = "mails"
ACTION = "invoice.payment_action_required"
FAILED = "invoice.payment_failed"


class MailKind(StrEnum):
    """What a mail is about; the value is what the settings of an account call it."""

    PAYMENT_FAILED = "payment_failed"
    CONFIRM_PAYMENT = "confirm_payment"
    INVOICE_SENT = "invoice_sent"
    INVOICE_OVERDUE = "invoice_overdue"
    CANCELLATION = "cancellation"
    CANCELLATION_UNDONE = "cancellation_undone"
    OFFER_ACCEPTED = "offer_accepted"
    PAYMENT_RECEIPT = "payment_receipt"
    TRIAL_WILL_END = "trial_will_end"


class MailState(StrEnum):
    """Where a mail is: `unsent` is one that was never to be tried, `failed` one that was given up."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNSENT = "unsent"


OFF = frozenset({MailKind.PAYMENT_RECEIPT, MailKind.TRIAL_WILL_END})


class Facts(Part, frozen=True, kw_only=True):
    """What the words of a mail need, as it was at its moment; amounts in minor units, times in unix seconds."""

    amount: int | None = None
    currency: str | None = None
    number: str | None = None
    url: str | None = None
    pays: Literal["automatically", "by_invoice"] | None = None
    attempt: int | None = None
    next_at: int | None = None
    then: str | None = None
    due_at: int | None = None
    paid_at: int | None = None
    product: str | None = None
    subscription: str | None = None
    canceled_at: int | None = None
    ends_at: int | None = None
    ended: bool = False
    trial_end: int | None = None
    reference: str | None = None
    percent_off: float | None = None
    amount_off: int | None = None
    duration: Duration | None = None
    months: int | None = None
    accepted_at: int | None = None


class Notice(Part, frozen=True, kw_only=True):
    """A mail that is due to a customer, before anybody asked whether it is wanted and where it goes."""

    kind: MailKind
    object_id: str
    moment: str
    customer: str
    facts: Facts

    @property
    def key(self) -> str:
        """What no two mails share."""
        return f"{self.kind}:{self.object_id}:{self.moment}"


def wanted(settings: Mapping[str, Any], kind: MailKind) -> bool:
    """Whether the account lets this kind go out: failed payments and what was asked for, unless it says otherwise."""
    chosen = settings.get(SETTING)
    said = chosen.get(kind.value) if isinstance(chosen, Mapping) else None
    return bool(said) if said is not None else kind not in OFF


Befores = Mapping[tuple[type[Document], str], Document]


def notices(events: Iterable[EventDraft], before: Befores, *, now_ms: int) -> tuple[Notice, ...]:
    """The mails that the events of one change call for; `now_ms`, in milliseconds, tells two sendings apart."""
    due = [each for each in events if each.type in MAILED]
    if not due:
        return ()
    asking = {each.doc.id for each in due if each.type == ACTION}
    found: list[Notice | None] = []
    for each in due:
        was = each.before or before.get((type(each.doc), each.doc.id))  # type: ignore[arg-type]
        if isinstance(each.doc, Invoice):
            if each.type == FAILED and each.doc.id in asking:
                continue
            found.append(_of_invoice(each.type, each.doc, was if isinstance(was, Invoice) else None, now_ms))
        elif isinstance(each.doc, Subscription):
            found.append(_of_subscription(each.type, each.doc, was if isinstance(was, Subscription) else None, now_ms))
    return tuple(each for each in found if each is not None)


def _of_invoice(type: str, invoice: Invoice, before: Invoice | None, now_ms: int) -> Notice | None:
    match type:
        case "invoice.payment_failed" | "invoice.payment_action_required":
            return _unpaid(type, invoice, before)
        case "invoice.sent":
            return _about(MailKind.INVOICE_SENT, invoice, str(now_ms))
        case "invoice.overdue":
            return _about(MailKind.INVOICE_OVERDUE, invoice, str(invoice.due_date))
        case _:
            return _about(MailKind.PAYMENT_RECEIPT, invoice, "paid") if invoice.amount_paid > 0 else None


def _unpaid(type: str, invoice: Invoice, before: Invoice | None) -> Notice | None:
    """A try by itself has failed; whoever tried by hand, or signs up, sees that without a mail."""
    by_hand = invoice.collection_method == "send_invoice"
    if before is not None and (before.attempt_count > 0 or before.next_payment_attempt is not None):
        by_hand = by_hand or before.next_payment_attempt == invoice.next_payment_attempt
    present = invoice.attempt_count <= 1 and invoice.billing_reason in ("subscription_create", "subscription_update")
    if by_hand or present:
        return None
    kind = MailKind.CONFIRM_PAYMENT if type == ACTION else MailKind.PAYMENT_FAILED
    return _about(kind, invoice, str(invoice.attempt_count))


def _about(kind: MailKind, invoice: Invoice, moment: str) -> Notice:
    by_invoice = invoice.collection_method == "send_invoice"
    facts = Facts(
        amount=invoice.amount_paid if kind is MailKind.PAYMENT_RECEIPT else invoice.amount_remaining,
        currency=invoice.currency,
        number=invoice.number,
        url=invoice.hosted_invoice_url,
        pays="by_invoice" if by_invoice else "automatically",
        attempt=invoice.attempt_count,
        next_at=invoice.next_payment_attempt,
        due_at=invoice.due_date,
        paid_at=invoice.status_transitions.paid_at,
        subscription=subscription_of(invoice),
    )
    return Notice(kind=kind, object_id=invoice.id, moment=moment, customer=invoice.customer, facts=facts)


def _of_subscription(type: str, after: Subscription, before: Subscription | None, now_ms: int) -> Notice | None:
    if type == UPDATED:
        return _updated(after, before, now_ms) if before is not None else None
    if type == DELETED:
        early = after.cancel_at is None or (after.ended_at or 0) < after.cancel_at
        return _canceled(after, now_ms, ended=True) if early and _asked(after) else None
    facts = Facts(trial_end=after.trial_end, subscription=after.id, ends_at=after.cancel_at)
    return _on(MailKind.TRIAL_WILL_END, after, str(after.trial_end), facts)


def _asked(subscription: Subscription) -> bool:
    return subscription.cancellation_details.reason == "cancellation_requested"


def _updated(after: Subscription, before: Subscription, now_ms: int) -> Notice | None:
    """An end that was set or taken back; one that moves with its period is no news."""
    if before.cancel_at is None and after.cancel_at is None:
        return None
    if after.cancel_at is None:
        if after.status in TERMINAL:
            return None
        facts = Facts(subscription=after.id, ends_at=before.cancel_at, canceled_at=before.canceled_at)
        return _on(MailKind.CANCELLATION_UNDONE, after, str(now_ms), facts)
    same = before.canceled_at == after.canceled_at and before.cancel_at is not None
    return None if same or not _asked(after) else _canceled(after, now_ms, ended=False)


def _canceled(after: Subscription, now_ms: int, *, ended: bool) -> Notice:
    ends_at = after.ended_at if ended else after.cancel_at
    facts = Facts(subscription=after.id, canceled_at=after.canceled_at, ends_at=ends_at, ended=ended)
    return _on(MailKind.CANCELLATION, after, str(now_ms), facts)


def _on(kind: MailKind, subscription: Subscription, moment: str, facts: Facts) -> Notice:
    return Notice(kind=kind, object_id=subscription.id, moment=moment, customer=subscription.customer, facts=facts)


def offer_accepted(flow: CancellationSession, coupon: Coupon, currency: str) -> Notice:
    """The customer stays, with the offer; `flow` knows when, and its reference."""
    facts = Facts(
        subscription=flow.subscription,
        reference=flow.reference,
        accepted_at=flow.completed_at,
        currency=currency,
        percent_off=coupon.percent_off,
        amount_off=amount_off(coupon, 10**15, currency) if coupon.percent_off is None else None,
        duration=coupon.duration,
        months=coupon.duration_in_months,
    )
    return Notice(
        kind=MailKind.OFFER_ACCEPTED, object_id=flow.id, moment="accepted", customer=flow.customer, facts=facts
    )


# The types of events that may call for one; all others cost the look-up in this set.
MAILED = frozenset(
    {
        UPDATED,
        DELETED,
        ACTION,
        FAILED,
        "customer.subscription.trial_will_end",
        "invoice.overdue",
        "invoice.paid",
        "invoice.sent",
    }
)


def facts_of(raw: str) -> Facts:
    """The facts as they were written down."""
    return msgspec.json.decode(raw, type=Facts)
