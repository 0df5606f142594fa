"""The words of the cancel flow: what each page says about this subscription, this policy and this offer.

    Ask ──▶ reason_page     Offer ──▶ offer_page     Confirm ──▶ confirm_page     Done ──▶ done_page

Which page comes next is not decided here: `tenure.domain.retention.next_step` does that.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby

from tenure.domain.coupons import Coupon
from tenure.domain.portal import FeedbackOption
from tenure.domain.retention import COMMENT_MAX, CancellationSession, OfferTerms, Payment, Policy
from tenure.domain.subscriptions import Status, Subscription, period_end
from tenure.i18n import formats
from tenure.web.portal_pages import ConfirmPage, DonePage, Notice, OfferPage, Point, PriceRow, ReasonPage
from tenure.web.portal_plans import Catalog, ends_at, interval_text, off_text, plan, plan_name
from tenure.web.readers import Merchant, Reader
from tenure.web.reasons import chosen_option, reason_options, reworded


@dataclass(frozen=True, kw_only=True)
class Money:
    """What is still owed or owing at a cancellation, minor units; `last_bill` says that one more invoice will come."""

    unpaid: int = 0
    credit: int = 0
    last_bill: bool = False


@dataclass(frozen=True, kw_only=True)
class Case:
    """One cancellation under way, and all that its pages speak of."""

    subscription: Subscription
    catalog: Catalog
    policy: Policy
    flow: CancellationSession
    reader: Reader
    merchant: Merchant
    options: Mapping[str, FeedbackOption] = field(default_factory=dict)
    offer: bool = False
    money: Money = Money()

    @property
    def name(self) -> str:
        return plan_name(self.subscription, self.catalog, self.reader)

    @property
    def end(self) -> str:
        return self.reader.day(ends_at(self.subscription))

    def step(self, page: str) -> tuple[int, int]:
        """Which page this is, and of how many before the cancel."""
        order = [each for each, there in (("ask", self.policy.ask == "before"), ("offer", self.offer)) if there]
        order.append("confirm")
        return order.index(page) + 1 if page in order else 1, len(order)


def _done_notice(case: Case) -> Notice:
    _ = case.reader.language.gettext
    if case.subscription.ended_at is not None:
        return Notice(_("Your subscription is canceled"), _("It ended just now."), "ok", "check-circle", focus=True)
    text = _("You can use %(plan)s until %(date)s.", plan=case.name, date=case.end)
    return Notice(_("Your subscription is canceled"), text, "ok", "check-circle", focus=True)


def reason_page(case: Case, *, chosen: str = "", comment: str = "", too_long: bool = False) -> ReasonPage:
    """The reason, before or after the cancel; `too_long` explains a comment over the limit."""
    _, after = case.reader.language.gettext, case.flow.confirmed_at is not None
    limit = formats.number(COMMENT_MAX, case.reader.language)
    helps = _("Your answer helps the %(merchant)s team improve. You can skip this.", merchant=case.merchant.name)
    step, steps = case.step("ask")
    return ReasonPage(
        plan=plan(case.subscription, case.catalog, case.reader),
        options=reason_options(case.policy, case.options, case.reader.language, case.merchant.language),
        title=_("Why did you cancel?") if after else _("Why are you canceling?"),
        lead=helps,
        chosen=chosen or case.flow.feedback_option or case.flow.feedback or "",
        comment=comment or case.flow.comment or "",
        error=_("Shorten your note to %(limit)s characters or fewer", limit=limit) if too_long else "",
        limit=COMMENT_MAX,
        limit_text=_("You can write up to %(limit)s characters.", limit=limit),
        done=_done_notice(case) if after else None,
        step=step,
        steps=1 if after else steps,
    )


def offer_headline(coupon: Coupon, currency: str, reader: Reader) -> str:
    """What the offer gives, as one phrase: "25% off for 3 months"."""
    off, language = off_text(coupon, currency, reader), reader.language
    if coupon.duration == "repeating":
        months = coupon.duration_in_months or 1
        return language.ngettext("%(off)s off for %(num)s month", "%(off)s off for %(num)s months", months, off=off)
    if coupon.duration == "once":
        return language.gettext("%(off)s off your next payment", off=off)
    return language.gettext("%(off)s off, for as long as you stay", off=off)


def _price_rows(case: Case, terms: OfferTerms | None) -> tuple[PriceRow, ...]:
    """The price path: what the next invoices say, when the normal price returns, what is saved."""
    if terms is None:
        return ()
    _, reader = case.reader.language.gettext, case.reader
    per = interval_text(case.subscription, case.catalog, reader)
    if terms.after is None:
        until = _("Each payment until %(date)s", date=reader.day(terms.until)) if terms.until else ""
        return (_price_row(until or _("Each payment, %(per)s", per=per), terms.payments[0], terms, reader),)
    rows = [_price_row(label, each, terms, reader) for label, each in _runs(terms.payments, reader)]
    later = _("From %(date)s, %(per)s", date=reader.day(terms.after.at), per=per)
    full = PriceRow(later if per else reader.day(terms.after.at), reader.money(terms.after.reduced, terms.currency))
    saved = PriceRow(_("You save in total"), reader.money(terms.saved_total or 0, terms.currency), saving=True)
    return (*rows, full, saved)


def _price_row(label: str, payment: Payment, terms: OfferTerms, reader: Reader) -> PriceRow:
    was = reader.money(payment.full, terms.currency) if payment.full != payment.reduced else ""
    return PriceRow(label, reader.money(payment.reduced, terms.currency), was)


def _runs(payments: tuple[Payment, ...], reader: Reader) -> list[tuple[str, Payment]]:
    """Payments of the same amounts together; where they differ each run has the date that it begins with."""
    language = reader.language
    runs = [list(same) for _, same in groupby(payments, key=lambda each: (each.full, each.reduced))]
    if len(runs) == 1:
        return [(language.ngettext("Next payment", "Next %(num)s payments, each", len(runs[0])), runs[0][0])]
    found = []
    for run in runs:
        day = reader.day(run[0].at)
        label = language.ngettext("Payment on %(date)s", "%(num)s payments from %(date)s, each", len(run), date=day)
        found.append((label, run[0]))
    return found


def _terms_text(case: Case, terms: OfferTerms | None) -> str:
    _, reader = case.reader.language.gettext, case.reader
    starts = reader.day(terms.payments[0].at if terms else period_end(case.subscription))
    if terms is None or terms.after is None:
        return _("Starts with your payment on %(date)s. You can cancel at any time.", date=starts)
    return _(
        "Starts with your payment on %(date)s. Then %(amount)s %(per)s until you cancel, which you can do at any time.",
        date=starts,
        amount=reader.money(terms.after.reduced, terms.currency),
        per=interval_text(case.subscription, case.catalog, reader),
    )


def offer_page(case: Case, coupon: Coupon, terms: OfferTerms | None) -> OfferPage:
    """The offer, with its whole price path; the amounts are the server's."""
    _, off = case.reader.language.gettext, off_text(coupon, case.subscription.currency, case.reader)
    said = case.flow.feedback
    if said == "too_expensive" and reworded(said, case.policy, case.reader.language) is None:
        lead = _("You said it’s too expensive. Here is a lower price. If it doesn’t help, continue canceling.")
    else:
        lead = _("If a lower price would help, here is one. Otherwise, continue canceling.")
    step, steps = case.step("offer")
    return OfferPage(
        plan=plan(case.subscription, case.catalog, case.reader),
        title=_("Stay for %(off)s less?", off=off),
        lead=lead,
        headline=offer_headline(coupon, case.subscription.currency, case.reader),
        rows=_price_rows(case, terms),
        terms=_terms_text(case, terms),
        accept=_("Stay with %(off)s off", off=off),
        step=step,
        steps=steps,
    )


