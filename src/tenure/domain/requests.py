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


class DetailsGiven(Part, frozen=True, kw_only=True):
    """What the customer says about leaving."""

    comment: Text | None | UnsetType = UNSET
    feedback: Feedback | None | UnsetType = UNSET
    feedback_option: str | None | UnsetType = UNSET


class IssuerGiven(Part, frozen=True, kw_only=True):
    """Who issues the invoices; Tenure knows the account itself."""

    type: Literal["self"]


class InvoiceSettingsGiven(Part, frozen=True, kw_only=True):
    """Defaults for invoices that come with billing."""

    custom_fields: list[dict[str, str]] | None | UnsetType = UNSET
    description: str | None | UnsetType = UNSET
    footer: str | None | UnsetType = UNSET
    issuer: IssuerGiven | UnsetType = UNSET


class AutomaticTaxGiven(Part, frozen=True, kw_only=True):
    """Only `enabled=false` is accepted."""

    enabled: bool


class Common(Part, frozen=True, kw_only=True):
    """Parameters that creating and updating share."""

    automatic_tax: AutomaticTaxGiven | UnsetType = UNSET
    cancel_at: CancelAt | None | UnsetType = UNSET
    cancel_at_period_end: bool | UnsetType = UNSET
    collection_method: Literal["charge_automatically", "send_invoice"] | UnsetType = UNSET
    days_until_due: Annotated[int, msgspec.Meta(ge=0, le=365)] | UnsetType = UNSET
    description: Description | None | UnsetType = UNSET
    discounts: list[DiscountGiven] | None | UnsetType = UNSET
    invoice_settings: InvoiceSettingsGiven | UnsetType = UNSET
    items: list[ItemGiven] | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    off_session: bool | UnsetType = UNSET
    payment_behavior: PaymentBehavior | UnsetType = UNSET
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
