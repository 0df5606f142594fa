"""One subscription: why it ends first, then what it costs, its story, and what a merchant can do with it.

GET /dashboard/subscriptions/sub_…        POST …/cancel …/undo …/coupon …/collection
"""

from typing import Any, Literal

from msgspec import UNSET

from tenure.actions import retention, subscriptions
from tenure.dashboard import audit, invoices, lists, words
from tenure.dashboard.subscriptions import names
from tenure.dashboard.visit import Answer, Page, Redirect, Route, Visit
from tenure.domain.coupons import Coupon, is_valid
from tenure.domain.errors import Invalid
from tenure.domain.events import Event
from tenure.domain.portal import FeedbackOption
from tenure.domain.requests import DetailsGiven
from tenure.domain.retention import COMMENT_MAX, CancellationSession, recurring_amount
from tenure.domain.subscriptions import TERMINAL, PauseCollection, Subscription, is_ending, period_end
from tenure.store.tx import Tx

TIMELINE = 20
FLOWS = 20


async def show(visit: Visit) -> Answer:
    """The page of one subscription."""
    return Page(template="subscription.html", shows=await visit.read(lambda tx: _load(tx, visit)))


def _load(tx: Tx, visit: Visit) -> dict[str, Any]:
    sub = tx.need(Subscription, visit.ids["id"])
    w, known = visit.words, names(tx, [sub])
    prices = {item.price: known[item.price] for item in sub.items}
    first = prices[sub.items[0].price]
    customer = known.get(sub.customer)
    flows = tx.page(CancellationSession, [("subscription", "=", sub.id)], limit=FLOWS).items
    options = lists.many(tx, FeedbackOption, _option_ids(sub, flows))
    offered = lists.many(tx, Coupon, [f.offer.coupon for f in flows if f.offer] + _carried(sub))
    labels = words.reasons(w) | {key: each.description for key, each in options.items()}
    asked = _asked(sub, flows)
    amount = recurring_amount(sub, prices)
    return {
        "nav": "subscriptions",
        "s": sub,
        "title": lists.title_of(known.get(first.product), first.product),
        "status": words.status_badge(w, sub),
        "customer": {"id": sub.customer, "title": lists.title_of(customer, sub.customer)},
        "total": words.price_terms(w, first, amount=amount) if len(sub.items) == 1 or amount is not None else "",
        "units": _units(visit, sub, known),
        "live": sub.status not in TERMINAL,
        "ending": is_ending(sub) and sub.status not in TERMINAL,
        "why": _why(tx, visit, sub, asked, labels, offered),
        "items": [_item(visit, item, prices[item.price], known, sub.currency) for item in sub.items],
        "discounts": [_discount(visit, each, offered) for each in sub.discounts],
        "coupons": [(c.id, f"{lists.title_of(c, '')}, {words.coupon_terms(w, c)}") for c in _usable(tx, visit)],
        "others": [_visit_row(visit, f, labels, offered) for f in flows if f is not asked],
        "facts": _facts(visit, sub),
        "invoices": invoices.newest(tx, visit, [("subscription", "=", sub.id)]),
        "coming": invoices.upcoming(tx, visit, sub),
        "methods": invoices.methods(tx, visit, customer, default=sub.default_payment_method) if customer else [],
        "timeline": _timeline(tx, visit, sub.id, flows),
    }


def _option_ids(sub: Subscription, flows: list[CancellationSession]) -> list[str]:
    ids = [sub.cancellation_details.feedback_option, *(flow.feedback_option for flow in flows)]
    return [each for each in ids if each]


def _carried(sub: Subscription) -> list[str]:
    return [each.source.coupon for each in sub.discounts]


def _usable(tx: Tx, visit: Visit) -> list[Coupon]:
    return [each for each in tx.page(Coupon, limit=100).items if is_valid(each, visit.now)]


