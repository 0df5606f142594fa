"""The list of subscriptions: tabs by state, filters in the address, fifty a page, the same as CSV.

tab      all · active · trialing · ending · past_due · paused · ended      disjoint, an end that is set wins
filters  q product price created_* ends_* reason offer coupon
"""

from typing import Any

from tenure.dashboard import lists, words
from tenure.dashboard.visit import Answer, Download, Page, Route, Visit
from tenure.domain.coupons import Coupon
from tenure.domain.customers import Customer
from tenure.domain.errors import NotFound
from tenure.domain.prices import Price
from tenure.domain.products import Product
from tenure.domain.retention import CancellationSession, recurring_amount
from tenure.domain.subscriptions import Subscription
from tenure.store.queries import Condition
from tenure.store.tx import Tx

LIVE = ["trialing", "active", "past_due", "unpaid", "paused", "incomplete"]
NOT_ENDING: Condition = ("cancel_at", "null", None)
TABS: dict[str, list[Condition]] = {
    "all": [],
    "active": [("status", "=", "active"), NOT_ENDING],
    "trialing": [("status", "=", "trialing"), NOT_ENDING],
    "ending": [("status", "in", LIVE), ("cancel_at", "not null", None)],
    "past_due": [("status", "in", ["past_due", "unpaid"]), NOT_ENDING],
    "paused": [("status", "=", "paused"), NOT_ENDING],
    "ended": [("status", "in", ["canceled", "incomplete_expired"])],
}
FILTERS = ("q", "product", "price", "created_from", "created_to", "ends_from", "ends_to", "reason", "offer", "coupon")
MORE = FILTERS[2:7] + ("coupon",)
MAX_CHOICES = 100
MAX_MATCHES = 1000
OUTCOMES: dict[str, list[Condition]] = {
    "accepted": [("doc", "~", '"accepted_at":')],
    "declined": [("doc", "~", '"declined_at":')],
    "shown": [("doc", "~", '"offer":{')],
}


def filter_conditions(tx: Tx, visit: Visit) -> tuple[list[Condition], dict[str, str]]:
    """What the filters ask for, and what is wrong with what was typed."""
    query = visit.query
    where: list[Condition] = [(name, "=", query.one(name)) for name in ("product", "price") if query.one(name)]
    errors: dict[str, str] = {}
    for name in ("created", "ends"):
        found, wrong = lists.day_range(visit, name)
        where += found
        errors |= wrong
    if query.one("reason"):
        where.append(("doc", "~", f'"feedback":"{query.one("reason")}"'))
    if query.one("coupon"):
        where.append(("doc", "~", f'"coupon":"{query.one("coupon")}"'))
    if query.one("offer") in OUTCOMES:
        flows = tx.page(CancellationSession, OUTCOMES[query.one("offer")], limit=MAX_MATCHES)
        where.append(("id", "in", sorted({flow.subscription for flow in flows.items})))
    if query.one("q"):
        where.append(search_condition(tx, query.one("q")))
    return where, errors


def search_condition(tx: Tx, text: str) -> Condition:
    """An id as it is; else everybody whose email or name has the text in it."""
    if text.startswith("sub_"):
        return ("id", "=", text)
    if text.startswith("cus_"):
        return ("customer", "=", text)
    found = {each.id for name in ("email", "name") for each in tx.page(Customer, [(name, "~", text)], limit=500).items}
    return ("customer", "in", sorted(found))


def summary(visit: Visit, sub: Subscription, known: dict[str, Any]) -> dict[str, Any]:
    """One row of the list."""
    w = visit.words
    customer, prices = known.get(sub.customer), {item.price: known[item.price] for item in sub.items}
    first = prices[sub.items[0].price]
    amount = recurring_amount(sub, prices)
    product = known.get(first.product)
    extra = len(sub.items) - 1
    name = lists.title_of(product, first.product)
    return {
        "id": sub.id,
        "customer": lists.title_of(customer, sub.customer),
        "email": customer.email if customer is not None and customer.name else "",
        "badge": words.status_badge(w, sub),
        "product": w.ngettext("%(name)s and %(num)s more", "%(name)s and %(num)s more", extra, name=name)
        if extra
        else name,
        "amount": words.price_terms(w, first, amount=amount),
        "created": sub.created,
    }


def names(tx: Tx, subs: list[Subscription]) -> dict[str, Any]:
    """Customers, prices and products that the subscriptions speak of, by id."""
    known: dict[str, Any] = dict(lists.many(tx, Customer, (each.customer for each in subs)))
    prices = lists.many(tx, Price, (item.price for each in subs for item in each.items))
    products = lists.many(tx, Product, (price.product for price in prices.values()))
    return {**known, **prices, **products}


