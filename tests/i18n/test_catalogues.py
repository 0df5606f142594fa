"""The texts: German is complete, placeholders agree, and no sentence presses anybody.

To refresh the catalogues after a text has changed, in src/tenure:
    pybabel extract -F i18n/babel.cfg -o /tmp/messages.pot --add-comments=L10n: i18n hosted portal web dashboard
    pybabel update -i /tmp/messages.pot -d i18n/locale -D messages --no-fuzzy-matching --omit-header
"""

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from tenure import i18n
from tenure.i18n.languages import catalogue_path, language, translated_tags

PACKAGE = Path(i18n.__file__).parent.parent
METHODS = [
    ("portal/**.py", "python"),
    ("hosted/**.py", "python"),
    ("web/**.py", "python"),
    ("i18n/**.py", "python"),
    ("web/templates/**.html", "jinja2"),
]
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}|<[^>]+>")
# Words that press: guilt, fear, false urgency. "lose" also stands for "losing".
FORBIDDEN = re.compile(
    r"miss(ing)? out|are you sure|sorry to see|last chance|\blos(e|ing)\b|don’t go|only today|hurry|oops|simply|!"
    r"|bist du sicher|schade|letzte chance|verpass|verlier|nur heute|einfach so",
    re.I,
)


@cache
def source() -> dict[str, tuple[str, ...]]:
    """Every text of the portal by its singular, with its plural where it has one."""
    found: dict[str, tuple[str, ...]] = {}
    options = {"web/templates/**.html": {"trimmed": "true", "silent": "false"}}
    for _, _, message, _, _ in extract_from_dir(PACKAGE, METHODS, options, comment_tags=("L10n:",)):
        texts = message if isinstance(message, tuple) else (message,)
        found[texts[0]] = texts
    return found


@cache
def catalogue(tag: str) -> Catalog:
    with catalogue_path(tag).open("rb") as file:
        return read_po(file, locale=tag.replace("-", "_"))


def translated(tag: str) -> list[Message]:
    return [message for message in catalogue(tag) if message.id]


def both(message: Message) -> list[tuple[str, str]]:
    """Source and translation, form by form."""
    if isinstance(message.id, tuple):
        sources = [message.id[0], *[message.id[1]] * (len(message.string) - 1)]
        return list(zip(sources, message.string, strict=True))
    return [(str(message.id), str(message.string))]


def test_the_portal_has_texts():
    assert len(source()) > 120
    assert "Cancel subscription" in source()


def test_german_is_complete():
    known = {message.id[0] if isinstance(message.id, tuple) else message.id for message in translated("de")}
    assert sorted(set(source()) - known) == []
    assert [message.id for message in translated("de") if not all(text for _, text in both(message))] == []
    assert [message.id for message in translated("de") if message.fuzzy] == []


@pytest.mark.parametrize("tag", ["de", "en-GB"])
def test_placeholders_and_tags_are_the_same(tag):
    for message in translated(tag):
        for one, other in both(message):
            needed, given = set(PLACEHOLDER.findall(one)), set(PLACEHOLDER.findall(other))
            optional = {"%(num)s"} if isinstance(message.id, tuple) else set()
            assert needed - optional == given - optional, message.id


@pytest.mark.parametrize("tag", ["de", "en-GB"])
def test_a_text_has_all_its_plural_forms(tag):
    for message in translated(tag):
        if isinstance(message.id, tuple):
            assert len(message.string) == catalogue(tag).num_plurals, message.id


@pytest.mark.parametrize("tag", ["de", "en-GB"])
def test_spaces_and_ends_are_the_same(tag):
    for message in translated(tag):
        for one, other in both(message):
            assert other == other.strip() and "  " not in other, message.id
            assert "..." not in other, message.id
            assert one.endswith("?") == other.endswith("?"), message.id


def test_german_texts_are_not_too_long():
    for message in translated("de"):
        for one, other in both(message):
            assert len(other) <= (2.2 if len(one) < 12 else 1.8) * len(one) + 6, (one, other)


def test_british_english_differs_only_in_spelling():
    for message in translated("en-GB"):
        for one, other in both(message):
            assert one != other
            assert re.sub(r"ancell", "ancel", other) == one


def test_no_text_presses_anybody():
    texts = [text for forms in source().values() for text in forms]
    texts += [text for message in translated("de") for _, text in both(message)]
    assert [text for text in texts if FORBIDDEN.search(text)] == []


def test_the_forbidden_list_finds_what_it_should():
    assert FORBIDDEN.search("Are you sure you want to miss out?")
    assert not FORBIDDEN.search("Close")


def test_a_language_falls_back_to_its_parent_and_then_to_the_source():
    assert language("en-AU").gettext("Your subscription is canceled") == "Your subscription is cancelled"
    assert language("en").gettext("Your subscription is canceled") == "Your subscription is canceled"
    assert language("de").gettext("A text that nobody translated") == "A text that nobody translated"


def test_values_are_fenced_off_in_right_to_left_text():
    assert language("ar").gettext("Ends %(date)s", date="14") == "Ends \u206814\u2069"
    assert language("en").gettext("Ends %(date)s", date="14") == "Ends 14"


@pytest.mark.parametrize("tag", translated_tags())
def test_every_offered_language_can_be_used(tag):
    assert language(tag).gettext("Cancel subscription")
    assert language(tag).ngettext("per month", "every %(num)s months", 3)
