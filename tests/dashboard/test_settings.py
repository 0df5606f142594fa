"""Settings → Customer portal: what is typed is kept, checked, saved once, and shown by the preview before that."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import stripe
from playwright.sync_api import Page, expect

from tenure.actions.configurations import PRESETS
from tests.dashboard.visitor import Visitor, signed_in
from tests.support.server import Server

PATH = "/settings/portal"


@pytest.fixture
def api(client: stripe.StripeClient) -> Any:
    return client.v1


@pytest.fixture
def config(api: Any) -> Any:
    reason = {"enabled": True, "options": list(PRESETS)}
    features = {"subscription_cancel": {"enabled": True, "cancellation_reason": reason}}
    return api.billing_portal.configurations.create({"features": features, "name": "Tested"})


@pytest.fixture(scope="module")
def owner(server: Server) -> Visitor:
    return signed_in(server)


def form_of(config: Any, **changes: Any) -> dict[str, Any]:
    """The form as the page has it for this configuration, with changes."""
    typed = {
        "configuration": config.id, "version": str(config.updated), "on": ["cancel", "reason"], "mode": "at_period_end",
        "order": list(PRESETS), "reason": list(PRESETS), "ask": "after", "business_name": "Halyard",
        "brand_color": "#0e7c6b", "name": "Tested", "action": "save",
    }  # fmt: skip
    return typed | changes


def cancel_of(api: Any, config: Any) -> Any:
    return api.billing_portal.configurations.retrieve(config.id).features.subscription_cancel


def test_every_setting_of_cancelling_is_saved(owner: Visitor, api: Any, config: Any) -> None:
    coupon = api.coupons.create({"percent_off": 20, "duration": "once"})
    wanted = ["too_expensive", "other"]
    typed = form_of(
        config, on=["cancel", "reason", "retention"], mode="immediately", proration="create_prorations", ask="before",
        reason=wanted, coupon=coupon.id, headline="Sail on", privacy="https://halyard.example/privacy",
    )  # fmt: skip
    answer = owner.post(PATH, **typed)
    assert answer.status_code == 303
    cancel = cancel_of(api, config)
    assert (cancel.mode, cancel.proration_behavior) == ("immediately", "create_prorations")
    assert cancel.cancellation_reason.options == wanted
    assert cancel.cancellation_reason["ask"] == "before"
    assert cancel["retention"]["coupon_offer"]["coupon"] == coupon.id
    after = api.billing_portal.configurations.retrieve(config.id)
    assert after.business_profile.headline == "Sail on"
    assert "Saved. Customers see this now." in owner.shown(f"{PATH}?configuration={config.id}&done=portal")


def test_reasons_move_without_javascript_and_nothing_typed_is_lost(owner: Visitor, api: Any, config: Any) -> None:
    page = owner.post(PATH, **form_of(config, action="up:unused", headline="Not saved yet")).text
    assert re.findall(r'name="order" value="(\w+)"', page)[2:4] == ["unused", "switched_service"]
    assert "Not saved yet" in page
    assert api.billing_portal.configurations.retrieve(config.id).business_profile.headline is None


def test_a_coupon_is_made_and_chosen_inside_the_form(owner: Visitor, api: Any, config: Any) -> None:
    given = {"coupon_name": "Stay <3", "coupon_type": "percent", "coupon_percent_off": "30", "coupon_duration": "once"}
    page = owner.post(PATH, **form_of(config, action="create_coupon", headline="Kept", **given)).text
    (made,) = [each for each in api.coupons.list({"limit": 100}).data if each.name == "Stay <3"]
    assert f'<option value="{made.id}" selected>' in page and "Kept" in page and "Stay &lt;3" in page
    assert cancel_of(api, config)["retention"] is None


def test_a_coupon_that_is_none_is_explained_at_its_field(owner: Visitor, config: Any) -> None:
    given = {"coupon_type": "percent", "coupon_percent_off": "130", "coupon_duration": "once"}
    answer = owner.post(PATH, **form_of(config, action="create_coupon", **given))
    assert answer.status_code == 422
    assert "Enter a percentage over 0 and up to 100." in answer.text


def test_an_own_reason_is_added_ticked_and_retired(owner: Visitor, api: Any, config: Any) -> None:
    page = owner.post(PATH, **form_of(config, action="add_reason", new_reason="We <b>merged</b>")).text
    (made,) = [e for e in api.billing.feedback_options.list().data if e.description == "We <b>merged</b>"]
    assert f'value="{made.id}" checked' in page and "We &lt;b&gt;merged" in page
    owner.post(PATH, **form_of(config, custom=[made.id]))
    assert cancel_of(api, config).cancellation_reason.feedback_options == [made.id]
    owner.post(PATH, **form_of(config, action=f"retire:{made.id}"))
    assert api.billing.feedback_options.retrieve(made.id).status == "inactive"


def test_who_saves_later_is_told_and_may_save_anyway(owner: Visitor, api: Any, config: Any) -> None:
    old = form_of(config, version=str(config.updated - 5), headline="Mine")
    answer = owner.post(PATH, **old)
    assert answer.status_code == 409 and "Someone else saved changes meanwhile" in answer.text and "Mine" in answer.text
    assert owner.post(PATH, **(old | {"action": "overwrite"})).status_code == 303
    assert api.billing_portal.configurations.retrieve(config.id).business_profile.headline == "Mine"


@pytest.mark.parametrize(
    ("field", "value"),
    [("headline", "x" * 61), ("terms", "javascript:alert(1)"), ("return_url", "//evil"), ("brand_color", "red"),
     ("business_name", "")],
)  # fmt: skip
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_saved(
    owner: Visitor, api: Any, config: Any, field: str, value: str
) -> None:
    answer = owner.post(PATH, **form_of(config, **{field: value}))
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text
    assert api.billing_portal.configurations.retrieve(config.id).updated == config.updated


def test_the_preview_shows_what_is_not_saved_yet_and_only_we_may_frame_it(owner: Visitor, config: Any) -> None:
    typed = form_of(config, reason=["unused"], preview_page="reason", preview_language="de", business_name="Albatros")
    answer = owner.post(f"{PATH}/preview", **typed)
    assert answer.status_code == 200
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    assert "x-frame-options" not in answer.headers
    assert "Albatros" in answer.text and 'lang="de"' in answer.text
    assert re.findall(r"cancel-reason-opt-(\w+)", answer.text) == ["unused"]


def test_a_viewer_sees_the_settings_and_saves_nothing(server: Server, api: Any, config: Any) -> None:
    viewer = signed_in(server, role="viewer")
    assert "Cancellations" in viewer.shown(f"{PATH}?configuration={config.id}")
    assert viewer.post(PATH, **form_of(config, headline="No")).status_code == 403


def test_a_configuration_of_the_other_mode_does_not_exist(owner: Visitor, server: Server) -> None:
    live = server.client(server.key(live=True)).v1.billing_portal.configurations.create({"features": {}} | {
        "features": {"subscription_cancel": {"enabled": True}}})  # fmt: skip
    assert owner.get(f"{PATH}?configuration={live.id}").status_code == 404


def test_typing_changes_the_preview_and_is_marked_as_unsaved(
    server: Server, config: Any, new_page: Callable[..., Page]
) -> None:
    user, page = server.user(), new_page()
    page.goto(f"{server.url}/dashboard/sign-in")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(user.password)
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{server.url}/dashboard{PATH}?configuration={config.id}")
    frame = page.frame_locator("#pv")
    page.get_by_label("Page to preview").select_option("reason")
    expect(frame.get_by_text("I no longer need it")).to_be_visible()
    expect(page.locator(".save")).to_be_hidden()
    page.get_by_role("checkbox", name="I no longer need it").uncheck()
    expect(frame.get_by_text("I no longer need it")).to_have_count(0)
    expect(page.locator(".save")).to_be_visible()
    page.get_by_role("button", name="Save changes").last.click()
    expect(page.get_by_text("Saved. Customers see this now.")).to_be_visible()
