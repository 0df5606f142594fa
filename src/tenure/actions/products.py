"""Products: create, update, delete."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from tenure.actions import prices
from tenure.actions.patch import patch
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Conflict
from tenure.domain.links import check_address
from tenure.domain.prices import Price
from tenure.domain.products import Product
from tenure.store.tx import Tx


def create(
    tx: Tx, fields: Mapping[str, Any], *, id: str | None = None, default_price: Mapping[str, Any] | None = None
) -> Product:
    """A new product, with its default price where one is described. Raises Conflict for an id that exists."""
    if id is not None and tx.get(Product, id, deleted=True) is not None:
        raise Conflict(f"Product already exists: '{id}'.", code="resource_already_exists", param="id")
    _check_addresses(fields)
    key = id or tx.new_id("prod_")
    blank = Product(id=key, created=tx.now, livemode=tx.scope.livemode, name=str(fields["name"]), updated=tx.now)
    product = patch(blank, fields)
    tx.save(Change(after=(product,), events=(EventDraft("product.created", product),)))
    if default_price is None:
        return product
    price = prices.create(tx, {**default_price, "product": key})
    return update(tx, key, {"default_price": price.id})


def update(tx: Tx, id: str, fields: Mapping[str, Any]) -> Product:
    """Change the fields that were given; a default price must be one of the product's own."""
    before = tx.lock(Product, id, param="id")
    _check_addresses(fields)
    if fields.get("default_price"):
        price = tx.need(Price, fields["default_price"], param="default_price")
        if price.product != id:
            raise Conflict(f"The price '{price.id}' belongs to another product.", param="default_price")
    product = replace(patch(before, fields), updated=tx.now)
    if replace(product, updated=before.updated) != before:
        tx.save(Change(after=(product,), events=(EventDraft("product.updated", product),)))
    return product


def _check_addresses(fields: Mapping[str, Any]) -> None:
    """Refuse a page or a picture that has no address of the web. Raises Invalid."""
    if fields.get("url"):
        check_address(fields["url"], param="url")
    for number, image in enumerate(fields.get("images") or ()):
        check_address(image, param=f"images[{number}]")


def delete(tx: Tx, id: str) -> Product:
    """Delete a product that has no prices. Raises Conflict otherwise."""
    product = tx.lock(Product, id, param="id")
    if tx.count(Price, [("product", "=", id)]):
        raise Conflict("This product cannot be deleted because it has one or more user-created prices.", param="id")
    tx.save(Change(deleted=(product,), events=(EventDraft("product.deleted", product),)))
    return product
