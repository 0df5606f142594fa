"""Which languages pages can be in, and which one a visitor gets.

tag "zh-TW" ─ CLDR ─▶ zh_Hant_TW      formats, plural rules, direction
            ─ chain ─▶ zh-TW, en      where texts are looked up

negotiate:  choice in this session → session's locale → cookie → customer's preferred_locales
            → Accept-Language → the account's default → en
"""

from collections.abc import Container, Iterable
from functools import cache

from babel import Locale

DEFAULT = "en"
REFERENCE_TAGS = (
    "bg", "cs", "da", "de", "el", "en", "en-AU", "en-CA", "en-GB", "en-IE", "en-IN", "en-NZ", "en-SG", "es", "es-419",
    "et", "fi", "fil", "fr", "fr-CA", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl",
    "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
)  # fmt: skip
RIGHT_TO_LEFT_TAGS = ("ar", "fa", "he", "ur")
TAGS = (*REFERENCE_TAGS, *RIGHT_TO_LEFT_TAGS)

# Where CLDR's own reading of a tag is not the one that Stripe's list means (Babel's `pt` is Brazilian).
CLDR = {
    "pt": "pt_PT", "zh": "zh_Hans", "zh-TW": "zh_Hant_TW", "zh-HK": "zh_Hant_HK", "es": "es_ES", "fr": "fr_FR",
}  # fmt: skip
PARENTS = {
    "en-GB": "en", "en-AU": "en-GB", "en-CA": "en-GB", "en-IE": "en-GB", "en-IN": "en-GB", "en-NZ": "en-GB",
    "en-SG": "en-GB", "es-419": "es", "fr-CA": "fr",
}  # fmt: skip
ALIASES = {"no": "nb", "nn": "nb", "iw": "he", "tl": "fil", "in": "id"}
TRADITIONAL = {"zh-hant": "zh-TW", "zh-hk": "zh-HK", "zh-mo": "zh-HK", "zh-hant-hk": "zh-HK", "zh-hant-mo": "zh-HK"}
_by_lower = {tag.lower(): tag for tag in TAGS}


@cache
def cldr(tag: str) -> Locale:
    """The CLDR locale behind one of TAGS."""
    return Locale.parse(CLDR.get(tag, tag.replace("-", "_")))


@cache
def is_rtl(tag: str) -> bool:
    """Whether the language is written from right to left."""
    return cldr(tag).text_direction == "rtl"


@cache
def native_name(tag: str) -> str:
    """The language's name in itself, as a reader of it looks for it."""
    name = cldr(tag).get_display_name(cldr(tag)) if "-" in tag else cldr(tag).get_language_name(cldr(tag))
    return (name or tag)[:1].upper() + (name or tag)[1:]


def chain(tag: str) -> tuple[str, ...]:
    """The tags whose texts apply, best first, without the source language."""
    found = []
    while tag != DEFAULT:
        found.append(tag)
        tag = PARENTS.get(tag, DEFAULT)
    return tuple(found)


def family(tag: str) -> tuple[str, ...]:
    """The tag and its parents in the same language, best first: en-AU, en-GB, en."""
    return (*chain(tag), DEFAULT) if tag.partition("-")[0] == DEFAULT else chain(tag)


def match(wanted: str | None) -> str | None:
    """The closest of TAGS to a BCP 47 tag as browsers send it, or None."""
    if not wanted or wanted == "auto":
        return None
    lower = wanted.strip().replace("_", "-").lower()
    while lower:
        tag = _by_lower.get(lower) or TRADITIONAL.get(lower) or ALIASES.get(lower)
        if tag:
            return tag
        if lower.startswith("es-") and lower != "es-es":
            return "es-419"
        lower = lower.rpartition("-")[0]
    return None


def accepted(header: str) -> list[str]:
    """The tags of an Accept-Language header, the most wanted first; malformed parts are passed over."""
    weighted = []
    for position, part in enumerate(header.split(",")[:20]):
        tag, _, parameters = part.strip().partition(";")
        quality = parameters.strip().removeprefix("q=") if parameters else "1"
        if tag and quality.replace(".", "", 1).isdigit() and float(quality) > 0:
            weighted.append((-float(quality), position, tag))
    return [tag for _, _, tag in sorted(weighted)]


def negotiate(
    wishes: Iterable[str | None], *, accept_language: str = "", default: str = DEFAULT, offered: Container[str] = TAGS
) -> str:
    """The first wish that is among the offered languages, then the browser's, then the default."""
    for candidate in (*wishes, *accepted(accept_language), default):
        tag = match(candidate)
        if tag in offered:
            return str(tag)
    return DEFAULT
