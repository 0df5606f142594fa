"""The cancel flow's writes: start, answer, decline, accept, confirm, keep, undo; each leaves its trace in one record.

start ─▶ (answer | skip) ─▶ (accept ─▶ saved | decline) ─▶ confirm ─▶ cancelled ─▶ (answer | skip) ─▶ undo?
                                                 keep ─▶ aborted
"""

from msgspec.structs import replace

from tenure.actions import subscriptions
from tenure.actions.clock import moment
from tenure.actions.terms import prices_of
from tenure.domain.coupons import Coupon
from tenure.domain.customers import Customer
from tenure.domain.documents import Change
from tenure.domain.errors import Conflict, Forbidden, NotFound
from tenure.domain.mails import offer_accepted
from tenure.domain.portal import Configuration, Feedback, Session
from tenure.domain.requests import DetailsGiven
from tenure.domain.retention import (
    CancellationSession,
    Offer,
    OfferRecord,
    Policy,
    Source,
    answers_of,
    may_offer,
    next_step,
    policy,
)
from tenure.domain.subscriptions import TERMINAL, Subscription, is_ending
from tenure.store.errors import AlreadyExists
from tenure.store.mails import queue
from tenure.store.retention_redemptions import add_redemption, last_accepted_at
from tenure.store.tx import Tx


def applicable(tx: Tx, coupon: str | None, subscription: Subscription) -> Coupon | None:
    """The coupon, where offering it now is fair and would work; None otherwise."""
    found = tx.get(Coupon, coupon) if coupon is not None else None
    if found is None:
        return None
    now = moment(tx, subscription.test_clock)
    last = last_accepted_at(tx, subscription.customer)
    prices = prices_of(tx, subscription)
    return found if may_offer(found, subscription, prices, now=now, last_accepted_at=last) else None


def flow_policy(tx: Tx, flow: CancellationSession) -> Policy:
    """What this flow may ask and offer, from its configuration and its portal session."""
    config = tx.need(Configuration, flow.configuration or "")
    session = tx.get(Session, flow.portal_session) if flow.portal_session else None
    return policy(config, session, subscription=flow.subscription)


def start(
    tx: Tx,
    subscription_id: str,
    *,
    customer: str,
    configuration: Configuration,
    session: Session | None = None,
    locale: str | None = None,
    source: Source = "portal",
) -> CancellationSession:
    """Begin a flow, or go on with the one that this portal session has open. Raises NotFound, Conflict, Forbidden."""
    subscription = subscriptions.locked(tx, subscription_id, customer=customer, param="subscription")
    if not configuration.features.subscription_cancel.enabled:
        raise Forbidden("The subscription cancel feature in the portal configuration is disabled.")
    if subscription.status in TERMINAL:
        raise Conflict(f"The subscription `{subscription_id}` has already ended.", code="subscription_ended")
    if is_ending(subscription):
        raise Conflict(
            f"The subscription `{subscription_id}` is already set to be canceled at period end.", code="already_ending"
        )
    where = [("subscription", "=", subscription_id), ("outcome", "null", None)]
    for flow in tx.page(CancellationSession, where, limit=10).items:
        if session is not None and flow.portal_session == session.id:
            return _offered(tx, tx.lock(CancellationSession, flow.id), subscription)
    now = moment(tx, subscription.test_clock)
    flow = CancellationSession(
        id=tx.new_id("cxs_"),
        created=now,
        livemode=tx.scope.livemode,
        configuration=configuration.id,
        customer=customer,
        locale=locale,
        mode=configuration.features.subscription_cancel.mode,
        portal_session=session.id if session else None,
        reason_asked_at=now if policy(configuration, session, subscription=subscription_id).ask == "before" else None,
        source=source,
        subscription=subscription_id,
    )
    return _offered(tx, flow, subscription)


def _offered(tx: Tx, flow: CancellationSession, subscription: Subscription) -> CancellationSession:
    """Save the flow; where its next page is the offer, note that it is shown, once."""
    if flow.offer is None and flow.confirmed_at is None and not _offered_before(tx, flow):
        rules = flow_policy(tx, flow)
        coupon = applicable(tx, rules.offer_coupon, subscription)
        step = next_step(rules, answers_of(flow), offer=coupon.id if coupon else None)
        if isinstance(step, Offer):
            shown = moment(tx, subscription.test_clock)
            flow = replace(flow, offer=OfferRecord(coupon=step.coupon, shown_at=shown))
    tx.save(Change(after=(flow,)))
    return flow


def _offered_before(tx: Tx, flow: CancellationSession) -> bool:
    """Whether an earlier flow of the same visit showed an offer: it is never made twice in one visit."""
    if flow.portal_session is None:
        return False
    earlier = tx.page(CancellationSession, [("customer", "=", flow.customer)], limit=20).items
    return any(
        each.offer is not None and each.portal_session == flow.portal_session and each.id != flow.id for each in earlier
    )


def _open(tx: Tx, flow_id: str, customer: str) -> tuple[CancellationSession, Subscription]:
    known = tx.get(CancellationSession, flow_id)
    if known is None or known.customer != customer:
        raise NotFound(f"No such cancellation session: '{flow_id}'", code="resource_missing")
    subscription = subscriptions.locked(tx, known.subscription, customer=customer)
    return tx.lock(CancellationSession, flow_id), subscription


