"""A tax rate: a percentage that lines of invoices bear, on top of the amount or inside of it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from tenure.domain.documents import Document
from tenure.domain.errors import Invalid

DECIMALS = 4
MOST_RATES = 5

TaxType = Literal[
    "admissions_tax",
    "amusement_tax",
    "attendance_tax",
    "communications_tax",
    "digital_excise_tax",
    "entertainment_tax",
    "get_fund",
    "gross_receipts_tax",
    "gst",
    "hospitality_tax",
    "hst",
    "igst",
    "jct",
    "lease_tax",
    "luxury_tax",
    "mass_transit_parking_tax",
    "nhil",
    "parking_tax",
    "pst",
    "qst",
    "resort_tax",
    "retail_delivery_fee",
    "rst",
    "sales_tax",
    "service_tax",
    "tourism_tax",
    "utility_users_tax",
    "vat",
]
Level = Literal["city", "country", "county", "district", "multiple", "state"]


class TaxRate(Document, frozen=True, kw_only=True):
    """`percentage` is 0 to 100 with up to four decimals, kept as a decimal text; `inclusive` ones are in the price."""

    object: str = "tax_rate"
    active: bool = True
    country: str | None = None
    description: str | None = None
    display_name: str
    effective_percentage: float | None = None
    flat_amount: None = None
    inclusive: bool
    jurisdiction: str | None = None
    jurisdiction_level: Level | None = None
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    percentage: float
    rate_type: Literal["percentage"] | None = "percentage"
    state: str | None = None
    tax_type: TaxType | None = None


def check(rate: TaxRate) -> TaxRate:
    """The same rate, or Invalid where its percentage is none. Source: Stripe API reference, "Create a tax rate"."""
    exact = Decimal(str(rate.percentage))
    if not 0 <= exact <= 100:
        raise Invalid("Invalid percentage: must be between 0 and 100.", param="percentage")
    if exact != round(exact, DECIMALS):
        raise Invalid(f"Invalid percentage: must have at most {DECIMALS} decimal places.", param="percentage")
    return rate


def chosen(rates: Sequence[TaxRate], *, param: str) -> list[str]:
    """The ids of rates that are newly put on something. Raises Invalid for archived ones, doubles, and a sixth."""
    if len(rates) > MOST_RATES:
        raise Invalid(f"At most {MOST_RATES} tax rates can be used together.", param=param)
    ids = [rate.id for rate in rates]
    if len(set(ids)) < len(ids):
        raise Invalid("The same tax rate cannot be used twice.", param=param)
    for rate in rates:
        if not rate.active:
            raise Invalid(f"The tax rate {rate.id} is archived: it cannot be used for anything new.", param=param)
    return ids
