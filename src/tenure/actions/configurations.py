"""Portal configurations: create, update, and the default one that every account has."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from tenure.actions.patch import patch
from tenure.actions.subscriptions import usable_option
from tenure.domain.coupons import Coupon
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Invalid
from tenure.domain.links import check_link
from tenure.domain.portal import PRESET_LABEL_MAX, Configuration, check_configuration
from tenure.domain.prices import Price
from tenure.domain.products import Product
from tenure.i18n.locales import TAGS
from tenure.store.tx import Tx
from tenure.wire.scalars import not_one_of

PRESETS = (
    "too_expensive",
    "missing_features",
    "switched_service",
    "unused",
    "customer_service",
    "too_complex",
    "low_quality",
    "other",
)
CANCEL = "features[subscription_cancel]"


def create(tx: Tx, fields: Mapping[str, Any], *, is_default: bool = False) -> Configuration:
    """A new configuration; cancelling at the period's end is on unless said otherwise. Raises Invalid, NotFound."""
    blank = Configuration(
        id=tx.new_id("bpc_"), created=tx.now, livemode=tx.scope.livemode, updated=tx.now, is_default=is_default
    )
    config = _checked(tx, patch(blank, fields))
    tx.save(Change(after=(config,), events=(EventDraft("billing_portal.configuration.created", config),)))
    return config


def update(tx: Tx, id: str, fields: Mapping[str, Any]) -> Configuration:
    """Change the settings that were given. Raises Invalid, NotFound."""
    before = tx.lock(Configuration, id, param="configuration")
    config = _checked(tx, patch(before, fields))
    if config != before:
        config = replace(config, updated=tx.now)
        tx.save(Change(after=(config,), events=(EventDraft("billing_portal.configuration.updated", config),)))
    return config


def default(tx: Tx) -> Configuration | None:
    """The configuration that sessions use when they name none."""
    found = tx.page(Configuration, [("is_default", "=", True)], limit=1).items
    return found[0] if found else None


def add_default(tx: Tx) -> Configuration:
    """The default configuration of a new account in this mode, reasons asked for."""
    fields = {
        "name": "Default",
        "features": {
            "subscription_cancel": {"enabled": True, "cancellation_reason": {"enabled": True, "options": list(PRESETS)}}
        },
    }
    return create(tx, fields, is_default=True)


def _check_links(config: Configuration) -> None:
    profile = config.business_profile
    for param, url in (
        ("business_profile[privacy_policy_url]", profile.privacy_policy_url),
        ("business_profile[terms_of_service_url]", profile.terms_of_service_url),
        ("default_return_url", config.default_return_url),
    ):
        if url is not None:
            check_link(url, livemode=config.livemode, param=param)


def _check_labels(config: Configuration) -> None:
    """Refuse labels of what is no preset, in what is no locale, blank or too long ones."""
    at = f"{CANCEL}[cancellation_reason][labels]"
    for code, texts in config.features.subscription_cancel.cancellation_reason.labels.items():
        if code not in PRESETS:
            raise not_one_of(f"{at}[{code}]", PRESETS)
        for tag, text in texts.items():
            param = f"{at}[{code}][{tag}]"
            if tag not in TAGS:
                raise not_one_of(param, TAGS)
            if not 1 <= len(text.strip()) <= len(text) <= PRESET_LABEL_MAX:
                raise Invalid(f"Invalid label: must be 1 to {PRESET_LABEL_MAX} characters, not all blank.", param=param)


def _checked(tx: Tx, config: Configuration) -> Configuration:
    check_configuration(config)
    _check_links(config)
    _check_labels(config)
    cancel = config.features.subscription_cancel
    for index, option in enumerate(cancel.cancellation_reason.feedback_options or ()):
        usable_option(tx, option, param=f"{CANCEL}[cancellation_reason][feedback_options][{index}]")
    if cancel.retention is not None and cancel.retention.coupon_offer is not None:
        tx.need(Coupon, cancel.retention.coupon_offer.coupon, param=f"{CANCEL}[retention][coupon_offer][coupon]")
    for index, entry in enumerate(config.features.subscription_update.products or ()):
        at = f"features[subscription_update][products][{index}]"
        tx.need(Product, entry.product, param=f"{at}[product]")
        _check_catalog(tx, entry.product, entry.prices, at)
    return config


def _check_catalog(tx: Tx, product: str, ids: list[str], at: str) -> None:
    """Refuse prices of another product, and two with the same interval."""
    seen: set[tuple[str, int, str]] = set()
    for index, id in enumerate(ids):
        price = tx.need(Price, id, param=f"{at}[prices][{index}]")
        if price.product != product or price.recurring is None:
            raise Invalid(
                f"The price {id} is not a recurring price of product {product}.", param=f"{at}[prices][{index}]"
            )
        interval = (price.recurring.interval, price.recurring.interval_count, price.currency)
        if interval in seen:
            raise Invalid("The prices of one product must have different intervals.", param=f"{at}[prices][{index}]")
        seen.add(interval)
