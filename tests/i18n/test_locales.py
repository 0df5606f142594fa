"""Which language a visitor gets."""

import pytest
import stripe

from tenure.i18n import locales
from tenure.i18n.languages import translated_tags


def test_every_locale_of_the_reference_is_known():
    known = set(locales.REFERENCE_TAGS)
    assert len(known) == 46
    assert {"pt-BR", "zh-TW", "es-419", "fil", "mt"} <= known
    assert stripe.VERSION  # the list is that of the SDK's `locale` parameter, `auto` aside


@pytest.mark.parametrize(
    ("tag", "cldr"),
    [
        ("pt", "pt_PT"),
        ("pt-BR", "pt_BR"),
        ("zh", "zh_Hans"),
        ("zh-TW", "zh_Hant_TW"),
        ("zh-HK", "zh_Hant_HK"),
        ("es", "es_ES"),
        ("fr", "fr_FR"),
        ("de", "de"),
    ],
)
def test_a_tag_means_what_the_reference_means_by_it(tag, cldr):
    assert str(locales.cldr(tag)) == cldr


@pytest.mark.parametrize("tag", locales.TAGS)
def test_every_tag_has_formats_a_name_and_a_direction(tag):
    assert locales.native_name(tag)
    assert locales.is_rtl(tag) == (tag in locales.RIGHT_TO_LEFT_TAGS)


@pytest.mark.parametrize(
    ("wanted", "tag"),
    [
        ("de-DE", "de"),
        ("de_AT", "de"),
        ("EN-gb", "en-GB"),
        ("en-US", "en"),
        ("no", "nb"),
        ("es-MX", "es-419"),
        ("es-ES", "es"),
        ("zh-Hant", "zh-TW"),
        ("zh-Hant-HK", "zh-HK"),
        ("zh-CN", "zh"),
        ("iw", "he"),
        ("tlh", None),
        ("auto", None),
        ("", None),
        (None, None),
    ],
)
def test_a_browsers_tag_finds_the_closest_of_ours(wanted, tag):
    assert locales.match(wanted) == tag


def test_accept_language_is_read_by_weight():
    header = "fr;q=0.3, de-CH, en;q=0.8, *;q=0.1, xx;q=0, ;;;, it;q=oops"
    assert locales.accepted(header) == ["de-CH", "en", "fr", "*"]


def test_wishes_come_before_the_browser_and_the_browser_before_the_default():
    def pick(*wishes, browser=""):
        return locales.negotiate(wishes, accept_language=browser, default="it", offered=("de", "en", "fr", "it"))

    assert pick("de", "fr", browser="en") == "de"
    assert pick(None, "auto", "fr", browser="en") == "fr"
    assert pick(None, browser="en-US,en;q=0.9") == "en"
    assert pick("tlh", browser="sv") == "it"


def test_a_language_without_texts_is_not_offered():
    assert {"en", "en-GB", "en-AU", "de"} <= set(translated_tags())
    assert "ja" not in translated_tags()
    assert locales.negotiate(["ja"], accept_language="de", offered=translated_tags()) == "de"


@pytest.mark.parametrize(
    ("tag", "family"),
    [
        ("en", ("en",)),
        ("en-AU", ("en-AU", "en-GB", "en")),
        ("de", ("de",)),
        ("fr-CA", ("fr-CA", "fr")),
        ("zh-TW", ("zh-TW",)),
    ],
)
def test_the_family_of_a_tag_stays_in_its_language(tag, family):
    assert locales.family(tag) == family
