"""One page of a list.

Page(items, has_more)      newest first; `has_more` looks on in the direction in which it was asked for
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list, and whether more follow in its direction."""

    items: list[T]
    has_more: bool
