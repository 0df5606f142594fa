"""The words of mails: a row of the outbox becomes a letter, in the customer's language and the merchant's colours.

    Mail ── read_letter(tx) ──▶ Letter ── mail/letters.py ──▶ HTML and plain text

What it says is what was true when it was written (`mail.facts`); how it looks is the merchant's brand of today.
"""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from tenure.domain.coupons import Coupon
from tenure.domain.mails import Facts, MailKind
from tenure.domain.retention import CancellationSession
from tenure.i18n.languages import language
from tenure.mail.letters import Colors, Letter
from tenure.store.mails import Mail
from tenure.store.tx import Tx
from tenure.web import brand
from tenure.web.invoice_papers import known_color
from tenure.web.portal_cancel import offer_headline
from tenure.web.portal_plans import off_text
from tenure.web.readers import Merchant, Reader, read_merchant

FLOWS_SEARCHED = 10


@dataclass(frozen=True, kw_only=True)
class Said:
    """The words of one mail, before they are put on paper."""

    subject: str
    title: str = ""
    paragraphs: tuple[str, ...]
    facts: tuple[tuple[str, str], ...] = ()
    button: tuple[str, str] | None = None
    after: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Case:
    """One mail, its reader, and the merchant whose it is."""

    facts: Facts
    reader: Reader
    merchant: Merchant

    @property
    def amount(self) -> str:
        return self.reader.money(self.facts.amount or 0, self.facts.currency or "usd")

    @property
    def plan(self) -> str:
        return self.facts.product or self.reader.language.gettext("Your subscription")

    @property
    def number(self) -> str:
        return self.facts.number or "–"

    def day(self, at: int | None) -> str:
        return self.reader.day(at) if at is not None else "–"


def read_letter(tx: Tx, mail: Mail) -> Letter:
    """The letter of a mail, with the receipt's reference where a cancellation page gave one."""
    merchant = read_merchant(tx)
    facts = mail.facts
    if mail.kind is MailKind.CANCELLATION and facts.subscription is not None:
        facts = replace(facts, reference=_reference(tx, facts) or facts.subscription)
    tongue = language(mail.locale)
    reader = Reader(language=tongue, time_zone=merchant.time_zone, now=mail.created)
    said = WORDS[mail.kind](Case(facts=facts, reader=reader, merchant=merchant))
    colors = brand.scheme(known_color(merchant.color), "light")
    return Letter(
        subject=said.subject,
        preview=said.paragraphs[0],
        title=said.title or said.subject,
        sender=merchant.name,
        mark=merchant.letter,
        reply_to=merchant.support_email,
        language=tongue.tag,
        rtl=tongue.rtl,
        colors=Colors(
            brand=colors["brand"], on_brand=colors["brand-fg"], edge=colors["brand-edge"], link=colors["brand-text"]
        ),
        paragraphs=said.paragraphs,
        facts=said.facts,
        button=said.button,
        after=said.after,
        foot=_foot(mail, merchant, reader),
    )


def _reference(tx: Tx, facts: Facts) -> str | None:
    """The reference that the portal showed for this very cancellation."""
    where = [("subscription", "=", facts.subscription), ("outcome", "=", "cancelled")]
    flows = tx.page(CancellationSession, where, limit=FLOWS_SEARCHED).items
    return next((flow.reference for flow in flows if flow.confirmed_at == facts.canceled_at), None)


def _foot(mail: Mail, merchant: Merchant, reader: Reader) -> tuple[str, ...]:
    _ = reader.language.gettext
    lines = [_("Questions? Write to %(email)s.", email=merchant.support_email)] if merchant.support_email else []
    if merchant.address:
        lines.append(merchant.address)
    if not mail.livemode:
        lines.append(_("Sent in test mode: no money moves."))
    return tuple(lines)


def _to_page(url: str | None, label: str) -> tuple[str, str] | None:
    """A button to a page of ours; there is none before the server knows its address."""
    return (label, url) if url is not None and url.startswith(("https://", "http://")) else None


