"""Setup intents: create, update, confirm, cancel; and what their customers answer.

confirm ──▶ the gateway verifies ──┬─ succeeded ───────▶ the method is its customer's, ready to be charged
                                   ├─ requires_action ─▶ authenticate(client_secret, ok=…)
                                   └─ declined
"""

import hmac
from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from tenure import gateways
from tenure.actions import payment_methods
from tenure.actions.charging import error_shown
from tenure.actions.clock import moment
from tenure.actions.patch import patch
from tenure.actions.payments import client_secret
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Conflict, Invalid, NotFound, Refused
from tenure.domain.payment_intents import AutomaticMethods
from tenure.domain.payment_methods import PaymentMethod, attached
from tenure.domain.payments import (
    UNAUTHENTICATED_SETUP,
    Outcome,
    Verification,
    authentication_token,
    declined,
    next_action,
)
from tenure.domain.setup_intents import (
    TERMINAL,
    SetupCancellation,
    SetupIntent,
    SetupStatus,
    attempted,
    canceled,
    given_method,
    unexpected,
)
from tenure.domain.subscriptions import Subscription
from tenure.store.tx import Tx
from tenure.wire.shapes import render

OPTIONS = {"card": {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"}}
TYPES = ["card", "sepa_debit"]
NEWS = {
    SetupStatus.REQUIRES_PAYMENT_METHOD: "setup_intent.setup_failed",
    SetupStatus.REQUIRES_ACTION: "setup_intent.requires_action",
    SetupStatus.SUCCEEDED: "setup_intent.succeeded",
}


class Tried(NamedTuple):
    """The intent as it is kept, and why the method was not set up where it was declined."""

    intent: SetupIntent
    refusal: Refused | None = None


def create(
    tx: Tx,
    fields: Mapping[str, Any],
    *,
    method: str | None = None,
    confirmed: bool = False,
    return_url: str | None = None,
) -> Tried:
    """A new intent; `confirmed` at once where that is asked. Raises Invalid, NotFound."""
    customer = fields.get("customer")
    id = tx.new_id("seti_")
    blank = SetupIntent(
        id=id,
        created=_now(tx, customer),
        livemode=tx.scope.livemode,
        client_secret=client_secret(id),
        payment_method_options=OPTIONS,
        payment_method_types=TYPES,
    )
    intent = patch(blank, fields)
    if "payment_method_types" not in fields and intent.automatic_payment_methods is None:
        intent = replace(intent, automatic_payment_methods=AutomaticMethods(enabled=True))
    if method is not None:
        intent = _with(tx, intent, method)
    tx.save(Change(after=(intent,), events=(EventDraft("setup_intent.created", intent),)))
    return confirm(tx, id, return_url=return_url) if confirmed else Tried(intent)


def update(tx: Tx, id: str, fields: Mapping[str, Any], *, method: str | None = None) -> SetupIntent:
    """Change it before it is finished. Raises Conflict, Invalid."""
    before = tx.lock(SetupIntent, id, param="intent")
    if before.status in TERMINAL and (method is not None or fields.keys() - {"metadata", "description"}):
        raise unexpected(before, "can not be updated")
    if fields.get("customer") not in (None, before.customer):
        tx.need(Customer, fields["customer"], param="customer")
        if before.customer is not None:
            raise Conflict("You cannot modify `customer` on a SetupIntent once it already has been set.")
    intent = patch(before, fields)
    if method is not None:
        intent = _with(tx, intent, method)
    if intent != before:
        tx.save(Change(after=(intent,)))
    return intent


def confirm(tx: Tx, id: str, *, method: str | None = None, return_url: str | None = None) -> Tried:
    """Set the method up; what a declined try leaves behind is kept. Raises Conflict, Invalid."""
    intent = tx.lock(SetupIntent, id, param="intent")
    if intent.status in TERMINAL:
        raise Conflict(
            f"You cannot confirm this SetupIntent because it has a status of {intent.status}.",
            code="setup_intent_unexpected_state",
        )
    named = method or intent.payment_method
    if named is None:
        raise Invalid(
            "You cannot confirm this SetupIntent because it's missing a payment method. Update the SetupIntent with a "
            "payment method and then confirm it again.",
            code="setup_intent_unexpected_state",
        )
    chosen = payment_methods.payable(tx, named, intent.customer)
    _check_type(intent, chosen)
    outcome = gateways.of(tx.scope).verify(Verification(method=chosen, setup=True))
    return _concluded(tx, intent, chosen, outcome, return_url)


def cancel(tx: Tx, id: str, *, reason: SetupCancellation | None) -> SetupIntent:
    """Nobody will finish it. Raises Conflict where it is over."""
    intent = canceled(tx.lock(SetupIntent, id, param="intent"), reason)
    tx.save(Change(after=(intent,), events=(EventDraft("setup_intent.canceled", intent),)))
    return intent


def authenticate(tx: Tx, client_secret: str, *, ok: bool, now: int) -> SetupIntent:
    """The customer has authenticated, or has not; the intent goes on. Raises NotFound, Conflict."""
    before = tx.lock(SetupIntent, by_secret(tx, client_secret).id)
    if before.status is not SetupStatus.REQUIRES_ACTION or before.payment_method is None:
        raise unexpected(before, "needs no authentication")
    method = tx.lock(PaymentMethod, before.payment_method)
    if ok:
        outcome = gateways.of(tx.scope).verify(Verification(method=method, setup=True, authenticated=True))
    else:
        outcome = Outcome(result="failed", decline=UNAUTHENTICATED_SETUP)
    return _concluded(tx, before, method, outcome, None).intent


def by_secret(tx: Tx, client_secret: str) -> SetupIntent:
    """The intent with this client secret. Raises NotFound."""
    intent = tx.get(SetupIntent, client_secret.partition("_secret_")[0])
    if intent is None or not hmac.compare_digest((intent.client_secret or "").encode(), client_secret.encode()):
        raise NotFound("No such setupintent with this client secret.", code="resource_missing")
    return intent


def _concluded(tx: Tx, intent: SetupIntent, method: PaymentMethod, outcome: Outcome, return_url: str | None) -> Tried:
    """Save what became of a try: the method goes to its customer where it was set up."""
    error = error_shown(tx, outcome.decline, method)
    action = next_action(tx.site, authentication_token(tx.scope, intent.client_secret or ""), return_url)
    after = attempted(intent, outcome, method=method.id, error=error, action=action)
    kept = _kept(after, method, outcome)
    events = [EventDraft(NEWS[after.status], after)] if after.status in NEWS else []
    if kept.customer != method.customer:
        events.insert(0, EventDraft("payment_method.attached", kept))
    tx.save(Change(after=(after,) if kept == method else (after, kept), events=tuple(events)))
    if after.status is SetupStatus.SUCCEEDED:
        _given_to_subscription(tx, after, kept.id)
    if error is None:
        return Tried(after)
    return Tried(after, declined(error, setup_intent=render(after, tx.many)))


def _given_to_subscription(tx: Tx, intent: SetupIntent, method: str) -> None:
    """The subscription that waited for a method of its customer pays with it from now on."""
    if intent.customer is None:
        return
    for each in tx.page(Subscription, [("customer", "=", intent.customer)], limit=100).items:
        if each.pending_setup_intent == intent.id:
            before = tx.lock(Subscription, each.id)
            given = replace(before, pending_setup_intent=None, default_payment_method=method)
            tx.save(Change(after=(given,), events=(EventDraft("customer.subscription.updated", given),)))


def _kept(intent: SetupIntent, method: PaymentMethod, outcome: Outcome) -> PaymentMethod:
    if outcome.result != "succeeded":
        return method
    owned = attached(method, intent.customer) if intent.customer is not None else method
    return replace(owned, ready=owned.ready or (outcome.ready and intent.usage == "off_session"))


def _with(tx: Tx, intent: SetupIntent, method: str) -> SetupIntent:
    chosen = payment_methods.payable(tx, method, intent.customer)
    _check_type(intent, chosen)
    return given_method(intent, chosen.id)


def _check_type(intent: SetupIntent, method: PaymentMethod) -> None:
    if method.type not in intent.payment_method_types:
        raise Invalid(
            f"The PaymentMethod provided ({method.type}) is not allowed for this SetupIntent. Please attach a "
            f"PaymentMethod with one of the following types: {', '.join(intent.payment_method_types)}.",
            param="payment_method",
        )


def _now(tx: Tx, customer: str | None) -> int:
    """The customer's time. Raises NotFound where there is no such customer."""
    return tx.now if customer is None else moment(tx, tx.need(Customer, customer, param="customer").test_clock)
