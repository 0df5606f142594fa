"""/v1/billing_portal/sessions: links into the portal. They are only created, never listed or shown again."""

import secrets
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from tenure.actions import portal_sessions
from tenure.actions.patch import given
from tenure.api.configurations import RetentionGiven, Url
from tenure.api.resource import Call, Operation, Resource, Shape, shown
from tenure.domain.documents import Part
from tenure.domain.errors import Invalid
from tenure.domain.portal import FlowType, Session
from tenure.i18n.locales import TAGS

PATH = "/v1/billing_portal/sessions"
Text = Annotated[str, msgspec.Meta(max_length=500)]
LOCALES = ("auto", *TAGS)


class ConfirmationGiven(Part, frozen=True, kw_only=True):
    """The merchant's words on the confirmation page."""

    custom_message: Text | UnsetType = UNSET


class RedirectGiven(Part, frozen=True, kw_only=True):
    """Where to go afterwards."""

    return_url: Url


class CompletionGiven(Part, frozen=True, kw_only=True):
    """What follows when the flow is done."""

    type: Literal["hosted_confirmation", "portal_homepage", "redirect"]
    hosted_confirmation: ConfirmationGiven | UnsetType = UNSET
    redirect: RedirectGiven | UnsetType = UNSET


class CancelGiven(Part, frozen=True, kw_only=True):
    """The subscription to cancel, and an offer for this session alone."""

    subscription: str
    retention: RetentionGiven | UnsetType = UNSET


class SubscriptionGiven(Part, frozen=True, kw_only=True):
    """The subscription of a flow."""

    subscription: str


class ConfirmItem(Part, frozen=True, kw_only=True):
    """A change of one item."""

    id: str
    price: str | UnsetType = UNSET
    quantity: int | UnsetType = UNSET


class ConfirmDiscount(Part, frozen=True, kw_only=True):
    """A discount that comes with a change."""

    coupon: str | UnsetType = UNSET
    promotion_code: str | UnsetType = UNSET


class ConfirmGiven(Part, frozen=True, kw_only=True):
    """A change to confirm."""

    items: list[ConfirmItem]
    subscription: str
    discounts: list[ConfirmDiscount] | UnsetType = UNSET


class FlowGiven(Part, frozen=True, kw_only=True):
    """A deep link."""

    type: FlowType
    after_completion: CompletionGiven | UnsetType = UNSET
    subscription_cancel: CancelGiven | UnsetType = UNSET
    subscription_pause: SubscriptionGiven | UnsetType = UNSET
    subscription_update: SubscriptionGiven | UnsetType = UNSET
    subscription_update_confirm: ConfirmGiven | UnsetType = UNSET


class LoginGiven(Part, frozen=True, kw_only=True):
    """Until when an expired link can be recovered."""

    expires_at: int | UnsetType = UNSET


class ExpirationGiven(Part, frozen=True, kw_only=True):
    """What an expired link offers."""

    type: Literal["customer_login"]
    customer_login: LoginGiven | UnsetType = UNSET


class CreateSession(Part, frozen=True, kw_only=True):
    """A new link."""

    customer: str
    after_expiration: ExpirationGiven | UnsetType = UNSET
    configuration: str | UnsetType = UNSET
    flow_data: FlowGiven | UnsetType = UNSET
    locale: str | UnsetType = UNSET
    return_url: Url | UnsetType = UNSET


def _create(call: Call) -> Shape:
    fields: dict[str, Any] = given(call.params)
    if fields.get("locale", "auto") not in LOCALES:
        raise Invalid(f"Invalid locale: must be one of {', '.join(LOCALES[:-1])}, or {LOCALES[-1]}", param="locale")
    mode = "live" if call.tx.scope.livemode else "test"
    secret = f"{mode}_{secrets.token_urlsafe(32)}"
    session = portal_sessions.create(call.tx, fields, secret=secret, portal_url=call.app.public_url)
    return shown(call, session)


RESOURCE = Resource(
    PATH,
    Session,
    (Operation("POST", "", CreateSession, _create, writes=True, secret=True),),
    frozenset({"customer_account", "on_behalf_of"}),
)
