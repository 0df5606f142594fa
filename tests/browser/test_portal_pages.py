"""The portal's pages in a real browser: accessible, legible at every size, usable without script and without a mouse.

gallery["offer"]   a page that is at this step, as a path and the cookie that opens it
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.portal.visitors import RETURN, Shop, Visitor
from tests.support.browser import FLAGS, chromium_path
from tests.support.server import Server

pytestmark = pytest.mark.browser

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIRE_BUDGET = 25_000
CARD = {"number": "4242 4242 4242 4242", "expiry": "08 / 40", "cvc": "123"}
# WCAG 1.4.12: text spacing that readers may set.
SPACING = """* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
p { margin-block-end: 2em !important }"""
WIDER_THAN_THE_SCREEN = "document.documentElement.scrollWidth > innerWidth"
CUT_OFF = """[...document.querySelectorAll('button, .btn, .badge, h1, h2, h3, p, dd, dt, label')]
  .filter(e => e.offsetParent && !e.closest('.vh, .skip') && e.scrollWidth > e.clientWidth + 1
    && getComputedStyle(e).overflow !== 'visible').map(e => e.textContent.trim().slice(0, 40))"""
SMALL_TARGETS = """[...document.querySelectorAll('a, button, select, summary, label.opt')]
  .filter(e => e.offsetParent && !e.closest('.vh, .skip, p, dd, .legal'))
  .filter(e => { const b = e.getBoundingClientRect(); return b.height < 24 || b.width < 24 })
  .map(e => e.textContent.trim().slice(0, 40))"""


@dataclass(frozen=True)
class Exhibit:
    """A page at some step; `status` is what it answers."""

    path: str
    cookie: str
    status: int = 200


class Gallery:
    """One customer for each page, so that every page stays at its step."""

    def __init__(self, shop: Shop, server: Server) -> None:
        self.shop, self.server = shop, server
        self.coupon = shop.coupon(name="Stay with us")
        offer = {"type": "coupon_offer", "coupon_offer": {"coupon": self.coupon.id}}
        self.before = shop.configuration(ask="before", retention=offer)
        self.after = shop.configuration(ask="after")
        self.now = shop.configuration(ask=None, mode="immediately")
        features = {"payment_method_update": {"enabled": True}}
        made = shop.configuration(ask="after")
        self.cards = shop.api.billing_portal.configurations.update(made.id, {"features": features})
        self.pages: dict[str, Exhibit] = {}

    def enter(self, configuration: Any, *, language: str = "en-US", **given: Any) -> tuple[Visitor, Any]:
        customer = self.shop.customer(address={"line1": "Lindenweg 4", "city": "Berlin"})
        subscription = self.shop.subscription(customer, **given)
        link = self.shop.link(customer, configuration, return_url=RETURN)
        return Visitor(self.server.url, language).open(link), subscription

    def hang(self, name: str, visitor: Visitor) -> None:
        cookie = visitor.http.cookies.get("tenure_portal")
        self.pages[name] = Exhibit(visitor.path, cookie or "", visitor.status)

    def fill(self) -> "Gallery":
        self.hang("home", self.enter(self.after)[0])
        self.hang("ending", self.enter(self.after, cancel_at_period_end=True)[0])
        self.hang("renewed", self.enter(self.after, cancel_at_period_end=True)[0].press("renew-subscription"))
        self.hang("trial", self.enter(self.after, trial_period_days=14, discounts=[{"coupon": self.coupon.id}])[0])
        self.hang("reason", self.enter(self.before)[0].press("cancel-subscription"))
        offered = self.enter(self.before)[0].press("cancel-subscription").press("cancellation_reason_cancel")
        self.hang("offer", offered)
        saved = self.enter(self.before)[0].press("cancel-subscription").press("cancellation_reason_cancel")
        self.hang("saved", saved.press("retention-accept"))
        self.hang("confirm", self.enter(self.after)[0].press("cancel-subscription"))
        self.hang("confirm-now", self.enter(self.now)[0].press("cancel-subscription"))
        self.hang("why", self.enter(self.after)[0].press("cancel-subscription").press("confirm"))
        done = self.enter(self.after)[0].press("cancel-subscription").press("confirm")
        self.hang("done", done.press("cancellation_reason_cancel"))
        german = self.enter(self.before, language="de-DE")[0].post("/p/language", {"language": "de", "back": "/p/"})
        self.hang("german", german.press("cancel-subscription"))
        methods = self.enter(self.cards)[0].get("/p/payment-methods").press("add-card", **CARD)
        self.hang("methods", methods.press("add-card", **CARD))
        self.hang("remove-method", methods.get(re.findall(r"/p/payment-methods/pm_\w+/remove", methods.page.text)[0]))
        self.hang("missing", self.enter(self.after)[0].get("/p/nowhere"))
        self.hang("expired", Visitor(self.server.url).get("/p/session/test_nothing"))
        return self


NAMES = (
    "home", "ending", "renewed", "trial", "reason", "offer", "saved", "confirm", "confirm-now", "why", "done",
    "german", "methods", "remove-method", "missing", "expired",
)  # fmt: skip


@pytest.fixture(scope="module")
def shop(client: stripe.StripeClient) -> Shop:
    return Shop(client)


@pytest.fixture(scope="module")
def gallery(shop: Shop, server: Server) -> dict[str, Exhibit]:
    made = Gallery(shop, server).fill().pages
    assert tuple(made) == NAMES
    return made


@pytest.fixture
def see(gallery: dict[str, Exhibit], server: Server, new_page: Callable[..., Page]) -> Callable[..., Page]:
    """see("offer", viewport=…) -> a browser's page that shows it"""

    def show(name: str, **options: Any) -> Page:
        exhibit = gallery[name]
        page = new_page(**({"allow_errors": exhibit.status >= 400} | options))
        if exhibit.cookie:
            page.context.add_cookies([{"name": "tenure_portal", "value": exhibit.cookie, "url": server.url}])
        page.goto(server.url + exhibit.path)
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