def facts_version(subscription: Subscription, policy: Policy) -> str:
    """Stands for what the confirm page states; another value means that the subscription changed in the meantime."""
    facts = (
        policy.mode, policy.prorate, subscription.status.value, ends_at(subscription), subscription.cancel_at,
        [(item.price, item.quantity) for item in subscription.items],
    )  # fmt: skip
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def _no_more_payments(case: Case) -> Point:
    """What becomes of the money: what is unpaid, what comes back, what is still to be billed."""
    _, money, reader = case.reader.language.gettext, case.money, case.reader
    currency = case.subscription.currency
    texts = []
    if money.unpaid:
        texts.append(_("%(amount)s of earlier invoices stays to be paid.", amount=reader.money(money.unpaid, currency)))
    if money.last_bill:
        texts.append(_("One last invoice covers what you have used and not paid yet."))
    if money.credit:
        back = reader.money(money.credit, currency)
        texts.append(_("%(amount)s for the time that is left counts toward your next invoice.", amount=back))
    title = _("No more regular payments") if money.last_bill else _("No more payments")
    return Point("card", title, " ".join(texts) or _("It won’t renew."))


def _points(case: Case) -> tuple[Point, ...]:
    _, name, end = case.reader.language.gettext, case.name, case.end
    if case.policy.mode == "immediately":
        return (
            Point("calendar", _("%(plan)s stops working now", plan=name), _("It ends as soon as you confirm.")),
            _no_more_payments(case),
            Point("undo", _("This can’t be undone"), _("To come back later, you would subscribe again.")),
        )
    trial = case.subscription.status is Status.TRIALING
    why = _("That’s the end of your trial.") if trial else _("That’s the end of the current period.")
    one_click = _("One click on your billing page, at the same price.")
    return (
        Point("calendar", _("%(plan)s keeps working until %(date)s", plan=name, date=end), why),
        _no_more_payments(case),
        Point("undo", _("You can undo this until %(date)s", date=end), one_click),
    )


