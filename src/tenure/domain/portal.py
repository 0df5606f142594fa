"""The customer portal's objects: configurations, sessions (links into it) and custom reasons.

configuration ──makes──▶ session ──its URL opens──▶ /p …
     │ features.subscription_cancel.cancellation_reason.feedback_options
     ▼
feedback option
"""

from typing import Literal

import msgspec

from tenure.domain.documents import Document, Part
from tenure.domain.errors import Conflict, Invalid

Feedback = Literal[
    "customer_service", "low_quality", "missing_features", "other",
    "switched_service", "too_complex", "too_expensive", "unused",
]  # fmt: skip
ProrationBehavior = Literal["always_invoice", "create_prorations", "none"]
CustomerField = Literal["address", "email", "name", "phone", "shipping", "tax_id"]
FlowType = Literal[
    "customer_update", "payment_method_update", "subscription_cancel",
    "subscription_pause", "subscription_update", "subscription_update_confirm",
]  # fmt: skip
PRESET_LABEL_MAX = 100
OPENS_WITHIN_S = 300
IDLE_S = 30 * 60
ABSOLUTE_S = 60 * 60


class BusinessProfile(Part, frozen=True, kw_only=True):
    """What the portal says about the merchant."""

    headline: str | None = None
    privacy_policy_url: str | None = None
    terms_of_service_url: str | None = None


class CustomerUpdate(Part, frozen=True, kw_only=True):
    """Which facts customers may change about themselves."""

    allowed_updates: list[CustomerField] = msgspec.field(default_factory=list)
    enabled: bool = False


class InvoiceHistory(Part, frozen=True, kw_only=True):
    """Whether customers see their invoices."""

    enabled: bool = False


class PaymentMethodUpdate(Part, frozen=True, kw_only=True):
    """Whether customers may add and remove payment methods."""

    enabled: bool = False
    payment_method_configuration: str | None = None


class CouponOffer(Part, frozen=True, kw_only=True):
    """The coupon that a retention offer gives."""

    coupon: str


class Retention(Part, frozen=True, kw_only=True):
    """The one offer to stay; a coupon is the only kind so far."""

    coupon_offer: CouponOffer | None = None
    type: Literal["coupon_offer"] = "coupon_offer"


class CancellationReason(Part, frozen=True, kw_only=True):
    """Whether a reason is asked for, which ones are offered, and when; `ask` and `labels` are Tenure's own.

    `labels` rewords presets: code, then locale, then at most PRESET_LABEL_MAX characters.
    """

    ask: Literal["after", "before"] = "after"
    enabled: bool = False
    feedback_options: list[str] | None = None
    labels: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)
    options: list[Feedback] = msgspec.field(default_factory=list)


class SubscriptionCancel(Part, frozen=True, kw_only=True):
    """Whether and how customers cancel; `retention` is Tenure's own, in the shape of a session's flow."""

    cancellation_reason: CancellationReason = CancellationReason()
    enabled: bool = True
    mode: Literal["at_period_end", "immediately"] = "at_period_end"
    proration_behavior: ProrationBehavior = "none"
    retention: Retention | None = None


class PauseInterval(Part, frozen=True, kw_only=True):
    """One length of a pause."""

    interval: Literal["day", "month", "week", "year"]
    interval_count: int = 1


class PauseDuration(Part, frozen=True, kw_only=True):
    """How long customers may pause for."""

    interval_options: list[PauseInterval] = msgspec.field(default_factory=list)
    type: Literal["indefinite", "interval_options"] = "interval_options"


class SubscriptionPause(Part, frozen=True, kw_only=True):
    """Whether customers may pause."""

    duration: PauseDuration = PauseDuration(interval_options=[PauseInterval(interval="month")])
    enabled: bool = False


class AdjustableQuantity(Part, frozen=True, kw_only=True):
    """Bounds of the quantity that a customer may choose."""

    enabled: bool = False
    maximum: int | None = None
    minimum: int = 1


class CatalogProduct(Part, frozen=True, kw_only=True):
    """A product that customers may switch to, with its prices."""

    adjustable_quantity: AdjustableQuantity = AdjustableQuantity()
    prices: list[str]
    product: str


class ScheduleCondition(Part, frozen=True, kw_only=True):
    """When a change waits for the period's end."""

    type: Literal["decreasing_item_amount", "shortening_interval"]


class ScheduleAtPeriodEnd(Part, frozen=True, kw_only=True):
    """Any true condition makes a change wait for the period's end."""

    conditions: list[ScheduleCondition] = msgspec.field(default_factory=list)


class SubscriptionUpdate(Part, frozen=True, kw_only=True):
    """Whether and what customers may change about their plan."""

    billing_cycle_anchor: Literal["now", "unchanged"] | None = None
    default_allowed_updates: list[Literal["price", "promotion_code", "quantity"]] = msgspec.field(default_factory=list)
    enabled: bool = False
    products: list[CatalogProduct] | None = None
    proration_behavior: ProrationBehavior = "none"
    schedule_at_period_end: ScheduleAtPeriodEnd = ScheduleAtPeriodEnd()
    trial_update_behavior: Literal["continue_trial", "end_trial"] = "end_trial"


