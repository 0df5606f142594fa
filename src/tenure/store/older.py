"""What the shapes of older API versions show that the newest only name, loaded inside the transaction of the answer.

    load = extras(tx);  load("coupon", ["25OFF"])  ──▶  {"25OFF": {"object": "coupon", …}}

"coupon", "price", "plan", "tax_rate"            objects that were embedded, by their ids
"subscription.discount", "invoice.discount"      a discount, whole, by "sub_1 di_1"
"invoice.collection"                             how an invoice is collected
"payment_intent.invoice"                         what an intent collects
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from tenure.domain.coupons import Coupon
from tenure.domain.documents import full
from tenure.domain.events import Event
from tenure.domain.invoices import Invoice, InvoiceStatus
from tenure.domain.payment_intents import IntentStatus, PaymentIntent
from tenure.domain.prices import Price
from tenure.domain.subscriptions import Subscription
from tenure.domain.tax_rates import TaxRate
from tenure.store.tx import Tx
from tenure.wire.shapes import embed, render_all
from tenure.wire.versions.change import Shape
from tenure.wire.versions.walking import Load


def extras(tx: Tx) -> Load:
    """Loads by kind and ids; what was deleted is still shown."""
    return partial(_load, tx)


def _load(tx: Tx, kind: str, ids: list[str]) -> dict[str, Shape]:
    return _LOADS[kind](tx, ids)


def _coupons(tx: Tx, ids: list[str]) -> dict[str, Shape]:
    """Coupons as they are embedded: without what is shown only on request."""
    found = tx.many(Coupon, ids, deleted=True)
    shapes = render_all(list(found.values()), tx.many, now=tx.now)
    for shape in shapes:
        del shape["applies_to"], shape["currency_options"]
    return dict(zip(found, shapes, strict=True))


def _prices(tx: Tx, ids: list[str]) -> dict[str, Shape]:
    return {id: embed(price).price for id, price in tx.many(Price, ids, deleted=True).items()}


def _plans(tx: Tx, ids: list[str]) -> dict[str, Shape]:
    return {id: embed(price).plan for id, price in tx.many(Price, ids, deleted=True).items()}


def _tax_rates(tx: Tx, ids: list[str]) -> dict[str, Shape]:
    return {id: full(rate) for id, rate in tx.many(TaxRate, ids, deleted=True).items()}


def _discounts(tx: Tx, keys: list[str], owners: type[Subscription] | type[Invoice]) -> dict[str, Shape]:
    """Discounts by "owner discount"; one that is gone from its owner as the log of news last told of it."""
    pairs = {key: key.split(" ", 1) for key in keys}
    docs: dict[str, Any] = tx.many(owners, {owner for owner, _ in pairs.values()}, deleted=True)
    held = {each.id: full(each) for doc in docs.values() for each in doc.discounts}
    found = {key: held.get(id) or _told(tx, id) for key, (_, id) in pairs.items()}
    return {key: shape for key, shape in found.items() if shape is not None}


def _told(tx: Tx, id: str) -> Shape | None:
    news = tx.page(Event, [("object_id", "=", id)], limit=1).items
    return news[0].data.object if news else None


def _collections(tx: Tx, ids: list[str]) -> dict[str, Shape]:
    found = tx.many(Invoice, ids, deleted=True)
    wanted = [doc.payment_intent for doc in found.values() if doc.payment_intent is not None]
    intents = tx.many(PaymentIntent, wanted)
    return {id: _collection(doc, intents.get(doc.payment_intent or "")) for id, doc in found.items()}


def _collection(invoice: Invoice, intent: PaymentIntent | None) -> Shape:
    paid = invoice.status is InvoiceStatus.PAID
    collected = intent is not None and intent.status is IntentStatus.SUCCEEDED
    return {
        "charge": intent.latest_charge if intent is not None else None,
        "paid_out_of_band": paid and invoice.amount_paid > 0 and not collected,
        "payment_intent": invoice.payment_intent,
    }


def _intents(tx: Tx, ids: list[str]) -> dict[str, Shape]:
    return {id: {"invoice": doc.invoice} for id, doc in tx.many(PaymentIntent, ids, deleted=True).items()}


_LOADS: dict[str, Callable[[Tx, list[str]], dict[str, Shape]]] = {
    "coupon": _coupons,
    "invoice.collection": _collections,
    "invoice.discount": partial(_discounts, owners=Invoice),
    "payment_intent.invoice": _intents,
    "plan": _plans,
    "price": _prices,
    "subscription.discount": partial(_discounts, owners=Subscription),
    "tax_rate": _tax_rates,
}
