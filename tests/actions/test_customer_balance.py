"""A customer's balance is the sum of its transactions, on both databases."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.actions import customer_balance, customers
from tenure.domain.customer_balance import CustomerBalanceTransaction, credited
from tenure.domain.customers import Customer
from tenure.domain.errors import Invalid, NotFound
from tenure.domain.events import Event
from tenure.store.store import Store
from tenure.store.tx import Tx
from tests.support.stores import SCOPE

NOW = 1_790_000_000


def customer(tx: Tx, **fields: Any) -> str:
    return customers.create(tx, {"name": "Ada", **fields}).id


async def test_each_move_is_kept_with_the_balance_after_it(store: Store) -> None:
    def work(tx: Tx) -> str:
        id = customer(tx)
        for amount, kind in ((-5000, "adjustment"), (2900, "applied_to_invoice"), (-100, "credit_note")):
            customer_balance.move(tx, id, amount=amount, currency="eur", type=kind, now=NOW)  # type: ignore[arg-type]
        return id

    id = await store.write(SCOPE, work, now=NOW)

    def seen(tx: Tx) -> None:
        after = tx.need(Customer, id)
        assert (after.balance, after.currency) == (-2200, "eur")  # -5000 + 2900 - 100
        moves = tx.page(CustomerBalanceTransaction, [("customer", "=", id)]).items
        assert [(each.amount, each.ending_balance) for each in moves] == [(-100, -2200), (2900, -2100), (-5000, -5000)]
        news = [each for each in tx.page(Event).items if each.type == "customer.updated"]
        assert [each.data.previous_attributes for each in news] == [
            {"balance": -2100},
            {"balance": -5000},
            {"balance": 0, "currency": None},
        ]

    await store.read(SCOPE, seen, now=NOW)


async def test_a_balance_has_one_currency(store: Store) -> None:
    def work(tx: Tx) -> None:
        id = customer(tx)
        customer_balance.move(tx, id, amount=1, currency="eur", type="adjustment", now=NOW)
        with pytest.raises(Invalid, match="does not match the currency"):
            customer_balance.move(tx, id, amount=1, currency="usd", type="adjustment", now=NOW)
        assert tx.need(Customer, id).balance == 1

    await store.write(SCOPE, work, now=NOW)


async def test_a_transaction_is_found_under_its_own_customer_only(store: Store) -> None:
    def work(tx: Tx) -> None:
        one, other = customer(tx), customer(tx)
        made = customer_balance.move(tx, one, amount=1, currency="eur", type="adjustment", now=NOW)
        assert customer_balance.own(tx, one, made.id) == made
        with pytest.raises(NotFound):
            customer_balance.own(tx, other, made.id)

    await store.write(SCOPE, work, now=NOW)


@given(st.lists(st.integers(-(10**9), 10**9), max_size=30))
def test_the_balance_is_the_sum_of_its_moves(amounts: list[int]) -> None:
    one = Customer(id="cus_1")
    for total, amount in zip(itertools.accumulate(amounts), amounts, strict=True):
        one = credited(one, amount, "eur")
        assert one.balance == total