def _bill(case: Case, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    _ = case.reader.language.gettext
    return ((_("Invoice number"), case.number), (_("Amount due"), case.amount), *more)


def _payment_failed(case: Case) -> Said:
    _, facts = case.reader.language.gettext, case.facts
    if facts.product:
        first = _("We could not collect %(amount)s for %(plan)s.", amount=case.amount, plan=facts.product)
    else:
        first = _("We could not collect %(amount)s for invoice %(number)s.", amount=case.amount, number=case.number)
    more = ((_("Next try"), case.day(facts.next_at)),) if facts.next_at is not None else ()
    return Said(
        subject=_("Your payment of %(amount)s failed", amount=case.amount),
        paragraphs=(first, *_what_follows(case)),
        facts=_bill(case, *more),
        button=_to_page(facts.url, _("Pay invoice")),
    )


def _what_follows(case: Case) -> tuple[str, ...]:
    """The next try, and what comes after the last."""
    _, facts = case.reader.language.gettext, case.facts
    of_plan = facts.subscription is not None
    if facts.next_at is None:
        if of_plan and facts.then == "cancel":
            return (_("That was the last try, so your subscription has ended. You can still pay the invoice."),)
        return (_("We will not try again by ourselves. Please pay the invoice online."),)
    again = _(
        "We will try again on %(date)s. You can also pay now, or with another card.", date=case.day(facts.next_at)
    )
    if of_plan and facts.then == "cancel":
        return (again, _("If no try succeeds, your subscription ends."))
    if of_plan and facts.then == "unpaid":
        return (again, _("If no try succeeds, your subscription is marked as unpaid."))
    return (again,)


def _confirm_payment(case: Case) -> Said:
    _, facts = case.reader.language.gettext, case.facts
    return Said(
        subject=_("Confirm your payment of %(amount)s", amount=case.amount),
        paragraphs=(_("Your bank asks you to confirm this payment. It is not made until you do."),),
        facts=_bill(case),
        button=_to_page(facts.url, _("Confirm payment")),
        after=(_("We will try again on %(date)s.", date=case.day(facts.next_at)),) if facts.next_at else (),
    )


def _invoice_sent(case: Case) -> Said:
    _, facts = case.reader.language.gettext, case.facts
    due = ((_("Due on"), case.day(facts.due_at)),) if facts.due_at is not None else ()
    lead = _("Please pay it by %(date)s.", date=case.day(facts.due_at)) if due else _("You can pay it online.")
    return Said(
        subject=_("Invoice %(number)s from %(merchant)s", number=case.number, merchant=case.merchant.name),
        title=_("Your invoice over %(amount)s", amount=case.amount),
        paragraphs=(lead,),
        facts=_bill(case, *due),
        button=_to_page(facts.url, _("View and pay invoice")),
    )


def _invoice_overdue(case: Case) -> Said:
    _, facts = case.reader.language.gettext, case.facts
    return Said(
        subject=_("Reminder: invoice %(number)s was due on %(date)s", number=case.number, date=case.day(facts.due_at)),
        title=_("Your invoice is overdue"),
        paragraphs=(_("%(amount)s is still open.", amount=case.amount),),
        facts=_bill(case, (_("Due on"), case.day(facts.due_at))),
        button=_to_page(facts.url, _("View and pay invoice")),
        after=(_("If you have paid in the meantime, you can ignore this mail."),),
    )


def _cancellation(case: Case) -> Said:
    _, facts = case.reader.language.gettext, case.facts
    ends, label = case.day(facts.ends_at), _("Ended on") if facts.ended else _("Ends on")
    if facts.ended:
        lead = (_("%(plan)s has ended.", plan=case.plan),)
    elif facts.product:
        lead = (_("You can use %(plan)s until %(date)s.", plan=facts.product, date=ends),)
    else:
        lead = (_("It ends on %(date)s. You don’t need to do anything.", date=ends),)
    undo = () if facts.ended else (_("You can undo this until then. Your price and discounts stay as they are."),)
    rows = [(label, ends), (_("Reference"), facts.reference or "–")]
    if facts.canceled_at is not None:
        rows.append((_("Received"), case.reader.moment(facts.canceled_at)))
    return Said(subject=_("Your subscription is canceled"), paragraphs=(*lead, *undo), facts=tuple(rows))


def _cancellation_undone(case: Case) -> Said:
    _ = case.reader.language.gettext
    return Said(
        subject=_("Your subscription continues"),
        paragraphs=(
            _("The cancellation was taken back."),
            _("%(plan)s goes on after %(date)s, as before.", plan=case.plan, date=case.day(case.facts.ends_at)),
        ),
        after=(_("If you did not ask for this, please tell us."),),
    )


def _offer_accepted(case: Case) -> Said:
    _, facts = case.reader.language.gettext, case.facts
    coupon = Coupon(
        id="",
        percent_off=facts.percent_off,
        amount_off=facts.amount_off,
        currency=facts.currency,
        duration=facts.duration or "once",
        duration_in_months=facts.months,
    )
    currency = facts.currency or "usd"
    rows = [(_("Reference"), facts.reference)] if facts.reference else []
    if facts.accepted_at is not None:
        rows.append((_("Received"), case.reader.moment(facts.accepted_at)))
    return Said(
        subject=_("You’re staying, with %(off)s off", off=off_text(coupon, currency, case.reader)),
        paragraphs=(_("Nothing was canceled. %(offer)s.", offer=offer_headline(coupon, currency, case.reader)),),
        facts=tuple(rows),
    )


def _payment_receipt(case: Case) -> Said:
    _, facts = case.reader.language.gettext, case.facts
    rows = ((_("Invoice number"), case.number), (_("Amount paid"), case.amount))
    return Said(
        subject=_("Receipt for your payment of %(amount)s", amount=case.amount),
        paragraphs=(_("Thank you. Your payment has arrived."),),
        facts=(*rows, (_("Date paid"), case.day(facts.paid_at))),
        button=_to_page(f"{facts.url}/receipt" if facts.url else None, _("View receipt")),
    )


def _trial_will_end(case: Case) -> Said:
    _, facts = case.reader.language.gettext, case.facts
    if facts.ends_at is not None and facts.ends_at <= (facts.trial_end or 0):
        follows = _("Your subscription ends with it. You don’t need to do anything.")
    else:
        follows = _("After that, %(plan)s becomes a paid subscription. You can cancel until then.", plan=case.plan)
    return Said(
        subject=_("Your trial ends on %(date)s", date=case.day(facts.trial_end)),
        paragraphs=(follows,),
    )


WORDS: dict[MailKind, Callable[[Case], Said]] = {
    MailKind.PAYMENT_FAILED: _payment_failed,
    MailKind.CONFIRM_PAYMENT: _confirm_payment,
    MailKind.INVOICE_SENT: _invoice_sent,
    MailKind.INVOICE_OVERDUE: _invoice_overdue,
    MailKind.CANCELLATION: _cancellation,
    MailKind.CANCELLATION_UNDONE: _cancellation_undone,
    MailKind.OFFER_ACCEPTED: _offer_accepted,
    MailKind.PAYMENT_RECEIPT: _payment_receipt,
    MailKind.TRIAL_WILL_END: _trial_will_end,
}
