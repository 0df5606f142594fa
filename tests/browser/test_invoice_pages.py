"""The pages of invoices in a real browser: accessible, legible at every size, usable without script and a mouse."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import stripe
from axe_playwright_python.sync_playwright import Axe
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from tenure.domain.invoices import InvoiceStatus
from tests.browser.test_portal_pages import CUT_OFF, SMALL_TARGETS, SPACING, TAGS, WIDER_THAN_THE_SCREEN, tab_to
from tests.hosted.bills import OFF, START, VAT, Desk, line
from tests.portal.visitors import Shop, Visitor
from tests.support.server import Server

pytestmark = pytest.mark.browser

NAMES = (
    "open", "new-card", "overdue", "long", "paid", "void", "receipt", "refused", "question", "german", "missing",
    "history",
)  # fmt: skip
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenhersteller"
WIRE_BUDGET = 25_000


@dataclass(frozen=True)
class Exhibit:
    """A page, and what it takes to see it."""

    path: str
    act: Callable[[Page], Any] | None = None
    cookie: str = ""
    language: str = "en-US"
    fails: bool = False


class Gallery:
    """One page of each kind."""

    def __init__(self, shop: Shop, desk: Desk, server: Server) -> None:
        self.shop, self.desk, self.server = shop, desk, server
        self.ada, self.bob = shop.customer(), shop.customer(name="Bob")
        shop.api.payment_methods.attach("pm_card_visa", {"customer": self.ada.id})

    def at(self, customer: Any, **given: Any) -> str:
        return f"/i/{self.desk.invoice(customer, **given).hosted_token}"

    def pages(self) -> dict[str, Exhibit]:
        product = self.shop.product.id
        several = [line(14500, quantity=5, product=product), line(-1200, proration=True, product=product)]
        full = {"lines": several, "discounts": [OFF], "default_tax_rates": [VAT.id], "due_date": 4_000_000_000}
        endless = [replace(line(2900), description=LONG, parent=None)]
        paid = self.at(self.ada, paid=True)
        return {
            "open": Exhibit(self.at(self.ada, **full, footer="Registered in Hamburg", description="Thank you.")),
            "new-card": Exhibit(self.at(self.ada), act=lambda page: page.get_by_label("Another card").check()),
            "overdue": Exhibit(self.at(self.bob, due_date=START)),
            "long": Exhibit(self.at(self.bob, lines=endless, customer_name=LONG, number=LONG.upper(), footer=LONG)),
            "paid": Exhibit(paid + "?paid=1"),
            "void": Exhibit(self.at(self.bob, status=InvoiceStatus.VOID)),
            "receipt": Exhibit(paid + "/receipt"),
            "refused": Exhibit(self.at(self.bob), act=lambda page: page.get_by_test_id("pay").click(), fails=True),
            "question": Exhibit(self.question()),
            "german": Exhibit(self.at(self.ada, **full), language="de-DE"),
            "missing": Exhibit("/i/nothing", fails=True),
            "history": Exhibit("/p/invoices", cookie=self.cookie()),
        }

    def question(self) -> str:
        card = {"number": "4000002760003184", "expiry": "08/36", "cvc": "123"}
        return Visitor(self.server.url).get(self.at(self.bob)).press("pay", **card).path

    def cookie(self) -> str:
        config = self.shop.configuration()
        on = {"features": {"invoice_history": {"enabled": True}}}
        self.shop.api.billing_portal.configurations.update(config.id, on)
        visitor = Visitor(self.server.url).open(self.shop.link(self.ada, config))
        return str(visitor.http.cookies.get("tenure_portal"))


@pytest.fixture(scope="module")
def shop(client: stripe.StripeClient) -> Shop:
    return Shop(client)


@pytest.fixture(scope="module")
def desk(server: Server) -> Desk:
    return Desk(server)


@pytest.fixture(scope="module")
def gallery(shop: Shop, desk: Desk, server: Server) -> dict[str, Exhibit]:
    made = Gallery(shop, desk, server).pages()
    assert tuple(made) == NAMES
    return made


@pytest.fixture
def see(gallery: dict[str, Exhibit], server: Server, new_page: Callable[..., Page]) -> Callable[..., Page]:
    """see("open", viewport=…) -> a browser's page that shows it"""

    def show(name: str, **options: Any) -> Page:
        exhibit = gallery[name]
        page = new_page(**({"allow_errors": exhibit.fails, "locale": exhibit.language} | options))
        if exhibit.cookie:
            page.context.add_cookies([{"name": "tenure_portal", "value": exhibit.cookie, "url": server.url}])
        page.goto(server.url + exhibit.path)
        if exhibit.act is not None:
            exhibit.act(page)
        return page

    return show


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_accessible_and_fits(see, name, width, scheme):
    page = see(name, viewport={"width": width, "height": 800}, color_scheme=scheme)
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response["violations"]
    assert [(each["id"], [node["target"] for node in each["nodes"]][:3]) for each in found] == []
    assert not page.evaluate(WIDER_THAN_THE_SCREEN)
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate(SMALL_TARGETS) == []


