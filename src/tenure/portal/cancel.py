"""The cancel flow's pages: each shows one step, takes one form, and goes on to the step that the domain names.

    POST …/cancel          start, or go on          ─▶ the first step
    GET  …/cancel/reason   POST  answer or skip     ─▶ the next step
    GET  …/cancel/offer    POST  accept or decline  ─▶ receipt or confirm
    GET  …/cancel/confirm  POST  cancel             ─▶ reason or receipt
    GET  …/cancel/done     the receipt, or on to where the deep link leads

Pages may be opened in any order (back, forward, reload): one that is not the step at hand leads to it.
GET changes nothing.
"""

from typing import Any, get_args

from tenure.actions import changes, forecasts, retention
from tenure.actions.clock import moment
from tenure.domain.coupons import Coupon
from tenure.domain.errors import Conflict, Forbidden, Invalid, NotFound
from tenure.domain.portal import Feedback, FeedbackOption
from tenure.domain.retention import (
    COMMENT_MAX,
    Ask,
    CancellationSession,
    Confirm,
    Done,
    Offer,
    OfferTerms,
    Policy,
    Step,
    answers_of,
    next_step,
)
from tenure.domain.subscriptions import TERMINAL, Subscription, is_ending
from tenure.portal.home import catalog_of, open_invoices
from tenure.portal.visit import Visit
from tenure.store import Tx
from tenure.web import portal_cancel
from tenure.web.asked import Answer, Goto, Shown, message
from tenure.web.portal_cancel import Case, Money, facts_version
from tenure.web.portal_pages import HOME, LeavePage
from tenure.web.portal_plans import ends_at

PRESETS: tuple[str, ...] = get_args(Feedback)


def place(subscription: str, step: Step) -> str:
    """Where a step is."""
    match step:
        case Ask():
            name = "reason"
        case Offer():
            name = "offer"
        case Confirm():
            name = "confirm"
        case Done():
            name = "done"
    return f"/p/subscriptions/{subscription}/cancel/{name}"


def case_of(tx: Tx, visit: Visit, subscription: Subscription, flow: CancellationSession) -> Case:
    """All that the pages of this flow speak of."""
    policy = retention.flow_policy(tx, flow)
    offer = flow.offer is not None
    if not offer and policy.ask == "before" and flow.reason_given_at is None and flow.confirmed_at is None:
        offer = retention.applicable(tx, policy.offer_coupon, subscription) is not None
    return Case(
        subscription=subscription,
        catalog=catalog_of(tx, [subscription]),
        policy=policy,
        flow=flow,
        reader=visit.reader,
        merchant=visit.merchant,
        options=tx.many(FeedbackOption, policy.feedback_options),
        offer=offer,
        money=_money(tx, subscription, policy),
    )


def _money(tx: Tx, subscription: Subscription, policy: Policy) -> Money:
    """What a cancellation leaves to be paid, gives back, or bills once more."""
    if subscription.status in TERMINAL or is_ending(subscription):
        return Money()
    now = policy.mode == "immediately"
    at = moment(tx, subscription.test_clock)
    return Money(
        unpaid=sum(each.amount_remaining for each in open_invoices(tx, subscription)),
        credit=-sum(each.amount for each in changes.given_back(tx, subscription, at, now=at))
        if now and policy.prorate
        else 0,
        last_bill=not now and forecasts.has_last_bill(tx, subscription),
    )


def step_of(case: Case) -> Step:
    """The step that this flow is at."""
    offer = case.flow.offer
    return next_step(case.policy, answers_of(case.flow), offer=offer.coupon if offer else None)


def begun(tx: Tx, visit: Visit) -> Case | None:
    """The flow of this visit's subscription, if one was started in this session."""
    subscription = visit.own(tx, visit.asked.ids["id"])
    known = visit.state.flows.get(subscription.id)
    flow = tx.get(CancellationSession, known) if known else None
    return case_of(tx, visit, subscription, flow) if flow and flow.outcome != "error" else None


def start(tx: Tx, visit: Visit) -> Answer:
    """Begin, or go on where this session left off."""
    return start_for(tx, visit, visit.asked.ids["id"])


def start_for(tx: Tx, visit: Visit, subscription_id: str) -> Answer:
    """Begin with this subscription; what stands against it gets its own calm page."""
    subscription = visit.own(tx, subscription_id)
    stopped = obstacle(visit, subscription)
    if stopped is not None:
        return stopped
    flow = retention.start(
        tx,
        subscription.id,
        customer=visit.customer.id,
        configuration=visit.configuration,
        session=visit.session,
        locale=visit.language.tag,
        source="portal_flow" if visit.flow else "portal",
    )
    visit.keep_flow(tx, subscription.id, flow.id)
    return Goto(place(subscription.id, step_of(case_of(tx, visit, subscription, flow))))


