"""The portal's home: the customer's subscriptions, what happens to them next, and what can be done.

GET /p/     notices ─ current subscriptions ─ past ones, folded ─ billing information ─ the newest invoices
            ?after=<id> goes on with older subscriptions
"""

from typing import NamedTuple

from msgspec.structs import replace

from tenure.actions import forecasts, payments, previews
from tenure.domain.coupons import Coupon
from tenure.domain.customers import Address, Customer
from tenure.domain.invoices import Invoice, InvoiceStatus, subscription_of
from tenure.domain.payment_methods import PaymentMethod
from tenure.domain.prices import Price
from tenure.domain.products import Product
from tenure.domain.subscriptions import TERMINAL, Status, Subscription, is_ending
from tenure.i18n.languages import translated_tags
from tenure.portal import invoices
from tenure.portal.payment_methods import PATH as METHODS
from tenure.portal.visit import Visit
from tenure.store import Tx
from tenure.store.tx import Page
from tenure.web.asked import Answer, Goto, Shown
from tenure.web.methods import method_name
from tenure.web.portal_pages import HOME, HomePage, Notice
from tenure.web.portal_plans import UNPAID, Catalog, Due, ends_at, plan, plan_name

MOST_SHOWN = 100
ON_A_PAGE = 10  # each card says what its next invoice comes to
LIVE = [status.value for status in Status if status not in TERMINAL]


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
    after = visit.asked.query.get("after")
    last = tx.get(Subscription, after) if after else None
    if after and (last is None or last.customer != visit.customer.id):
        return Goto(HOME)
    held = holdings(tx, visit, after)
    catalog = catalog_of(tx, [*held.current, *held.past, *held.spoken_of])
    may_cancel = visit.configuration.features.subscription_cancel.enabled
    newest = invoices.newest(tx, visit)
    has_history = visit.configuration.features.invoice_history.enabled
    return Shown(
        HomePage(
            plans=tuple(
                plan(each, catalog, visit.reader, may_cancel=may_cancel, due=due_of(tx, visit, each, newest))
                for each in held.current
            ),
            older=f"{HOME}?after={held.current[-1].id}" if held.more else "",
            first=after is None,
            past=tuple(plan(each, catalog, visit.reader) for each in held.past),
            notices=notices(visit, held.spoken_of, catalog),
            details=details(visit.customer, visit),
            invoices=invoices.rows_of(newest.items, visit) if has_history else (),
            more_invoices=newest.has_more and has_history,
            methods_url=METHODS if visit.configuration.features.payment_method_update.enabled else "",
        )
    )


class Holdings(NamedTuple):
    """A page of the customer's running subscriptions, the past ones, and those that a notice may be about."""

    current: list[Subscription]
    more: bool
    past: list[Subscription]
    spoken_of: list[Subscription]


def holdings(tx: Tx, visit: Visit, after: str | None) -> Holdings:
    """What the customer has, from behind `after` on; one look is enough where they do not have very many."""
    whole = tx.page(Subscription, _own(visit), limit=MOST_SHOWN)
    if whole.has_more:
        page = tx.page(Subscription, _own(visit, LIVE), limit=ON_A_PAGE, starting_after=after)
        past = tx.page(Subscription, _own(visit, [Status.CANCELED.value]), limit=MOST_SHOWN).items
        return Holdings(page.items, page.has_more, past, _spoken_of(tx, visit))
    live = [each for each in whole.items if each.status.value in LIVE]
    first = next((n for n, each in enumerate(live, 1) if each.id == after), 0)
    past = [each for each in whole.items if each.status is Status.CANCELED]
    return Holdings(live[first : first + ON_A_PAGE], len(live) > first + ON_A_PAGE, past, whole.items)


def _own(visit: Visit, statuses: list[str] | None = None) -> list[tuple[str, str, object]]:
    own: list[tuple[str, str, object]] = [("customer", "=", visit.customer.id)]
    return own if statuses is None else [*own, ("status", "in", statuses)]


def _spoken_of(tx: Tx, visit: Visit) -> list[Subscription]:
    """The subscriptions that the address names, and one that is unpaid."""
    named = [tx.get(Subscription, visit.asked.query.get(name, "")) for name in ("renewed", "canceled", "saved")]
    unpaid = tx.page(Subscription, _own(visit, sorted(status.value for status in UNPAID)), limit=1).items
    return [each for each in (*named, *unpaid) if each is not None and each.customer == visit.customer.id]


def open_invoices(tx: Tx, subscription: Subscription, newest: Page[Invoice] | None = None) -> list[Invoice]:
    """What is to be paid for a subscription, the newest first; `newest` may be all that its customer has."""
    if newest is not None and not newest.has_more:
        own = [each for each in newest.items if subscription_of(each) == subscription.id]
        found = [each for each in own if each.status is InvoiceStatus.OPEN]
    else:
        where = [("subscription", "=", subscription.id), ("status", "=", InvoiceStatus.OPEN.value)]
        found = tx.page(Invoice, where, limit=MOST_SHOWN).items
    return [each for each in found if each.amount_remaining > 0]


def due_of(tx: Tx, visit: Visit, subscription: Subscription, newest: Page[Invoice]) -> Due:
    """What the subscription's invoices say: the one that is open, and the next one as the engine would write it."""
    unpaid = open_invoices(tx, subscription, newest)
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
