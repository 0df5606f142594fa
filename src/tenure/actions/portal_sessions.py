"""Portal sessions: make a link into the portal, with or without a deep link.

The secret is made by the door, is shown once in the URL, and is kept here only as its SHA-256.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from tenure.actions import configurations
from tenure.domain.coupons import Coupon
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Conflict, Invalid
from tenure.domain.links import check_link
from tenure.domain.portal import Configuration, Flow, Session
from tenure.domain.subscriptions import TERMINAL, Subscription, is_ending
from tenure.store.portal_sessions import attach_token
from tenure.store.tx import Tx

BASE = "flow_data[subscription_cancel]"


def token_hash(secret: str) -> str:
    """What is kept of a link's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create(tx: Tx, fields: Mapping[str, Any], *, secret: str, portal_url: str) -> Session:
    """A link for a customer that opens for five minutes; the flow is checked against configuration and subscription.

    Raises Invalid, Conflict, NotFound in the reference's words.
    """
    customer = tx.need(Customer, fields["customer"], param="customer")
    config = _configuration(tx, fields.get("configuration"))
    if fields.get("return_url") is not None:
        check_link(fields["return_url"], livemode=tx.scope.livemode, param="return_url")
    session = Session(
        id=tx.new_id("bps_"),
        created=tx.now,
        livemode=tx.scope.livemode,
        configuration=config.id,
        customer=customer.id,
        flow=_flow(tx, fields.get("flow_data"), customer, config),
        locale=fields.get("locale"),
        return_url=fields.get("return_url") or config.default_return_url,
        after_expiration=fields.get("after_expiration"),
        url=f"{portal_url}/p/session/{secret}",
    )
    session = msgspec.convert(msgspec.to_builtins(session), Session)
    kept = replace(session, url="")
    tx.save(Change(after=(kept,), events=(EventDraft("billing_portal.session.created", kept),)))
    attach_token(tx, session.id, token_hash=token_hash(secret))
    return session


def _configuration(tx: Tx, id: str | None) -> Configuration:
    if id is None:
        found = configurations.default(tx)
        if found is None:
            mode = "live" if tx.scope.livemode else "test"
            raise Invalid(
                f"You can't create a portal session in {mode} mode until you save your customer portal settings in "
                f"{mode} mode in your dashboard, under Settings, Customer portal."
            )
        return found
    config = tx.need(Configuration, id, param="configuration")
    if not config.active:
        raise Invalid(
            f"The configuration `{id}` is inactive. Only active ones can make sessions.", param="configuration"
        )
    return config


def _flow(tx: Tx, given: Mapping[str, Any] | None, customer: Customer, config: Configuration) -> Flow | None:
    if given is None:
        return None
    kind = given["type"]
    if kind != "subscription_cancel":
        feature = str(kind).removesuffix("_confirm").replace("_", " ")
        raise Invalid(
            f"The {feature} feature in the portal configuration is disabled: Tenure's portal has the "
            "`subscription_cancel` flow so far.",
            param="flow_data[type]",
        )
    cancel = given.get("subscription_cancel")
    if cancel is None:
        raise Invalid(f"Missing required param: {BASE}.", code="parameter_missing", param=BASE)
    _check_after_completion(tx, given.get("after_completion"))
    _check_cancel(tx, cancel, customer, config)
    return msgspec.convert(dict(given), Flow)


def _check_after_completion(tx: Tx, after: Mapping[str, Any] | None) -> None:
    at = "flow_data[after_completion][redirect]"
    redirect = after.get("redirect") if after is not None else None
    if after is not None and after["type"] == "redirect" and not redirect:
        raise Invalid(f"Missing required param: {at}.", code="parameter_missing", param=at)
    if redirect:
        check_link(redirect["return_url"], livemode=tx.scope.livemode, param=f"{at}[return_url]")


def _check_cancel(tx: Tx, cancel: Mapping[str, Any], customer: Customer, config: Configuration) -> None:
    at = f"{BASE}[subscription]"
    if not config.features.subscription_cancel.enabled:
        raise Invalid(
            "The subscription cancel feature in the portal configuration is disabled.", param="flow_data[type]"
        )
    subscription = tx.need(Subscription, cancel["subscription"], param=at)
    if subscription.customer != customer.id:
        raise Invalid(
            f"The subscription `{subscription.id}` does not belong to the customer `{customer.id}`.", param=at
        )
    if subscription.status in TERMINAL:
        raise Conflict(
            f"The subscription `{subscription.id}` is canceled and cannot be managed in the portal.", param=at
        )
    if is_ending(subscription):
        raise Conflict(f"The subscription `{subscription.id}` is already set to be canceled at period end.", param=at)
    retention = cancel.get("retention")
    if retention is not None:
        coupon = f"{BASE}[retention][coupon_offer][coupon]"
        tx.need(Coupon, retention["coupon_offer"]["coupon"], param=coupon)
