"""Invoices: finalize, pay, void, give up; each leaves its events, and the subscription's standing follows.

finalize ─▶ number, balance ─▶ open ─▶ collect ─▶ paid | tried again by the dunning schedule
                                └ nothing due: paid
"""

import secrets

from msgspec.structs import replace

from tenure.actions import customer_balance, payments, standing
from tenure.actions.clock import moment, page_all
from tenure.actions.payments import Collected
from tenure.domain import dunning
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Conflict, Refused
from tenure.domain.invoice_items import InvoiceItem
from tenure.domain.invoices import (
    CustomerTaxId,
    Invoice,
    InvoiceStatus,
    InvoiceStatusDetails,
    Uncollectible,
    UncollectibleReason,
    move,
    next_due,
    subscription_of,
)
from tenure.domain.periods import DAY_S
from tenure.domain.subscriptions import Subscription
from tenure.domain.tax_ids import TaxId
from tenure.store import accounts
from tenure.store.sequences import next_value
from tenure.store.tx import Tx

TOKEN_BYTES = 32
PREFIX_LENGTH = 8
FIRST_DUE_DAYS = 30


def locked(tx: Tx, id: str) -> Invoice:
    """The invoice, locked. Raises NotFound."""
    return tx.lock(Invoice, id, param="invoice")


def saved(tx: Tx, invoice: Invoice, *types: str) -> Invoice:
    """The invoice written down, with news of these types."""
    tx.save(Change(after=(invoice,), events=tuple(EventDraft(type, invoice) for type in types)))
    return invoice


# Finalizing


def finalize(tx: Tx, id: str, *, auto_advance: bool | None = None) -> Invoice:
    """A draft becomes final: it gets its number and its page, and the customer's balance is used. Raises Conflict."""
    before = locked(tx, id)
    if before.status is not InvoiceStatus.DRAFT:
        raise Conflict("This invoice is already finalized, you can't re-finalize a non-draft invoice.", param="invoice")
    advance_ = before.auto_advance if auto_advance is None else auto_advance
    now = moment(tx, before.test_clock)
    opened = finalized(tx, replace(before, auto_advance=advance_), now)
    if opened.status is InvoiceStatus.OPEN and advance_ and opened.collection_method == "charge_automatically":
        # Collected about an hour later, or at once by `pay`: as the reference does for one finalized by hand.
        return saved(tx, replace(opened, next_payment_attempt=now + 3600))
    return opened


def finalized(tx: Tx, draft: Invoice, now: int) -> Invoice:
    """The draft as an open invoice, or a paid one where nothing is due."""
    customer = tx.lock(Customer, draft.customer)
    number = draft.number or _number(tx, customer)
    balance, whole = customer.balance, draft.total + customer.balance
    due, ending = (0, whole) if draft.total < 0 else (max(whole, 0), min(whole, 0))
    token = secrets.token_urlsafe(TOKEN_BYTES)
    opened = move(
        draft,
        InvoiceStatus.OPEN,
        amount_due=due,
        amount_remaining=due,
        automatically_finalizes_at=None,
        customer_tax_ids=_tax_ids(tx, draft.customer),
        due_date=_due_date(draft, now),
        effective_at=draft.effective_at or now,
        ending_balance=ending,
        hosted_invoice_url=f"{tx.site}/i/{token}",
        hosted_token=token,
        invoice_pdf=f"{tx.site}/i/{token}/pdf",
        next_payment_attempt=None,
        number=number,
        starting_balance=balance,
        status_transitions=replace(draft.status_transitions, finalized_at=now),
    )
    saved(tx, opened, "invoice.finalized")
    if ending != balance:
        customer_balance.move(
            tx,
            draft.customer,
            amount=ending - balance,
            currency=draft.currency,
            type="applied_to_invoice",
            invoice=draft.id,
            now=now,
        )
    return paid(tx, opened, now) if due == 0 else opened


def _number(tx: Tx, customer: Customer) -> str:
    """The next number: of the customer's own series, or of the account's where its settings say so."""
    account = accounts.get(tx, tx.scope.account)
    series = (account.settings if account else {}).get("invoice_numbering") or {}
    if series.get("by") == "account":
        return f"{series.get('prefix') or 'INV'}-{next_value(tx, 'invoice'):06d}"
    prefix = customer.invoice_prefix or tx.new_id("")[-PREFIX_LENGTH:].upper()
    after = replace(customer, invoice_prefix=prefix, next_invoice_sequence=customer.next_invoice_sequence + 1)
    tx.save(Change(after=(after,)))
    return f"{prefix}-{customer.next_invoice_sequence:04d}"


def _tax_ids(tx: Tx, customer: str) -> list[CustomerTaxId]:
    found = tx.page(TaxId, [("customer", "=", customer)], limit=10).items
    return [CustomerTaxId(type=each.type, value=each.value) for each in reversed(found)]


def _due_date(invoice: Invoice, now: int) -> int | None:
    if invoice.collection_method != "send_invoice":
        return None
    days = FIRST_DUE_DAYS if invoice.days_until_due is None else invoice.days_until_due
    return invoice.due_date or now + days * DAY_S


