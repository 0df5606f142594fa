"""Dunning: when a payment that failed is tried again, and what becomes of the subscription when no try is left.

    failed ─▶ +3 d ─▶ +5 d ─▶ +7 d ─▶ then: cancel | unpaid | past_due

The account's setting `dunning` says otherwise: {"retry_days": [1, 3, 5], "then": "unpaid"}.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from tenure.domain.documents import Part
from tenure.domain.periods import DAY_S

MOST_TRIES = 8


class Dunning(Part, frozen=True, kw_only=True):
    """Days between one try and the next, and what follows the last."""

    retry_days: list[float] = msgspec.field(default_factory=lambda: [3, 5, 7])
    then: Literal["cancel", "past_due", "unpaid"] = "cancel"


def of_account(settings: Mapping[str, Any]) -> Dunning:
    """The account's dunning, or the default where it has none that can be read."""
    try:
        return msgspec.convert(settings.get("dunning") or {}, Dunning)
    except msgspec.ValidationError:
        return Dunning()


def next_attempt(dunning: Dunning, attempts: int, now: int) -> int | None:
    """When to try again after `attempts` tries have failed, unix seconds; None when no try is left."""
    waits = dunning.retry_days[: MOST_TRIES - 1]
    return now + round(waits[attempts - 1] * DAY_S) if 1 <= attempts <= len(waits) else None
