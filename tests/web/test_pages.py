"""Templates: escaped, complete, and fair."""

import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from tenure import web
from tenure.i18n.languages import language
from tenure.web import pages

TEMPLATES = Path(web.__file__).parent / "templates"
SIZES = {"btn-sm", "btn-lg"}


def rendered(source: str, tag: str = "en", **context: object) -> str:
    return pages.environment().from_string(source).render(language=language(tag), **context)


def test_values_are_escaped_and_texts_are_not():
    assert rendered("{{ name }}", name="<b>") == "&lt;b&gt;"
    assert rendered("{{ _('Ends %(date)s', date=name) }}", name="<b>") == "Ends &lt;b&gt;"


def test_values_in_right_to_left_text_are_fenced_off():
    assert rendered("{{ _('Ends %(date)s', date=name) }}", "ar", name="<b>") == "Ends \u2068&lt;b&gt;\u2069"


def test_a_text_is_in_the_pages_language_with_its_plural():
    assert rendered("{{ _('Cancel subscription') }}", "de") == "Abo kündigen"
    source = "{{ ngettext('per month', 'every %(num)s months', 3) }}"
    assert rendered(source, "de") == "alle 3 Monate"


def test_a_name_that_is_not_there_is_an_error():
    with pytest.raises(UndefinedError):
        rendered("{{ nothing }}")


def test_filters_write_money_and_dates():
    assert rendered("{{ 2900|money('eur') }}") == "€29.00"
    assert rendered("{{ 1797206400|date }}").replace("\u00a0", " ") == "December 14, 2026"
    source = "{{ 1797202800|date }}"
    assert rendered(source, time_zone="Europe/Berlin").replace("\u00a0", " ") == "December 14, 2026"
    assert rendered("{{ 'month'|period(3) }} {{ 25|percent }} {{ 5000|number }}") == "every 3 months 25% 5,000"


def test_a_large_page_is_compressed_for_browsers_that_take_it():
    assert pages.compressed(b"x" * 5000, "br, gzip")[1] == "gzip"
    assert pages.compressed(b"x" * 5000, "")[1] is None
    assert pages.compressed(b"x" * 10, "gzip")[1] is None


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.stem)
def test_every_visible_text_is_translated(path):
    """Words between tags come from gettext or from the page, never from the template itself."""
    source = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(), flags=re.S)
    words = re.findall(r">([^<>]*[A-Za-z]{2,}[^<>]*)<", re.sub(r"<script.*?</script>", "", source, flags=re.S))
    assert [word.strip() for word in words if word.strip()] == []


def test_the_offer_can_be_declined_as_easily_as_accepted():
    source = (TEMPLATES / "portal" / "offer.html").read_text()
    form = re.search(r"<form.*?</form>", source, re.S)
    assert form
    buttons = re.findall(r'<button class="([^"]+)"[^>]*value="(\w+)"', form[0])
    assert {value for _, value in buttons} == {"accept", "decline"}
    assert [set(classes.split()) & SIZES for classes, _ in buttons] == [set(), set()]
    assert all("btn" in classes.split() and "btn-quiet" not in classes.split() for classes, _ in buttons)


def test_leaving_is_a_full_button_beside_staying():
    for name, value in (("confirm.html", "confirm"), ("_plan.html", "cancel-subscription")):
        source = (TEMPLATES / "portal" / name).read_text()
        button = re.search(rf'<button class="([^"]*)" data-testid="{value}"', source)
        assert button and "btn" in button[1].split() and not SIZES & set(button[1].split())


def test_no_page_chooses_for_the_customer():
    source = (TEMPLATES / "portal" / "reason.html").read_text()
    assert re.findall(r"\bchecked\b", source) == ["checked"]
    assert "{% if option.value == page.chosen %} checked{% endif %}" in source
