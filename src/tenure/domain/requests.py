"""What may be asked of a subscription: the parameters of creating and updating one, typed.

Absent (UNSET), cleared (None) and given are three different things.
Source: Stripe API reference, "Create a subscription", "Update a subscription".
"""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from tenure.domain.documents import Part
from tenure.domain.portal import Feedback
from tenure.domain.prices import Interval, TaxBehavior
from tenure.domain.subscriptions import (
    AnchorConfig,
    BillingMode,
    PauseCollection,
    PendingInterval,
    TrialSettings,
)

Quantity = Annotated[int, msgspec.Meta(ge=0, le=99_999_999)]
Text = Annotated[str, msgspec.Meta(max_length=5000)]
Description = Annotated[str, msgspec.Meta(max_length=500)]
CancelAt = int | Literal["max_billed_until", "max_period_end", "min_period_end"]
PaymentBehavior = Literal["allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete"]
Proration = Literal["always_invoice", "create_prorations", "none"]


class DiscountGiven(Part, frozen=True, kw_only=True):
    """One of a coupon, a promotion code, or a discount that is there already."""

    coupon: str | None = None
    discount: str | None = None
    promotion_code: str | None = None


class RecurringGiven(Part, frozen=True, kw_only=True):
    """How often an inline price recurs."""

    interval: Interval
    interval_count: Annotated[int, msgspec.Meta(ge=1)] = 1


class PriceGiven(Part, frozen=True, kw_only=True):
    """A price described inline; amounts in minor units."""

    currency: str
    product: str
    recurring: RecurringGiven
    tax_behavior: TaxBehavior = "unspecified"
    unit_amount: Annotated[int, msgspec.Meta(ge=0)] | UnsetType = UNSET
    unit_amount_decimal: str | UnsetType = UNSET


class ItemGiven(Part, frozen=True, kw_only=True):
    """An item to add, or by `id` one to change or delete."""

    id: str | None = None
    clear_usage: bool | UnsetType = UNSET
    deleted: bool = False
    discounts: list[DiscountGiven] | None | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    plan: str | UnsetType = UNSET
    price: str | UnsetType = UNSET
    price_data: PriceGiven | UnsetType = UNSET
    quantity: Quantity | UnsetType = UNSET
    tax_rates: list[str] | None | UnsetType = UNSET


class DetailsGiven(Part, frozen=True, kw_only=True):
    """What the customer says about leaving."""

    comment: Text | None | UnsetType = UNSET
    feedback: Feedback | None | UnsetType = UNSET
    feedback_option: str | None | UnsetType = UNSET


class TimeGiven(Part, frozen=True, kw_only=True):
    """One end of the time that an added invoice item is for."""

    type: Literal["max_item_period_start", "min_item_period_end", "now", "timestamp"]
    timestamp: int | UnsetType = UNSET


class PeriodGiven(Part, frozen=True, kw_only=True):
    """What time an added invoice item is for."""

    end: TimeGiven
    start: TimeGiven


class OneTimePriceGiven(Part, frozen=True, kw_only=True):
    """A price for once, described inline; amounts in minor units."""

    currency: str
    product: str
    tax_behavior: TaxBehavior = "unspecified"
    unit_amount: int | UnsetType = UNSET
    unit_amount_decimal: str | UnsetType = UNSET


class AddedItemGiven(Part, frozen=True, kw_only=True):
    """Something that is billed once, with the invoice that the request makes or the next one."""

    discountable: bool = True
    discounts: list[DiscountGiven] | None | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    period: PeriodGiven | UnsetType = UNSET
    price: str | UnsetType = UNSET
    price_data: OneTimePriceGiven | UnsetType = UNSET
    quantity: Quantity = 1
    tax_rates: list[str] | None | UnsetType = UNSET


class CardOptionsGiven(Part, frozen=True, kw_only=True):
    """How cards are asked for."""

    network: str | UnsetType = UNSET
    request_three_d_secure: Literal["any", "automatic", "challenge"] | UnsetType = UNSET


class MethodOptionsGiven(Part, frozen=True, kw_only=True):
    """Options of each type of method."""

    card: CardOptionsGiven | None | UnsetType = UNSET


class PaymentSettingsGiven(Part, frozen=True, kw_only=True):
    """How the invoices of this subscription are paid."""

    payment_method_options: MethodOptionsGiven | UnsetType = UNSET
    payment_method_types: list[str] | None | UnsetType = UNSET
    save_default_payment_method: Literal["off", "on_subscription"] | UnsetType = UNSET


class IssuerGiven(Part, frozen=True, kw_only=True):
    """Who issues the invoices; Tenure knows the account itself."""

    type: Literal["self"]


