"""Numbers without gaps, on both databases."""

import pytest

from tenure.domain.documents import Scope
from tenure.store.sequences import next_value
from tenure.store.store import Store
from tenure.store.tx import Tx
from tests.store.samples import NOW
from tests.support.stores import SCOPE


async def test_numbers_count_up_by_name_and_scope(store: Store) -> None:
    def take(tx: Tx) -> list[int]:
        return [next_value(tx, "invoice"), next_value(tx, "invoice"), next_value(tx, "other", start=7)]

    assert await store.write(SCOPE, take, now=NOW) == [1, 2, 7]
    assert await store.write(SCOPE, lambda tx: next_value(tx, "invoice"), now=NOW) == 3
    elsewhere = Scope(SCOPE.account, livemode=not SCOPE.livemode)
    assert await store.write(elsewhere, lambda tx: next_value(tx, "invoice"), now=NOW) == 1


async def test_a_transaction_that_is_undone_leaves_no_gap(store: Store) -> None:
    def fail(tx: Tx) -> None:
        next_value(tx, "invoice")
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        await store.write(SCOPE, fail, now=NOW)
    assert await store.write(SCOPE, lambda tx: next_value(tx, "invoice"), now=NOW) == 1
