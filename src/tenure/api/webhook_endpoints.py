"""/v1/webhook_endpoints: where news is sent. The secret is in the answer to creating one, and never again."""

import secrets
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from tenure.actions import webhook_endpoints
from tenure.actions.patch import given
from tenure.api.resource import Call, Operation, Resource, Shape, delete, lists, retrieve, shown, update
from tenure.domain.addresses import check_url
from tenure.domain.documents import Part
from tenure.domain.signatures import new_secret
from tenure.domain.webhook_endpoints import WebhookEndpoint
from tenure.wire import versions
from tenure.wire.lists import ListParams

PATH = "/v1/webhook_endpoints"
Url = Annotated[str, msgspec.Meta(max_length=2048)]


class EndpointFields(Part, frozen=True, kw_only=True):
    """What can be said about an endpoint."""

    description: Annotated[str, msgspec.Meta(max_length=5000)] | None | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET


class CreateEndpoint(EndpointFields, frozen=True, kw_only=True):
    """A new endpoint."""

    enabled_events: list[str]
    url: Url
    api_version: str | UnsetType = UNSET
    connect: bool | UnsetType = UNSET


class UpdateEndpoint(EndpointFields, frozen=True, kw_only=True):
    """Changes to an endpoint."""

    disabled: bool | UnsetType = UNSET
    enabled_events: list[str] | UnsetType = UNSET
    url: Url | UnsetType = UNSET


def _create(call: Call) -> Shape:
    fields: dict[str, Any] = given(call.params)
    fields.pop("connect", None)
    check_url(fields["url"], allow_private=call.app.allow_private_webhooks)
    if "api_version" in fields:
        versions.check(fields["api_version"], param="api_version")
    secret = new_secret(secrets.token_bytes(32))
    endpoint = webhook_endpoints.create(call.tx, fields, secret=secret, seal=call.app.ring.seal)
    return {**shown(call, endpoint), "secret": secret}


def _update(call: Call) -> WebhookEndpoint:
    fields: dict[str, Any] = given(call.params)
    disabled = fields.pop("disabled", None)
    if "url" in fields:
        check_url(fields["url"], allow_private=call.app.allow_private_webhooks)
    return webhook_endpoints.update(call.tx, call.id, fields, disabled=disabled)


RESOURCE = Resource(
    PATH,
    WebhookEndpoint,
    (
        Operation("POST", "", CreateEndpoint, _create, writes=True, secret=True),
        retrieve(WebhookEndpoint, "webhook_endpoint"),
        update(UpdateEndpoint, _update),
        delete(lambda call: webhook_endpoints.delete(call.tx, call.id)),
        lists(PATH, WebhookEndpoint, ListParams, lambda params: []),
    ),
)