def obstacle(visit: Visit, subscription: Subscription) -> Shown | None:
    """Why this subscription cannot be cancelled here, said calmly; None when it can."""
    if subscription.status in TERMINAL:
        text = visit.gettext("There is nothing left to cancel.")
        return message(visit.gettext("This subscription has already ended"), text, status=409)
    if is_ending(subscription):
        end = visit.reader.day(ends_at(subscription))
        text = visit.gettext("It ends on %(date)s. You don’t need to do anything.", date=end)
        return message(visit.gettext("This subscription is already set to be canceled"), text, status=409)
    if not visit.configuration.features.subscription_cancel.enabled:
        text = visit.gettext("Write to %(merchant)s to cancel.", merchant=visit.merchant.name)
        return message(visit.gettext("Subscriptions can’t be canceled on this page"), text, status=403, support=True)
    if subscription.schedule is not None:
        text = visit.gettext("A change is planned for it. It can be canceled after that.")
        return message(visit.gettext("This subscription can’t be canceled yet"), text, status=409, support=True)
    return None


def resume(tx: Tx, visit: Visit) -> Answer:
    """The flow's own address: on to its step, or to what stands against it."""
    subscription = visit.own(tx, visit.asked.ids["id"])
    case = begun(tx, visit)
    if case is not None and case.flow.outcome != "aborted":
        return Goto(place(subscription.id, step_of(case)))
    stopped = obstacle(visit, subscription)
    if stopped is not None:
        return stopped
    if case is not None and not visit.has_home():
        return Goto(place(subscription.id, Done()))
    return Goto(HOME) if visit.has_home() else _ready(visit)


def _ready(visit: Visit) -> Shown:
    """A deep link whose task has not been started, which only a lost answer can leave behind."""
    title, text = visit.gettext("This link is no longer ready"), visit.gettext("Go back and open it again.")
    return message(title, text, status=409)


def _elsewhere(case: Case) -> Goto:
    return Goto(place(case.subscription.id, step_of(case)))


def _settled(case: Case) -> bool:
    """Whether the flow ended without cancelling, or its cancellation was taken back."""
    return case.flow.outcome in ("aborted", "saved", "error") or case.flow.undone_at is not None


def show_reason(tx: Tx, visit: Visit) -> Answer:
    """Ask why: before the cancel as often as wanted, after it once."""
    case = begun(tx, visit)
    if case is None:
        return resume(tx, visit)
    return _not_asked(case) or Shown(portal_cancel.reason_page(case))


def _not_asked(case: Case) -> Goto | None:
    """Where to go on instead, when there is no question or it has been answered for good; None when it is open."""
    if _settled(case):
        return Goto(place(case.subscription.id, Done()))
    before = case.policy.ask == "before" and case.flow.confirmed_at is None
    return None if before or isinstance(step_of(case), Ask) else _elsewhere(case)


def take_reason(tx: Tx, visit: Visit) -> Answer:
    """Keep the answer, or that there is none; a comment over the limit is explained, not cut."""
    case = begun(tx, visit)
    if case is None:
        return resume(tx, visit)
    elsewhere = _not_asked(case)
    if elsewhere is not None:
        return elsewhere
    form = visit.asked.form
    if form.get("action") == "skip":
        return _answered(tx, visit, case, {})
    chosen, comment = form.get("feedback", ""), form.get("comment", "").replace("\r\n", "\n").strip()
    if len(comment) > COMMENT_MAX:
        return Shown(portal_cancel.reason_page(case, chosen=chosen, comment=comment, too_long=True), 422)
    offered = {option.value for option in portal_cancel.reason_page(case).options}
    given: dict[str, Any] = {"comment": comment or None}
    if chosen in offered:
        given["feedback" if chosen in PRESETS else "feedback_option"] = chosen
    return _answered(tx, visit, case, given)


def _answered(tx: Tx, visit: Visit, case: Case, given: dict[str, Any]) -> Answer:
    flow = retention.answer(tx, case.flow.id, customer=visit.customer.id, **given)
    return Goto(place(case.subscription.id, step_of(case_of(tx, visit, case.subscription, flow))))


def _offered(tx: Tx, case: Case) -> tuple[Coupon, OfferTerms | None] | None:
    """The coupon on offer and what it means in money."""
    offer = case.flow.offer
    coupon = tx.get(Coupon, offer.coupon, deleted=True) if offer else None
    if offer is None or coupon is None:
        return None
    return coupon, forecasts.offer_terms(tx, coupon, case.subscription, given=offer.discount)


def show_offer(tx: Tx, visit: Visit) -> Answer:
    """The offer, while it is the step at hand; it does not come back."""
    case = begun(tx, visit)
    if case is None:
        return resume(tx, visit)
    offered = _offered(tx, case)
    if _settled(case) or offered is None or not isinstance(step_of(case), Offer):
        return Goto(place(case.subscription.id, Done())) if _settled(case) else _elsewhere(case)
    return Shown(portal_cancel.offer_page(case, *offered))


