"""/v1/products: what is sold."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from tenure.actions import products
from tenure.actions.patch import given
from tenure.api.prices import PriceFields
from tenure.api.resource import Call, Resource, Where, create, delete, lists, retrieve, searches, update
from tenure.domain.documents import Part
from tenure.domain.products import MarketingFeature, PackageDimensions, Product
from tenure.wire.lists import ListParams, Range, conditions

PATH = "/v1/products"
Name = Annotated[str, msgspec.Meta(max_length=5000)]
Statement = Annotated[str, msgspec.Meta(max_length=22)]


class TaxDetailsGiven(Part, frozen=True, kw_only=True):
    """Where the service is performed and its tax code."""

    performance_location: str | UnsetType = UNSET
    tax_code: str | None | UnsetType = UNSET


class ProductFields(Part, frozen=True, kw_only=True):
    """What can be said about a product."""

    active: bool | UnsetType = UNSET
    description: Annotated[str, msgspec.Meta(max_length=40000)] | None | UnsetType = UNSET
    images: list[str] | None | UnsetType = UNSET
    marketing_features: list[MarketingFeature] | None | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    package_dimensions: PackageDimensions | None | UnsetType = UNSET
    shippable: bool | UnsetType = UNSET
    statement_descriptor: Statement | UnsetType = UNSET
    tax_code: str | None | UnsetType = UNSET
    tax_details: TaxDetailsGiven | None | UnsetType = UNSET
    unit_label: Annotated[str, msgspec.Meta(max_length=12)] | None | UnsetType = UNSET
    url: Name | None | UnsetType = UNSET


class DefaultPrice(PriceFields, frozen=True, kw_only=True):
    """The default price of a new product."""

    currency: str


class CreateProduct(ProductFields, frozen=True, kw_only=True):
    """A new product."""

    name: Name
    default_price_data: DefaultPrice | UnsetType = UNSET
    id: Name | UnsetType = UNSET
    type: Literal["good", "service"] | UnsetType = UNSET


class UpdateProduct(ProductFields, frozen=True, kw_only=True):
    """Changes to a product."""

    default_price: str | None | UnsetType = UNSET
    name: Name | UnsetType = UNSET


class ListProducts(ListParams, frozen=True, kw_only=True):
    """Filters of the list."""

    active: bool | UnsetType = UNSET
    created: Range | UnsetType = UNSET
    ids: list[str] | UnsetType = UNSET
    shippable: bool | UnsetType = UNSET
    type: Literal["good", "service"] | UnsetType = UNSET
    url: str | UnsetType = UNSET


def _create(call: Call) -> Product:
    fields = given(call.params)
    id, price = fields.pop("id", None), fields.pop("default_price_data", None)
    return products.create(call.tx, fields, id=id, default_price=price)


def _where(params: ListProducts) -> Where:
    where: list[tuple[str, str, Any]] = [*conditions("created", params.created)]
    if params.active is not UNSET:
        where.append(("active", "=", params.active))
    if params.ids is not UNSET:
        where.append(("id", "in", params.ids))
    for name in ("type", "url"):
        if getattr(params, name) is not UNSET:
            where.append((name, "=", getattr(params, name)))
    if params.type == "service":
        where = [each for each in where if each[0] != "type"] + [("type", "null", None)]
    if params.shippable is not UNSET:
        where.append(("shippable", "=" if params.shippable else "null", "1" if params.shippable else None))
    return where


RESOURCE = Resource(
    PATH,
    Product,
    (
        create(CreateProduct, _create),
        retrieve(Product),
        update(UpdateProduct, lambda call: products.update(call.tx, call.id, given(call.params))),
        delete(lambda call: products.delete(call.tx, call.id)),
        lists(PATH, Product, ListProducts, _where),
        searches(PATH, Product, "products"),
    ),
)
