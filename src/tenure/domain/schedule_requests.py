"""What may be asked of a subscription schedule: the parameters of creating and updating one, typed.

Absent (UNSET), cleared (None) and given are three different things.
Source: Stripe API reference, "Create a schedule", "Update a schedule".
"""

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from tenure.domain.documents import Part
from tenure.domain.prices import Interval
from tenure.domain.requests import (
    AutomaticTaxGiven,
    Description,
    DiscountGiven,
    IssuerGiven,
    OneTimePriceGiven,
    PriceGiven,
    Proration,
    Quantity,
)
from tenure.domain.subscription_schedules import AddedPeriod, Anchor, Collection, EndBehavior
from tenure.domain.subscriptions import BillingMode

Positive = Annotated[int, msgspec.Meta(ge=1)]


class DurationGiven(Part, frozen=True, kw_only=True):
    """How long a phase lasts."""

    interval: Interval
    interval_count: Positive = 1


class PhaseInvoiceSettingsGiven(Part, frozen=True, kw_only=True):
    """How invoices look and when they are due."""

    custom_fields: list[dict[str, str]] | None | UnsetType = UNSET
    days_until_due: Annotated[int, msgspec.Meta(ge=0, le=365)] | UnsetType = UNSET
    description: str | None | UnsetType = UNSET
    footer: str | None | UnsetType = UNSET
    issuer: IssuerGiven | UnsetType = UNSET


class DefaultSettingsGiven(Part, frozen=True, kw_only=True):
    """What holds for every phase that says nothing else."""

    automatic_tax: AutomaticTaxGiven | UnsetType = UNSET
    billing_cycle_anchor: Anchor | UnsetType = UNSET
    collection_method: Collection | UnsetType = UNSET
    default_payment_method: str | UnsetType = UNSET
    description: Description | None | UnsetType = UNSET
    invoice_settings: PhaseInvoiceSettingsGiven | UnsetType = UNSET


class PhaseAddedItemGiven(Part, frozen=True, kw_only=True):
    """A one-time price that the phase's first invoice charges too."""

    discountable: bool | UnsetType = UNSET
    discounts: list[DiscountGiven] | UnsetType = UNSET
    metadata: dict[str, str] | UnsetType = UNSET
    period: AddedPeriod | UnsetType = UNSET
    price: str | UnsetType = UNSET
    price_data: OneTimePriceGiven | UnsetType = UNSET
    quantity: Quantity | UnsetType = UNSET
    tax_rates: list[str] | None | UnsetType = UNSET


class PhaseItemGiven(Part, frozen=True, kw_only=True):
    """A price of a phase."""

    discounts: list[DiscountGiven] | None | UnsetType = UNSET
    metadata: dict[str, str] | UnsetType = UNSET
    plan: str | UnsetType = UNSET
    price: str | UnsetType = UNSET
    price_data: PriceGiven | UnsetType = UNSET
    quantity: Quantity | UnsetType = UNSET
    tax_rates: list[str] | None | UnsetType = UNSET


class PhaseCommon(Part, frozen=True, kw_only=True):
    """What is said of a phase, apart from dates."""

    items: list[PhaseItemGiven]
    add_invoice_items: Annotated[list[PhaseAddedItemGiven], msgspec.Meta(max_length=20)] | UnsetType = UNSET
    automatic_tax: AutomaticTaxGiven | UnsetType = UNSET
    billing_cycle_anchor: Anchor | UnsetType = UNSET
    collection_method: Collection | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    default_payment_method: str | UnsetType = UNSET
    default_tax_rates: list[str] | None | UnsetType = UNSET
    description: Description | None | UnsetType = UNSET
    discounts: list[DiscountGiven] | None | UnsetType = UNSET
    duration: DurationGiven | UnsetType = UNSET
    invoice_settings: PhaseInvoiceSettingsGiven | UnsetType = UNSET
    iterations: Positive | UnsetType = UNSET
    metadata: dict[str, str] | UnsetType = UNSET
    proration_behavior: Proration | UnsetType = UNSET
    trial: bool | UnsetType = UNSET


class PhaseGiven(PhaseCommon, frozen=True, kw_only=True):
    """A phase of a new schedule; it starts where the one before it ends."""

    end_date: int | UnsetType = UNSET
    trial_end: int | UnsetType = UNSET


class PhaseChanged(PhaseCommon, frozen=True, kw_only=True):
    """A phase of a schedule that exists; the first one says where it starts."""

    end_date: int | Literal["now"] | UnsetType = UNSET
    start_date: int | Literal["now"] | UnsetType = UNSET
    trial_end: int | Literal["now"] | UnsetType = UNSET


PhaseAsked: TypeAlias = PhaseGiven | PhaseChanged


class CreateSchedule(Part, frozen=True, kw_only=True):
    """A new schedule: of a customer with phases, or of a subscription that exists."""

    billing_mode: BillingMode | UnsetType = UNSET
    customer: str | UnsetType = UNSET
    default_settings: DefaultSettingsGiven | UnsetType = UNSET
    end_behavior: EndBehavior | UnsetType = UNSET
    from_subscription: str | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    phases: list[PhaseGiven] | UnsetType = UNSET
    start_date: int | Literal["now"] | UnsetType = UNSET


class UpdateSchedule(Part, frozen=True, kw_only=True):
    """Changes to a schedule; `proration_behavior` is for what changes in the current phase."""

    default_settings: DefaultSettingsGiven | UnsetType = UNSET
    end_behavior: EndBehavior | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    phases: list[PhaseChanged] | UnsetType = UNSET
    proration_behavior: Proration = "create_prorations"
