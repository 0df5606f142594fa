"""Customer sessions: a secret for a merchant's app, which is the link into the portal."""

from collections.abc import Mapping
from typing import Any

import msgspec

from tenure.actions import portal_sessions
from tenure.domain.customer_sessions import Components, CustomerSession, check_components
from tenure.domain.portal import OPENS_WITHIN_S
from tenure.store.tx import Tx


def create(tx: Tx, fields: Mapping[str, Any], *, secret: str, portal_url: str) -> CustomerSession:
    """A secret that opens the portal once, under `/p/session/<secret>`. Raises Invalid, NotFound."""
    components = msgspec.convert(fields["components"], Components)
    check_components(components)
    session = portal_sessions.create(tx, {"customer": fields["customer"]}, secret=secret, portal_url=portal_url)
    return CustomerSession(
        client_secret=secret,
        components=components,
        created=session.created,
        customer=session.customer,
        expires_at=session.created + OPENS_WITHIN_S,
        livemode=session.livemode,
    )