def _units(visit: Visit, sub: Subscription, known: dict[str, Any]) -> str:
    """How many of what, where there is one item with more than one."""
    item = sub.items[0]
    if len(sub.items) != 1 or item.quantity is None or item.quantity == 1:
        return ""
    product = known.get(known[item.price].product)
    label = getattr(product, "unit_label", None)
    if label:
        return f"{visit.words.number(item.quantity)} × {label}"
    return visit.words.ngettext("%(num)s unit", "%(num)s units", item.quantity)


def _item(visit: Visit, item: Any, price: Any, known: dict[str, Any], currency: str) -> dict[str, Any]:
    quantity = item.quantity if item.quantity is not None else 1
    w = visit.words
    total = w.money(price.unit_amount * quantity, price.currency) if price.unit_amount is not None else w._("Varies")
    return {
        "product": price.product,
        "name": lists.title_of(known.get(price.product), price.product),
        "price": price.id,
        "terms": words.price_terms(w, price),
        "quantity": w.number(quantity),
        "total": f"{total} {w.every(price.recurring.interval, price.recurring.interval_count)}"
        if price.recurring
        else total,
    }


def _discount(visit: Visit, discount: Any, coupons: dict[str, Coupon]) -> dict[str, Any]:
    coupon = coupons.get(discount.source.coupon)
    return {
        "coupon": discount.source.coupon,
        "name": lists.title_of(coupon, discount.source.coupon),
        "terms": words.coupon_terms(visit.words, coupon) if coupon else "",
        "start": discount.start,
        "end": discount.end,
    }


def _asked(sub: Subscription, flows: list[CancellationSession]) -> CancellationSession | None:
    """The flow that set the end which now stands, or the last one that the offer stopped."""
    if not is_ending(sub) and sub.status not in TERMINAL:
        return None
    return next((flow for flow in flows if flow.outcome == "cancelled" and flow.undone_at is None), None)


def _why(
    tx: Tx,
    visit: Visit,
    sub: Subscription,
    flow: CancellationSession | None,
    labels: dict[str, str],
    coupons: dict[str, Coupon],
) -> dict[str, Any] | None:
    """The cancellation card: who, when, by which channel, from when on, and why."""
    if not is_ending(sub) and sub.status not in TERMINAL:
        return None
    w, details = visit.words, sub.cancellation_details
    code = details.feedback or details.feedback_option
    effective = sub.ended_at or sub.cancel_at
    line = [w.moment(sub.canceled_at)] if sub.canceled_at else []
    if details.reason in (None, "cancellation_requested"):
        line.append(words.channel(w, flow.source if flow else "api"))
    if effective:
        line.append(w._("effective %(date)s") % {"date": w.date(effective)})
    return {
        "title": _who(visit, sub, flow),
        "line": " · ".join(line),
        "reason": labels.get(code or ""),
        "code": code,
        "no_reason": _no_reason(visit, sub, flow),
        "comment": details.comment,
        "offer": _offer(visit, flow, coupons),
        "reference": flow.reference if flow else None,
    }


def _who(visit: Visit, sub: Subscription, flow: CancellationSession | None) -> str:
    _ = visit.words._
    reason = sub.cancellation_details.reason
    if reason not in (None, "cancellation_requested"):
        return words.system_reason(visit.words, reason)
    if flow is not None and flow.source in ("portal", "portal_flow"):
        return _("Cancelled by the customer")
    if flow is not None and flow.source == "dashboard":
        return _("Cancelled by you")
    return _("Cancelled through the API")


def _no_reason(visit: Visit, sub: Subscription, flow: CancellationSession | None) -> str:
    _ = visit.words._
    if flow is not None and flow.reason_given_at is not None:
        return _("Skipped by the customer")
    if flow is not None and flow.reason_asked_at is not None:
        return _("Asked, not answered")
    return _("Not stated")