def take_offer(tx: Tx, visit: Visit) -> Answer:
    """Accept or decline; an offer that is gone by now counts as declined, so the way out stays open."""
    case = begun(tx, visit)
    if case is None:
        return resume(tx, visit)
    if _settled(case) or case.flow.confirmed_at is not None:
        return Goto(place(case.subscription.id, Done())) if _settled(case) else _elsewhere(case)
    if visit.asked.form.get("choice") == "accept":
        try:
            with tx.savepoint():
                retention.accept(tx, case.flow.id, customer=visit.customer.id)
        except (Conflict, Invalid, NotFound):
            retention.decline(tx, case.flow.id, customer=visit.customer.id)
            return Goto(place(case.subscription.id, Confirm()) + "?offer=gone")
        visit.keep_finished(tx)
        return Goto(place(case.subscription.id, Done()))
    flow = retention.decline(tx, case.flow.id, customer=visit.customer.id)
    return Goto(place(case.subscription.id, step_of(case_of(tx, visit, case.subscription, flow))))


def show_confirm(tx: Tx, visit: Visit) -> Answer:
    """What happens on confirming; nothing has happened yet."""
    case = begun(tx, visit)
    if case is None:
        return resume(tx, visit)
    if _settled(case) or case.flow.confirmed_at is not None:
        return Goto(place(case.subscription.id, Done())) if _settled(case) else _elsewhere(case)
    stopped = obstacle(visit, case.subscription)
    if stopped is not None:
        return stopped
    if not isinstance(step_of(case), Confirm):
        return _elsewhere(case)
    gone = visit.asked.query.get("offer") == "gone"
    return Shown(portal_cancel.confirm_page(case, offer_gone=gone))


def take_confirm(tx: Tx, visit: Visit) -> Answer:
    """Cancel, if what the page stated still holds; a second click changes nothing."""
    case = begun(tx, visit)
    if case is None:
        return resume(tx, visit)
    if case.flow.confirmed_at is not None or _settled(case):
        return _elsewhere(case) if case.flow.confirmed_at is not None else Goto(place(case.subscription.id, Done()))
    stopped = obstacle(visit, case.subscription)
    if stopped is not None:
        retention.fail(tx, case.flow.id, customer=visit.customer.id)
        return stopped
    if visit.asked.form.get("version") != facts_version(case.subscription, case.policy):
        return Shown(portal_cancel.confirm_page(case, changed=True), 409)
    flow = retention.confirm(tx, case.flow.id, customer=visit.customer.id)
    visit.keep_finished(tx)
    subscription = visit.own(tx, case.subscription.id)
    return Goto(place(subscription.id, step_of(case_of(tx, visit, subscription, flow))))


def keep(tx: Tx, visit: Visit) -> Answer:
    """The customer stays: nothing was cancelled."""
    case = begun(tx, visit)
    if case is None:
        return Goto(HOME)
    if case.flow.confirmed_at is None:
        retention.keep(tx, case.flow.id, customer=visit.customer.id)
    return Goto(HOME) if visit.has_home() else Goto(place(case.subscription.id, Done()))


def show_done(tx: Tx, visit: Visit) -> Answer:
    """The receipt; after a deep link's task, on to where it leads."""
    case = begun(tx, visit)
    if case is None:
        return resume(tx, visit)
    if case.flow.outcome is None:
        return _elsewhere(case)
    if case.flow.outcome == "aborted" or case.flow.undone_at is not None:
        return Shown(portal_cancel.kept_page(case))
    after = visit.flow.after_completion if visit.flow else None
    name = "saved" if case.flow.outcome == "saved" else "canceled"
    if after is not None and after.type == "portal_homepage":
        return Goto(f"{HOME}?{name}={case.subscription.id}")
    said = after.hosted_confirmation.custom_message or "" if after and after.hosted_confirmation else ""
    offered = _offered(tx, case)
    if name == "saved" and offered is not None:
        page = portal_cancel.saved_page(case, *offered, message=said)
    else:
        page = portal_cancel.canceled_page(case, message=said)
    if after is not None and after.type == "redirect" and after.redirect is not None:
        return Shown(LeavePage(title=page.title, url=after.redirect.return_url))
    return Shown(page)


def renew(tx: Tx, visit: Visit) -> Answer:
    """Take the cancellation back; where there is none any more, the answer is the same."""
    subscription = visit.own(tx, visit.asked.ids["id"])
    if subscription.status in TERMINAL:
        return obstacle(visit, subscription) or Goto(HOME)
    if not visit.configuration.features.subscription_cancel.enabled:
        raise Forbidden("The subscription cancel feature in the portal configuration is disabled.")
    if is_ending(subscription):
        retention.undo(tx, subscription.id, customer=visit.customer.id)
    if visit.has_home() or subscription.id not in visit.state.flows:
        return Goto(f"{HOME}?renewed={subscription.id}")
    return Goto(place(subscription.id, Done()))
