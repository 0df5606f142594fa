"""/v1/account and /v1/accounts: who the key acts for; sync clients start here."""

from typing import Any

from tenure.api.resource import Call, Nothing, Operation, Resource, Shape
from tenure.domain.documents import Document
from tenure.domain.errors import NotFound
from tenure.store import accounts
from tenure.wire.lists import ListParams, listing

PATH = "/v1/accounts"


def _shape(account: accounts.Account) -> Shape:
    settings: dict[str, Any] = account.settings
    name = settings.get("business_name") or account.name
    return {
        "id": account.id,
        "object": "account",
        "business_profile": {
            "name": name,
            "support_email": settings.get("support_email"),
            "url": settings.get("website"),
        },
        "business_type": None,
        "capabilities": {},
        "charges_enabled": True,
        "country": settings.get("country", "DE"),
        "created": account.created,
        "default_currency": settings.get("default_currency", "eur"),
        "details_submitted": True,
        "email": settings.get("support_email"),
        "metadata": {},
        "payouts_enabled": True,
        "settings": {
            "branding": {
                "icon": None,
                "logo": None,
                "primary_color": settings.get("brand_color"),
                "secondary_color": None,
            },
            "card_payments": {"statement_descriptor_prefix": None},
            "dashboard": {"display_name": account.name, "timezone": settings.get("time_zone", "Etc/UTC")},
            "payments": {"statement_descriptor": None},
        },
        "type": "standard",
    }


def own(call: Call) -> Shape:
    """The account that the key belongs to."""
    account = accounts.get(call.tx, call.tx.scope.account)
    if account is None:
        raise NotFound("The account of this key no longer exists.", code="resource_missing")
    return _shape(account)


def _one(call: Call) -> Shape:
    if call.id != call.tx.scope.account:
        raise NotFound(f"No such account: '{call.id}'", code="resource_missing", param="account")
    return own(call)


RESOURCE = Resource(
    PATH,
    Document,
    (
        Operation("GET", "", ListParams, lambda call: listing([own(call)], False, PATH)),
        Operation("GET", "/{id}", Nothing, _one),
    ),
)
OWN = Resource("/v1/account", Document, (Operation("GET", "", Nothing, own),))
