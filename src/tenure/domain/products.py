"""A product: what is sold; its prices say for how much and how often."""

from typing import Literal

import msgspec

from tenure.domain.documents import Document, Part


class MarketingFeature(Part, frozen=True, kw_only=True):
    """One line of a pricing table."""

    name: str | None = None


class PackageDimensions(Part, frozen=True, kw_only=True):
    """Size in inches and weight in ounces, as Stripe has them."""

    height: float
    length: float
    weight: float
    width: float


class TaxDetails(Part, frozen=True, kw_only=True):
    """Where the service is performed and its tax code."""

    performance_location: str | None = None
    tax_code: str | None = None


class Product(Document, frozen=True, kw_only=True):
    """What is sold."""

    object: str = "product"
    active: bool = True
    default_price: str | None = None
    description: str | None = None
    images: list[str] = msgspec.field(default_factory=list)
    marketing_features: list[MarketingFeature] = msgspec.field(default_factory=list)
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    name: str
    package_dimensions: PackageDimensions | None = None
    shippable: bool | None = None
    statement_descriptor: str | None = None
    tax_code: str | None = None
    tax_details: TaxDetails | None = None
    type: Literal["good", "service"] = "service"
    unit_label: str | None = None
    updated: int = 0
    url: str | None = None
