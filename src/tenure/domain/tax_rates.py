"""A tax rate: a percentage that lines of invoices bear, on top of the amount or inside of it."""

from typing import Literal

import msgspec

from tenure.domain.documents import Document

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
