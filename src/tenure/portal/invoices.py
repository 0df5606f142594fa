"""The customer's invoices: the newest on the home page, all of them on a page of their own.

GET /p/invoices     a page of them, the newest first; ?after=<id> goes on with older ones
"""

from tenure.domain.errors import NotFound
from tenure.domain.invoices import Invoice, InvoiceStatus
from tenure.portal.visit import Visit
from tenure.store import Tx
from tenure.store.tx import Page
from tenure.web.asked import Answer, Goto, Shown
from tenure.web.invoices import badge_of, issued_at, number_of
from tenure.web.portal_pages import HOME, InvoiceRow, InvoicesPage

AT_HOME = 4
ON_A_PAGE = 24
PATH = "/p/invoices"


def newest(tx: Tx, visit: Visit) -> Page[Invoice]:
    """The customer's first few final invoices, and whether there are more."""
    return _page(tx, visit, limit=AT_HOME)


def show(tx: Tx, visit: Visit) -> Answer:
    """All of them, page by page. Raises NotFound where the configuration has no history."""
    if not visit.has_home():
        return Goto(HOME)
    if not visit.configuration.features.invoice_history.enabled:
        raise NotFound("There is no such page.")
    after = visit.asked.query.get("after")
    known = tx.get(Invoice, after) if after else None
    if after and (known is None or known.customer != visit.customer.id):
        return Goto(PATH)
    page = _page(tx, visit, limit=ON_A_PAGE, after=after)
    rows = rows_of(page.items, visit)
    older = f"{PATH}?after={rows[-1].id}" if page.has_more else ""
    return Shown(InvoicesPage(rows=rows, older=older, first=after is None))


def rows_of(found: list[Invoice], visit: Visit) -> tuple[InvoiceRow, ...]:
    """The lines of a list."""
    return tuple(_row(each, visit) for each in found)


def _page(tx: Tx, visit: Visit, *, limit: int, after: str | None = None) -> Page[Invoice]:
    where = [("customer", "=", visit.customer.id), ("status", "!=", InvoiceStatus.DRAFT.value)]
    return tx.page(Invoice, where, limit=limit, starting_after=after)


def _row(invoice: Invoice, visit: Visit) -> InvoiceRow:
    reader = visit.reader
    return InvoiceRow(
        id=invoice.id,
        date=reader.dated(issued_at(invoice)),
        amount=reader.money(invoice.total, invoice.currency),
        number=number_of(invoice),
        badge=badge_of(invoice, reader),
        url=f"/i/{invoice.hosted_token}" if invoice.hosted_token else "",
    )
