"""The portal's settings as a form holds them: from the saved configuration, or from what was typed and not saved yet.

configuration ──of()──▶ Draft ──▶ page ──▶ form ──read()──▶ Draft ──fields()──▶ actions.configurations.update
                                                               └──applied()──▶ the preview's configuration
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from tenure.actions.configurations import PRESETS
from tenure.actions.patch import patch
from tenure.dashboard.visit import Form, Visit
from tenure.domain.portal import PRESET_LABEL_MAX, Configuration, FeedbackOption
from tenure.i18n.locales import TAGS

URL = re.compile(r"https?://[^\s\"<>\\]+")
COLOR = re.compile(r"#[0-9a-fA-F]{6}")
HEADLINE_MAX, NAME_MAX, REASON_MAX, ADDRESS_MAX = 60, 256, 100, 300
DETAILS = ("name", "email", "address", "phone", "shipping", "tax_id")
CHANGES = ("price", "quantity", "promotion_code")
COUPON_FIELDS = ("name", "type", "percent_off", "amount_off", "currency", "duration", "duration_in_months")
NEW_COUPON = {
    "type": "percent", "percent_off": "25", "currency": "eur", "duration": "repeating", "duration_in_months": "3",
}  # fmt: skip
ACCOUNT_TEXTS = ("business_name", "brand_color", "address")
TEXTS = ("headline", "terms", "privacy", "return_url", "business_name", "brand_color", "address", "name")


@dataclass(frozen=True, kw_only=True)
class Draft:
    """Every setting of the page, as texts and flags; `shown` is what the account's texts were when it was made."""

    configuration: str
    version: str
    flags: frozenset[str]
    texts: dict[str, str]
    mode: str = "at_period_end"
    proration: str = "none"
    ask: str = "after"
    order: tuple[str, ...] = PRESETS
    reasons: frozenset[str] = frozenset()
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    custom: tuple[str, ...] = ()
    custom_order: tuple[str, ...] = ()
    custom_texts: dict[str, dict[str, str]] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    details: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    coupon: str = ""
    new_coupon: dict[str, str] | None = None
    new_reason: str = ""

    def on(self, flag: str) -> bool:
        """Whether a switch is on."""
        return flag in self.flags


def of(config: Configuration, settings: dict[str, Any], account_name: str) -> Draft:
    """What is saved."""
    features = config.features
    cancel, reason = features.subscription_cancel, features.subscription_cancel.cancellation_reason
    switches = {
        "cancel": cancel.enabled,
        "reason": reason.enabled,
        "retention": cancel.retention is not None,
        "invoices": features.invoice_history.enabled,
        "details": features.customer_update.enabled,
        "payment": features.payment_method_update.enabled,
        "update": features.subscription_update.enabled,
    }
    offer = cancel.retention.coupon_offer if cancel.retention else None
    written = _written(config, settings, account_name)
    return Draft(
        configuration=config.id,
        version=str(config.updated),
        flags=frozenset(name for name, on in switches.items() if on),
        texts=written,
        shown={name: written[name] for name in ACCOUNT_TEXTS},
        mode=cancel.mode,
        proration=cancel.proration_behavior,
        ask=reason.ask,
        order=(*reason.options, *(code for code in PRESETS if code not in reason.options)),
        reasons=frozenset(reason.options),
        labels=reason.labels,
        custom=tuple(reason.feedback_options or ()),
        details=frozenset(features.customer_update.allowed_updates),
        changes=frozenset(features.subscription_update.default_allowed_updates),
        coupon=offer.coupon if offer else "",
    )


def _written(config: Configuration, settings: dict[str, Any], account_name: str) -> dict[str, str]:
    profile = config.business_profile
    texts = {
        "headline": profile.headline,
        "terms": profile.terms_of_service_url,
        "privacy": profile.privacy_policy_url,
        "return_url": config.default_return_url,
        "name": config.name,
        "business_name": settings.get("business_name") or account_name,
        "brand_color": settings.get("brand_color") or "#2f55d4",
        "address": settings.get("address"),
    }
    return {name: str(text or "") for name, text in texts.items()}


def _text(form: Form, name: str) -> str:
    """What was typed, its lines ended as they are kept."""
    return form.one(name).replace("\r\n", "\n")


def read(form: Form) -> Draft:
    """What was typed; values that the page never offers are left out."""
    order = [code for code in form.every("order") if code in PRESETS]
    order += [code for code in PRESETS if code not in order]
    return Draft(
        configuration=form.one("configuration"),
        version=form.one("version"),
        flags=frozenset(form.every("on")),
        texts={name: _text(form, name) for name in TEXTS},
        mode="immediately" if form.one("mode") == "immediately" else "at_period_end",
        proration="create_prorations" if form.one("proration") == "create_prorations" else "none",
        ask="before" if form.one("ask") == "before" else "after",
        order=tuple(dict.fromkeys(order)),
        reasons=frozenset(form.every("reason")) & frozenset(PRESETS),
        labels=_labels(form),
        custom=tuple(dict.fromkeys(form.every("custom"))),
        custom_order=tuple(dict.fromkeys(form.every("custom_order"))),
        custom_texts=_custom_texts(form),
        shown={
            name: _text(form, f"shown_{name}") for name in ACCOUNT_TEXTS if f"shown_{name}" in form or name not in form
        },
        details=frozenset(form.every("detail")) & frozenset(DETAILS),
        changes=frozenset(form.every("change")) & frozenset(CHANGES),
        coupon=form.one("coupon"),
        new_coupon={name: form.one(f"coupon_{name}") for name in COUPON_FIELDS},
        new_reason=form.one("new_reason"),
    )


def label_name(code: str, tag: str) -> str:
    """The form's name for a preset's label in one language."""
    return f"label_{code}_{tag}"


