"""Home: how many there are, who left lately and why, and what they said.

tiles   active · ending · cancelled in 30 days · saved by an offer in 30 days
"""

from typing import Any

from tenure.dashboard import lists, words
from tenure.dashboard.subscriptions import TABS
from tenure.dashboard.visit import Answer, Page, Route, Visit
from tenure.domain.customers import Customer
from tenure.domain.portal import FeedbackOption
from tenure.domain.retention import CancellationSession
from tenure.domain.subscriptions import Subscription
from tenure.store.queries import Condition
from tenure.store.tx import Tx

DAYS = 30
SHOWN = 6
LOOK_AT = 40


async def show(visit: Visit) -> Answer:
    """The page."""
    return Page(template="home.html", shows={"nav": "home"} | await visit.read(lambda tx: _load(tx, visit)))


def _load(tx: Tx, visit: Visit) -> dict[str, Any]:
    since: Condition = ("created", ">=", visit.now - DAYS * 86400)
    flows = tx.page(CancellationSession, [("outcome", "in", ["cancelled", "saved"])], limit=LOOK_AT).items
    customers = lists.many(tx, Customer, (each.customer for each in flows))
    options = lists.many(tx, FeedbackOption, (each.feedback_option or "" for each in flows))
    labels = words.reasons(visit.words) | {key: each.description for key, each in options.items()}
    told = [_told(visit, each, customers, labels) for each in flows]
    return {
        "tiles": _tiles(tx, visit, since),
        "first": tx.count(Subscription) == 0,
        "latest": [each for each in told if each["left"]][:SHOWN],
        "comments": [each for each in told if each["comment"]][:SHOWN],
    }


def _told(
    visit: Visit, flow: CancellationSession, customers: dict[str, Customer], labels: dict[str, str]
) -> dict[str, Any]:
    badge = words.outcome_badge(visit.words, flow.outcome)
    if flow.undone_at is not None:
        badge = words.Badge(visit.words._("Taken back"), "ok", "undo")
    elif flow.outcome == "cancelled" and flow.effective_at is not None and flow.effective_at > visit.now:
        badge = words.Badge(
            visit.words._("Ends %(date)s") % {"date": visit.words.day(flow.effective_at)}, "warn", "clock"
        )
    return {
        "subscription": flow.subscription,
        "who": lists.title_of(customers.get(flow.customer), flow.customer),
        "at": flow.confirmed_at or flow.completed_at or flow.created,
        "reason": labels.get(flow.feedback_option or flow.feedback or "", ""),
        "comment": flow.comment,
        "left": flow.outcome == "cancelled",
        "badge": badge,
    }


def _tiles(tx: Tx, visit: Visit, since: Condition) -> list[dict[str, Any]]:
    _ = visit.words._
    month = _("in 30 days")
    offered = tx.count(CancellationSession, [since, ("outcome", "=", "saved")])
    return [
        _tile(_("Active"), tx.count(Subscription, TABS["active"]), "?tab=active", ""),
        _tile(_("Ending"), tx.count(Subscription, TABS["ending"]), "?tab=ending", _("can still be undone")),
        _tile(
            _("Cancelled"), tx.count(CancellationSession, [since, ("outcome", "=", "cancelled")]), "?tab=ended", month
        ),
        _tile(_("Saved by the offer"), offered, "?offer=accepted", month),
    ]


def _tile(label: str, count: int, query: str, note: str) -> dict[str, Any]:
    return {"label": label, "count": count, "to": f"/dashboard/subscriptions{query}", "note": note}


ROUTES = (Route(path="/dashboard", get=show),)