def answer(
    tx: Tx,
    flow_id: str,
    *,
    customer: str,
    feedback: Feedback | None = None,
    feedback_option: str | None = None,
    comment: str | None = None,
) -> CancellationSession:
    """Keep why the customer leaves, all None when it was skipped; after the cancel the subscription gets it too."""
    flow, subscription = _open(tx, flow_id, customer)
    now = moment(tx, subscription.test_clock)
    flow = replace(
        flow, feedback=feedback, feedback_option=feedback_option, comment=comment or None, reason_given_at=now
    )
    if flow.confirmed_at is None:
        return _offered(tx, flow, subscription)
    said = feedback is not None or feedback_option is not None or comment
    if said and flow.undone_at is None:
        subscriptions.answer(tx, flow.subscription, _details(flow), customer=customer)
    flow = replace(flow, completed_at=flow.completed_at or now)
    tx.save(Change(after=(flow,)))
    return flow


def _details(flow: CancellationSession) -> DetailsGiven:
    return DetailsGiven(comment=flow.comment, feedback=flow.feedback, feedback_option=flow.feedback_option)


def decline(tx: Tx, flow_id: str, *, customer: str) -> CancellationSession:
    """Note that the offer was declined; the flow goes on to the confirm page. Nothing to note once it has ended."""
    flow, subscription = _open(tx, flow_id, customer)
    answered = flow.offer is None or flow.offer.declined_at is not None or flow.offer.accepted_at is not None
    if flow.offer is not None and not answered and flow.outcome is None:
        flow = replace(flow, offer=replace(flow.offer, declined_at=moment(tx, subscription.test_clock)))
        tx.save(Change(after=(flow,)))
    return flow


def accept(tx: Tx, flow_id: str, *, customer: str) -> CancellationSession:
    """Put the offered coupon on the subscription, once, and end the flow: nothing is cancelled.

    Raises Conflict where the offer no longer applies. A second click answers as the first did.
    """
    tx.lock(Customer, customer)
    flow, subscription = _open(tx, flow_id, customer)
    if flow.offer is None:
        raise Conflict("There is no offer in this cancellation.", code="offer_gone")
    if flow.offer.accepted_at is not None:
        return flow
    coupon = applicable(tx, flow.offer.coupon, subscription)
    if coupon is None or flow.outcome is not None:
        raise Conflict("This offer no longer applies.", code="offer_gone")
    now = moment(tx, subscription.test_clock)
    before = {discount.id for discount in subscription.discounts}
    after = subscriptions.put_coupon(tx, subscription.id, coupon.id, customer=customer)
    made = next(discount.id for discount in after.discounts if discount.id not in before)
    try:
        add_redemption(tx, coupon=coupon.id, customer=customer, subscription=subscription.id, accepted_at=now)
    except AlreadyExists:
        raise Conflict("This offer no longer applies.", code="offer_gone") from None
    offer = replace(flow.offer, accepted_at=now, declined_at=None, discount=made)
    flow = replace(flow, offer=offer, outcome="saved", completed_at=now, reference=_reference(flow.id))
    tx.save(Change(after=(flow,)))
    queue(tx, [offer_accepted(flow, coupon, subscription.currency)])
    return flow


def confirm(tx: Tx, flow_id: str, *, customer: str) -> CancellationSession:
    """Cancel, as the configuration says. A second click answers as the first did. Raises Conflict."""
    flow, subscription = _open(tx, flow_id, customer)
    if flow.confirmed_at is not None or flow.outcome == "saved":
        return flow
    rules = flow_policy(tx, flow)
    details = _details(flow) if flow.reason_given_at is not None else None
    after = subscriptions.cancel(
        tx,
        flow.subscription,
        mode=rules.mode,
        customer=customer,
        details=details,
        from_portal=True,
        prorate=rules.prorate,
    )
    now = moment(tx, subscription.test_clock)
    asks_after = rules.ask == "after" and flow.reason_given_at is None
    flow = replace(
        flow,
        confirmed_at=now,
        mode=rules.mode,
        effective_at=after.ended_at or after.cancel_at,
        outcome="cancelled",
        reference=_reference(flow.id),
        reason_asked_at=now if asks_after else flow.reason_asked_at,
        completed_at=None if asks_after else now,
    )
    tx.save(Change(after=(flow,)))
    return flow


def keep(tx: Tx, flow_id: str, *, customer: str) -> CancellationSession:
    """The customer changed their mind before confirming; nothing was cancelled."""
    flow, subscription = _open(tx, flow_id, customer)
    if flow.outcome is None:
        flow = replace(flow, outcome="aborted", completed_at=moment(tx, subscription.test_clock))
        tx.save(Change(after=(flow,)))
    return flow


def undo(tx: Tx, subscription_id: str, *, customer: str | None = None) -> Subscription:
    """Take back an end that is not reached; the record keeps the answer. Raises NotFound, Conflict."""
    subscription = subscriptions.undo(tx, subscription_id, customer=customer)
    now = moment(tx, subscription.test_clock)
    where = [("subscription", "=", subscription_id), ("outcome", "=", "cancelled")]
    for flow in tx.page(CancellationSession, where, limit=1).items:
        if flow.undone_at is None:
            tx.save(Change(after=(replace(tx.lock(CancellationSession, flow.id), undone_at=now),)))
    return subscription


def _reference(flow_id: str) -> str:
    """A short reference for receipts, from the random end of the flow's id."""
    return f"C-{flow_id[-8:].upper()}"
