"""Coupons: create, update, delete, redeem."""

from collections.abc import Mapping
from typing import Any

from tenure.actions.patch import patch
from tenure.domain.coupons import Coupon, check, fits, is_valid
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Conflict, Invalid
from tenure.domain.products import Product
from tenure.store.tx import Tx

ID_LENGTH = 8


def create(tx: Tx, fields: Mapping[str, Any], *, id: str | None = None) -> Coupon:
    """A new coupon; its id is the caller's or 8 random characters. Raises Invalid, Conflict."""
    key = id or tx.new_id("")[-ID_LENGTH:]
    if tx.get(Coupon, key, deleted=True) is not None:
        raise Conflict("Coupon already exists.", code="resource_already_exists", param="id")
    for product in (fields.get("applies_to") or {}).get("products", ()):
        tx.need(Product, product, param="applies_to[products][0]")
    coupon = check(patch(Coupon(id=key, created=tx.now, livemode=tx.scope.livemode), fields), tx.now)
    tx.save(Change(after=(coupon,), events=(EventDraft("coupon.created", coupon),)))
    return coupon


def update(tx: Tx, id: str, fields: Mapping[str, Any]) -> Coupon:
    """Change name, metadata or currency options."""
    before = tx.lock(Coupon, id, param="coupon")
    coupon = patch(before, fields)
    if coupon != before:
        tx.save(Change(after=(coupon,), events=(EventDraft("coupon.updated", coupon),)))
    return coupon


def delete(tx: Tx, id: str) -> Coupon:
    """Delete it: nobody can redeem it any more; discounts already given go on."""
    coupon = tx.lock(Coupon, id, param="coupon")
    tx.save(Change(deleted=(coupon,), events=(EventDraft("coupon.deleted", coupon),)))
    return coupon


def redeem(tx: Tx, id: str, *, currency: str, products: frozenset[str], now: int, param: str) -> Coupon:
    """Count one redemption, exactly, or refuse: expired, used up, another currency, other products."""
    coupon = tx.need(Coupon, id, param=param)
    if coupon.redeem_by is not None and now >= coupon.redeem_by:
        raise Invalid(f"Coupon {id} is expired and cannot be applied.", code="coupon_expired", param=param)
    if not is_valid(coupon, now):
        raise Invalid(f"Coupon {id} is used up and cannot be applied.", code="coupon_expired", param=param)
    if not fits(coupon, currency, products):
        raise Invalid(f"The coupon {id} does not apply here: its currency or products differ.", param=param)
    if not tx.redeem(id):
        raise Invalid(f"Coupon {id} is used up and cannot be applied.", code="coupon_expired", param=param)
    return coupon
