"""Settings → Customer portal in a real browser: with script it follows the hands, without it the same buttons work."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe
from playwright.sync_api import Page, expect

from tenure.actions.configurations import PRESETS
from tests.support.server import Server, User


@pytest.fixture
def config(client: stripe.StripeClient) -> Any:
    reason: Any = {"enabled": True, "options": list(PRESETS)}
    features: Any = {"subscription_cancel": {"enabled": True, "cancellation_reason": reason}}
    return client.v1.billing_portal.configurations.create({"features": features, "name": "Tested"})


@pytest.fixture(scope="module")
def user(server: Server) -> User:
    return server.user()


def opened(page: Page, server: Server, user: User, config: Any) -> Page:
    """The page of the settings, signed in."""
    page.goto(f"{server.url}/dashboard/sign-in")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(user.password)
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{server.url}/dashboard/settings/portal?configuration={config.id}")
    return page


def coupon_form(page: Page) -> None:
    """Turn the offer on and open the form of a new coupon, which is open already where there is no coupon yet."""
    page.get_by_role("switch", name="Make one offer before they go").check()
    if page.locator("#new-coupon").get_attribute("open") is None:
        page.locator("#new-coupon > summary").click()


def reasons(page: Page) -> list[str]:
    """The codes of the presets as they stand."""
    found: list[str] = page.locator('[name="order"]').evaluate_all("rows => rows.map((row) => row.value)")
    return found


def test_typing_changes_the_preview_and_is_marked_as_unsaved(
    server: Server, user: User, config: Any, page: Page
) -> None:
    opened(page, server, user, config)
    frame = page.frame_locator("#pv")
    page.get_by_label("Page to preview").select_option("reason")
    expect(frame.get_by_text("I no longer need it")).to_be_visible()
    expect(page.locator(".save")).to_be_hidden()
    page.get_by_role("checkbox", name="I no longer need it").uncheck()
    expect(frame.get_by_text("I no longer need it")).to_have_count(0)
    expect(page.locator(".save")).to_be_visible()
    page.get_by_role("button", name="Save changes").last.click()
    expect(page.get_by_text("Saved. Customers see this now.")).to_be_visible()


def test_the_preview_shows_the_page_that_is_worked_on_and_leaves_the_back_button_alone(
    server: Server, user: User, config: Any, page: Page
) -> None:
    opened(page, server, user, config)
    before = page.evaluate("history.length")
    page.get_by_role("radio", name="Straight away").check()
    expect(page.get_by_label("Page to preview")).to_have_value("confirm")
    expect(page.frame_locator("#pv").get_by_role("button", name="Cancel now")).to_be_visible()
    page.locator("summary", has_text="Business information").click()
    expect(page.get_by_label("Page to preview")).to_have_value("home")
    page.get_by_label("Headline").press_sequentially("Sail on")
    expect(page.frame_locator("#pv").get_by_text("Sail on")).to_be_visible()
    expect(page.get_by_label("Headline")).to_be_focused()
    expect(page.locator("iframe")).to_have_count(1)
    assert page.evaluate("history.length") == before


def test_the_preview_runs_no_script_and_sends_no_form(
    server: Server, user: User, config: Any, new_page: Callable[..., Page]
) -> None:
    page = opened(new_page(allow_errors=True), server, user, config)
    page.get_by_label("Page to preview").select_option("confirm")
    frame = page.frame_locator("#pv")
    frame.get_by_test_id("confirm").click()
    expect(frame.get_by_test_id("confirm")).to_be_visible()
    assert page.locator("#pv").get_attribute("sandbox") == "allow-same-origin"
    expect(frame.locator("script")).to_have_count(0)


@pytest.mark.parametrize("script", [True, False])
def test_a_reason_moves_up_with_and_without_script(
    server: Server, user: User, config: Any, new_page: Callable[..., Page], script: bool
) -> None:
    page = opened(new_page(java_script_enabled=script), server, user, config)
    assert reasons(page)[3] == "unused"
    page.get_by_role("button", name="Move up: I no longer need it").click()
    assert reasons(page)[2:4] == ["unused", "switched_service"]
    page.get_by_role("button", name="Save changes").last.click()
    expect(page.get_by_text("Saved. Customers see this now.")).to_be_visible()
    assert reasons(page)[2:4] == ["unused", "switched_service"]


def test_without_script_a_coupon_is_made_and_the_preview_shown_before_it_is_saved(
    server: Server, user: User, config: Any, new_page: Callable[..., Page]
) -> None:
    page = opened(new_page(java_script_enabled=False), server, user, config)
    coupon_form(page)
    page.get_by_label("Percent off").fill("35")
    page.get_by_role("button", name="Create and select").click()
    expect(page.get_by_label("Retention coupon").locator("option:checked")).to_have_text("35% off for 3 months")
    page.get_by_role("button", name="Update preview").click()
    expect(page.frame_locator("#pv").get_by_role("heading", name="35% off for 3 months")).to_be_visible()
    page.get_by_role("button", name="Save changes").last.click()
    expect(page.get_by_text("Saved. Customers see this now.")).to_be_visible()


def test_enter_in_the_coupons_form_makes_the_coupon_and_saves_nothing(
    server: Server, user: User, config: Any, page: Page, client: stripe.StripeClient
) -> None:
    opened(page, server, user, config)
    coupon_form(page)
    page.get_by_label("Percent off").fill("45")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Retention coupon").locator("option:checked")).to_have_text("45% off for 3 months")
    after = client.v1.billing_portal.configurations.retrieve(config.id)
    assert after.features.subscription_cancel["retention"] is None


def test_the_warning_stands_where_cancelling_is_turned_off(server: Server, user: User, config: Any, page: Page) -> None:
    opened(page, server, user, config)
    warning = page.get_by_text("this can break consumer law")
    expect(warning).to_be_hidden()
    page.get_by_role("switch", name="Customers can cancel").uncheck()
    expect(warning).to_be_visible()


def test_a_viewer_can_change_what_the_preview_shows_and_nothing_else(server: Server, config: Any, page: Page) -> None:
    opened(page, server, server.user(role="viewer"), config)
    expect(page.get_by_role("switch", name="Customers can cancel")).to_be_disabled()
    page.get_by_label("Page to preview").select_option("confirm")
    expect(page.frame_locator("#pv").get_by_test_id("confirm")).to_be_visible()


def test_at_320_pixels_nothing_is_cut_off(
    server: Server, user: User, config: Any, new_page: Callable[..., Page]
) -> None:
    page = opened(new_page(viewport={"width": 320, "height": 800}), server, user, config)
    for section in ("Business information", "Portal link", "Plan changes", "Configurations"):
        page.locator(".part > summary", has_text=section).click()
    coupon_form(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