@pytest.mark.parametrize("name", ["open", "long", "refused", "receipt", "german", "history"])
def test_a_page_survives_wide_spacing(see, name):
    for width in (1280, 390):
        page = see(name, viewport={"width": width, "height": 450}, bypass_csp=True)
        page.add_style_tag(content=SPACING)
        assert not page.evaluate(WIDER_THAN_THE_SCREEN), width
        assert page.evaluate(CUT_OFF) == [], width
        page.context.close()


def test_the_fields_of_a_card_show_when_another_card_is_chosen(see):
    page = see("open", java_script_enabled=False)
    expect(page.get_by_label("Visa ending 4242")).to_be_checked()
    expect(page.get_by_label("Card number")).to_be_hidden()
    page.get_by_label("Another card").check()
    for label, purpose in (("Card number", "cc-number"), ("Expiry date", "cc-exp"), ("Security code", "cc-csc")):
        expect(page.get_by_label(label)).to_be_visible()
        assert page.get_by_label(label).get_attribute("autocomplete") == purpose
    expect(page.get_by_text("Test mode", exact=True)).to_be_visible()


def test_everything_works_without_javascript(desk, shop, server, new_page, tmp_path):
    made = desk.invoice(shop.customer())
    page = new_page(java_script_enabled=False)
    page.goto(f"{server.url}/i/{made.hosted_token}")
    page.get_by_label("Card number").fill("4000 0027 6000 3184")
    page.get_by_label("Expiry date").fill("08 / 36")
    page.get_by_label("Security code").fill("123")
    page.get_by_role("button", name="Pay €29.00").click()
    page.get_by_role("button", name="Complete authentication").click()
    expect(page.get_by_role("heading", name="Your payment arrived")).to_be_visible()
    page.get_by_role("link", name="View receipt").click()
    expect(page.get_by_test_id("receipt")).to_contain_text("Visa ending 3184")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download receipt").click()
    target = tmp_path / "receipt.pdf"
    download.value.save_as(target)
    assert download.value.suggested_filename == f"Receipt-{made.number}.pdf"
    assert Path(target).read_bytes().startswith(b"%PDF-")


def test_paying_needs_no_mouse(desk, shop, server, new_page):
    made = desk.invoice(shop.customer())
    page = new_page()
    page.goto(f"{server.url}/i/{made.hosted_token}")
    tab_to(page, "Card number", 10)
    page.keyboard.type("4242424242424242")
    tab_to(page, "Expiry date", 2)
    page.keyboard.type("0836")
    tab_to(page, "Security code", 2)
    page.keyboard.type("123")
    page.keyboard.press("Enter")
    page.wait_for_url("**?paid=1")
    page.wait_for_function("document.activeElement.textContent === 'Your payment arrived'")


def test_an_error_is_named_in_the_title_and_gets_the_focus(see):
    page = see("refused")
    page.wait_for_function("document.activeElement.className === 'summary-err'")
    assert page.title().startswith("Error: ")
    page.get_by_role("link", name="Check the security code.").click()
    assert page.evaluate("document.activeElement.id") == "cvc"


def test_forced_colours_keep_the_controls(see):
    page = see("open", forced_colors="active")
    for control in page.locator("main button, main a.btn").all():
        assert control.evaluate("e => getComputedStyle(e).borderTopStyle") == "solid"


def test_the_language_can_be_changed_at_the_foot(see):
    page = see("open")
    page.locator(".rail-foot select").select_option("de")
    page.get_by_role("button", name="Change language").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rechnung")
    assert page.locator("html").get_attribute("lang") == "de"


def test_a_whole_page_stays_within_its_budget(see):
    page = see("open")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    received: list[float] = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.reload(wait_until="networkidle")
    assert 4_000 < sum(received) <= WIRE_BUDGET


def test_the_address_of_the_invoice_is_not_passed_on(see, gallery):
    page = see("open")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.headers.get("referer", "")))
    page.reload(wait_until="networkidle")
    assert sent and not [each for each in sent if gallery["open"].path in each]


def test_no_page_has_anything_inline(gallery, server):
    for name, exhibit in gallery.items():
        visitor = Visitor(server.url)
        visitor.http.cookies.set("tenure_portal", exhibit.cookie)
        source = visitor.get(exhibit.path).page.text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", source), name
