"""A webhook endpoint: where news is sent, signed with the endpoint's own secret."""

import msgspec

from tenure.domain.documents import Document


class WebhookEndpoint(Document, frozen=True, kw_only=True):
    """Where news is sent; `secret` is sealed at rest and shown once, when the endpoint is made."""

    object: str = "webhook_endpoint"
    api_version: str | None = None
    application: str | None = None
    description: str | None = None
    enabled_events: list[str]
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    secret: str | None = None
    previous_secret: str | None = None
    previous_secret_until: int | None = None
    failing_since: int | None = None
    status: str = "enabled"
    url: str
