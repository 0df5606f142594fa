"""Pages in a real browser: without JavaScript, at 320 pixels, and as an accessibility checker sees them."""

from collections.abc import Callable

import pytest
import stripe
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.dashboard.visitor import safe_routes
from tests.support.server import Server, User

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def owner(server: Server) -> User:
    return server.user()


@pytest.fixture(scope="module")
def subscription(client: stripe.StripeClient) -> str:
    product = client.v1.products.create({"name": "Studio"})
    recurring = {"interval": "month"}
    price = client.v1.prices.create(
        {"product": product.id, "currency": "eur", "unit_amount": 2900, "recurring": recurring}
    )
    customer = client.v1.customers.create(
        {"name": "Ada Moreau", "email": "ada.moreau@a-rather-long-company-name.example"}
    )
    return client.v1.subscriptions.create({"customer": customer.id, "items": [{"price": price.id}]}).id


def _enter(page: Page, server: Server, owner: User, path: str = "") -> None:
    page.goto(f"{server.url}/dashboard{path}")
    page.get_by_label("Email").fill(owner.email)
    page.get_by_label("Password").fill(owner.password)
    page.get_by_role("button", name="Sign in").click()


def test_a_merchant_cancels_and_takes_it_back_without_javascript(
    server: Server, owner: User, subscription: str, new_page: Callable[..., Page]
):
    page = new_page(java_script_enabled=False, viewport={"width": 320, "height": 800})
    _enter(page, server, owner, f"/subscriptions/{subscription}")
    page.get_by_role("link", name="Cancel subscription").click()
    page.get_by_label("Reason, on behalf of the customer").select_option("unused")
    page.get_by_label("Comment").fill("Called us on Monday.")
    page.get_by_role("button", name="Cancel subscription").click()
    card = page.get_by_role("region", name="Cancelled by you")
    assert "I no longer need it" in card.inner_text()
    assert "Called us on Monday." in card.inner_text()
    page.get_by_role("button", name="Undo cancellation").click()
    assert page.get_by_text("The cancellation was taken back.").is_visible()
    page.locator("summary", has_text="Actions").click()
    page.get_by_role("button", name="Make a portal link").click()
    assert "/p/session/" in page.get_by_label("Address").input_value()


def test_every_page_folds_and_has_no_barriers(
    server: Server, owner: User, subscription: str, new_page: Callable[..., Page]
):
    page = new_page(bypass_csp=True)
    _enter(page, server, owner)
    paths = [path for path in safe_routes() if "nobody" not in path and not path.endswith(".csv")]
    for path in (*paths, f"/subscriptions/{subscription}", f"/subscriptions/{subscription}/cancel"):
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(f"{server.url}/dashboard{path}")
        found = Axe().run(page).response["violations"]
        assert [(path, each["id"], each["nodes"][0]["html"]) for each in found] == []
        page.set_viewport_size({"width": 320, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
