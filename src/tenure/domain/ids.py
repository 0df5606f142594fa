"""Object ids that sort by time: prefix, 8 base62 digits of milliseconds, 14 of randomness (80 random bits).

cus_ 0UYqbTfA 3kZ0s8Lw1rQx5d
     ^time    ^80 bits
"""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TIME_DIGITS = 8
RANDOM_DIGITS = 14
RANDOM_BITS = 80
_PAIRS = [high + low for high in ALPHABET for low in ALPHABET]


def base62(number: int, width: int) -> str:
    """Write a non-negative integer in base 62, padded with zeros to `width` digits."""
    text = ""
    for _ in range((width + 3) // 4):
        number, rest = divmod(number, 3844 * 3844)  # four digits at a time: what is left is a small integer
        text = _PAIRS[rest // 3844] + _PAIRS[rest % 3844] + text
    return text[-width:]


def new_id(prefix: str, now_ms: int, random: int) -> str:
    """Join prefix, time in milliseconds and `random`, an integer of 80 random bits, into an id."""
    return f"{prefix}{base62(now_ms, TIME_DIGITS)}{base62(random, RANDOM_DIGITS)}"
