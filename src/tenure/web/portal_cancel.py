"""The words of the cancel flow: what each page says about this subscription, this policy and this offer.

    Ask ──▶ reason_page     Offer ──▶ offer_page     Confirm ──▶ confirm_page     Done ──▶ done_page

Which page comes next is not decided here: `tenure.domain.retention.next_step` does that.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from tenure.domain.coupons import Coupon
from tenure.domain.periods import period
from tenure.domain.portal import FeedbackOption
from tenure.domain.retention import COMMENT_MAX, CancellationSession, OfferTerms, Policy
from tenure.domain.subscriptions import Status, Subscription, period_end
from tenure.i18n import formats
from tenure.web.portal_pages import ConfirmPage, DonePage, Notice, OfferPage, Point, PriceRow, ReasonPage
from tenure.web.portal_plans import UNPAID, Catalog, ends_at, interval_text, off_text, plan, plan_name
from tenure.web.readers import Merchant, Reader
from tenure.web.reasons import chosen_option, reason_options, reworded


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


def _full_price_at(case: Case, payments: int) -> int | None:
    """When the first payment at the full price is due, after so many reduced ones; None where intervals differ."""
    recurring = {price.recurring for price in case.catalog.prices.values() if price.recurring}
    if len(recurring) != 1:
        return None
    every, at = recurring.pop(), period_end(case.subscription)
    for _ in range(payments):
        at = period(case.subscription.billing_cycle_anchor, every.interval, every.interval_count, at)[1]
    return at


def _price_rows(case: Case, terms: OfferTerms | None) -> tuple[PriceRow, ...]:
    """The price path: what the next payments cost, when the normal price returns, what is saved."""
    if terms is None:
        return ()
    _, reader = case.reader.language.gettext, case.reader
    full, reduced = reader.money(terms.full_amount, terms.currency), reader.money(terms.reduced_amount, terms.currency)
    per = interval_text(case.subscription, case.catalog, reader)
    if terms.payments is None:
        return (PriceRow(_("Each payment, %(per)s", per=per), reduced, full),)
    coming = reader.language.ngettext("Next payment", "Next %(num)s payments, each", terms.payments)
    back = _full_price_at(case, terms.payments)
    later = _("From %(date)s, %(per)s", date=reader.day(back), per=per) if back else _("After that, %(per)s", per=per)
    saved = PriceRow(_("You save in total"), reader.money(terms.saved_total or 0, terms.currency), saving=True)
    return (PriceRow(coming, reduced, full), PriceRow(later, full), saved)


def _terms_text(case: Case, terms: OfferTerms | None) -> str:
    _, reader = case.reader.language.gettext, case.reader
    starts = reader.day(max(item.current_period_end for item in case.subscription.items))
    if terms is None or terms.payments is None:
        return _("Starts with your payment on %(date)s. You can cancel at any time.", date=starts)
    return _(
        "Starts with your payment on %(date)s. Then %(amount)s %(per)s until you cancel, which you can do at any time.",
        date=starts,
        amount=reader.money(terms.full_amount, terms.currency),
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


def _points(case: Case) -> tuple[Point, ...]:
    _, name, end = case.reader.language.gettext, case.name, case.end
    status = case.subscription.status
    open_invoice = _("An invoice that is still unpaid stays open.") if status in UNPAID else ""
    if case.policy.mode == "immediately":
        return (
            Point("calendar", _("%(plan)s stops working now", plan=name), _("It ends as soon as you confirm.")),
            Point("card", _("No more payments"), open_invoice or _("It won’t renew.")),
            Point("undo", _("This can’t be undone"), _("To come back later, you would subscribe again.")),
        )
    trial = status is Status.TRIALING
    why = _("That’s the end of your trial.") if trial else _("That’s the end of the current period.")
    one_click = _("One click on your billing page, at the same price.")
    return (
        Point("calendar", _("%(plan)s keeps working until %(date)s", plan=name, date=end), why),
        Point("card", _("No more payments"), open_invoice or _("It won’t renew.")),
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
