"""A subscription's standing: what its invoices' fate does to its status.

paid      incomplete ─▶ active        past_due, unpaid ─▶ active, where the newest invoice that counts is paid
behind    active ─▶ past_due          no try left: ─▶ canceled | unpaid | stays, by the account's dunning
dropped   void invoices do not count: the newest other one decides
"""

from typing import Literal

from msgspec.structs import replace

from tenure.actions.keeping import UPDATED, keep
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft
from tenure.domain.invoices import Invoice, InvoiceStatus, subscription_of
from tenure.domain.payment_intents import PaymentIntent
from tenure.domain.subscriptions import TERMINAL, PendingUpdate, Status, Subscription, in_trial_at, move
from tenure.store import accounts
from tenure.store.tx import Tx

DELETED = "customer.subscription.deleted"
APPLIED = "customer.subscription.pending_update_applied"
RESUMED = "customer.subscription.resumed"
COUNTING = 10


def needs_method(tx: Tx) -> bool:
    """Whether a customer without a payment method counts as one whose payment failed, as the reference has it.

    By default Tenure waits for money that comes by hand; the account's setting `require_payment_method` says otherwise.
    """
    account = accounts.get(tx, tx.scope.account)
    return bool(account and account.settings.get("require_payment_method"))


def by_hand(tx: Tx, invoice: Invoice, now: int) -> None:
    """There is no method to ask: the subscription starts, and its invoice waits for money that comes by hand."""
    before = _of(tx, invoice)
    if before is not None and before.status is Status.INCOMPLETE:
        keep(tx, before, move(before, Status.ACTIVE, expires_at=None), UPDATED, now=now)


def _of(tx: Tx, invoice: Invoice) -> Subscription | None:
    """The invoice's subscription, locked, while it lives."""
    id = subscription_of(invoice)
    if id is None or tx.get(Subscription, id) is None:
        return None
    subscription = tx.lock(Subscription, id)
    return None if subscription.status in TERMINAL else subscription


def paid(tx: Tx, invoice: Invoice, now: int) -> None:
    """An invoice has been paid: its subscription starts, catches up, or goes on."""
    before = _of(tx, invoice)
    if before is None:
        return
    _delinquent(tx, invoice, False)
    after, types = _with_method(tx, before, invoice), [UPDATED]
    if before.pending_update is not None and before.latest_invoice == invoice.id:
        after, types = _applied(after, before.pending_update), [UPDATED, APPLIED]
    if before.status is Status.INCOMPLETE and before.latest_invoice == invoice.id:
        after = move(after, Status.TRIALING if in_trial_at(after, now) else Status.ACTIVE, expires_at=None)
    elif before.status in (Status.PAST_DUE, Status.UNPAID) and _caught_up(tx, before, invoice):
        after = move(after, Status.ACTIVE)
    elif before.status is Status.PAUSED and before.resuming == invoice.id:
        after, types = move(after, Status.ACTIVE, resuming=None, status_details=None), [UPDATED, RESUMED]
    if after != before:
        keep(tx, before, after, *types, now=now)


def _applied(subscription: Subscription, update: PendingUpdate) -> Subscription:
    """The subscription with the change that waited for its payment."""
    after = replace(subscription, pending_update=None)
    if update.subscription_items is not None:
        after = replace(after, items=update.subscription_items)
    if update.billing_cycle_anchor is not None:
        after = replace(after, billing_cycle_anchor=update.billing_cycle_anchor)
    if update.trial_end is not None:
        after = replace(after, trial_end=update.trial_end)
        if after.status is Status.TRIALING:
            after = move(after, Status.ACTIVE)
    return after


def _with_method(tx: Tx, subscription: Subscription, invoice: Invoice) -> Subscription:
    """Keep the method that paid, where the subscription's payment settings ask for it."""
    if (subscription.payment_settings or {}).get("save_default_payment_method") != "on_subscription":
        return subscription
    intent = tx.get(PaymentIntent, invoice.payment_intent) if invoice.payment_intent else None
    if intent is None or intent.payment_method is None:
        return subscription
    return replace(subscription, default_payment_method=intent.payment_method)