class InvoiceSettingsGiven(Part, frozen=True, kw_only=True):
    """Defaults for the invoices of the subscription."""

    custom_fields: list[dict[str, str]] | None | UnsetType = UNSET
    description: str | None | UnsetType = UNSET
    footer: str | None | UnsetType = UNSET
    issuer: IssuerGiven | UnsetType = UNSET


class AutomaticTaxGiven(Part, frozen=True, kw_only=True):
    """Only `enabled=false` is accepted."""

    enabled: bool


class Common(Part, frozen=True, kw_only=True):
    """Parameters that creating and updating share."""

    add_invoice_items: list[AddedItemGiven] | UnsetType = UNSET
    automatic_tax: AutomaticTaxGiven | UnsetType = UNSET
    cancel_at: CancelAt | None | UnsetType = UNSET
    cancel_at_period_end: bool | UnsetType = UNSET
    collection_method: Literal["charge_automatically", "send_invoice"] | UnsetType = UNSET
    days_until_due: Annotated[int, msgspec.Meta(ge=0, le=365)] | UnsetType = UNSET
    default_payment_method: str | None | UnsetType = UNSET
    default_tax_rates: list[str] | None | UnsetType = UNSET
    description: Description | None | UnsetType = UNSET
    discounts: list[DiscountGiven] | None | UnsetType = UNSET
    invoice_settings: InvoiceSettingsGiven | UnsetType = UNSET
    items: list[ItemGiven] | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    off_session: bool | UnsetType = UNSET
    payment_behavior: PaymentBehavior | UnsetType = UNSET
    payment_settings: PaymentSettingsGiven | UnsetType = UNSET
    pending_invoice_item_interval: PendingInterval | None | UnsetType = UNSET
    proration_behavior: Proration | UnsetType = UNSET
    trial_end: int | Literal["now"] | UnsetType = UNSET
    trial_from_plan: bool | UnsetType = UNSET
    trial_settings: TrialSettings | UnsetType = UNSET


class CreateSubscription(Common, frozen=True, kw_only=True):
    """A new subscription."""

    customer: str
    items: list[ItemGiven]
    backdate_start_date: int | UnsetType = UNSET
    billing_cycle_anchor: int | UnsetType = UNSET
    billing_cycle_anchor_config: AnchorConfig | UnsetType = UNSET
    billing_mode: BillingMode | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    trial_period_days: Annotated[int, msgspec.Meta(ge=0, le=730)] | UnsetType = UNSET


class AnchorGiven(Part, frozen=True, kw_only=True):
    """Whether the billing anchor starts anew."""

    type: Literal["now", "unchanged"]


class UpdateSubscription(Common, frozen=True, kw_only=True):
    """Changes to a subscription."""

    billing_cycle_anchor: AnchorGiven | Literal["now", "unchanged"] | UnsetType = UNSET
    cancellation_details: DetailsGiven | UnsetType = UNSET
    pause_collection: PauseCollection | None | UnsetType = UNSET
    proration_date: int | UnsetType = UNSET


class CancelSubscription(Part, frozen=True, kw_only=True):
    """How to end at once: whether unused time is given back, and whether what is owed is billed now."""

    cancellation_details: DetailsGiven | UnsetType = UNSET
    invoice_now: bool = False
    prorate: bool = False


class ResumeSubscription(Part, frozen=True, kw_only=True):
    """How to go on after a pause."""

    billing_cycle_anchor: AnchorGiven | Literal["now", "unchanged"] | UnsetType = UNSET
    payment_behavior: Literal["resume_on_payment_attempt", "resume_on_payment_success"] | UnsetType = UNSET
    proration_behavior: Proration | UnsetType = UNSET
    proration_date: int | UnsetType = UNSET


class UsageThrough(Part, frozen=True, kw_only=True):
    """Up to when usage is billed."""

    type: Literal["none", "pause_at"]


class UnusedFrom(Part, frozen=True, kw_only=True):
    """From when on unused time is given back."""

    type: Literal["item_current_period_start", "none", "pause_at"]


class PauseFor(Part, frozen=True, kw_only=True):
    """What is billed and given back when a pause starts."""

    outstanding_usage_through: UsageThrough | UnsetType = UNSET
    unused_time_from: UnusedFrom | UnsetType = UNSET


class PauseSubscription(Part, frozen=True, kw_only=True):
    """How to pause."""

    bill_for: PauseFor | UnsetType = UNSET
    invoicing_behavior: Literal["invoice", "pending_invoice_item"] | UnsetType = UNSET
    type: Literal["subscription"] | UnsetType = UNSET