def _choices(tx: Tx, visit: Visit) -> dict[str, list[tuple[str, str]]]:
    """What the drop-downs of the filters offer."""
    w = visit.words
    products = {each.id: each for each in tx.page(Product, limit=MAX_CHOICES).items}
    prices = tx.page(Price, [("type", "=", "recurring")], limit=MAX_CHOICES).items
    return {
        "products": [(each.id, each.name) for each in products.values()],
        "prices": [
            (each.id, f"{lists.title_of(products.get(each.product), each.product)}, {words.price_terms(w, each)}")
            for each in prices
        ],
        "coupons": [
            (each.id, f"{lists.title_of(each, '')}, {words.coupon_terms(w, each)}")
            for each in tx.page(Coupon, limit=MAX_CHOICES).items
        ],
    }


async def index(visit: Visit) -> Answer:
    """The list."""
    tab = visit.query.one("tab", "all")
    if tab not in TABS:
        raise NotFound("No such tab.")

    def load(tx: Tx) -> dict[str, Any]:
        where, errors = filter_conditions(tx, visit)
        page = lists.one_page(tx, Subscription, [*TABS[tab], *where], visit)
        known = names(tx, page.items)
        return {
            "rows": [summary(visit, each, known) for each in page.items],
            "counts": {key: tx.count(Subscription, [*of, *where]) for key, of in TABS.items()},
            "errors": errors,
            **lists.links(visit, page),
            **_choices(tx, visit),
        }

    return Page(template="subscriptions.html", shows=await visit.read(load) | _frame(visit, tab) | _tabs(visit, tab))


def _frame(visit: Visit, tab: str) -> dict[str, Any]:
    """What the form of the filters shows again."""
    _ = visit.words._
    given = {name: visit.query.one(name) for name in FILTERS}
    return {
        "nav": "subscriptions",
        "tab": tab,
        "f": given,
        "filtered": any(given.values()),
        "more": any(given[name] for name in MORE),
        "csv": visit.here(after="", before="", done="").replace("/subscriptions", "/subscriptions.csv", 1),
        "reasons": list(words.reasons(visit.words).items()),
        "offers": [("shown", _("Offer shown")), ("accepted", _("Offer accepted")), ("declined", _("Offer declined"))],
    }


def _tabs(visit: Visit, here: str) -> dict[str, Any]:
    _ = visit.words._
    labels = {
        "all": _("All"),
        "active": _("Active"),
        "trialing": _("Trialing"),
        "ending": _("Ending"),
        "past_due": _("Past due"),
        "paused": _("Paused"),
        "ended": _("Ended"),
    }
    tabs = [
        {"key": key, "label": label, "to": visit.here(tab=key, after="", before="", done=""), "here": key == here}
        for key, label in labels.items()
    ]
    return {"tabs": tabs}


HEAD = (
    "id", "customer", "email", "status", "product", "amount", "currency", "created", "cancel_at", "canceled_at",
    "ended_at", "reason", "feedback", "comment",
)  # fmt: skip


async def export(visit: Visit) -> Answer:
    """The list that the address asks for, as CSV."""
    tab = visit.query.one("tab", "all")
    if tab not in TABS:
        raise NotFound("No such tab.")

    def some(tx: Tx, after: str | None) -> tuple[list[lists.Row], str | None]:
        where, _errors = filter_conditions(tx, visit)
        subs, then = lists.export_page(tx, Subscription, [*TABS[tab], *where], after)
        known = names(tx, subs)
        return [_line(visit, each, known) for each in subs], then

    rows = await lists.every_page(visit, some)
    return Download(body=lists.to_csv(HEAD, rows), name="subscriptions.csv")


def _line(visit: Visit, sub: Subscription, known: dict[str, Any]) -> lists.Row:
    customer, prices = known.get(sub.customer), {item.price: known[item.price] for item in sub.items}
    moments = (sub.created, sub.cancel_at, sub.canceled_at, sub.ended_at)
    created, cancel_at, canceled_at, ended_at = (visit.words.at(at).isoformat() if at else "" for at in moments)
    first = prices[sub.items[0].price]
    details = sub.cancellation_details
    return (
        sub.id, sub.customer, customer.email if customer else "", sub.status.value,
        lists.title_of(known.get(first.product), first.product), recurring_amount(sub, prices), sub.currency,
        created, cancel_at, canceled_at, ended_at,
        details.reason, details.feedback or details.feedback_option, details.comment,
    )  # fmt: skip


ROUTES = (
    Route(path="/dashboard/subscriptions", get=index),
    Route(path="/dashboard/subscriptions.csv", get=export),
)