def _offer(visit: Visit, flow: CancellationSession | None, coupons: dict[str, Coupon]) -> dict[str, Any] | None:
    if flow is None or flow.offer is None:
        return None
    _, coupon = visit.words._, coupons.get(flow.offer.coupon)
    if flow.offer.accepted_at is not None:
        badge = words.Badge(_("Accepted"), "ok", "check")
    elif flow.offer.declined_at is not None:
        badge = words.Badge(_("Declined"), "", "")
    else:
        badge = words.Badge(_("Not answered"), "", "")
    label = words.coupon_terms(visit.words, coupon) if coupon else flow.offer.coupon
    return {"id": flow.offer.coupon, "label": label, "badge": badge}


def _visit_row(
    visit: Visit, flow: CancellationSession, labels: dict[str, str], coupons: dict[str, Coupon]
) -> dict[str, Any]:
    offer = _offer(visit, flow, coupons)
    badge = words.outcome_badge(visit.words, flow.outcome)
    if flow.undone_at is not None:
        badge = words.Badge(visit.words._("Taken back"), "ok", "undo")
    return {
        "created": flow.created,
        "reason": labels.get(flow.feedback_option or flow.feedback or ""),
        "comment": flow.comment,
        "offer": f"{offer['label']}: {offer['badge'].label}" if offer else "",
        "badge": badge,
    }


def _facts(visit: Visit, sub: Subscription) -> list[tuple[str, str, bool]]:
    w, _ = visit.words, visit.words._
    start = min(item.current_period_start for item in sub.items)
    facts = [(_("Started"), w.date(sub.start_date), False)]
    if sub.status not in TERMINAL:
        facts.append((_("Current period"), f"{w.day(start)} – {w.short(period_end(sub))}", False))
    if sub.trial_end:
        facts.append((_("Trial"), _("until %(date)s") % {"date": w.date(sub.trial_end)}, False))
    if sub.ended_at:
        facts.append((_("Ended"), w.date(sub.ended_at), False))
    if sub.pause_collection is not None:
        until = sub.pause_collection.resumes_at
        facts.append(
            (_("Collection"), _("paused until %(date)s") % {"date": w.date(until)} if until else _("paused"), False)
        )
    collected = sub.collection_method == "charge_automatically"
    facts.append((_("Billing"), _("Charged automatically") if collected else _("Invoice by email"), False))
    facts.append((_("Billing mode"), _("Flexible") if sub.billing_mode.type == "flexible" else _("Classic"), False))
    if sub.test_clock:
        facts.append((_("Test clock"), sub.test_clock, True))
    facts.append((_("ID"), sub.id, True))
    return facts


def _timeline(tx: Tx, visit: Visit, id: str, flows: list[CancellationSession]) -> list[dict[str, Any]]:
    """The events of the object in words, and what happened in its cancel flows, newest first."""
    events = tx.page(Event, [("object_id", "=", id)], limit=TIMELINE).items
    story: list[dict[str, Any]] = [
        {"id": e.id, "text": words.event_sentence(visit.words, e), "created": e.created, "strong": _strong(e)}
        for e in events
    ]
    _ = visit.words._
    for flow in flows:
        if flow.offer is not None:
            said = ((flow.offer.accepted_at, _("Offer accepted")), (flow.offer.declined_at, _("Offer declined")))
            story += [{"id": "", "text": text, "created": at, "strong": False} for at, text in said if at is not None]
        if flow.outcome == "aborted" and flow.completed_at:
            story.append(
                {"id": "", "text": _("Cancellation left, plan kept"), "created": flow.completed_at, "strong": False}
            )
    return sorted(story, key=lambda each: each["created"], reverse=True)[:TIMELINE]


def _strong(event: Event) -> bool:
    before = event.data.previous_attributes
    touched = "cancel_at" in before if isinstance(before, dict) else False
    return event.type == "customer.subscription.deleted" or (touched and event.data.object.get("cancel_at") is not None)


async def cancel_form(visit: Visit) -> Answer:
    """The page on which a merchant ends a subscription."""
    return await _cancel_page(visit, {}, {"mode": "at_period_end", "feedback": "", "comment": ""})


