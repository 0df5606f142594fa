"""Settings → Customer portal → Cancellations → Wording: the merchant's words for the presets, per language."""

import re
from typing import Any

import pytest
import stripe

from tests.dashboard.visitor import Visitor, signed_in
from tests.support.server import Server

PATH = "/settings/portal"
PRESETS = [
    "too_expensive", "missing_features", "switched_service", "unused", "customer_service", "too_complex",
    "low_quality", "other",
]  # fmt: skip
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture(scope="module")
def owner(server: Server) -> Visitor:
    return signed_in(server)


@pytest.fixture
def portal(client: stripe.StripeClient) -> Any:
    return client.v1.billing_portal.configurations


@pytest.fixture
def config(portal: Any) -> Any:
    labels = {"unused": {"en": "We stopped sailing", "en-GB": "We have come ashore"}}
    reason = {"enabled": True, "options": PRESETS, "labels": labels}
    return portal.create({"features": {"subscription_cancel": {"enabled": True, "cancellation_reason": reason}}})


def form_of(config: Any, **changes: Any) -> dict[str, Any]:
    typed = {
        "configuration": config.id, "version": str(config.updated), "on": ["cancel", "reason"], "order": PRESETS,
        "reason": PRESETS, "business_name": "Halyard", "brand_color": "#0e7c6b", "action": "save",
    }  # fmt: skip
    return typed | changes


def labels_of(portal: Any, config: Any) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = portal.retrieve(
        config.id
    ).features.subscription_cancel.cancellation_reason.labels.to_dict()
    return found


def fields(page: str) -> dict[str, str]:
    """The values of the fields for labels."""
    return dict(re.findall(r'name="label_([\w-]+)" type="text" value="([^"]*)"', page))


def test_every_preset_has_a_field_for_each_of_our_languages_and_each_that_has_a_label(owner: Visitor, config: Any):
    found = fields(owner.shown(f"{PATH}?configuration={config.id}"))
    assert set(found) == {f"{code}_{tag}" for code in PRESETS for tag in ("en", "de", "en-GB")}
    assert {name: text for name, text in found.items() if text} == {
        "unused_en": "We stopped sailing", "unused_en-GB": "We have come ashore",
    }  # fmt: skip


def test_what_is_typed_is_saved_and_what_is_emptied_goes(owner: Visitor, portal: Any, config: Any):
    typed = {"label_other_de": " Etwas anderes ", "label_unused_en": "", "label_unused_de": ""}
    assert owner.post(PATH, **form_of(config, **typed)).status_code == 303
    assert labels_of(portal, config) == {"other": {"de": "Etwas anderes"}, "unused": {"en-GB": "We have come ashore"}}


def test_a_form_without_these_fields_changes_no_label(owner: Visitor, portal: Any, config: Any):
    before = labels_of(portal, config)
    assert owner.post(PATH, **form_of(config, headline="Sail on")).status_code == 303
    assert labels_of(portal, config) == before


def test_the_preview_shows_words_that_are_not_saved_yet(owner: Visitor, portal: Any, config: Any):
    typed = form_of(config, label_other_de="Etwas <b>anderes</b>", preview_page="reason", preview_language="de")
    shown = owner.post(f"{PATH}/preview", **typed).text
    assert "Etwas &lt;b&gt;anderes&lt;/b&gt;" in shown
    assert "other" not in labels_of(portal, config)


def test_what_was_typed_survives_another_button(owner: Visitor, config: Any):
    page = owner.post(PATH, **form_of(config, action="up:unused", label_other_en=HOSTILE)).text
    assert fields(page)["other_en"] == "&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"
    assert "<script>alert" not in page


def test_a_label_that_is_too_long_is_explained_at_its_field(owner: Visitor, portal: Any, config: Any):
    answer = owner.post(PATH, **form_of(config, label_other_de="x" * 101, label_unused_en="Fine"))
    assert answer.status_code == 422
    assert 'href="#f-label_other_de"' in answer.text and "Use 100 characters at most." in answer.text
    assert answer.text.count('class="wording" open') == 1
    assert fields(answer.text)["unused_en"] == "Fine"
    assert labels_of(portal, config)["unused"]["en"] == "We stopped sailing"
