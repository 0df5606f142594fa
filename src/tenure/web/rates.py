"""How many requests each API key may make in a second, counted in this process.

rates = Rates(100)     rates.count(scope, "key_1")     100 at once, then one each 10 ms; more raises TooMany
Rates(0)               counts nothing and refuses nothing

A bucket that refills with time is one number for each key: when it would be full again. It takes less than 1 µs; the
`limits` package, which guards the sign-in, starts a thread that tidies up, for 1 ms of the event loop's time each.
"""

import time
from collections.abc import Callable

from tenure.domain.documents import Scope
from tenure.domain.errors import TooMany

RETRY_AFTER_S = 1
MESSAGE = (
    "Request rate limit exceeded: this key may make {limit} requests per second. Wait a moment and try again, or let "
    "the installation's setting `rate_limit` allow more."
)


class Rates:
    """A bucket of one second's requests for each key of each account and mode; only keys that exist are counted."""

    def __init__(self, per_second: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._clock = per_second, clock
        self._full_at: dict[tuple[str, bool, str], float] = {}

    def count(self, scope: Scope, key: str) -> None:
        """One more request. Raises TooMany."""
        if not self._per_second:
            return
        now, bucket = self._clock(), (scope.account, scope.livemode, key)
        full_at = max(self._full_at.get(bucket, now), now) + 1 / self._per_second
        if full_at - now > 1 + 1e-9:
            raise TooMany(MESSAGE.format(limit=self._per_second), code="rate_limit")
        self._full_at[bucket] = full_at