def _warning(case: Case, *, changed: bool, offer_gone: bool) -> Notice | None:
    _ = case.reader.language.gettext
    if changed:
        text = _("Check the details and confirm again.")
        return Notice(_("This subscription changed while you were here"), text, "warn", "alert", focus=True)
    if offer_gone:
        return Notice(_("The offer is no longer available"), _("You can still cancel."), "warn", "alert", focus=True)
    return None


def confirm_page(case: Case, *, changed: bool = False, offer_gone: bool = False) -> ConfirmPage:
    """What happens on confirming; `changed` says that it is not what it was a moment ago."""
    options = reason_options(case.policy, case.options, case.reader.language, case.merchant.language)
    given = chosen_option(case.flow.feedback_option or case.flow.feedback, options)
    step, steps = case.step("confirm")
    return ConfirmPage(
        plan=plan(case.subscription, case.catalog, case.reader),
        points=_points(case),
        version=facts_version(case.subscription, case.policy),
        immediate=case.policy.mode == "immediately",
        reason=given.label if given else case.flow.comment or "",
        reason_lang=given.lang if given else None,
        asks_before=case.policy.ask == "before",
        notice=_warning(case, changed=changed, offer_gone=offer_gone),
        step=step,
        steps=steps,
    )


def _receipt(case: Case, at: int | None) -> tuple[tuple[str, str], ...]:
    _ = case.reader.language.gettext
    rows = []
    if case.flow.reference:
        rows.append((_("Reference"), case.flow.reference))
    if at is not None:
        rows.append((_("Received"), case.reader.moment(at)))
    return tuple(rows)


def canceled_page(case: Case, *, message: str = "") -> DonePage:
    """The receipt of a cancellation; `message` is the merchant's own."""
    _, ended = case.reader.language.gettext, case.subscription.ended_at is not None
    if ended:
        lead = _("%(plan)s ended just now.", plan=case.name)
    else:
        lead = _("You can use %(plan)s until %(date)s.", plan=case.name, date=case.end)
    label = _("Ended on") if ended else _("Ends on")
    return DonePage(
        plan=plan(case.subscription, case.catalog, case.reader),
        title=_("Your subscription is canceled"),
        lead=lead,
        message=message,
        rows=((label, case.end), *_receipt(case, case.flow.confirmed_at)),
        can_undo=not ended,
    )


def saved_page(case: Case, coupon: Coupon, terms: OfferTerms | None, *, message: str = "") -> DonePage:
    """The receipt of an accepted offer."""
    _, off = case.reader.language.gettext, off_text(coupon, case.subscription.currency, case.reader)
    given = offer_headline(coupon, case.subscription.currency, case.reader)
    price = tuple((row.label, row.amount) for row in _price_rows(case, terms))
    return DonePage(
        plan=plan(case.subscription, case.catalog, case.reader),
        title=_("You’re staying, with %(off)s off", off=off),
        lead=_("Nothing was canceled. %(offer)s.", offer=given),
        message=message,
        rows=(*price, *_receipt(case, case.flow.offer.accepted_at if case.flow.offer else None)),
    )


def kept_page(case: Case) -> DonePage:
    """Says that nothing was changed, or that the cancellation was taken back."""
    _ = case.reader.language.gettext
    text = _("%(plan)s renews on %(date)s, as before.", plan=case.name, date=case.end)
    return DonePage(
        plan=plan(case.subscription, case.catalog, case.reader), title=_("Your subscription continues"), lead=text
    )
