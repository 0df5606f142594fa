"""Features, and the products that bring them: create, update, attach, detach.

Attaching and detaching change what new subscriptions bring at once, and what existing ones bring when their customer's
entitlements are next worked out: at the start of a period, or when a subscription changes.
Source: Stripe documentation, "Entitlements".
"""

from collections.abc import Mapping
from typing import Any

from tenure.actions.patch import patch
from tenure.domain.documents import Change
from tenure.domain.entitlements import Feature, ProductFeature, check_attachable, check_editable
from tenure.domain.errors import Conflict, NotFound
from tenure.domain.products import Product
from tenure.store.tx import Tx


def create(tx: Tx, fields: Mapping[str, Any]) -> Feature:
    """A new feature. Raises Conflict where an active one has the lookup key."""
    key = fields["lookup_key"]
    taken = tx.page(Feature, [("lookup_key", "=", key), ("active", "=", True)], limit=1).items
    if taken:
        raise Conflict(
            f"A feature (`{taken[0].id}`) already uses that lookup key.",
            code="resource_already_exists",
            param="lookup_key",
        )
    blank = Feature(
        id=tx.new_id("feat_"), created=tx.now, livemode=tx.scope.livemode, lookup_key=key, name=fields["name"]
    )
    feature = patch(blank, fields)
    tx.save(Change(after=(feature,)))
    return feature


def update(tx: Tx, id: str, fields: Mapping[str, Any]) -> Feature:
    """Change name or metadata, or archive it. Raises Conflict for an archived one."""
    before = tx.lock(Feature, id, param="id")
    feature = patch(before, fields)
    if feature != before:
        check_editable(before)
        tx.save(Change(after=(feature,)))
    return feature


def attach(tx: Tx, product: str, feature: str) -> ProductFeature:
    """Let a product bring a feature. Raises Conflict where it does already, or the feature is archived."""
    tx.lock(Product, product, param="product")
    check_attachable(tx.need(Feature, feature, param="entitlement_feature"))
    if tx.page(ProductFeature, [("product", "=", product), ("feature", "=", feature)], limit=1).items:
        raise Conflict(
            f"The feature `{feature}` is already attached to the product `{product}`.",
            code="resource_already_exists",
            param="entitlement_feature",
        )
    attached = ProductFeature(
        id=tx.new_id("prodft_"),
        created=tx.now,
        livemode=tx.scope.livemode,
        entitlement_feature=feature,
        product=product,
    )
    tx.save(Change(after=(attached,)))
    return attached


def attached_to(tx: Tx, product: str, id: str) -> ProductFeature:
    """What lets this product bring a feature. Raises NotFound, also for that of another product."""
    tx.need(Product, product, param="product")
    attached = tx.need(ProductFeature, id, param="id")
    if attached.product != product:
        raise NotFound(f"No such product feature: '{id}'", code="resource_missing", param="id")
    return attached


def detach(tx: Tx, product: str, id: str) -> ProductFeature:
    """Let a product bring a feature no more."""
    attached = attached_to(tx, product, id)
    tx.save(Change(deleted=(attached,)))
    return attached