# Paying


def paid(tx: Tx, invoice: Invoice, now: int, *, out_of_band: bool = False, intent: str | None = None) -> Invoice:
    """The invoice as paid, and its subscription in good standing again."""
    after = move(
        invoice,
        InvoiceStatus.PAID,
        amount_paid=invoice.amount_paid + invoice.amount_remaining,
        amount_paid_off_stripe=invoice.amount_remaining if out_of_band else invoice.amount_paid_off_stripe,
        amount_remaining=0,
        attempted=True,
        next_payment_attempt=None,
        payment_intent=intent or invoice.payment_intent,
        status_transitions=replace(invoice.status_transitions, paid_at=now),
    )
    saved(tx, after, "invoice.paid", "invoice.payment_succeeded")
    standing.paid(tx, after, now)
    return after


def method_for(tx: Tx, invoice: Invoice) -> str | None:
    """The payment method that would pay it, or None."""
    of = subscription_of(invoice)
    customer, subscription = tx.need(Customer, invoice.customer), tx.get(Subscription, of) if of else None
    return payments.default_method(tx, customer=customer, subscription=subscription, invoice=invoice)


def by_itself(tx: Tx, invoice: Invoice, now: int) -> Invoice:
    """Collect an open invoice because its time has come; without a method it waits for one, or for money by hand."""
    method = method_for(tx, invoice)
    if method is None and not standing.needs_method(tx):
        return saved(tx, replace(invoice, next_payment_attempt=None))
    return collect(tx, invoice, now=now, method=method)[0]


def collect(
    tx: Tx,
    invoice: Invoice,
    *,
    now: int,
    method: str | None = None,
    off_session: bool = True,
    by_hand: bool = False,
) -> tuple[Invoice, Collected | None]:
    """Try to collect an open invoice once; what fails waits for its next try. No outcome where nothing is due."""
    if invoice.amount_remaining == 0:
        return paid(tx, invoice, now), None
    chosen = method or method_for(tx, invoice)
    outcome = payments.collect(tx, invoice, method=chosen, off_session=off_session, now=now)
    tried = replace(
        invoice,
        attempt_count=invoice.attempt_count + 1,
        attempted=True,
        payment_intent=outcome.intent.id if outcome.intent else invoice.payment_intent,
    )
    if outcome.status == "succeeded":
        return paid(tx, tried, now), outcome
    if outcome.status == "processing":
        return saved(tx, tried, "invoice.updated"), outcome
    return failed(tx, tried, outcome, now, by_hand=by_hand), outcome


def failed(tx: Tx, invoice: Invoice, outcome: Collected, now: int, *, by_hand: bool = False) -> Invoice:
    """A try that brought no money: the next one is set, and the subscription falls behind.

    One that somebody made by hand changes nothing about when the next one is.
    """
    account = accounts.get(tx, tx.scope.account)
    rules = dunning.of_account(account.settings if account else {})
    planned = dunning.next_attempt(rules, invoice.attempt_count, now) if standing.dunned(tx, invoice) else None
    again = invoice.next_payment_attempt if by_hand else planned
    after = replace(invoice, next_payment_attempt=again)
    action = ("invoice.payment_action_required",) if outcome.status == "requires_action" else ()
    saved(tx, after, "invoice.updated", "invoice.payment_failed", *action)
    standing.behind(tx, after, now, last=again is None and not by_hand, then=rules.then)
    return tx.need(Invoice, invoice.id)


def settle(tx: Tx, invoice_id: str, *, now: int, out_of_band: bool = False) -> Invoice:
    """The money has come, by its intent or another way. An invoice that is paid already stays as it is."""
    before = locked(tx, invoice_id)
    if before.status is InvoiceStatus.PAID:
        return before
    return paid(tx, before, now, out_of_band=out_of_band)


def payment_failed(tx: Tx, invoice_id: str, collected: Collected, *, now: int) -> Invoice:
    """A try that the customer made has failed. The invoice counts it and waits as before."""
    before = locked(tx, invoice_id)
    if before.status is not InvoiceStatus.OPEN:
        return before
    tried = replace(before, attempt_count=before.attempt_count + 1, attempted=True)
    action = ("invoice.payment_action_required",) if collected.status == "requires_action" else ()
    saved(tx, tried, "invoice.updated", "invoice.payment_failed", *action)
    standing.behind(tx, tried, now, last=False, then="past_due")
    return tried


def pay(
    tx: Tx,
    id: str,
    *,
    payment_method: str | None = None,
    paid_out_of_band: bool = False,
    off_session: bool = True,
) -> tuple[Invoice, Refused | None]:
    """Pay it now, and why that failed where it did: what the try leaves behind is kept. Raises Conflict."""
    before = locked(tx, id)
    now = moment(tx, before.test_clock)
    if before.status is InvoiceStatus.PAID:
        raise Conflict("Invoice is already paid", code="invoice_already_paid")
    if before.status is InvoiceStatus.VOID:
        raise Conflict("You cannot pay a voided invoice.", code="invoice_not_editable")
    opened = finalized(tx, before, now) if before.status is InvoiceStatus.DRAFT else before
    if opened.status is InvoiceStatus.PAID:
        return opened, None
    if paid_out_of_band:
        payments.withdraw(tx, opened, now=now, reason="automatic")
        return paid(tx, opened, now, out_of_band=True), None
    after, outcome = collect(tx, opened, now=now, method=payment_method, off_session=off_session, by_hand=True)
    if outcome is not None and outcome.status in ("failed", "requires_action"):
        return after, payments.refusal(outcome)
    return after, None


