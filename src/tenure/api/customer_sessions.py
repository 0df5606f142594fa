"""/v1/customer_sessions: secrets for a merchant's own app. They are only created, never listed or shown again."""

import secrets

from msgspec import UNSET, UnsetType

from tenure.actions import customer_sessions
from tenure.actions.patch import given
from tenure.api.resource import Call, Operation, Resource, Shape
from tenure.domain.documents import Part, full
from tenure.domain.portal import Session

PATH = "/v1/customer_sessions"


class ComponentGiven(Part, frozen=True, kw_only=True):
    """Whether the secret opens it."""

    enabled: bool


class ComponentsGiven(Part, frozen=True, kw_only=True):
    """What the secret opens."""

    active_entitlements: ComponentGiven | UnsetType = UNSET
    buy_button: ComponentGiven | UnsetType = UNSET
    customer_portal: ComponentGiven | UnsetType = UNSET
    customer_sheet: ComponentGiven | UnsetType = UNSET
    mobile_payment_element: ComponentGiven | UnsetType = UNSET
    payment_element: ComponentGiven | UnsetType = UNSET
    pricing_table: ComponentGiven | UnsetType = UNSET


class CreateSession(Part, frozen=True, kw_only=True):
    """A new secret."""

    components: ComponentsGiven
    customer: str


def _create(call: Call) -> Shape:
    mode = "live" if call.tx.scope.livemode else "test"
    secret = f"{mode}_{secrets.token_urlsafe(32)}"
    made = customer_sessions.create(call.tx, given(call.params), secret=secret, portal_url=call.app.public_url)
    shape = full(made)
    if made.customer_account is None:
        del shape["customer_account"]
    return shape


RESOURCE = Resource(
    PATH,
    Session,
    (Operation("POST", "", CreateSession, _create, writes=True, secret=True),),
    frozenset({"customer_account"}),
)
