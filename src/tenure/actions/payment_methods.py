"""Payment methods: create, update, attach, detach; and which method an id stands for."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from tenure import gateways
from tenure.actions.clock import moment, page_all
from tenure.actions.patch import patch
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Conflict, Invalid
from tenure.domain.payment_methods import TYPES, PaymentMethod, attached, check_expiry, check_usable, detached
from tenure.domain.payments import CardGiven, Known, Verification, declined, error_of
from tenure.domain.subscriptions import TERMINAL, Subscription
from tenure.store.tx import Tx

SAID = ("allow_redisplay", "billing_details", "metadata")


def create(tx: Tx, fields: Mapping[str, Any]) -> PaymentMethod:
    """A new method, nobody's yet. Raises Declined, Invalid where it cannot be used or Tenure has no such type."""
    method = _made(tx, _known(tx, fields), fields)
    tx.save(Change(after=(method,)))
    return method


def update(tx: Tx, id: str, fields: Mapping[str, Any]) -> PaymentMethod:
    """Change what was said about a customer's method, or a card's expiry."""
    before = tx.lock(PaymentMethod, id, param="payment_method")
    if before.customer is None:
        raise Conflict(
            "You must save this PaymentMethod to a customer before you can update it.",
            code="payment_method_unexpected_state",
        )
    card = fields.get("card") or {}
    if card and before.card is None:
        raise Invalid("You cannot update `card` of a payment method of another type.", param="card")
    if "exp_month" in card or "exp_year" in card:
        month, year = ({**msgspec.to_builtins(before.card), **card}[key] for key in ("exp_month", "exp_year"))
        check_expiry(month, year, _now(tx, before.customer))
    method = patch(before, fields)
    if method != before:
        tx.save(Change(after=(method,), events=(EventDraft("payment_method.updated", method),)))
    return method


def resolve(tx: Tx, id: str, *, param: str = "payment_method") -> PaymentMethod:
    """The method with this id, locked; of a shared test token a fresh one, saved. Raises NotFound."""
    known = gateways.of(tx.scope).shared(id, account=tx.scope.account, now=tx.now)
    if known is None:
        return tx.lock(PaymentMethod, id, param=param)
    method = _made(tx, known, {})
    tx.save(Change(after=(method,)))
    return method


def payable(tx: Tx, id: str, customer: str | None) -> PaymentMethod:
    """The method, where this customer may pay with it now: theirs, or nobody's. Raises NotFound, Conflict, Invalid."""
    method = resolve(tx, id)
    check_usable(method, customer)
    return method


def usable(tx: Tx, id: str, customer: str, *, param: str = "default_payment_method") -> PaymentMethod:
    """The method, where it can be a default: it is this customer's own. Raises NotFound, Invalid."""
    method = tx.need(PaymentMethod, id, param=param)
    if method.customer != customer:
        raise Invalid(
            f"The customer does not have a payment method with the ID {id}. The payment method must be attached to the "
            "customer.",
            code="resource_missing",
            param=param,
        )
    return method


def attach(tx: Tx, id: str, customer: str) -> PaymentMethod:
    """Give a method to a customer, after its issuer has let it be saved. Raises Declined, Conflict."""
    before = resolve(tx, id)
    tx.need(Customer, customer, param="customer")
    method = attached(before, customer)
    if before.customer == customer:
        return before
    outcome = gateways.of(tx.scope).verify(Verification(method=before))
    if outcome.decline is not None:
        raise declined(error_of(outcome.decline, None))
    tx.save(Change(after=(method,), events=(EventDraft("payment_method.attached", method),)))
    return method


def detach(tx: Tx, id: str) -> PaymentMethod:
    """Take a method from its customer for good; whatever named it as the default names none."""
    owner = tx.need(PaymentMethod, id, param="payment_method").customer
    if owner is not None:
        _forget(tx, owner, id)
    method = detached(tx.lock(PaymentMethod, id))
    tx.save(Change(after=(method,), events=(EventDraft("payment_method.detached", method),)))
    return method


def _forget(tx: Tx, owner: str, id: str) -> None:
    """Clear the defaults that name the method."""
    for each in page_all(tx, Subscription, [("customer", "=", owner)]):
        if each.default_payment_method == id and each.status not in TERMINAL:
            after = replace(tx.lock(Subscription, each.id), default_payment_method=None)
            tx.save(Change(after=(after,), events=(EventDraft("customer.subscription.updated", after),)))
    if tx.get(Customer, owner) is None:
        return
    customer = tx.lock(Customer, owner)
    if customer.invoice_settings.default_payment_method == id:
        settings = replace(customer.invoice_settings, default_payment_method=None)
        changed = replace(customer, invoice_settings=settings)
        tx.save(Change(after=(changed,), events=(EventDraft("customer.updated", changed),)))


def _known(tx: Tx, fields: Mapping[str, Any]) -> Known:
    """What the gateway makes of the parameters of one type."""
    gateway, account = gateways.of(tx.scope), tx.scope.account
    kind = fields.get("type")
    if kind is None:
        raise Invalid("Missing required param: type.", code="parameter_missing", param="type")
    if kind not in TYPES:
        raise Invalid(
            f"The payment method type `{kind}` is not supported by Tenure. Supported are: {', '.join(TYPES)}.",
            code="parameter_unsupported",
            param="type",
        )
    detail = fields.get(kind)
    if detail is None:
        raise Invalid(f"Missing required param: {kind}.", code="parameter_missing", param=kind)
    if kind == "card":
        return gateway.card(msgspec.convert(detail, CardGiven), account=account, now=tx.now)
    if kind == "sepa_debit":
        return gateway.sepa_debit(detail["iban"], account=account)
    return Known(fields={"type": "custom", "custom": {"type": detail["type"], "display_name": detail["type"]}})


def _made(tx: Tx, known: Known, said: Mapping[str, Any]) -> PaymentMethod:
    document = {
        **known.fields,
        "id": tx.new_id("pm_"),
        "created": tx.now,
        "livemode": tx.scope.livemode,
        "reference": known.reference,
    }
    method = msgspec.convert(document, PaymentMethod)
    return patch(method, {key: said[key] for key in SAID if key in said})


def _now(tx: Tx, customer: str) -> int:
    owner = tx.get(Customer, customer)
    return moment(tx, owner.test_clock if owner else None)
