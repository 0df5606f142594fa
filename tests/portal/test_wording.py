"""A merchant rewords the eight presets, language by language: through the API, onto the customer's pages."""

import html

import pytest
import stripe

from tests.portal.visitors import REASONS

AT = "features[subscription_cancel][cancellation_reason][labels]"
UNUSED = {"en": "We stopped sailing", "de": "Wir segeln nicht mehr"}
HOSTILE = "</span><script>alert(1)</script>\"' & 100% {{ 7*7 }}"


def reason(labels, **given):
    return {"enabled": True, "options": REASONS, "ask": "before", "labels": labels} | given


def changes(labels):
    cancel = {"cancellation_reason": {"enabled": True, "labels": labels}}
    return {"features": {"subscription_cancel": cancel}}


def labels_of(configuration):
    return configuration.features.subscription_cancel.cancellation_reason.labels.to_dict()


@pytest.fixture
def ada(shop):
    return shop.customer()


@pytest.fixture
def subscription(shop, ada):
    return shop.subscription(ada)


@pytest.fixture
def asked(browse, shop, ada, subscription):
    """asked(labels, "de") -> a visitor whose page asks for the reason"""

    def visit(labels, language):
        config = shop.configuration(cancellation_reason=reason(labels))
        return browse(language=language).open(shop.link(ada, config)).press("cancel-subscription")

    return visit


def test_labels_come_back_as_they_were_given_and_are_empty_at_first(shop):
    assert labels_of(shop.configuration()) == {}
    made = shop.configuration(cancellation_reason=reason({"unused": UNUSED}))
    assert labels_of(made) == {"unused": UNUSED}
    assert labels_of(shop.api.billing_portal.configurations.retrieve(made.id)) == {"unused": UNUSED}


def test_only_the_entries_that_are_named_change(shop):
    made = shop.configuration(cancellation_reason=reason({"unused": UNUSED, "other": {"en": "None of these"}}))

    def after(labels):
        return labels_of(shop.api.billing_portal.configurations.update(made.id, changes(labels)))

    french = {**UNUSED, "fr": "Nous ne naviguons plus"}
    assert after({"unused": {"fr": french["fr"]}}) == {"unused": french, "other": {"en": "None of these"}}
    assert after({"unused": {"fr": "", "de": ""}}) == {"unused": {"en": UNUSED["en"]}, "other": {"en": "None of these"}}
    assert after({"other": {"en": ""}}) == {"unused": {"en": UNUSED["en"]}}
    assert after({}) == {"unused": {"en": UNUSED["en"]}}
    assert after({"unused": ""}) == {}


def test_other_settings_leave_labels_alone_and_an_empty_value_clears_them_all(shop):
    made = shop.configuration(cancellation_reason=reason({"unused": UNUSED}))
    update = shop.api.billing_portal.configurations.update
    assert labels_of(update(made.id, {"business_profile": {"headline": "Halyard"}})) == {"unused": UNUSED}
    assert labels_of(update(made.id, changes(""))) == {}


@pytest.mark.parametrize(
    ("labels", "param"),
    [
        ({"bored": {"en": "Bored"}}, f"{AT}[bored]"),
        ({"unused": {"tlh": "Qapla'"}}, f"{AT}[unused][tlh]"),
        ({"unused": {"DE": "Ungenutzt"}}, f"{AT}[unused][DE]"),
        ({"unused": {"en": "x" * 101}}, f"{AT}[unused][en]"),
        ({"unused": {"en": "   "}}, f"{AT}[unused][en]"),
        ({"unused": "Bored"}, f"{AT}[unused]"),
        ("Bored", AT),
    ],
)
def test_what_is_no_label_is_refused_where_it_stands(shop, labels, param):
    made = shop.configuration(cancellation_reason=reason({"unused": UNUSED}))
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.api.billing_portal.configurations.update(made.id, changes(labels))
    assert (refusal.value.http_status, refusal.value.param) == (400, param)
    assert labels_of(shop.api.billing_portal.configurations.retrieve(made.id)) == {"unused": UNUSED}


def test_a_hundred_characters_are_counted_as_people_count_them(shop):
    label = "ü" * 100
    made = shop.configuration(cancellation_reason=reason({"unused": {"de": label}}))
    assert labels_of(made) == {"unused": {"de": label}}


@pytest.mark.parametrize(
    ("language", "read", "standard"),
    [
        ("en-US", "We stopped sailing", "Other reason"),
        ("en-GB", "We stopped sailing", "Other reason"),
        ("de", "Wir segeln nicht mehr", "Anderer Grund"),
    ],
)
def test_customers_read_the_label_of_their_language_and_ours_for_the_rest(asked, language, read, standard):
    visitor = asked({"unused": UNUSED}, language)
    assert read in visitor.text and standard in visitor.text
    assert not [words for words in {"I no longer need it", *UNUSED.values()} - {read} if words in visitor.text]
    visitor.press("cancellation_reason_submit", feedback="unused")
    assert 'data-testid="confirm"' in visitor.page.text
    assert read in visitor.text


def test_a_label_of_another_language_is_not_shown(asked):
    assert "Wir segeln" not in asked({"unused": {"de": UNUSED["de"]}}, "en").text


def test_the_answer_is_still_the_code(asked, shop, subscription):
    asked({"unused": UNUSED}, "de").press("cancellation_reason_submit", feedback="unused").press("confirm")
    assert shop.now(subscription).cancellation_details.feedback == "unused"


def test_hostile_words_stay_words(asked):
    visitor = asked({"unused": {"en": HOSTILE}}, "en")
    for page in (visitor, visitor.press("cancellation_reason_submit", feedback="unused")):
        assert "<script>alert" not in page.page.text
        assert HOSTILE in html.unescape(page.page.text)


def test_an_offer_does_not_quote_words_that_nobody_chose(browse, shop, ada, subscription):
    offer = {"type": "coupon_offer", "coupon_offer": {"coupon": shop.coupon().id}}
    labels = {"too_expensive": {"en": "The board said no"}}
    config = shop.configuration(cancellation_reason=reason(labels), retention=offer)
    visitor = browse().open(shop.link(ada, config)).press("cancel-subscription")
    visitor.press("cancellation_reason_submit", feedback="too_expensive")
    assert visitor.heading == "Stay for 25% less?"
    assert "You said" not in visitor.text
