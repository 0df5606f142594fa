"""Tax ids and what becomes of them, on both databases."""

import pytest

from tenure.actions import customers, tax_ids
from tenure.domain.documents import Scope
from tenure.domain.errors import Invalid, NotFound
from tenure.domain.events import Event
from tenure.domain.tax_ids import TaxId, country_of
from tenure.store.store import Store
from tenure.store.tx import Tx
from tenure.worker.tax_ids import TaxIds
from tests.support.stores import OTHER_MODE, SCOPE

NOW = 1_790_000_000


def customer(tx: Tx) -> str:
    return customers.create(tx, {"name": "Ada"}).id


async def settled(store: Store, scope: Scope, type: str, value: str) -> str:
    """The status at first, and after the worker was there."""

    def make(tx: Tx) -> TaxId:
        return tax_ids.create(tx, type=type, value=value, customer=customer(tx))

    made = await store.write(scope, make, now=NOW)
    assert made.verification is not None
    await TaxIds(store, clock=lambda: NOW + 5).settle()
    after = await store.read(scope, lambda tx: tx.need(TaxId, made.id), now=NOW)
    assert after.verification is not None
    return f"{made.verification.status} {after.verification.status}"


@pytest.mark.parametrize(
    ("type", "value", "story"),
    [
        ("eu_vat", "000000000", "pending verified"),
        ("eu_vat", "DE111111111", "pending unverified"),
        ("au_abn", "222222222", "pending pending"),
        ("eu_vat", "DE136695976", "pending unavailable"),
        ("eu_vat", "DE123456789", "pending unverified"),
        ("us_ein", "91-1144442", "unavailable unavailable"),
    ],
)
async def test_a_number_comes_to_its_status_a_moment_later(store: Store, type: str, value: str, story: str) -> None:
    assert await settled(store, SCOPE, type, value) == story


async def test_the_values_of_the_tests_mean_nothing_in_live_mode(store: Store) -> None:
    assert await settled(store, OTHER_MODE, "eu_vat", "DE136695976") == "pending unavailable"
    with pytest.raises(Invalid, match="Invalid value for eu_vat"):
        await settled(store, OTHER_MODE, "eu_vat", "000000000")


async def test_its_life_is_told(store: Store) -> None:
    def work(tx: Tx) -> None:
        owner, other = customer(tx), customer(tx)
        made = tax_ids.create(tx, type="eu_vat", value="DE000000000", customer=owner)
        assert (made.country, made.owner.customer, made.owner.type) == ("DE", owner, "customer")
        assert tax_ids.settle_pending(tx, 10) == 1
        assert tax_ids.settle_pending(tx, 10) == 0
        with pytest.raises(NotFound):
            tax_ids.delete(tx, made.id, customer=other)
        tax_ids.delete(tx, made.id, customer=owner)
        assert tx.get(TaxId, made.id) is None

    await store.write(SCOPE, work, now=NOW)
    news = await store.read(SCOPE, lambda tx: tx.page(Event).items, now=NOW)
    told = [(each.type, each.data.previous_attributes) for each in reversed(news) if ".tax_id." in each.type]
    assert [type for type, _ in told] == [
        "customer.tax_id.created",
        "customer.tax_id.updated",
        "customer.tax_id.deleted",
    ]
    assert told[1][1] == {"verification": {"status": "pending"}}


async def test_the_account_s_own_are_not_verified_and_not_told(store: Store) -> None:
    def work(tx: Tx) -> None:
        made = tax_ids.create(tx, type="eu_vat", value="DE136695976", customer=None)
        assert (made.owner.type, made.verification) == ("self", None)
        assert tax_ids.settle_pending(tx, 10) == 0
        tax_ids.delete(tx, made.id)
        assert [each.type for each in tx.page(Event).items if "tax_id" in each.type] == []

    await store.write(SCOPE, work, now=NOW)


@pytest.mark.parametrize(
    ("type", "value", "country"),
    [
        ("eu_vat", "EL123456789", "GR"),
        ("eu_vat", "XI123456789", "GB"),
        ("eu_vat", "000000000", None),
        ("eu_oss_vat", "EU123456789", None),
        ("us_ein", "12-3456789", "US"),
        ("ic_nif", "A12345678", "ES"),
    ],
)
def test_the_country_follows_from_the_number(type: str, value: str, country: str | None) -> None:
    assert country_of(type, value) == country
