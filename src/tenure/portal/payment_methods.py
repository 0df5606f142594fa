"""The customer's payment methods: which pays by default, a card to add in test mode, one to remove.

GET  /p/payment-methods                 POST  add a card, by the number of a test card
POST /p/payment-methods/<id>/default    GET, POST /p/payment-methods/<id>/remove

One stays while a subscription is charged to it and nothing else would pay. A number is never stored or shown again.
"""

from functools import wraps

from tenure import gateways
from tenure.actions import customers, payment_methods
from tenure.domain.errors import Declined, Invalid, NotFound
from tenure.domain.payment_methods import PaymentMethod
from tenure.domain.subscriptions import TERMINAL, Subscription, is_ending
from tenure.portal.visit import Handler, Visit
from tenure.store import Tx
from tenure.web.asked import Answer, Goto, Shown
from tenure.web.cards import MOST_DIGITS, Errors, read_card
from tenure.web.methods import method_expiry, method_mark, method_name, problem_of
from tenure.web.portal_pages import HOME, MethodRow, MethodsPage, Notice, RemoveMethodPage

PATH = "/p/payment-methods"
MOST_METHODS = 50
MOST_SUBSCRIPTIONS = 100


def _where_offered(handler: Handler) -> Handler:
    """A deep link goes elsewhere instead. Raises NotFound where the configuration has no such page."""

    @wraps(handler)
    def guarded(tx: Tx, visit: Visit) -> Answer:
        if not visit.has_home():
            return Goto(HOME)
        if not visit.configuration.features.payment_method_update.enabled:
            raise NotFound("There is no such page.")
        return handler(tx, visit)

    return guarded


@_where_offered
def show(tx: Tx, visit: Visit) -> Answer:
    """All of them, and the form for one more."""
    return Shown(_page(tx, visit))


@_where_offered
def add(tx: Tx, visit: Visit) -> Answer:
    """Save a card; the first one pays from now on."""
    if not _takes_cards(tx):
        return Goto(PATH)
    card = read_card(visit.asked.form, visit.language)
    if not isinstance(card, dict):
        return Shown(_page(tx, visit, errors=card), 422)
    try:
        made = payment_methods.create(tx, {"type": "card", "card": card})
        method = payment_methods.attach(tx, made.id, visit.customer.id)
    except (Declined, Invalid) as refused:
        details = refused.details if isinstance(refused, Declined) else {}
        problem = problem_of(refused.code, details.get("decline_code"), visit.language)
        return Shown(_page(tx, visit, errors=(problem,)), 402)
    if visit.customer.invoice_settings.default_payment_method is None:
        _choose(tx, visit, method)
    return Goto(f"{PATH}?added=1")


@_where_offered
def make_default(tx: Tx, visit: Visit) -> Answer:
    """This one pays from now on."""
    _choose(tx, visit, _own(tx, visit))
    return Goto(f"{PATH}?default=1")


@_where_offered
def ask_removal(tx: Tx, visit: Visit) -> Answer:
    """What is about to be removed."""
    method = _own(tx, visit)
    kept = _kept(tx, visit, method)
    return kept or Shown(RemoveMethodPage(row=_row(method, visit), url=f"{PATH}/{method.id}/remove", back=PATH))


@_where_offered
def remove(tx: Tx, visit: Visit) -> Answer:
    """Forget it for good."""
    method = _own(tx, visit)
    kept = _kept(tx, visit, method)
    if kept is not None:
        return kept
    payment_methods.detach(tx, method.id)
    return Goto(f"{PATH}?removed=1")


def _own(tx: Tx, visit: Visit) -> PaymentMethod:
    """A method of this customer; one of another does not exist. Raises NotFound."""
    found = tx.get(PaymentMethod, visit.asked.ids["id"])
    if found is None or found.customer != visit.customer.id:
        raise NotFound("There is no such payment method.")
    return found


def _choose(tx: Tx, visit: Visit, method: PaymentMethod) -> None:
    customers.update(tx, visit.customer.id, {"invoice_settings": {"default_payment_method": method.id}})


def _takes_cards(tx: Tx) -> bool:
    return gateways.of(tx.scope).name != "manual"


def _methods(tx: Tx, visit: Visit) -> list[PaymentMethod]:
    return tx.page(PaymentMethod, [("customer", "=", visit.customer.id)], limit=MOST_METHODS).items


def _kept(tx: Tx, visit: Visit, method: PaymentMethod) -> Goto | None:
    """Where it leads that a method stays: it is the last one, or the only one that would pay a subscription."""
    every = tx.page(Subscription, [("customer", "=", visit.customer.id)], limit=MOST_SUBSCRIPTIONS).items
    charged = [each for each in every if each.collection_method == "charge_automatically"]
    going_on = [each for each in charged if each.status not in TERMINAL and not is_ending(each)]
    if going_on and len(_methods(tx, visit)) == 1:
        return Goto(f"{PATH}?needed=1")
    default = visit.customer.invoice_settings.default_payment_method
    payers = [{each.default_payment_method, default} - {None} for each in going_on]
    return Goto(f"{PATH}?pays=1") if {method.id} in payers else None


def _row(method: PaymentMethod, visit: Visit) -> MethodRow:
    return MethodRow(
        id=method.id,
        mark=method_mark(method),
        name=method_name(method, visit.language),
        detail=method_expiry(method, visit.language),
        default=method.id == visit.customer.invoice_settings.default_payment_method,
    )


def _page(tx: Tx, visit: Visit, *, errors: Errors = ()) -> MethodsPage:
    return MethodsPage(
        rows=tuple(_row(each, visit) for each in _methods(tx, visit)),
        url=PATH,
        cards=_takes_cards(tx),
        expiry=visit.asked.form.get("expiry", "")[:MOST_DIGITS],
        errors=errors,
        notice=_said(visit),
    )


def _said(visit: Visit) -> Notice | None:
    """What was just done, or why it was not."""
    _, query = visit.gettext, visit.asked.query
    if "needed" in query:
        text = _("Your subscription is paid with this one.")
        return Notice(_("Add another payment method first"), text, "warn", "alert", focus=True)
    if "pays" in query:
        text = _("Your subscription is paid with this one.")
        return Notice(_("Make another one the default first"), text, "warn", "alert", focus=True)
    texts = {
        "added": _("Your card was saved"),
        "default": _("Your default payment method was changed"),
        "removed": _("The payment method was removed"),
    }
    title = next((text for key, text in texts.items() if key in query), "")
    return Notice(title, "", "ok", "check-circle", focus=True) if title else None
