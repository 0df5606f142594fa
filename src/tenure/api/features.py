"""/v1/entitlements/features and /v1/products/{id}/features: what products bring."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from tenure.actions import features
from tenure.actions.patch import given
from tenure.api.resource import Call, Nothing, Operation, Resource, Shape, Where, create, lists, retrieve, shown, update
from tenure.domain.documents import Part
from tenure.domain.entitlements import Feature, ProductFeature
from tenure.domain.products import Product
from tenure.wire.lists import ListParams, listing
from tenure.wire.shapes import render_all

PATH = "/v1/entitlements/features"
OF_PRODUCTS_PATH = "/v1/products/{id}/features"
Name = Annotated[str, msgspec.Meta(max_length=80)]


class CreateFeature(Part, frozen=True, kw_only=True):
    """A new feature."""

    lookup_key: Name
    name: Name
    metadata: dict[str, str] | UnsetType = UNSET


class UpdateFeature(Part, frozen=True, kw_only=True):
    """Changes to a feature: never its key."""

    active: bool | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    name: Name | UnsetType = UNSET


class ListFeatures(ListParams, frozen=True, kw_only=True):
    """Filters of the list; archived features are shown when asked for."""

    archived: bool = False
    lookup_key: str | UnsetType = UNSET


class AttachFeature(Part, frozen=True, kw_only=True):
    """The feature that a product is to bring."""

    entitlement_feature: str


def _where(params: ListFeatures) -> Where:
    where: list[tuple[str, str, Any]] = [("active", "=", not params.archived)]
    if params.lookup_key is not UNSET:
        where.append(("lookup_key", "=", params.lookup_key))
    return where


def _attached(call: Call, docs: list[ProductFeature]) -> list[Shape]:
    """Each with its feature in it."""
    found = call.tx.many(Feature, {doc.entitlement_feature for doc in docs})
    inside = dict(zip(found, render_all(list(found.values()), call.tx.many), strict=True))
    return [{**shown(call, doc), "entitlement_feature": inside[doc.entitlement_feature]} for doc in docs]


def _attach(call: Call) -> Shape:
    return _attached(call, [features.attach(call.tx, call.id, call.params.entitlement_feature)])[0]


def _list(call: Call) -> Shape:
    call.tx.need(Product, call.id, param="product")
    page = call.tx.page(ProductFeature, [("product", "=", call.id)], **call.params.window())
    return listing(_attached(call, page.items), page.has_more, OF_PRODUCTS_PATH.format(id=call.id))


def _retrieve(call: Call) -> Shape:
    return _attached(call, [features.attached_to(call.tx, call.id, call.child)])[0]


def _detach(call: Call) -> Shape:
    gone = features.detach(call.tx, call.id, call.child)
    return {"id": gone.id, "object": gone.object, "deleted": True}


RESOURCE = Resource(
    PATH,
    Feature,
    (
        create(CreateFeature, lambda call: features.create(call.tx, given(call.params))),
        retrieve(Feature),
        update(UpdateFeature, lambda call: features.update(call.tx, call.id, given(call.params))),
        lists(PATH, Feature, ListFeatures, _where),
    ),
)
OF_PRODUCTS = Resource(
    OF_PRODUCTS_PATH,
    ProductFeature,
    (
        Operation("POST", "", AttachFeature, _attach, writes=True),
        Operation("GET", "", ListParams, _list),
        Operation("GET", "/{child}", Nothing, _retrieve),
        Operation("DELETE", "/{child}", Nothing, _detach, writes=True),
    ),
)