def _labels(form: Form) -> dict[str, dict[str, str]]:
    """Every label that the form has a field for; an empty one takes the saved one away."""
    return {code: {tag: form.one(name) for tag in TAGS if (name := label_name(code, tag)) in form} for code in PRESETS}


def custom_name(id: str, tag: str) -> str:
    """The form's name for a custom reason: as such where the tag is blank, else in that language."""
    return f"own_{id}_{tag}" if tag else f"own_{id}"


def _custom_texts(form: Form) -> dict[str, dict[str, str]]:
    return {
        id: {tag: form.one(name) for tag in ("", *TAGS) if (name := custom_name(id, tag)) in form}
        for id in form.every("custom_order")
    }


def problems(draft: Draft, visit: Visit) -> dict[str, str]:
    """What is wrong with what was typed, by field."""
    _, wrong = visit.words._, dict[str, str]()
    limits = (("headline", HEADLINE_MAX), ("name", NAME_MAX), ("business_name", NAME_MAX), ("address", ADDRESS_MAX))
    for name, most in limits:
        if len(draft.texts[name]) > most:
            wrong[name] = _("Use %(most)s characters at most.") % {"most": most}
    for name in ("terms", "privacy", "return_url"):
        if draft.texts[name] and not URL.fullmatch(draft.texts[name]):
            wrong[name] = _("Enter a whole address, like https://example.com/page.")
    rules = (
        ("brand_color", not COLOR.fullmatch(draft.texts["brand_color"]), _("Enter a colour like #0e7c6b.")),
        ("business_name", not draft.texts["business_name"], _("Enter the name that customers know.")),
        ("coupon", draft.on("retention") and not draft.coupon, _("Choose a coupon, or create one.")),
        ("reason", draft.on("reason") and not draft.reasons | {*draft.custom}, _("Choose at least one reason.")),
        ("update", draft.on("update") and not draft.on("payment"), _("Plan changes need payment methods too.")),
    )
    return wrong | {name: text for name, broken, text in rules if broken} | _wording_problems(draft, visit)


def _wording_problems(draft: Draft, visit: Visit) -> dict[str, str]:
    _ = visit.words._
    named = [(label_name(code, tag), text) for code, texts in draft.labels.items() for tag, text in texts.items()]
    named += [(custom_name(id, tag), text) for id, texts in draft.custom_texts.items() for tag, text in texts.items()]
    too_long = _("Use %(most)s characters at most.") % {"most": PRESET_LABEL_MAX}
    blank = [custom_name(id, "") for id, texts in draft.custom_texts.items() if texts.get("", "-") == ""]
    wrong = {name: too_long for name, text in named if len(text) > PRESET_LABEL_MAX}
    return wrong | dict.fromkeys(blank, _("Enter 1 to 100 characters."))


def fields(draft: Draft) -> dict[str, Any]:
    """The draft as an update of the configuration; prorations only go with ending straight away."""
    retention = {"type": "coupon_offer", "coupon_offer": {"coupon": draft.coupon}} if draft.on("retention") else None
    cancel = {
        "enabled": draft.on("cancel"),
        "mode": draft.mode,
        "proration_behavior": draft.proration if draft.mode == "immediately" else "none",
        "cancellation_reason": {
            "enabled": draft.on("reason"),
            "ask": draft.ask,
            "options": [code for code in draft.order if code in draft.reasons],
            "feedback_options": list(draft.custom) or None,
            "labels": draft.labels,
        },
        "retention": retention if draft.coupon else None,
    }
    return {
        "name": draft.texts["name"] or None,
        "default_return_url": draft.texts["return_url"] or None,
        "business_profile": {
            "headline": draft.texts["headline"] or None,
            "terms_of_service_url": draft.texts["terms"] or None,
            "privacy_policy_url": draft.texts["privacy"] or None,
        },
        "features": {
            "subscription_cancel": cancel,
            "invoice_history": {"enabled": draft.on("invoices")},
            "customer_update": {"enabled": draft.on("details"), "allowed_updates": sorted(draft.details)},
            "payment_method_update": {"enabled": draft.on("payment")},
            "subscription_update": {
                "enabled": draft.on("update"),
                "default_allowed_updates": sorted(draft.changes),
            },
        },
    }


def applied(draft: Draft, config: Configuration) -> Configuration:
    """The configuration as it would be, for the preview: nothing is checked or saved."""
    return patch(config, fields(draft))


def moved(order: tuple[str, ...], code: str, by: int) -> tuple[str, ...]:
    """The order with one reason a place up (-1) or down (+1)."""
    if code not in order:
        return order
    at = order.index(code)
    to = min(max(at + by, 0), len(order) - 1)
    rest = [each for each in order if each != code]
    return (*rest[:to], code, *rest[to:])


def kept_custom(draft: Draft, options: Mapping[str, FeedbackOption]) -> tuple[str, ...]:
    """The custom reasons that may still be offered."""
    return tuple(id for id in draft.custom if id in options and options[id].status == "active")


def ordered_custom(draft: Draft, options: Mapping[str, FeedbackOption]) -> tuple[str, ...]:
    """Every custom reason that may be offered, in the order of the page: as it was sent, else chosen ones first."""
    active = [id for id, option in options.items() if option.status == "active"]
    named = [id for id in (*draft.custom_order, *draft.custom) if id in active]
    return tuple(dict.fromkeys([*named, *active]))


def reworded(option: FeedbackOption, draft: Draft) -> FeedbackOption:
    """The custom reason in the words that were typed; a blank one takes a language away."""
    texts = draft.custom_texts.get(option.id, {})
    descriptions = {tag: text for tag, text in {**option.descriptions, **texts}.items() if tag and text}
    return replace(option, description=texts.get("") or option.description, descriptions=descriptions)