@pytest.mark.parametrize("name", NAMES)
def test_a_page_survives_wide_spacing_and_zoom(see, name):
    for width, css in ((1280, SPACING), (390, SPACING), (640, "")):
        scale = 1 if css else 2
        page = see(name, viewport={"width": width, "height": 450 * scale}, device_scale_factor=scale, bypass_csp=True)
        if css:
            page.add_style_tag(content=css)
        assert not page.evaluate(WIDER_THAN_THE_SCREEN), (width, bool(css))
        assert page.evaluate(CUT_OFF) == [], (width, bool(css))
        page.context.close()


@pytest.fixture(scope="module")
def large_print(browser: Browser) -> Iterator[Browser]:
    """A browser whose reader has set letters to twice their size."""
    flags = [*FLAGS, "--blink-settings=defaultFontSize=32"]
    started = browser.browser_type.launch(executable_path=chromium_path(), args=flags)
    yield started
    started.close()


@pytest.mark.parametrize("name", ["confirm", "german", "home", "offer", "reason"])
def test_forced_colours_keep_the_controls(see, name):
    page = see(name, forced_colors="active")
    for control in page.locator("main button, main a.btn").all():
        assert control.evaluate("e => getComputedStyle(e).borderTopStyle") == "solid"
    if name == "reason":
        assert page.locator("input[type=radio]").first.evaluate("e => getComputedStyle(e).appearance") == "auto"


def test_a_whole_page_stays_within_its_budget(see, gallery, server):
    for name in ("home", "reason", "offer", "confirm", "done"):
        page = see(name)
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        received: list[float] = []
        session.on("Network.loadingFinished", lambda event, to=received: to.append(event["encodedDataLength"]))
        page.reload(wait_until="networkidle")
        assert 4_000 < sum(received) <= WIRE_BUDGET, name
        page.context.close()


def test_accepting_and_declining_have_the_same_weight(see):
    page = see("offer")
    boxes = page.locator(".flow-actions .btn").evaluate_all(
        "all => all.map(e => [e.offsetHeight, getComputedStyle(e).fontSize, getComputedStyle(e).fontWeight])"
    )
    assert len(boxes) == 2
    assert boxes[0] == boxes[1]


def test_leaving_and_staying_have_the_same_weight(see):
    boxes = (
        see("confirm")
        .locator(".flow-actions .btn")
        .evaluate_all(
            "all => all.map(e => [e.offsetHeight, getComputedStyle(e).fontSize, getComputedStyle(e).fontWeight])"
        )
    )
    assert len(boxes) == 2
    assert boxes[0] == boxes[1]


