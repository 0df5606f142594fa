"""The portal's home: the customer's subscriptions, what happens to them next, and what can be done.

GET /p/     notices ─ current subscriptions ─ past ones, folded ─ billing information ─ the newest invoices
"""

from msgspec.structs import replace

from tenure.actions import forecasts, payments, previews
from tenure.domain.coupons import Coupon
from tenure.domain.customers import Address, Customer
from tenure.domain.invoices import Invoice, InvoiceStatus
from tenure.domain.payment_methods import PaymentMethod
from tenure.domain.prices import Price
from tenure.domain.products import Product
from tenure.domain.subscriptions import TERMINAL, Status, Subscription, is_ending
from tenure.i18n.languages import translated_tags
from tenure.portal import invoices
from tenure.portal.payment_methods import PATH as METHODS
from tenure.portal.visit import Visit
from tenure.store import Tx
from tenure.web.asked import Answer, Goto, Shown
from tenure.web.methods import method_name
from tenure.web.portal_pages import HOME, HomePage, Notice
from tenure.web.portal_plans import UNPAID, Catalog, Due, ends_at, plan, plan_name

MOST_SHOWN = 100
PRICED = 10


def catalog_of(tx: Tx, subscriptions: list[Subscription]) -> Catalog:
    """Prices, products and coupons of these subscriptions; archived and deleted ones are still theirs."""
    items = [item for each in subscriptions for item in each.items]
    prices = tx.many(Price, {item.price for item in items}, deleted=True)
    discounts = [each for holder in subscriptions for each in holder.discounts]
    discounts += [each for item in items for each in item.discounts]
    return Catalog(
        prices=prices,
        products=tx.many(Product, {price.product for price in prices.values()}, deleted=True),
        coupons=tx.many(Coupon, {each.source.coupon for each in discounts}, deleted=True),
    )


def show(tx: Tx, visit: Visit) -> Answer:
    """The home page; a deep link has none, unless its task is done and leads here."""
    task = visit.flow.subscription_cancel if visit.flow else None
    if task is not None and not visit.has_home():
        return Goto(f"/p/subscriptions/{task.subscription}/cancel")
    every = tx.page(Subscription, [("customer", "=", visit.customer.id)], limit=MOST_SHOWN).items
    shown = [each for each in every if each.status is not Status.INCOMPLETE_EXPIRED]
    catalog = catalog_of(tx, shown)
    may_cancel = visit.configuration.features.subscription_cancel.enabled
    current = [each for each in shown if each.status not in TERMINAL]
    past = [each for each in shown if each.status in TERMINAL]
    bills, more = invoices.newest(tx, visit)
    return Shown(
        HomePage(
            plans=tuple(
                plan(
                    each,
                    catalog,
                    visit.reader,
                    may_cancel=may_cancel,
                    due=due_of(tx, visit, each) if n < PRICED else None,
                )
                for n, each in enumerate(current)
            ),
            past=tuple(plan(each, catalog, visit.reader) for each in past),
            notices=notices(visit, shown, catalog),
            details=details(visit.customer, visit),
            invoices=bills,
            more_invoices=more,
            methods_url=METHODS if visit.configuration.features.payment_method_update.enabled else "",
        )
    )


def open_invoices(tx: Tx, subscription: Subscription) -> list[Invoice]:
    """What is to be paid for a subscription, the newest first."""
    where = [("subscription", "=", subscription.id), ("status", "=", InvoiceStatus.OPEN.value)]
    return [each for each in tx.page(Invoice, where, limit=MOST_SHOWN).items if each.amount_remaining > 0]


