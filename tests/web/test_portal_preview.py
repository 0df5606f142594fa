"""The preview shows the real templates with the draft, and nothing in it works."""

import re

import pytest

from tenure.domain.coupons import Coupon
from tenure.domain.portal import (
    BusinessProfile,
    CancellationReason,
    Configuration,
    Features,
    SubscriptionCancel,
)
from tenure.i18n.languages import language
from tenure.web.portal_preview import PAGES, preview
from tenure.web.readers import Merchant, merchant_of

NOW = 1795348800
MERCHANT = Merchant(account="acct_1", name="Halyard", color="#7a3ff2")
COUPON = Coupon(id="STAY", percent_off=40, duration="repeating", duration_in_months=2)


def draft(**cancel: object) -> Configuration:
    reason = CancellationReason(enabled=True, options=["unused", "other"], ask="before")
    features = Features(subscription_cancel=SubscriptionCancel(**({"cancellation_reason": reason} | cancel)))
    return Configuration(id="bpc_1", features=features, business_profile=BusinessProfile(headline="Hello there"))


def shown(page: str, configuration: Configuration, coupon: Coupon | None = COUPON, tag: str = "en") -> str:
    return preview(page, configuration, merchant=MERCHANT, language=language(tag), now=NOW, coupon=coupon).decode()


@pytest.mark.parametrize("tag", ["en", "de", "ar"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_can_be_previewed(page, tag):
    html = shown(page, draft(), tag=tag)
    assert f'<html lang="{tag}"' in html
    assert "/static/brand/7a3ff2.css" in html


@pytest.mark.parametrize("page", PAGES)
def test_nothing_in_a_preview_leads_anywhere(page):
    html = shown(page, draft())
    targets = re.findall(r'(?:href|action|formaction)="([^"]*)"', html)
    assert {target for target in targets if not target.startswith("/static/")} <= {"#", "#main"}


def test_the_draft_decides_what_is_shown():
    assert "Hello there" in shown("home", draft())
    assert "cancel-subscription" in shown("home", draft())
    assert "cancel-subscription" not in shown("home", draft(enabled=False))
    assert "40% off for 2 months" in shown("offer", draft())
    assert "cancel-reason-opt-unused" in shown("reason", draft())
    assert "cancel-reason-opt-low_quality" not in shown("reason", draft())
    assert "stops working now" in shown("confirm", draft(mode="immediately"))


@pytest.mark.parametrize("page", ["reason", "confirm"])
def test_a_draft_shows_its_own_words_for_a_preset(page):
    labels = {"unused": {"en": "Ashore <for good>", "de": "An Land"}}
    reason = CancellationReason(enabled=True, options=["unused", "other"], ask="before", labels=labels)
    assert "Ashore &lt;for good&gt;" in shown(page, draft(cancellation_reason=reason))
    assert "An Land" in shown(page, draft(cancellation_reason=reason), tag="de")


def test_without_a_coupon_the_offers_page_is_the_one_after_it():
    assert 'data-testid="confirm"' in shown("offer", draft(), coupon=None)


def test_a_merchant_without_settings_has_defaults():
    made = merchant_of("acct_1", "Halyard Ltd", {})
    assert (made.name, made.letter, made.time_zone) == ("Halyard Ltd", "H", "UTC")
    set_up = merchant_of("acct_1", "Halyard Ltd", {"business_name": "Halyard", "brand_color": "#0e7c6b"})
    assert (set_up.name, set_up.color) == ("Halyard", "#0e7c6b")