# The other ways out


def void(tx: Tx, id: str) -> Invoice:
    """Nobody owes it any more; its number stays taken. Raises Conflict."""
    before = locked(tx, id)
    if before.status not in (InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE):
        raise Conflict("You can only pass in open or uncollectible invoices to void.", code="invoice_not_editable")
    return voided(tx, before, moment(tx, before.test_clock))


def voided(tx: Tx, before: Invoice, now: int) -> Invoice:
    """The invoice as void; what it took from the customer's balance goes back."""
    payments.withdraw(tx, before, now=now, reason="void_invoice")
    after = move(
        before,
        InvoiceStatus.VOID,
        auto_advance=False,
        next_payment_attempt=None,
        status_transitions=replace(before.status_transitions, voided_at=now),
    )
    saved(tx, after, "invoice.voided")
    used = (before.ending_balance or 0) - before.starting_balance
    if used and tx.get(Customer, before.customer) is not None:
        customer_balance.move(
            tx,
            before.customer,
            amount=-used,
            currency=before.currency,
            type="unapplied_from_invoice",
            invoice=before.id,
            now=now,
        )
    standing.dropped(tx, after, now)
    return after


def mark_uncollectible(tx: Tx, id: str, *, reason: UncollectibleReason | None = None) -> Invoice:
    """Nobody expects the money any more; it can still be paid. Raises Conflict."""
    before = locked(tx, id)
    now = moment(tx, before.test_clock)
    if before.status is InvoiceStatus.DRAFT:
        before = finalized(tx, before, now)
    if before.status is not InvoiceStatus.OPEN:
        raise Conflict("You can only mark open invoices as uncollectible.", code="invoice_not_editable")
    return given_up(tx, before, now, reason=reason)


def given_up(tx: Tx, before: Invoice, now: int, *, reason: UncollectibleReason | None) -> Invoice:
    """The invoice as uncollectible."""
    after = move(
        before,
        InvoiceStatus.UNCOLLECTIBLE,
        auto_advance=False,
        next_payment_attempt=None,
        status_details=InvoiceStatusDetails(uncollectible=Uncollectible(reason=reason)) if reason else None,
        status_transitions=replace(before.status_transitions, marked_uncollectible_at=now),
    )
    saved(tx, after, "invoice.marked_uncollectible")
    standing.dropped(tx, after, now)
    return after


def send(tx: Tx, id: str) -> Invoice:
    """Finalize where needed and send it: `invoice.sent` tells whoever listens, and calls for the mail."""
    before = locked(tx, id)
    if before.status is InvoiceStatus.DRAFT:
        before = finalized(tx, before, moment(tx, before.test_clock))
    if before.status is not InvoiceStatus.OPEN:
        raise Conflict("You can only send open invoices.", code="invoice_not_editable")
    return saved(tx, before, "invoice.sent")


def deleted(tx: Tx, id: str) -> Invoice:
    """Delete a draft that belongs to no subscription; what was on it waits again. Raises Conflict."""
    before = locked(tx, id)
    if before.status is not InvoiceStatus.DRAFT or subscription_of(before) is not None:
        raise Conflict(
            "You can only delete draft invoices that are not part of a subscription.", code="invoice_not_editable"
        )
    waiting = [replace(item, invoice=None) for item in page_all(tx, InvoiceItem, [("invoice", "=", id)])]
    tx.save(Change(after=tuple(waiting), deleted=(before,), events=(EventDraft("invoice.deleted", before),)))
    return before


# The clock


def due_at(invoice: Invoice) -> int:
    """When something happens to it next, unix seconds; far away when nothing will."""
    at = next_due(invoice)
    return at if at is not None else 2**53


def _out(tx: Tx, final: Invoice, now: int) -> None:
    """What was finalized by itself is collected, or sent."""
    if final.status is InvoiceStatus.OPEN and final.collection_method == "charge_automatically":
        by_itself(tx, final, now)
    elif final.status is InvoiceStatus.OPEN:
        saved(tx, final, "invoice.sent")


def step(tx: Tx, id: str, *, now: int) -> bool:
    """Run its earliest moment that has come; whether there was one."""
    before = locked(tx, id)
    at = next_due(before)
    if at is None or at > now:
        return False
    if before.status is InvoiceStatus.DRAFT:
        with tx.together():
            _out(tx, finalized(tx, before, at), at)
    elif before.collection_method == "send_invoice":
        saved(tx, replace(before, overdue=True), "invoice.overdue")
        standing.behind(tx, before, at, last=False, then="past_due")
    else:
        by_itself(tx, before, at)
    return True
