"""Object ids that sort by time: prefix, 8 base62 digits of milliseconds, 14 random letters and digits (83 bits).

cus_ 0UYqbTfA 3kZ0s8Lw1rQx5d
     ^time    ^one of each random byte
"""

from functools import lru_cache

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TIME_DIGITS = 8
RANDOM_DIGITS = 14
RANDOM_BYTES = RANDOM_DIGITS
_PAIRS = [high + low for high in ALPHABET for low in ALPHABET]
# Eight of the characters stand for five bytes each, the others for four: 5.95 bits a character.
_CHARACTERS = (ALPHABET * 5)[:256].encode()


def base62(number: int, width: int) -> str:
    """Write a non-negative integer in base 62, padded with zeros to `width` digits."""
    pairs = []
    for _ in range((width + 1) // 2):
        number, rest = divmod(number, 3844)  # 62 * 62: two digits at a time
        pairs.append(_PAIRS[rest])
    return "".join(reversed(pairs))[-width:]


@lru_cache(64)
def _time(now: int) -> str:
    return base62(now, TIME_DIGITS - 2)


def new_id(prefix: str, now_ms: int, random: bytes) -> str:
    """Join prefix, time in milliseconds and RANDOM_BYTES random bytes into an id."""
    return f"{prefix}{_time(now_ms // 3844)}{_PAIRS[now_ms % 3844]}{random.translate(_CHARACTERS).decode()}"
