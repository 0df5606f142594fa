"""Waiting for something that another thread or process does."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(check: Callable[[], T], seconds: float = 15, *, every: float = 0.02) -> T:
    """What `check` answers as soon as that is true; fails with its last answer after `seconds`."""
    end = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < end, f"Nothing after {seconds} s; the last answer was {answer!r}."
        time.sleep(every)
    return answer
