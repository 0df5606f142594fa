"""Products and their prices: the list, one product, and two simple forms. Prices never change; they are archived.

product ──▶ price  €29.00 per month        price  €290.00 per year
"""

from typing import Any

from tenure.actions import prices, products
from tenure.dashboard import audit, lists, words
from tenure.dashboard.coupons import CURRENCIES, Reading
from tenure.dashboard.visit import Answer, Page, Redirect, Route, Visit
from tenure.domain.prices import Price
from tenure.domain.products import Product
from tenure.domain.subscriptions import Subscription
from tenure.store.tx import Tx

NAME_MAX = 250
INTERVALS = ("month", "year", "week", "day")
PRICES_SHOWN = 50


async def index(visit: Visit) -> Answer:
    """The list of products, each with what it costs."""

    def load(tx: Tx) -> dict[str, Any]:
        page = lists.one_page(tx, Product, [], visit)
        return {"rows": [_row(tx, visit, each) for each in page.items], **lists.links(visit, page)}

    return Page(template="products.html", shows={"nav": "products"} | await visit.read(load))


def _row(tx: Tx, visit: Visit, product: Product) -> dict[str, Any]:
    costs = tx.page(Price, [("product", "=", product.id), ("active", "=", True)], limit=3)
    phrases = [words.price_terms(visit.words, each) for each in costs.items]
    return {
        "id": product.id,
        "name": product.name,
        "prices": ", ".join(phrases) + (" …" if costs.has_more else ""),
        "used": tx.count(Subscription, [("product", "=", product.id), ("status", "!=", "canceled")]),
        "badge": _badge(visit, active=product.active),
        "created": product.created,
    }


def _badge(visit: Visit, *, active: bool) -> words.Badge:
    _ = visit.words._
    return words.Badge(_("Active"), "ok", "check") if active else words.Badge(_("Archived"), "", "x")


async def new(visit: Visit) -> Answer:
    return _form({"name": "", "description": "", "amount": "", "currency": "eur", "interval": "month"}, {}, visit)


def _form(form: dict[str, str], errors: dict[str, str], visit: Visit) -> Page:
    shows = {"nav": "products", "f": form, "errors": errors, **_choices(visit)}
    return Page(template="product_new.html", shows=shows, status=422 if errors else 200)


def _choices(visit: Visit) -> dict[str, Any]:
    _ = visit.words._
    labels = {"month": _("Monthly"), "year": _("Yearly"), "week": _("Weekly"), "day": _("Daily"), "": _("One time")}
    return {
        "currencies": [(each, each.upper()) for each in CURRENCIES],
        "intervals": [(key, labels[key]) for key in (*INTERVALS, "")],
    }


def _read_price(reading: Reading) -> dict[str, Any]:
    form = reading.form
    currency = form.one("currency") if form.one("currency") in CURRENCIES else "eur"
    fields: dict[str, Any] = {"currency": currency, "unit_amount": reading.money("amount", currency)}
    if form.one("interval") in INTERVALS:
        fields["recurring"] = {"interval": form.one("interval")}
    return fields


async def create(visit: Visit) -> Answer:
    """Make a product with its first price."""
    reading, form = Reading(visit), visit.form
    name = form.one("name")
    if not name or len(name) > NAME_MAX:
        reading.errors["name"] = visit.words._("Enter a name, 250 characters at most.")
    price = _read_price(reading)
    if reading.errors:
        kept = {key: form.one(key) for key in ("name", "description", "amount", "currency", "interval")}
        return _form(kept, reading.errors, visit)

    def act(tx: Tx) -> Product:
        fields = {"name": name} | ({"description": form.one("description")} if form.one("description") else {})
        product = products.create(tx, fields, default_price=price)
        audit.note(tx, visit, "product.create", product.id)
        return product

    made = await visit.write(act)
    return Redirect(to=f"/dashboard/products/{made.id}?done=created")


async def show(visit: Visit) -> Answer:
    return await _show(visit, {}, {"amount": "", "currency": "eur", "interval": "month"})


async def _show(visit: Visit, errors: dict[str, str], form: dict[str, str]) -> Page:
    def load(tx: Tx) -> dict[str, Any]:
        product = tx.need(Product, visit.ids["id"])
        found = tx.page(Price, [("product", "=", product.id)], limit=PRICES_SHOWN).items
        rows = [
            {
                "id": each.id,
                "terms": words.price_terms(visit.words, each),
                "lookup_key": each.lookup_key,
                "active": each.active,
                "badge": _badge(visit, active=each.active),
                "used": tx.count(Subscription, [("price", "=", each.id), ("status", "!=", "canceled")]),
            }
            for each in found
        ]
        return {"p": product, "badge_of": _badge(visit, active=product.active), "prices": rows}

    shows = {"nav": "products", "errors": errors, "f": form, **_choices(visit)}
    return Page(template="product.html", shows=await visit.read(load) | shows, status=422 if errors else 200)


async def update(visit: Visit) -> Answer:
    """Archive or bring back a product."""
    id, active = visit.ids["id"], visit.form.one("active") == "true"

    def act(tx: Tx) -> None:
        products.update(tx, id, {"active": active})
        audit.note(tx, visit, "product.restore" if active else "product.archive", id)

    await visit.write(act)
    return Redirect(to=f"/dashboard/products/{id}?done=saved")


async def add_price(visit: Visit) -> Answer:
    """One more price of a product."""
    id, reading = visit.ids["id"], Reading(visit)
    price = _read_price(reading)
    if reading.errors:
        return await _show(
            visit, reading.errors, {key: visit.form.one(key) for key in ("amount", "currency", "interval")}
        )

    def act(tx: Tx) -> None:
        made = prices.create(tx, {**price, "product": id})
        audit.note(tx, visit, "price.create", made.id)

    await visit.write(act)
    return Redirect(to=f"/dashboard/products/{id}?done=created")


async def update_price(visit: Visit) -> Answer:
    """Archive or bring back a price."""
    id, active = visit.ids["id"], visit.form.one("active") == "true"

    def act(tx: Tx) -> str:
        after = prices.update(tx, id, {"active": active})
        audit.note(tx, visit, "price.restore" if active else "price.archive", id)
        return after.product

    product = await visit.write(act)
    return Redirect(to=f"/dashboard/products/{product}?done=saved")


ROUTES = (
    Route(path="/dashboard/products", get=index),
    Route(path="/dashboard/products/new", get=new, post=create, reads="editor"),
    Route(path="/dashboard/products/{id}", get=show, post=update),
    Route(path="/dashboard/products/{id}/prices", post=add_price),
    Route(path="/dashboard/prices/{id}", post=update_price),
)
