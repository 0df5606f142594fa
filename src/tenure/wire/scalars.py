"""Strict readers of single form values, and Stripe's words for each way in which one can be wrong.

    "12"  int      12        "1e3", "1.0", " 1", "٣", 20 digits   Invalid integer: 1e3
    "12.5" Decimal 12.5      "1e3", "nan", ".5"                  Invalid decimal: nan
    "true" bool    True      "yes", "TRUE", "1"                  Invalid boolean: yes
    "once" Literal "once"    "twice"                             Invalid mode: must be one of once or forever

Only `parameter_invalid_integer` and `parameter_invalid_empty` are codes of the reference; its other refusals of a value
carry a message and a `param`.
"""

import re
import typing
from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias

import msgspec

from tenure.domain.errors import Invalid

MAX_TEXT_LENGTH = 5000

_QUOTED_LENGTH = 40
_MAX_INTEGER = 2**63 - 1
_INTEGER = re.compile(r"-?[0-9]{1,19}")
_DECIMAL = re.compile(r"-?[0-9]{1,19}(\.[0-9]{1,19})?")

Convert: TypeAlias = Callable[[Any, str], Any]


class Bounds(NamedTuple):
    """The constraints of a msgspec.Meta that matter to a form value."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None


class Scalar(NamedTuple):
    """How to read one kind of value; `words` complete the sentence "must be …"."""

    noun: str
    words: tuple[str, ...]
    convert: Convert


def scalar(hint: Any) -> Scalar | None:
    """The reader of a type, or None when the type is not that of a single value."""
    bare, bounds = unwrap(hint)
    if typing.get_origin(bare) is Literal:
        by_text = {_spelt(value): value for value in typing.get_args(bare)}
        return Scalar("string", tuple(by_text), _one_of(by_text))
    if not isinstance(bare, type):
        return None
    if issubclass(bare, Enum):
        by_value = {str(member.value): member for member in bare}
        return Scalar("string", tuple(by_value), _one_of(by_value))
    make = _MAKERS.get(bare)
    return None if make is None else make(bounds)


def unwrap(hint: Any) -> tuple[Any, Bounds]:
    """A type without its Annotated, and the constraints that stood there."""
    if typing.get_origin(hint) is not Annotated:
        return hint, Bounds()
    bare, *notes = typing.get_args(hint)
    found = {
        name: getattr(note, name)
        for note in notes
        if isinstance(note, msgspec.Meta)
        for name in Bounds._fields
        if getattr(note, name) is not None
    }
    return bare, Bounds(**found)


def shortened(text: str) -> str:
    """A caller's value as messages quote it."""
    return text if len(text) <= _QUOTED_LENGTH else f"{text[:_QUOTED_LENGTH]}…"


def listed(words: Sequence[str]) -> str:
    """English: a; a or b; a, b, or c."""
    if len(words) <= 2:
        return " or ".join(words)
    return f"{', '.join(words[:-1])}, or {words[-1]}"


def not_one_of(path: str, words: Sequence[str]) -> Invalid:
    """The refusal of a value outside of a closed set."""
    must = "must be" if len(words) == 1 else "must be one of"
    return Invalid(f"Invalid {path}: {must} {listed(words)}", param=path)


def _one_of(values: dict[str, Any]) -> Convert:
    words = tuple(values)

    def convert(text: str, path: str) -> Any:
        try:
            return values[text]
        except KeyError:
            raise not_one_of(path, words) from None

    return convert


def _spelt(value: Any) -> str:
    """A literal as forms have it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


_TRUE, _FALSE = ("true", "True"), ("false", "False")  # the official SDK for Python wrote them as Python does until 2025


def _boolean(_: Bounds) -> Scalar:
    def convert(text: str, path: str) -> bool:
        if text in _TRUE:
            return True
        if text in _FALSE:
            return False
        raise Invalid(f"Invalid boolean: {shortened(text)}", param=path)

    return Scalar("boolean", ("true", "false"), convert)


def _integer(bounds: Bounds) -> Scalar:
    check = _within(bounds, "parameter_invalid_integer")

    def convert(text: str, path: str) -> int:
        value = int(text) if _INTEGER.fullmatch(text) else None
        if value is None or abs(value) > _MAX_INTEGER:
            raise Invalid(f"Invalid integer: {shortened(text)}", code="parameter_invalid_integer", param=path)
        if check is not None:
            check(value, path)
        return value

    return Scalar("integer", ("an integer",), convert)


def _fraction(make: Callable[[str], Any]) -> Callable[[Bounds], Scalar]:
    def reader(bounds: Bounds) -> Scalar:
        check = _within(bounds, None)

        def convert(text: str, path: str) -> Any:
            if not _DECIMAL.fullmatch(text):
                raise Invalid(f"Invalid decimal: {shortened(text)}", param=path)
            value = make(text)
            if check is not None:
                check(value, path)
            return value

        return Scalar("decimal", ("a decimal",), convert)

    return reader


def _within(bounds: Bounds, code: str | None) -> Callable[[Any, str], None] | None:
    """A check of the bounds that are set, or None when there are none."""
    ge, gt, le, lt = bounds.ge, bounds.gt, bounds.le, bounds.lt
    if (ge, gt, le, lt) == (None, None, None, None):
        return None

    def check(value: Any, path: str) -> None:
        words = None
        if ge is not None and value < ge:
            words = f"greater than or equal to {ge}"
        elif gt is not None and value <= gt:
            words = f"greater than {gt}"
        elif le is not None and value > le:
            words = f"less than or equal to {le}"
        elif lt is not None and value >= lt:
            words = f"less than {lt}"
        if words is not None:
            raise Invalid(f"This value must be {words}.", code=code, param=path)

    return check


def _text(bounds: Bounds) -> Scalar:
    longest = MAX_TEXT_LENGTH if bounds.max_length is None else bounds.max_length
    shortest = bounds.min_length or 0
    pattern = None if bounds.pattern is None else re.compile(bounds.pattern)

    def convert(text: str, path: str) -> str:
        if len(text) > longest:
            raise Invalid(f"Invalid string: {shortened(text)}; must be at most {longest} characters", param=path)
        if len(text) < shortest:
            raise Invalid(f"Invalid string: {shortened(text)}; must be at least {shortest} characters", param=path)
        if pattern is not None and not pattern.search(text):
            raise Invalid(f"Invalid string: {shortened(text)}", param=path)
        return text

    return Scalar("string", ("a string",), convert)


_MAKERS: dict[type, Callable[[Bounds], Scalar]] = {
    bool: _boolean,
    int: _integer,
    float: _fraction(float),
    Decimal: _fraction(Decimal),
    str: _text,
}
