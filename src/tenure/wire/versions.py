"""The API versions that are spoken here, and the check of a request's `Stripe-Version`.

    none sent               the account's version: CURRENT
    2026-10-28.endive       accepted, echoed
    2025-03-31.basil        refused: older shapes are not rendered, and newer ones would mislead its caller
    2026-10-28              refused: since acacia (2024-09-30) a version has a name
    2026-10-28.preview      refused: promises preview features that are not here

An older version is supported by adding it to SUPPORTED together with the function that turns the newer shapes into its
own, and not before.
"""

from tenure.domain.errors import Invalid
from tenure.domain.events import API_VERSION

CURRENT = API_VERSION
SUPPORTED: tuple[str, ...] = (CURRENT,)

_QUOTED_LENGTH = 100


def check(header: str | None) -> str:
    """The version to answer in. Raises Invalid for one that is not spoken here."""
    if header is None:
        return CURRENT
    if header in SUPPORTED:
        return header
    raise Invalid(f"Invalid Stripe API version: {header[:_QUOTED_LENGTH]}")
