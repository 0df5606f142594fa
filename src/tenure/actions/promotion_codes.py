"""Promotion codes: create, update, redeem."""

from collections.abc import Mapping
from typing import Any

from tenure.actions.clock import page_all
from tenure.actions.patch import patch
from tenure.domain.coupons import Coupon
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Conflict, Invalid
from tenure.domain.invoices import Invoice, InvoiceStatus
from tenure.domain.payment_intents import PaymentIntent
from tenure.domain.promotion_codes import Promotion, PromotionCode, check, is_active, least
from tenure.store.tx import Tx

CODE_LENGTH = 8


def create(tx: Tx, fields: Mapping[str, Any], *, coupon: str) -> PromotionCode:
    """A new code for a coupon; unique among active codes, for everybody or for one customer."""
    source = tx.need(Coupon, coupon, param="promotion[coupon]")
    if fields.get("customer"):
        tx.need(Customer, fields["customer"], param="customer")
    code = fields.get("code") or tx.new_id("")[-CODE_LENGTH:].upper()
    if tx.page(PromotionCode, [("code", "=", code.lower()), ("active", "=", True)], limit=1).items:
        raise Conflict(
            f"An active promotion code with `code: {code}` already exists.",
            code="resource_already_exists",
            param="code",
        )
    blank = PromotionCode(
        id=tx.new_id("promo_"),
        created=tx.now,
        livemode=tx.scope.livemode,
        code=code,
        promotion=Promotion(coupon=coupon),
    )
    promotion = check(patch(blank, {**fields, "code": code}), source, tx.now)
    tx.save(Change(after=(promotion,), events=(EventDraft("promotion_code.created", promotion),)))
    return promotion


def update(tx: Tx, id: str, fields: Mapping[str, Any]) -> PromotionCode:
    """Change activity, metadata or restrictions. An active code stays unique."""
    before = tx.lock(PromotionCode, id, param="promotion_code")
    code = patch(before, fields)
    if code.active and not before.active:
        same = tx.page(PromotionCode, [("code", "=", code.code.lower()), ("active", "=", True)], limit=1).items
        if same:
            raise Conflict(f"An active promotion code with `code: {code.code}` already exists.", param="active")
    if code != before:
        tx.save(Change(after=(code,), events=(EventDraft("promotion_code.updated", code),)))
    return code


def redeem(tx: Tx, id: str, *, customer: str, currency: str, amount: int | None, now: int, param: str) -> PromotionCode:
    """Count one redemption of the code, exactly, or refuse it for this customer and this order value, minor units."""
    code = tx.need(PromotionCode, id, param=param)
    coupon = tx.get(Coupon, code.promotion.coupon)
    if not is_active(code, coupon, now) or (code.customer is not None and code.customer != customer):
        raise Invalid("This promotion code cannot be redeemed.", code="promotion_code_expired", param=param)
    _check_restrictions(tx, code, customer, currency, amount, param)
    if not tx.redeem_promotion_code(id):
        raise Invalid("This promotion code has been used up.", code="promotion_code_expired", param=param)
    return code


def _check_restrictions(
    tx: Tx, code: PromotionCode, customer: str, currency: str, amount: int | None, param: str
) -> None:
    if code.restrictions.first_time_transaction and _has_paid(tx, customer):
        raise Invalid(
            "This promotion code cannot be redeemed because the associated customer has prior transactions.",
            param=param,
        )
    smallest = least(code, currency)
    if smallest is not None and amount is not None and amount < smallest:
        raise Invalid(
            f"This promotion code cannot be redeemed because the amount is below its minimum of {smallest}.",
            param=param,
        )


def _has_paid(tx: Tx, customer: str) -> bool:
    """Whether the customer ever paid an invoice, or a payment without one."""
    paid = page_all(tx, Invoice, [("customer", "=", customer), ("status", "=", InvoiceStatus.PAID.value)])
    payments = [("customer", "=", customer), ("status", "=", "succeeded")]
    return any(each.amount_paid for each in paid) or bool(tx.page(PaymentIntent, payments, limit=1).items)