def test_the_way_out_needs_no_javascript(shop, server, new_page):
    ada = shop.customer()
    subscription = shop.subscription(ada)
    page = new_page(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page.goto(shop.link(ada, shop.configuration(ask="before")))
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Cancel subscription").click()
    assert page.get_by_label("Any additional feedback?").is_visible()
    page.get_by_label("It's too expensive").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm your cancellation")
    page.get_by_role("button", name="Cancel subscription").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your subscription is canceled")
    assert shop.now(subscription).cancellation_details.feedback == "too_expensive"
    page.get_by_role("button", name="Don’t cancel").click()
    expect(page.get_by_text("Your subscription continues")).to_be_visible()
    assert shop.now(subscription).cancel_at is None


def tab_to(page: Page, text: str, limit: int = 40) -> int:
    """Press Tab until the control with this text has the focus; every stop on the way must be visible."""
    for count in range(1, limit + 1):
        page.keyboard.press("Tab")
        label, outlined = page.evaluate("""() => {
            const e = document.activeElement, shown = getComputedStyle(e.closest('.opt') || e)
            return [(e.labels?.[0] || e).innerText || e.value || '',
                    shown.outlineStyle !== 'none' && parseFloat(shown.outlineWidth) >= 2] }""")
        assert outlined, f"no visible focus on {label!r}"
        if text in label:
            return count
    raise AssertionError(f"cannot tab to {text!r}")


def test_the_way_out_needs_no_mouse(shop, page):
    ada = shop.customer()
    shop.subscription(ada)
    page.goto(shop.link(ada, shop.configuration(ask="before")))
    page.wait_for_url("**/p/")
    tab_to(page, "Cancel subscription", 10)
    page.keyboard.press("Enter")
    page.wait_for_url("**/cancel/reason")
    tab_to(page, "It's too expensive", 10)
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    assert page.locator("input:checked").get_attribute("value") == "missing_features"
    tab_to(page, "Continue", 5)
    page.keyboard.press("Enter")
    page.wait_for_url("**/cancel/confirm")
    tab_to(page, "Cancel subscription", 10)
    page.keyboard.press("Enter")
    page.wait_for_url("**/cancel/done")
    page.wait_for_function("document.activeElement.tagName === 'H1'")


def test_an_error_is_named_in_the_title_and_gets_the_focus(see):
    page = see("why", allow_errors=True)  # the answer is a 422
    page.get_by_label("Other reason").check()
    page.get_by_label("Any additional feedback?").fill("x" * 5001)
    page.get_by_test_id("cancellation_reason_submit").click()
    page.wait_for_function("document.activeElement.className === 'summary-err'")
    assert page.title().startswith("Error: ")
    page.get_by_role("link", name="Shorten your note").click()
    assert page.evaluate("document.activeElement.id") == "comment"


def test_other_reason_opens_the_free_text(see):
    page = see("reason")
    comment = page.get_by_label("Any additional feedback?")
    assert not comment.is_visible()
    page.get_by_test_id("cancel-reason-opt-other").click()
    comment.fill("Hello")
    expect(page.locator("#comment-count")).to_have_text("4,995 characters left")
    page.get_by_test_id("cancel-reason-opt-unused").click()
    assert comment.is_visible()
    comment.fill("")
    page.get_by_test_id("cancel-reason-opt-low_quality").click()
    assert not comment.is_visible()


def test_back_and_reload_are_safe(shop, page):
    ada = shop.customer()
    subscription = shop.subscription(ada)
    page.goto(shop.link(ada, shop.configuration(ask=None)))
    page.wait_for_url("**/p/")
    page.get_by_test_id("cancel-subscription").click()
    page.get_by_test_id("confirm").click()
    page.wait_for_url("**/cancel/done")
    page.reload()
    page.go_back()
    page.wait_for_url("**/cancel/done")
    assert len(shop.events(subscription)) == 2


def test_a_deep_link_leaves_for_the_merchant_by_itself(shop, server, new_page):
    subscription = shop.subscription(shop.customer())
    to = {"type": "redirect", "redirect": {"return_url": f"{server.url}/healthz?from=portal"}}
    page = new_page()
    page.goto(shop.deep_link(subscription, shop.configuration(ask=None), after_completion=to))
    page.get_by_test_id("confirm").click()
    page.wait_for_url("**/healthz?from=portal")
    assert shop.now(subscription).cancel_at is not None


def test_the_link_itself_leaves_no_trace_in_what_is_sent(shop, server, page):
    ada = shop.customer()
    link = shop.link(ada)
    secret = urlsplit(link).path.rpartition("/")[2]
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.url} {request.headers.get('referer', '')}"))
    page.goto(link)
    page.wait_for_url("**/p/")
    page.wait_for_load_state("networkidle")
    assert len(sent) > 3
    assert [each for each in sent if secret in each] == [f"{link} "]


def test_the_language_can_be_changed_at_the_foot(shop, page):
    ada = shop.customer()
    shop.subscription(ada)
    page.goto(shop.link(ada))
    page.wait_for_url("**/p/")
    page.locator(".rail-foot select").select_option("de")
    page.get_by_role("button", name="Change language").click()
    expect(page.get_by_role("button", name="Abo kündigen")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "de"


@pytest.mark.parametrize("name", ["home", "offer", "reason", "confirm", "german"])
def test_letters_of_twice_the_size_fit(gallery, server, large_print, name):
    exhibit = gallery[name]
    for width in (1280, 780):
        context = large_print.new_context(viewport={"width": width, "height": 900})
        context.add_cookies([{"name": "tenure_portal", "value": exhibit.cookie, "url": server.url}])
        page = context.new_page()
        page.goto(server.url + exhibit.path)
        assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
        assert not page.evaluate(WIDER_THAN_THE_SCREEN)
        assert page.evaluate(CUT_OFF) == []
        context.close()


def test_no_page_has_anything_inline(gallery, server):
    for name, exhibit in gallery.items():
        visitor = Visitor(server.url)
        visitor.http.cookies.set("tenure_portal", exhibit.cookie)
        source = visitor.get(exhibit.path).page.text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", source), name
