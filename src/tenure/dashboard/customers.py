"""Customers: the list, one customer with subscriptions and what happened, and a portal link made for them.

POST /dashboard/customers/cus_…/portal-link ─▶ the address is shown this once; it opens within five minutes
"""

import secrets
from typing import Any

from tenure.actions import portal_sessions
from tenure.dashboard import audit, invoices, lists, words
from tenure.dashboard.subscriptions import names, summary
from tenure.dashboard.visit import Answer, Download, Page, Redirect, Route, Visit
from tenure.domain.customers import Customer
from tenure.domain.errors import NotFound
from tenure.domain.events import Event
from tenure.domain.portal import OPENS_WITHIN_S
from tenure.domain.subscriptions import TERMINAL, Subscription
from tenure.store.queries import Condition
from tenure.store.tx import Tx

SECRET_BYTES = 32
SHOWN = 50


def _where(visit: Visit) -> list[Condition]:
    text = visit.query.one("q")
    if not text:
        return []
    if text.startswith("cus_"):
        return [("id", "=", text)]
    return [("email" if "@" in text else "name", "~", text)]


async def index(visit: Visit) -> Answer:
    """The list."""
    where = _where(visit)

    def load(tx: Tx) -> dict[str, Any]:
        page = lists.one_page(tx, Customer, where, visit)
        return {"rows": [_row(tx, visit, each) for each in page.items], **lists.links(visit, page)}

    shows = {
        "nav": "customers",
        "f": {"q": visit.query.one("q")},
        "csv": visit.here(after="", before="", done="").replace("/customers", "/customers.csv", 1),
    }
    return Page(template="customers.html", shows=await visit.read(load) | shows)


def _row(tx: Tx, visit: Visit, customer: Customer) -> dict[str, Any]:
    subs = tx.page(Subscription, [("customer", "=", customer.id)], limit=3)
    live = [each for each in subs.items if each.status not in TERMINAL]
    known = names(tx, live[:1])
    return {
        "id": customer.id,
        "name": lists.title_of(customer, ""),
        "email": customer.email if customer.name else "",
        "plan": summary(visit, live[0], known)["product"] if live else "",
        "badge": words.status_badge(visit.words, live[0]) if live else None,
        "created": customer.created,
    }


async def export(visit: Visit) -> Answer:
    """The list as CSV."""
    where = _where(visit)

    def some(tx: Tx, after: str | None) -> tuple[list[lists.Row], str | None]:
        found, then = lists.export_page(tx, Customer, where, after)
        rows: list[lists.Row] = [
            (each.id, each.name, each.email, each.phone, visit.words.at(each.created).isoformat()) for each in found
        ]
        return rows, then

    rows = await lists.every_page(visit, some)
    return Download(body=lists.to_csv(("id", "name", "email", "phone", "created"), rows), name="customers.csv")


async def show(visit: Visit) -> Answer:
    """One customer."""

    def load(tx: Tx) -> dict[str, Any]:
        customer = tx.need(Customer, visit.ids["id"])
        subs = tx.page(Subscription, [("customer", "=", customer.id)], limit=SHOWN).items
        known = names(tx, subs)
        events = _activity(tx, customer.id, subs)
        return {
            "c": customer,
            "title": lists.title_of(customer, ""),
            "subs": [summary(visit, each, known) for each in subs],
            "facts": _facts(visit, customer),
            "invoices": invoices.newest(tx, visit, [("customer", "=", customer.id)]),
            "methods": invoices.methods(tx, visit, customer),
            "timeline": [
                {"id": e.id, "text": words.event_sentence(visit.words, e), "created": e.created, "strong": False}
                for e in events
            ],
        }

    return Page(template="customer.html", shows={"nav": "customers"} | await visit.read(load))


def _activity(tx: Tx, customer: str, subs: list[Subscription]) -> list[Event]:
    """The latest events of the customer and their subscriptions."""
    ids = [customer, *(each.id for each in subs)]
    return tx.page(Event, [("object_id", "in", ids)], limit=20).items


def _facts(visit: Visit, customer: Customer) -> list[tuple[str, str, bool]]:
    w, _, place = visit.words, visit.words._, customer.address
    lines = [place.line1, place.line2, place.postal_code, place.city, place.state, place.country] if place else []
    facts = [
        (_("Name"), customer.name or "–", False),
        (_("Email"), customer.email or "–", False),
        (_("Phone"), customer.phone or "", False),
        (_("Address"), ", ".join(line for line in lines if line), False),
        (_("Balance"), _balance(visit, customer), False),
        (_("Language"), ", ".join(customer.preferred_locales), False),
        (_("Description"), customer.description or "", False),
        (_("Customer since"), w.date(customer.created), False),
        (_("Test clock"), customer.test_clock or "", True),
        (_("ID"), customer.id, True),
    ]
    return [fact for fact in facts if fact[1]]


def _balance(visit: Visit, customer: Customer) -> str:
    """What the next invoice takes into account: credit is kept as a negative amount."""
    if not customer.balance or customer.currency is None:
        return ""
    amount = visit.words.money(abs(customer.balance), customer.currency)
    text = visit.words._("%(amount)s in credit") if customer.balance < 0 else visit.words._("%(amount)s owed")
    return text % {"amount": amount}


async def portal_link(visit: Visit) -> Answer:
    """Make a link into the portal and show it this once."""
    id, subscription = visit.ids["id"], visit.form.one("subscription")
    secret = secrets.token_urlsafe(SECRET_BYTES)

    def act(tx: Tx) -> tuple[str, str]:
        customer = tx.need(Customer, id)
        session = portal_sessions.create(tx, {"customer": id}, secret=secret, portal_url=visit.app.public_url)
        audit.note(tx, visit, "portal_link.create", id, detail=session.id)
        return session.url, lists.title_of(customer, "")

    url, title = await visit.write(act)
    back = f"/dashboard/subscriptions/{subscription}" if subscription else f"/dashboard/customers/{id}"
    shows = {"nav": "customers", "url": url, "title": title, "minutes": OPENS_WITHIN_S // 60, "to": back}
    return Page(template="portal_link.html", shows=shows)


async def search(visit: Visit) -> Answer:
    """One field for everything: an id leads to its page, other text to the customers it matches."""
    text = visit.query.one("q")
    for prefix, place in (
        ("sub_", "subscriptions"),
        ("in_", "invoices"),
        ("cus_", "customers"),
        ("evt_", "events"),
        ("prod_", "products"),
    ):
        if text.startswith(prefix):
            if not text.isalnum() and not text.replace("_", "").isalnum():
                raise NotFound("No such object.")
            return Redirect(to=f"/dashboard/{place}/{text}")
    where = [] if not text else _where(visit)
    subscriptions_of = await visit.read(lambda tx: _found(tx, visit, where))
    return Page(template="search.html", shows={"nav": "", "q": text, **subscriptions_of})


def _found(tx: Tx, visit: Visit, where: list[Condition]) -> dict[str, Any]:
    customers = tx.page(Customer, where, limit=20).items if where else []
    subs = (
        tx.page(Subscription, [("customer", "in", [each.id for each in customers])], limit=20).items
        if customers
        else []
    )
    known = names(tx, subs)
    return {
        "customers": [_row(tx, visit, each) for each in customers],
        "subs": [summary(visit, each, known) for each in subs],
    }


ROUTES = (
    Route(path="/dashboard/customers", get=index),
    Route(path="/dashboard/customers.csv", get=export),
    Route(path="/dashboard/customers/{id}", get=show),
    Route(path="/dashboard/customers/{id}/portal-link", post=portal_link),
    Route(path="/dashboard/search", get=search),
)
