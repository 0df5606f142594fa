"""Money: whole minor units of a currency, exact fractions in between, and splits that add up.

    rounded(Decimal("1234.5"), "usd")    1235        half a unit goes away from zero
    rounded(Decimal("1234.5"), "kwd")    1230        three-decimal currencies end in a zero
    split(100, [1, 1, 1], "usd")         [34, 33, 33]

No float ever holds an amount. Source: Stripe documentation, "Supported currencies".
"""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

# Neither the icelandic króna nor the ugandan shilling: on the wire both still have two.
ZERO_DECIMAL = frozenset(
    "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split()  # noqa: SIM905 - one line reads better
)
THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})


def exponent(currency: str) -> int:
    """How many decimals the currency's unit has."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def step(currency: str) -> int:
    """The smallest amount that can be paid, in minor units: ten for three-decimal currencies."""
    return 10 if currency in THREE_DECIMAL else 1


def rounded(exact: Decimal, currency: str) -> int:
    """The payable amount nearest to an exact one of minor units; halves go away from zero."""
    unit = step(currency)
    return int((exact / unit).quantize(Decimal(1), rounding=ROUND_HALF_UP)) * unit


def split(total: int, weights: Sequence[int | Decimal], currency: str) -> list[int]:
    """Parts of `total` in proportion to the weights, which are not negative; the parts always add up to it.

    What rounding leaves over goes to the largest remainders, the first of equal ones. Are all weights 0, the first
    gets everything.
    """
    if not weights:
        return []
    whole = sum((Decimal(each) for each in weights), Decimal(0))
    if whole == 0:
        return [total, *(0 for _ in weights[1:])]
    unit = step(currency)
    steps, loose = divmod(abs(total), unit)
    exact = [steps * Decimal(each) / whole for each in weights]
    floors = [int(each.quantize(Decimal(1), rounding=ROUND_FLOOR)) for each in exact]
    by_remainder = sorted(range(len(exact)), key=lambda n: (floors[n] - exact[n], n))
    for n in by_remainder[: steps - sum(floors)]:
        floors[n] += 1
    parts = [each * unit for each in floors]
    parts[by_remainder[0]] += loose
    return parts if total >= 0 else [-each for each in parts]


def apart(total: int, weights: Sequence[int], currency: str) -> list[int]:
    """As `split`, by weights of either sign, whose sum is not zero: each part has the sign of its weight's share."""
    positive = [max(each, 0) for each in weights]
    negative = [max(-each, 0) for each in weights]
    whole = sum(weights)
    if whole == 0 or not any(negative):
        return split(total, positive, currency)
    upper = rounded(Decimal(total) * sum(positive) / whole, currency)
    ups, downs = split(upper, positive, currency), split(upper - total, negative, currency)
    return [up - down for up, down in zip(ups, downs, strict=True)]


_SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "inr": "₹", "aud": "A$", "cad": "CA$"}


def plain(amount: int | Decimal, currency: str) -> str:
    """An amount of minor units for the descriptions of lines, which are in English: $10.00, CHF 10.00, ¥500."""
    digits = exponent(currency)
    value = Decimal(amount).scaleb(-digits)
    whole = value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    shown = f"{whole if whole == value else value.normalize():,f}"
    symbol = _SYMBOLS.get(currency)
    return f"{symbol}{shown}" if symbol else f"{currency.upper()} {shown}"