async def _cancel_page(visit: Visit, errors: dict[str, str], form: dict[str, str]) -> Page:
    def load(tx: Tx) -> dict[str, Any]:
        sub = tx.need(Subscription, visit.ids["id"])
        known = names(tx, [sub])
        product = known[sub.items[0].price].product
        end = sub.trial_end if sub.status == "trialing" and sub.trial_end else period_end(sub)
        return {
            "s": sub,
            "title": lists.title_of(known.get(product), product),
            "customer": lists.title_of(known.get(sub.customer), sub.customer),
            "end": visit.words.date(end),
        }

    shows = {"nav": "subscriptions", "errors": errors, "f": form, "reasons": list(words.reasons(visit.words).items())}
    return Page(
        template="subscription_cancel.html", shows=await visit.read(load) | shows, status=422 if errors else 200
    )


async def cancel(visit: Visit) -> Answer:
    """End it, now or at the end of its period, with a reason on behalf of the customer."""
    id, form = visit.ids["id"], visit.form
    comment, feedback = form.one("comment"), form.one("feedback")
    mode: Literal["at_period_end", "immediately"] = (
        "immediately" if form.one("mode") == "immediately" else "at_period_end"
    )
    if len(comment) > COMMENT_MAX:
        errors = {"comment": visit.words._("The comment is longer than 5,000 characters.")}
        return await _cancel_page(visit, errors, {"mode": mode, "feedback": feedback, "comment": comment})
    if feedback and feedback not in words.reasons(visit.words):
        raise Invalid(visit.words._("Choose one of the reasons."))
    details = DetailsGiven(feedback=feedback or UNSET, comment=comment or UNSET)  # type: ignore[arg-type]

    def act(tx: Tx) -> None:
        before = subscriptions.locked(tx, id)
        after = subscriptions.cancel(tx, id, mode=mode, details=details)
        retention.record(tx, before, after, source="dashboard")
        audit.note(tx, visit, "subscription.cancel", id, detail=mode)

    await visit.write(act)
    return Redirect(to=f"/dashboard/subscriptions/{id}?done={'ended' if mode == 'immediately' else 'cancelled'}")


async def undo(visit: Visit) -> Answer:
    """Take back an end that is set."""
    id = visit.ids["id"]

    def act(tx: Tx) -> None:
        retention.undo(tx, id)
        audit.note(tx, visit, "subscription.undo_cancel", id)

    await visit.write(act)
    return Redirect(to=f"/dashboard/subscriptions/{id}?done=undone")


async def apply_coupon(visit: Visit) -> Answer:
    """Put a coupon on it."""
    id, coupon = visit.ids["id"], visit.form.one("coupon")
    if not coupon:
        raise Invalid(visit.words._("Choose a coupon."))

    def act(tx: Tx) -> None:
        subscriptions.put_coupon(tx, id, coupon)
        audit.note(tx, visit, "subscription.apply_coupon", id, detail=coupon)

    await visit.write(act)
    return Redirect(to=f"/dashboard/subscriptions/{id}?done=coupon")


async def collection(visit: Visit) -> Answer:
    """Pause collection, or go on with it."""
    id, pauses = visit.ids["id"], visit.form.one("to") == "pause"

    def act(tx: Tx) -> None:
        subscriptions.pause_collection(tx, id, PauseCollection(behavior="void") if pauses else None)
        audit.note(tx, visit, "subscription.pause_collection" if pauses else "subscription.resume_collection", id)

    await visit.write(act)
    return Redirect(to=f"/dashboard/subscriptions/{id}?done={'paused' if pauses else 'resumed'}")


ROUTES = (
    Route(path="/dashboard/subscriptions/{id}", get=show),
    Route(path="/dashboard/subscriptions/{id}/cancel", get=cancel_form, post=cancel, reads="editor"),
    Route(path="/dashboard/subscriptions/{id}/undo", post=undo),
    Route(path="/dashboard/subscriptions/{id}/coupon", post=apply_coupon),
    Route(path="/dashboard/subscriptions/{id}/collection", post=collection),
)
