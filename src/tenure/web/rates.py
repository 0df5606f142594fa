"""How many requests each API key may make in a second, counted in this process.

rates = Rates(100)     rates.count(scope, "key_1")     the 101st within a second raises TooMany
Rates(0)               counts nothing and refuses nothing
"""

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from tenure.domain.documents import Scope
from tenure.domain.errors import TooMany

RETRY_AFTER_S = 1
MESSAGE = (
    "Request rate limit exceeded: this key may make {limit} requests per second. Wait a moment and try again, or let "
    "the installation's setting `rate_limit` allow more."
)


class Rates:
    """A window of one second that moves with time, for each key of each account and mode. About 2 µs a request."""

    def __init__(self, per_second: int) -> None:
        self._limit = RateLimitItemPerSecond(per_second) if per_second > 0 else None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def count(self, scope: Scope, key: str) -> None:
        """One more request. Raises TooMany."""
        limit = self._limit
        if limit is None or self._limiter.hit(limit, scope.account, "live" if scope.livemode else "test", key):
            return
        raise TooMany(MESSAGE.format(limit=limit.amount), code="rate_limit")
