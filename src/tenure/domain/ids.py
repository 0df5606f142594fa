"""Object ids that sort by time: prefix, 8 base62 digits of milliseconds, 14 of randomness (80 random bits).

cus_ 0UYqbTfA 3kZ0s8Lw1rQx5d
     ^time    ^80 bits
"""

from functools import lru_cache

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TIME_DIGITS = 8
RANDOM_DIGITS = 14
RANDOM_BITS = 80
_PAIRS = [high + low for high in ALPHABET for low in ALPHABET]


_SPLIT = 62**8


def base62(number: int, width: int) -> str:
    """Write a non-negative integer in base 62, padded with zeros to `width` digits."""
    if number >= _SPLIT and width > 8:
        high, number = divmod(number, _SPLIT)  # small integers are divided much faster than large ones
        return base62(high, width - 8) + base62(number, 8)
    pairs = []
    for _ in range((width + 1) // 2):
        number, rest = divmod(number, 3844)  # 62 * 62: two digits at a time
        pairs.append(_PAIRS[rest])
    return "".join(reversed(pairs))[-width:]


@lru_cache(64)
def _time(now: int) -> str:
    return base62(now, TIME_DIGITS - 2)


def new_id(prefix: str, now_ms: int, random: int) -> str:
    """Join prefix, time in milliseconds and `random`, an integer of 80 random bits, into an id."""
    return f"{prefix}{_time(now_ms // 3844)}{_PAIRS[now_ms % 3844]}{base62(random, RANDOM_DIGITS)}"