class Features(Part, frozen=True, kw_only=True):
    """What customers can do in the portal."""

    customer_update: CustomerUpdate = CustomerUpdate()
    invoice_history: InvoiceHistory = InvoiceHistory()
    payment_method_update: PaymentMethodUpdate = PaymentMethodUpdate()
    subscription_cancel: SubscriptionCancel = SubscriptionCancel()
    subscription_pause: SubscriptionPause = SubscriptionPause()
    subscription_update: SubscriptionUpdate = SubscriptionUpdate()


class LoginPage(Part, frozen=True, kw_only=True):
    """The page where customers sign in by themselves."""

    enabled: bool = False
    url: str | None = None


class Configuration(Document, frozen=True, kw_only=True):
    """How the portal looks and what it allows."""

    object: str = "billing_portal.configuration"
    active: bool = True
    application: str | None = None
    business_profile: BusinessProfile = BusinessProfile()
    default_return_url: str | None = None
    features: Features = Features()
    is_default: bool = False
    login_page: LoginPage = LoginPage()
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    name: str | None = None
    updated: int = 0


class FeedbackTransitions(Part, frozen=True, kw_only=True):
    """When the option stopped being offered, unix seconds."""

    deactivated_at: int | None = None


class FeedbackOption(Document, frozen=True, kw_only=True):
    """A reason in the merchant's own words; `descriptions` rewords it per locale (Tenure's own)."""

    object: str = "billing.feedback_option"
    description: str
    descriptions: dict[str, str] = msgspec.field(default_factory=dict)
    status: Literal["active", "inactive"] = "active"
    status_transitions: FeedbackTransitions = FeedbackTransitions()


class HostedConfirmation(Part, frozen=True, kw_only=True):
    """A page that says what was done, with the merchant's own words."""

    custom_message: str | None = None


class Redirect(Part, frozen=True, kw_only=True):
    """Where to send the customer afterwards."""

    return_url: str


class AfterCompletion(Part, frozen=True, kw_only=True):
    """What follows when the flow is done."""

    hosted_confirmation: HostedConfirmation | None = None
    redirect: Redirect | None = None
    type: Literal["hosted_confirmation", "portal_homepage", "redirect"] = "hosted_confirmation"


class CancelFlow(Part, frozen=True, kw_only=True):
    """The subscription to cancel, and the offer of this session alone."""

    retention: Retention | None = None
    subscription: str


class Flow(Part, frozen=True, kw_only=True):
    """A deep link: one task, nothing else around it."""

    after_completion: AfterCompletion = AfterCompletion()
    customer_update: dict[str, str] | None = None
    payment_method_update: dict[str, str] | None = None
    subscription_cancel: CancelFlow | None = None
    subscription_pause: dict[str, str] | None = None
    subscription_update: dict[str, str] | None = None
    subscription_update_confirm: dict[str, str] | None = None
    type: FlowType


class CustomerLogin(Part, frozen=True, kw_only=True):
    """Until when an expired link may be recovered; null: always."""

    expires_at: int | None = None


class AfterExpiration(Part, frozen=True, kw_only=True):
    """What an expired link offers."""

    customer_login: CustomerLogin | None = None
    type: Literal["customer_login"] = "customer_login"


class Session(Document, frozen=True, kw_only=True):
    """A link into the portal; `url` holds the secret and is shown only when it is made."""

    object: str = "billing_portal.session"
    after_expiration: AfterExpiration | None = None
    configuration: str
    customer: str
    customer_account: str | None = None
    flow: Flow | None = None
    locale: str | None = None
    on_behalf_of: str | None = None
    return_url: str | None = None
    url: str = ""


def check_configuration(config: Configuration) -> Configuration:
    """The same configuration, or Invalid where its features contradict each other.

    Source: Stripe API reference, "Customer portal configuration".
    """
    cancel, update = config.features.subscription_cancel, config.features.subscription_update
    at = "features[subscription_cancel][proration_behavior]"
    if cancel.proration_behavior == "always_invoice":
        raise Invalid("Invalid proration_behavior: `always_invoice` is not supported for cancellations.", param=at)
    if cancel.proration_behavior == "create_prorations" and cancel.mode != "immediately":
        raise Invalid("`create_prorations` can only be used when the cancellation `mode` is `immediately`.", param=at)
    if update.enabled and not config.features.payment_method_update.enabled:
        raise Invalid("Cannot enable subscription updates while payment method update is disabled.")
    if len(update.products or ()) > 10:
        raise Invalid("You can list at most 10 products.", param="features[subscription_update][products]")
    if cancel.retention is not None and cancel.retention.coupon_offer is None:
        at = "features[subscription_cancel][retention][coupon_offer]"
        raise Invalid(f"Missing required param: {at}.", code="parameter_missing", param=at)
    if config.is_default and not config.active:
        raise Conflict("The default configuration must be active.", param="active")
    return config
