"""Settings → Customer portal: what is typed is kept, checked, saved once, and shown by the preview before that."""

import re
import sqlite3
from contextlib import closing
from typing import Any

import pytest
import stripe

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


def test_what_else_was_saved_meanwhile_in_the_account_stays(owner: Visitor, server: Server, config: Any) -> None:
    assert owner.post(PATH, **form_of(config, business_name="Albatros Sails")).status_code == 303
    left_alone = form_of(config, action="overwrite", shown_business_name="Halyard", shown_brand_color="#0e7c6b")
    assert owner.post(PATH, **left_alone).status_code == 303
    assert 'name="business_name" type="text" value="Albatros Sails"' in owner.shown(PATH)


def test_own_reasons_are_reworded_translated_and_put_in_order(owner: Visitor, api: Any, config: Any) -> None:
    first, second = (
        api.billing.feedback_options.create({"description": text}).id for text in ("Sold the boat", "Sank")
    )
    typed = {
        "custom_order": [first, second], "custom": [first, second], f"own_{first}": "Sold <our> boat",
        f"own_{first}_de": "Boot verkauft",
    }  # fmt: skip
    moved = owner.post(PATH, **form_of(config, action=f"up:{second}", **typed)).text
    assert re.findall(r'name="custom_order" value="(\w+)"', moved)[:2] == [second, first]
    assert "Sold &lt;our&gt; boat" in moved and "Boot verkauft" in moved
    shown = owner.post(f"{PATH}/preview", **form_of(config, preview_page="reason", preview_language="de", **typed)).text
    assert "Boot verkauft" in shown and "Sold the boat" not in shown
    assert owner.post(PATH, **form_of(config, **typed)).status_code == 303
    option = api.billing.feedback_options.retrieve(first)
    assert (option.description, option["descriptions"].to_dict()) == ("Sold <our> boat", {"de": "Boot verkauft"})
    assert cancel_of(api, config).cancellation_reason.feedback_options == [first, second]
    owner.post(PATH, **(form_of(config, action="overwrite", **typed) | {f"own_{first}_de": ""}))
    assert api.billing.feedback_options.retrieve(first)["descriptions"].to_dict() == {}


@pytest.mark.parametrize("text", ["", "x" * 101])
def test_an_own_reason_without_fitting_words_is_explained_at_its_field(
    owner: Visitor, api: Any, config: Any, text: str
) -> None:
    made = api.billing.feedback_options.create({"description": "Went ashore"}).id
    answer = owner.post(PATH, **form_of(config, custom_order=[made], custom=[made], **{f"own_{made}": text}))
    assert answer.status_code == 422 and f'href="#f-own_{made}"' in answer.text
    assert api.billing.feedback_options.retrieve(made).description == "Went ashore"


def test_a_coupon_that_is_used_up_is_still_shown_and_told(owner: Visitor, api: Any, config: Any) -> None:
    coupon = api.coupons.create({"percent_off": 20, "duration": "once"})
    owner.post(PATH, **form_of(config, on=["cancel", "reason", "retention"], coupon=coupon.id))
    assert "cannot be redeemed any more" not in owner.shown(f"{PATH}?configuration={config.id}")
    api.coupons.delete(coupon.id)
    assert "cannot be redeemed any more" in owner.shown(f"{PATH}?configuration={config.id}")
    typed = form_of(config, action="overwrite", on=["cancel", "reason", "retention"], coupon=coupon.id)
    answer = owner.post(PATH, **typed)
    assert answer.status_code == 422 and 'href="#f-coupon"' in answer.text


def test_one_more_configuration_is_a_copy_and_can_go_out_of_use(owner: Visitor, api: Any, config: Any) -> None:
    owner.post(PATH, **form_of(config, reason=["unused"], headline="Copied", ask="before"))
    answer = owner.post(f"{PATH}/new", configuration=config.id, new_name="For <teams>")
    assert answer.status_code == 303
    (made,) = [e for e in api.billing_portal.configurations.list({"limit": 100}).data if e.name == "For <teams>"]
    assert (made.business_profile.headline, made.is_default) == ("Copied", False)
    assert made.features.subscription_cancel.cancellation_reason.options == ["unused"]
    assert owner.post(f"{PATH}/{made.id}", active="false").status_code == 303
    assert not api.billing_portal.configurations.retrieve(made.id).active
    assert "For &lt;teams&gt;" in owner.shown(PATH)
    assert owner.post(f"{PATH}/{made.id}", active="true").status_code == 303


def test_the_default_configuration_stays_in_use(owner: Visitor, api: Any) -> None:
    (default,) = api.billing_portal.configurations.list({"is_default": True}).data
    assert owner.post(f"{PATH}/{default.id}", active="false").status_code == 400
    assert api.billing_portal.configurations.retrieve(default.id).active


def test_viewers_get_a_form_that_is_switched_off(server: Server, config: Any) -> None:
    page = signed_in(server, role="viewer").shown(f"{PATH}?configuration={config.id}")
    assert '<fieldset class="acc" disabled>' in page and "Save changes</button></div>" not in page
    assert f"{PATH}/new" not in page


def test_every_change_is_in_the_log_with_the_person(server: Server, config: Any) -> None:
    user, visitor = server.user(), Visitor(server)
    visitor.sign_in(user)
    visitor.post(PATH, **form_of(config, headline="Logged"))
    with closing(sqlite3.connect(f"file:{server.data / 'tenure.db'}?mode=ro", uri=True)) as data:
        told = "select actor from audit_log where object_id = ? and action = 'portal.settings'"
        assert data.execute(told, [config.id]).fetchall() == [(user.email,)]


def test_the_postal_address_belongs_to_the_account(owner, config):
    lines = "Hafenstraße 12\r\n20457 Hamburg"
    assert owner.post(PATH, **form_of(config, address=lines)).status_code == 303
    assert "Hafenstraße 12\n20457 Hamburg</textarea>" in owner.shown(PATH)
    kept = form_of(config, action="overwrite")  # a form that knows no address leaves it alone
    assert owner.post(PATH, **kept).status_code == 303
    assert "Hafenstraße 12\n20457 Hamburg</textarea>" in owner.shown(PATH)
    wrong = owner.post(PATH, **form_of(config, action="overwrite", address="x" * 301))
    assert wrong.status_code == 422 and "Use 300 characters at most." in wrong.text
