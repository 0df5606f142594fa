"""/v1/billing_portal/configurations: how the portal looks and what it allows.

Beside the reference's fields stand three of our own in `features.subscription_cancel`: `retention`,
`cancellation_reason.ask` and `cancellation_reason.labels`.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from tenure.actions import configurations
from tenure.actions.configurations import PRESETS
from tenure.actions.patch import given
from tenure.api.resource import Resource, Where, create, lists, retrieve, update
from tenure.domain.documents import Part
from tenure.domain.portal import (
    PRESET_LABEL_MAX,
    AdjustableQuantity,
    Configuration,
    CustomerField,
    Feedback,
    PauseInterval,
    ProrationBehavior,
    ScheduleCondition,
)
from tenure.wire.lists import ListParams

PATH = "/v1/billing_portal/configurations"
Url = Annotated[str, msgspec.Meta(max_length=5000, pattern=r"^https?://[^\s\"<>\\]+$")]
Headline = Annotated[str, msgspec.Meta(max_length=60)]
Label = Annotated[str, msgspec.Meta(max_length=PRESET_LABEL_MAX)]


class ProfileGiven(Part, frozen=True, kw_only=True):
    """What the portal says about the merchant."""

    headline: Headline | None | UnsetType = UNSET
    privacy_policy_url: Url | None | UnsetType = UNSET
    terms_of_service_url: Url | None | UnsetType = UNSET


class CustomerUpdateGiven(Part, frozen=True, kw_only=True):
    """Which facts customers may change."""

    enabled: bool | UnsetType = UNSET
    allowed_updates: list[CustomerField] | None | UnsetType = UNSET


class SwitchGiven(Part, frozen=True, kw_only=True):
    """On or off."""

    enabled: bool


class PaymentMethodUpdateGiven(Part, frozen=True, kw_only=True):
    """Whether customers change payment methods."""

    enabled: bool
    payment_method_configuration: str | None | UnsetType = UNSET


class CouponOfferGiven(Part, frozen=True, kw_only=True):
    """The coupon of the offer."""

    coupon: str


class RetentionGiven(Part, frozen=True, kw_only=True):
    """The one offer to stay."""

    coupon_offer: CouponOfferGiven
    type: Literal["coupon_offer"]


class ReasonGiven(Part, frozen=True, kw_only=True):
    """Whether, when and which reasons; of `labels`, those that are named change, and an empty one goes."""

    enabled: bool
    ask: Literal["after", "before"] | UnsetType = UNSET
    feedback_options: list[str] | None | UnsetType = UNSET
    labels: dict[str, dict[str, Label | None] | None] | None | UnsetType = UNSET
    options: list[Feedback] | None | UnsetType = UNSET


class CancelGiven(Part, frozen=True, kw_only=True):
    """Whether and how customers cancel."""

    enabled: bool | UnsetType = UNSET
    cancellation_reason: ReasonGiven | UnsetType = UNSET
    mode: Literal["at_period_end", "immediately"] | UnsetType = UNSET
    proration_behavior: ProrationBehavior | UnsetType = UNSET
    retention: RetentionGiven | None | UnsetType = UNSET


class DurationGiven(Part, frozen=True, kw_only=True):
    """How long customers may pause."""

    type: Literal["indefinite", "interval_options"]
    interval_options: list[PauseInterval] | UnsetType = UNSET


class PauseGiven(Part, frozen=True, kw_only=True):
    """Whether customers may pause."""

    enabled: bool | UnsetType = UNSET
    duration: DurationGiven | UnsetType = UNSET


class CatalogGiven(Part, frozen=True, kw_only=True):
    """A product that customers may switch to."""

    prices: list[str]
    product: str
    adjustable_quantity: AdjustableQuantity | UnsetType = UNSET


class ScheduleGiven(Part, frozen=True, kw_only=True):
    """When a change waits for the period's end."""

    conditions: list[ScheduleCondition] | None | UnsetType = UNSET


class UpdateGiven(Part, frozen=True, kw_only=True):
    """Whether and what customers change about their plan."""

    enabled: bool | UnsetType = UNSET
    billing_cycle_anchor: Literal["now", "unchanged"] | None | UnsetType = UNSET
    default_allowed_updates: list[Literal["price", "promotion_code", "quantity"]] | None | UnsetType = UNSET
    products: list[CatalogGiven] | None | UnsetType = UNSET
    proration_behavior: ProrationBehavior | UnsetType = UNSET
    schedule_at_period_end: ScheduleGiven | UnsetType = UNSET
    trial_update_behavior: Literal["continue_trial", "end_trial"] | UnsetType = UNSET


class FeaturesGiven(Part, frozen=True, kw_only=True):
    """What customers can do."""

    customer_update: CustomerUpdateGiven | UnsetType = UNSET
    invoice_history: SwitchGiven | UnsetType = UNSET
    payment_method_update: PaymentMethodUpdateGiven | UnsetType = UNSET
    subscription_cancel: CancelGiven | UnsetType = UNSET
    subscription_pause: PauseGiven | UnsetType = UNSET
    subscription_update: UpdateGiven | UnsetType = UNSET


class ConfigurationFields(Part, frozen=True, kw_only=True):
    """What a configuration says."""

    business_profile: ProfileGiven | UnsetType = UNSET
    default_return_url: Url | None | UnsetType = UNSET
    login_page: SwitchGiven | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    name: Annotated[str, msgspec.Meta(max_length=256)] | None | UnsetType = UNSET


class CreateConfiguration(ConfigurationFields, frozen=True, kw_only=True):
    """A new configuration."""

    features: FeaturesGiven


class UpdateConfiguration(ConfigurationFields, frozen=True, kw_only=True):
    """Changes to a configuration."""

    active: bool | UnsetType = UNSET
    features: FeaturesGiven | UnsetType = UNSET


class ListConfigurations(ListParams, frozen=True, kw_only=True):
    """Filters of the list."""

    active: bool | UnsetType = UNSET
    is_default: bool | UnsetType = UNSET


def configuration_fields(params: ConfigurationFields) -> dict[str, Any]:
    """The fields as a document holds them; collecting reasons without naming any means all eight."""
    fields = given(params)
    reason = fields.get("features", {}).get("subscription_cancel", {}).get("cancellation_reason")
    if isinstance(params, CreateConfiguration) and reason and reason["enabled"] and "options" not in reason:
        reason["options"] = list(PRESETS)
    return fields


def _where(params: ListConfigurations) -> Where:
    names = ("active", "is_default")
    return [(name, "=", getattr(params, name)) for name in names if getattr(params, name) is not UNSET]


RESOURCE = Resource(
    PATH,
    Configuration,
    (
        create(CreateConfiguration, lambda call: configurations.create(call.tx, configuration_fields(call.params))),
        retrieve(Configuration, "configuration"),
        update(
            UpdateConfiguration, lambda call: configurations.update(call.tx, call.id, configuration_fields(call.params))
        ),
        lists(PATH, Configuration, ListConfigurations, _where),
    ),
)