def due_of(tx: Tx, visit: Visit, subscription: Subscription) -> Due:
    """What the subscription's invoices say: the one that is open, and the next one as the engine would write it."""
    unpaid = open_invoices(tx, subscription)
    coming = previews.next_amount(tx, subscription, visit.customer)
    sent = subscription.collection_method == "send_invoice"
    paying = payments.default_method(tx, customer=visit.customer, subscription=subscription) if not sent else None
    method = tx.get(PaymentMethod, paying) if paying else None
    return Due(
        next_amount=coming,
        varies=coming is not None and forecasts.by_usage(tx, subscription),
        sent=sent,
        method=method_name(method, visit.language) if method else "",
        unpaid=sum(each.amount_remaining for each in unpaid),
        newest=unpaid[0].amount_remaining if unpaid else 0,
        page=f"/i/{unpaid[0].hosted_token}" if unpaid and unpaid[0].hosted_token else "",
    )


def notices(visit: Visit, subscriptions: list[Subscription], catalog: Catalog) -> tuple[Notice, ...]:
    """At most one, the most urgent: what was just done, then what needs attention."""
    by_id = {each.id: each for each in subscriptions}
    for name, tell in (("renewed", _renewed), ("canceled", _canceled), ("saved", _saved)):
        named = by_id.get(visit.asked.query.get(name, ""))
        told = tell(visit, named, catalog) if named else None
        if told:
            return (told,)
    unpaid = next((each for each in subscriptions if each.status in UNPAID), None)
    if unpaid:
        name = plan_name(unpaid, catalog, visit.reader)
        text = visit.gettext("It was for %(plan)s.", plan=name)
        return (Notice(visit.gettext("Your last payment didn’t go through"), text, "bad", "alert"),)
    return ()


def _renewed(visit: Visit, subscription: Subscription, catalog: Catalog) -> Notice | None:
    if is_ending(subscription) or subscription.status in TERMINAL:
        return None
    end = visit.reader.day(ends_at(subscription))
    name = plan_name(subscription, catalog, visit.reader)
    text = visit.gettext("%(plan)s renews on %(date)s, as before.", plan=name, date=end)
    return Notice(visit.gettext("Your subscription continues"), text, "ok", "check-circle", focus=True)


def _canceled(visit: Visit, subscription: Subscription, catalog: Catalog) -> Notice | None:
    title, name = visit.gettext("Your subscription is canceled"), plan_name(subscription, catalog, visit.reader)
    if subscription.status in TERMINAL:
        return Notice(title, visit.gettext("%(plan)s has ended.", plan=name), "ok", "check-circle", focus=True)
    if not is_ending(subscription):
        return None
    end = visit.reader.day(ends_at(subscription))
    text = visit.gettext("You can use %(plan)s until %(date)s.", plan=name, date=end)
    return Notice(title, text, "ok", "check-circle", focus=True)


def _saved(visit: Visit, subscription: Subscription, catalog: Catalog) -> Notice | None:
    if is_ending(subscription) or not subscription.discounts:
        return None
    text = visit.gettext("Nothing was canceled.")
    return Notice(visit.gettext("Your discount is set"), text, "ok", "check-circle", focus=True)


def details(customer: Customer, visit: Visit) -> tuple[tuple[str, str], ...]:
    """What the merchant knows about the customer, as far as there is something."""
    at = customer.address or Address()
    lines = (at.line1, at.line2, at.postal_code, at.city, at.state, at.country)
    rows = (
        (visit.gettext("Name"), customer.name),
        (visit.gettext("Email"), customer.email),
        (visit.gettext("Phone"), customer.phone),
        (visit.gettext("Address"), ", ".join(line for line in lines if line)),
    )
    return tuple((term, text) for term, text in rows if text)


def choose_language(tx: Tx, visit: Visit) -> Answer:
    """Keep the chosen language and show the same page again."""
    tag, back = visit.asked.form.get("language", ""), visit.asked.form.get("back", "")
    inside = back.startswith("/p/") and back.isascii() and back.isprintable() and "\\" not in back
    path = back if inside else HOME
    if tag not in translated_tags():
        return Goto(path)
    visit.keep(tx, replace(visit.state, language=tag))
    return Goto(path, tag)
