"""One language at work: its texts, loaded from gettext catalogues, and its formats.

    language("de").gettext("Ends %(date)s", date="14. Dezember 2026")
    language("ar").isolate("ada@example.com")     U+2068 … U+2069, so that numbers and names keep their place

Catalogues are .po files; they are read into memory once, so nothing compiled has to be kept.
"""

from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from tenure.i18n import locales

FOLDER = Path(__file__).parent / "locale"
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"


def catalogue_path(tag: str) -> Path:
    """Where the texts of a language are, whether or not there are any yet."""
    return FOLDER / tag.replace("-", "_") / "LC_MESSAGES" / "messages.po"


@cache
def translated_tags() -> tuple[str, ...]:
    """The languages that pages can be in: those whose texts, or whose parents' texts, are there."""
    return tuple(tag for tag in locales.TAGS if tag.startswith(locales.DEFAULT) or _paths(tag))


def _paths(tag: str) -> list[str]:
    return [each for each in locales.chain(tag) if catalogue_path(each).is_file()]


@cache
def _catalogue(tag: str) -> Translations:
    with catalogue_path(tag).open("rb") as source:
        entries = read_po(source, locale=str(locales.cldr(tag)))
    compiled = BytesIO()
    write_mo(compiled, entries)
    compiled.seek(0)
    return Translations(compiled, domain="messages")


@cache
def _texts(tag: str) -> NullTranslations:
    texts = NullTranslations()
    for each in _paths(tag):
        texts.add_fallback(_catalogue(each))
    return texts


@dataclass(frozen=True, eq=False)
class Language:
    """Texts of one language; get one from `language()`."""

    tag: str
    texts: NullTranslations
    rtl: bool

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`, as HTML's dir attribute wants it."""
        return "rtl" if self.rtl else "ltr"

    @property
    def name(self) -> str:
        """The language's own name."""
        return locales.native_name(self.tag)

    def isolate(self, value: Any) -> Any:
        """The value, fenced off in right-to-left text so that it cannot reorder its neighbours."""
        if not self.rtl or isinstance(value, int):
            return value
        return FIRST_STRONG_ISOLATE + value + POP_ISOLATE

    def fill(self, text: str, variables: dict[str, Any]) -> str:
        """A translated text with its placeholders filled in; one without values is left as it is."""
        if not variables:
            return text
        return text % {key: self.isolate(value) for key, value in variables.items()}

    def gettext(self, message: str, **variables: Any) -> str:
        """The text in this language."""
        return self.fill(self.texts.ugettext(message), variables)

    def ngettext(self, singular: str, plural: str, n: int, **variables: Any) -> str:
        """The text in the plural form of `n`; `n` itself is the variable `num`."""
        return self.fill(self.texts.ungettext(singular, plural, n), {"num": n, **variables})

    def pgettext(self, context: str, message: str, **variables: Any) -> str:
        """The text of a message that means different things in different places."""
        return self.fill(str(self.texts.upgettext(context, message)), variables)


@cache
def language(tag: str) -> Language:
    """The language of one of the tags."""
    return Language(tag, _texts(tag), locales.is_rtl(tag))
