"""The door under /i: an invoice for whoever has its link, without signing in; every address and who answers it."""

from falcon.asgi import App as AsgiApp

from tenure.hosted import authentication, invoice, paying
from tenure.hosted.door import Door, Page, Paper
from tenure.pdf.press import Press
from tenure.web.context import App


def add_routes(to: AsgiApp, app: App) -> None:  # type: ignore[type-arg]
    """Add the addresses of invoices."""
    door, at = Door(app, Press()), "/i/{token}"
    to.add_route(at, Page(door, invoice.show))
    to.add_route(f"{at}/pdf", Paper(door, invoice.printed))
    to.add_route(f"{at}/receipt", Page(door, invoice.receipt))
    to.add_route(f"{at}/receipt/pdf", Paper(door, invoice.printed_receipt))
    to.add_route(f"{at}/credit_notes/{{note}}/pdf", Paper(door, invoice.printed_credit_note))
    to.add_route(f"{at}/pay", Page(door, take=paying.pay))
    to.add_route(f"{at}/language", Page(door, take=invoice.choose_language))
    to.add_route("/i/authenticate/{token}", authentication.Question(door))
    to.add_route(f"{at}/{{rest:path}}", Page(door))
