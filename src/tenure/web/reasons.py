"""The reasons a customer can give for leaving, in the order in which they are shown.

presets in configured order ─ custom ones in configured order ─ `other` last
a preset on an en-AU page:  the merchant's label for en-AU ─ en-GB ─ en ─ our own words
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tenure.domain.portal import Feedback, FeedbackOption
from tenure.domain.retention import Policy
from tenure.i18n import locales
from tenure.i18n.languages import Language

OTHER: Feedback = "other"


@dataclass(frozen=True)
class Option:
    """One reason: `value` is a preset's code or a custom one's id; `lang` is set where the words are not translated."""

    value: str
    label: str
    lang: str | None = None


def preset_labels(language: Language) -> dict[Feedback, str]:
    """Our own words for the eight presets."""
    _ = language.gettext
    return {
        "too_expensive": _("It's too expensive"),
        "missing_features": _("I need more features"),
        "switched_service": _("I found an alternative"),
        "unused": _("I no longer need it"),
        "customer_service": _("Customer service was less than expected"),
        "too_complex": _("Ease of use was less than expected"),
        "low_quality": _("Quality was less than expected"),
        "other": _("Other reason"),
    }


def reworded(code: Feedback, policy: Policy, language: Language) -> str | None:
    """The merchant's label of a preset in the reader's language, or None where ours stands."""
    labels = policy.labels.get(code, {})
    return next((labels[tag] for tag in locales.family(language.tag) if tag in labels), None)


def custom_option(option: FeedbackOption, language: Language, merchant_language: str) -> Option:
    """A custom reason in the reader's language where the merchant wrote it, else marked with the merchant's."""
    for tag in (language.tag, language.tag.partition("-")[0]):
        if tag in option.descriptions:
            return Option(option.id, option.descriptions[tag])
    foreign = merchant_language.partition("-")[0] != language.tag.partition("-")[0]
    return Option(option.id, option.description, merchant_language if foreign else None)


def reason_options(
    policy: Policy, custom: Mapping[str, FeedbackOption], language: Language, merchant_language: str = "en"
) -> tuple[Option, ...]:
    """The reasons to offer, in order; custom ones that are no longer active are left out."""
    ours = preset_labels(language)
    labels = {code: reworded(code, policy, language) or ours[code] for code in policy.options}
    presets = [Option(code, labels[code]) for code in policy.options if code != OTHER]
    found = [custom[id] for id in policy.feedback_options if id in custom and custom[id].status == "active"]
    own = [custom_option(option, language, merchant_language) for option in found]
    last = [Option(OTHER, labels[OTHER])] if OTHER in policy.options else []
    return (*presets, *own, *last)


def chosen_option(value: str | None, options: Sequence[Option]) -> Option | None:
    """The option that was the answer."""
    return next((option for option in options if option.value == value), None)
