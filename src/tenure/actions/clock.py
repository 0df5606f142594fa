"""The time that an object lives in: its test clock's where it has one, else the real one."""

from collections.abc import Sequence
from typing import Any

from tenure.domain.documents import D
from tenure.domain.test_clocks import TestClock
from tenure.store.tx import Tx


def moment(tx: Tx, test_clock: str | None) -> int:
    """Now, unix seconds, as the owner of `test_clock` sees it; a clock that was deleted stands still for good."""
    if test_clock is None:
        return tx.now
    clock = tx.get(TestClock, test_clock, deleted=True) or tx.need(TestClock, test_clock)
    return clock.frozen_time


def page_all(tx: Tx, cls: type[D], where: Sequence[tuple[str, str, Any]]) -> list[D]:
    """Every document that matches, page by page; for sets that are small by nature."""
    found: list[D] = []
    after: str | None = None
    while True:
        page = tx.page(cls, where, limit=100, starting_after=after)
        found += page.items
        if not page.has_more:
            return found
        after = page.items[-1].id
