"""Every text that the API takes is hostile, and then every page that shows it is looked at: it stays text.

names, memos, footers, metadata, numbers … ─▶ dashboard, portal, invoice, receipt, credit note, PDF, CSV
"""

import csv
import io
from html.parser import HTMLParser
from typing import Any

import pytest
import requests
from pypdf import PdfReader

from tenure import dashboard
from tests.conformance.shop import Shop
from tests.dashboard.visitor import Visitor
from tests.portal.visitors import Visitor as Customer
from tests.security.test_matrix import PLACE
from tests.support.server import Server

EVIL = """=1+1'"><img src=x onerror=alert(1)></title></script><script>alert(2)</script>{{7*7}}${{7*7}}"""
TYPST = '#sys.version #read("/etc/passwd") $x$ *b* `c` <label> @ref \\ #panic("x")'
TEXT = f"{EVIL} {TYPST}"


class Elements(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.wrong.append(f"<{tag}>")
        self.wrong += [f"<{tag} {name}>" for name in given if name.startswith("on") or name == "style"]
        links = [given.get(name) or "" for name in ("href", "src", "action", "formaction")]
        self.wrong += [f"<{tag} {link}>" for link in links if link.strip().lower().startswith(("javascript:", "data:"))]
        if tag == "img" and given.get("src") == "x":
            self.wrong.append("<img>")


def test_the_text_would_be_seen_where_it_is_not_escaped():
    assert len(Elements(f'<input value="{EVIL}">').wrong) >= 2


@pytest.fixture(scope="module")
def key(server: Server) -> str:
    return server.key()


@pytest.fixture(scope="module")
def shop(server: Server, key: str) -> Shop:
    return Shop(server.client(key))


@pytest.fixture(scope="module")
def made(shop: Shop) -> dict[str, str]:
    """One of each kind with the hostile text in every field, by the noun of its address."""
    api, named = shop.api, {"metadata": {"note": TEXT}}
    address = {"line1": TEXT, "line2": TEXT, "city": TEXT, "postal_code": TEXT, "state": TEXT, "country": "DE"}
    fields = [{"name": EVIL[:40], "value": EVIL[:140]}]
    customer = api.customers.create(
        {
            "name": TEXT,
            "description": TEXT,
            "email": "ada@example.com",
            "phone": "'\"><b>1",
            "address": address,
            "shipping": {"name": TEXT, "address": address},
            "invoice_settings": {"custom_fields": fields, "footer": TEXT},
            "tax_exempt": "reverse",
            **named,
        }
    )
    card = api.payment_methods.attach("pm_card_visa", {"customer": customer.id}).id
    api.payment_methods.update(card, {"billing_details": {"name": TEXT, "address": address}})
    product = api.products.create({"name": TEXT, "description": TEXT, "unit_label": EVIL[:12], **named})
    recurring = {"interval": "month"}
    price = api.prices.create(
        {
            "product": product.id,
            "currency": "eur",
            "unit_amount": 900,
            "recurring": recurring,
            "nickname": TEXT,
            **named,
        }
    )
    coupon = api.coupons.create({"percent_off": 10, "duration": "forever", "name": EVIL[:40], **named})
    rate = api.tax_rates.create(
        {
            "display_name": EVIL[:50],
            "description": TEXT,
            "jurisdiction": EVIL[:50],
            "inclusive": False,
            "percentage": 19,
        }
    )
    sub = api.subscriptions.create(
        {
            "customer": customer.id,
            "items": [{"price": price.id, **named}],
            "default_payment_method": card,
            "default_tax_rates": [rate.id],
            "description": TEXT[:500],
            "discounts": [{"coupon": coupon.id}],
            **named,
        }
    )
    details = {"comment": TEXT, "feedback": "other"}
    api.subscriptions.update(sub.id, {"cancel_at_period_end": True, "cancellation_details": details})
    paid = api.invoices.update(sub.latest_invoice, {"metadata": {"note": TEXT}})
    note = api.credit_notes.create({"invoice": paid.id, "amount": 100, "refund_amount": 100, "memo": TEXT, **named})
    bill = api.invoices.create(
        {
            "customer": customer.id,
            "currency": "eur",
            "description": TEXT,
            "footer": TEXT,
            "custom_fields": fields,
            **named,
        }
    )
    api.invoice_items.create(
        {"customer": customer.id, "invoice": bill.id, "amount": 700, "currency": "eur", "description": TEXT}
    )
    bill = api.invoices.finalize_invoice(bill.id)
    hook = api.webhook_endpoints.create({"url": "https://example.com/?'\"><b>", "enabled_events": ["*"]})
    profile = {"headline": EVIL[:60]}
    on = {"invoice_history": {"enabled": True}, "subscription_cancel": {"enabled": True}}
    config = api.billing_portal.configurations.create({"features": on, "business_profile": profile, "name": EVIL})
    event = api.events.list({"type": "invoice.created", "limit": 1}).data[0].id
    return {
        "customers": customer.id,
        "products": product.id,
        "coupons": coupon.id,
        "subscriptions": sub.id,
        "invoices": bill.id,
        "portal": config.id,
        "webhooks": hook.id,
        "events": event,
        "note": note.pdf,
        "pages": " ".join([paid.hosted_invoice_url, bill.hosted_invoice_url]),
    }


@pytest.fixture(scope="module")
def owner(server: Server) -> Visitor:
    visitor = Visitor(server)
    assert visitor.sign_in(server.user()).status_code == 303
    return visitor


SHOWING = {"coupons", "customers", "invoices", "products", "subscriptions"}
READS = sorted(route.path for route in dashboard.ROUTES if route.get is not None)


@pytest.mark.parametrize("path", READS)
def test_a_page_of_the_dashboard_shows_it_as_text(owner: Visitor, made: dict[str, str], path: str):
    noun = path.split("/{")[0].rpartition("/")[2]
    address = PLACE.sub(lambda _: made.get(noun, "none"), path).removeprefix("/dashboard")
    answer = owner.get(address)
    if "html" in answer.headers.get("content-type", ""):
        assert Elements(answer.text).wrong == [], address
        assert ("&lt;img src=x" in answer.text) or noun not in SHOWING or "{id}" not in path
        assert "{{49}}" not in answer.text and "$49" not in answer.text


def test_the_pages_of_the_portal_show_it_as_text(server: Server, shop: Shop, made: dict[str, str]):
    asked = {"customer": made["customers"], "configuration": made["portal"]}
    link = shop.api.billing_portal.sessions.create(asked).url
    customer = Customer(server.url).open(link)
    cancel = f"/p/subscriptions/{made['subscriptions']}/cancel"
    for path in ("/p/", "/p/invoices", cancel, f"{cancel}/done"):
        page = customer.get(path)
        assert Elements(page.page.text).wrong == [], path
    assert "&lt;img src=x" in customer.get("/p/").page.text


def test_the_pages_of_invoices_show_it_as_text(server: Server, made: dict[str, str]):
    for address in made["pages"].split():
        for page in ("", "/receipt"):
            answer = requests.get(address + page, timeout=20)
            assert Elements(answer.text).wrong == [], page
            assert "&lt;img src=x" in answer.text


def test_papers_print_it_as_text(server: Server, made: dict[str, str]):
    paid, bill = made["pages"].split()
    for address in (f"{paid}/pdf", f"{bill}/pdf", f"{paid}/receipt/pdf", made["note"]):
        answer = requests.get(address, timeout=60)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
        bare = "".join(text.split())
        assert '#read("/etc/passwd")' in bare and "root:x:" not in bare, address


def test_a_cell_of_an_export_is_no_formula(owner: Visitor, made: dict[str, str]):
    seen = [owner.get(path.removeprefix("/dashboard")) for path in READS if path.endswith(".csv")]
    cells = [cell for answer in seen if "csv" in answer.headers.get("content-type", "") for cell in _cells(answer)]
    assert cells and not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))]


def _cells(answer: Any) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