def _caught_up(tx: Tx, subscription: Subscription, paid_now: Invoice | None) -> bool:
    """Whether the newest invoice that counts is paid: drafts and void ones do not count."""
    newest = tx.page(Invoice, [("subscription", "=", subscription.id)], limit=COUNTING).items
    for each in newest:
        if each.status in (InvoiceStatus.DRAFT, InvoiceStatus.VOID):
            continue
        return each.status is InvoiceStatus.PAID or (paid_now is not None and each.id == paid_now.id)
    return True


def dunned(tx: Tx, invoice: Invoice) -> bool:
    """Whether a payment that failed is tried again by itself."""
    before = _of(tx, invoice)
    return bool(invoice.auto_advance) and (before is None or not _waits(before, invoice))


def _waits(subscription: Subscription, invoice: Invoice) -> bool:
    """Whether the invoice only keeps something from starting: a subscription, a change, the end of a pause."""
    changing = subscription.pending_update is not None and subscription.latest_invoice == invoice.id
    return changing or subscription.status in (Status.INCOMPLETE, Status.PAUSED)


def behind(tx: Tx, invoice: Invoice, now: int, *, last: bool, then: Literal["cancel", "past_due", "unpaid"]) -> None:
    """A payment has failed or a due date has passed; `last`: no further try is planned."""
    before = _of(tx, invoice)
    if before is None or _waits(before, invoice):
        return
    _delinquent(tx, invoice, True)
    after = before
    if before.status in (Status.ACTIVE, Status.TRIALING):
        after = move(after, Status.PAST_DUE)
    if last and then == "cancel":
        _ended(tx, before, after, now)
        return
    if last and then == "unpaid" and after.status is Status.PAST_DUE:
        after = move(after, Status.UNPAID)
    if after != before:
        keep(tx, before, after, UPDATED, now=now)


def _ended(tx: Tx, before: Subscription, subscription: Subscription, now: int) -> None:
    """No money came: it ends, and its open invoices are no longer collected."""
    details = replace(subscription.cancellation_details, reason="payment_failed")
    after = move(
        subscription,
        Status.CANCELED,
        canceled_at=subscription.canceled_at or now,
        cancellation_details=details,
        ended_at=now,
        pause_collection=None,
    )
    keep(tx, before, after, DELETED, now=now)
    stop_collecting(tx, after.id)


def stop_collecting(tx: Tx, subscription: str) -> None:
    """The open invoices and drafts of a subscription that has ended wait for somebody to act."""
    for status in (InvoiceStatus.OPEN, InvoiceStatus.DRAFT):
        where = [("subscription", "=", subscription), ("status", "=", status.value)]
        for invoice in tx.page(Invoice, where, limit=100).items:
            if invoice.auto_advance and not (status is InvoiceStatus.DRAFT and invoice.automatically_finalizes_at):
                leave(tx, invoice)


def leave(tx: Tx, invoice: Invoice) -> None:
    """Nothing happens to the invoice by itself any more: a draft stays one, an open one is not collected."""
    after = replace(invoice, auto_advance=False, automatically_finalizes_at=None, next_payment_attempt=None)
    if after != invoice:
        tx.save(Change(after=(after,), events=(EventDraft("invoice.updated", after),)))


def dropped(tx: Tx, invoice: Invoice, now: int) -> None:
    """An invoice has become void or uncollectible."""
    before = _of(tx, invoice)
    if before is None:
        return
    if before.status is Status.INCOMPLETE and before.latest_invoice == invoice.id:
        keep(tx, before, move(before, Status.INCOMPLETE_EXPIRED, expires_at=None, ended_at=now), UPDATED, now=now)
    elif before.status is Status.PAST_DUE and invoice.status is InvoiceStatus.VOID and _caught_up(tx, before, None):
        keep(tx, before, move(before, Status.ACTIVE), UPDATED, now=now)


def _delinquent(tx: Tx, invoice: Invoice, is_behind: bool) -> None:
    """Write down whether the customer's newest automatic payment failed."""
    if invoice.collection_method != "charge_automatically":
        return
    if tx.get(Customer, invoice.customer) is None:
        return
    customer = tx.lock(Customer, invoice.customer)
    if customer.delinquent is not is_behind:
        after = replace(customer, delinquent=is_behind)
        tx.save(Change(after=(after,), events=(EventDraft("customer.updated", after),)))
