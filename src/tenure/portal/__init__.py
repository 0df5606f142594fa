"""The customer's door under /p: every address and who answers it."""

from falcon.asgi import App as AsgiApp

from tenure.portal import cancel, home, invoices, payment_methods
from tenure.portal.door import Door, Exchange, Landing, Page
from tenure.portal.visit import Visit
from tenure.store import Tx
from tenure.web.asked import Answer, Goto
from tenure.web.context import App
from tenure.web.portal_pages import HOME


def _to_home(tx: Tx, visit: Visit) -> Answer:
    return Goto(HOME)


def add_routes(to: AsgiApp, app: App) -> None:  # type: ignore[type-arg]
    """Add the portal's addresses."""
    door, sub = Door(app), "/p/subscriptions/{id}"
    to.add_route("/p", Page(door, _to_home))
    to.add_route(HOME, Page(door, home.show))
    to.add_route(invoices.PATH, Page(door, invoices.show))
    methods = payment_methods.PATH
    to.add_route(methods, Page(door, payment_methods.show, payment_methods.add))
    to.add_route(f"{methods}/{{id}}/default", Page(door, take=payment_methods.make_default))
    to.add_route(f"{methods}/{{id}}/remove", Page(door, payment_methods.ask_removal, payment_methods.remove))
    to.add_route("/p/session", Exchange(door))
    to.add_route("/p/session/{secret}", Landing(door))
    to.add_route("/p/language", Page(door, take=home.choose_language))
    to.add_route(f"{sub}/renew", Page(door, take=cancel.renew))
    to.add_route(f"{sub}/cancel", Page(door, cancel.resume, cancel.start))
    to.add_route(f"{sub}/cancel/reason", Page(door, cancel.show_reason, cancel.take_reason))
    to.add_route(f"{sub}/cancel/offer", Page(door, cancel.show_offer, cancel.take_offer))
    to.add_route(f"{sub}/cancel/confirm", Page(door, cancel.show_confirm, cancel.take_confirm))
    to.add_route(f"{sub}/cancel/keep", Page(door, take=cancel.keep))
    to.add_route(f"{sub}/cancel/done", Page(door, cancel.show_done))
    to.add_route("/p/{rest:path}", Page(door))
