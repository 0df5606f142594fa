"""The warehouse holds what the store holds: new, changed and gone, of one account and mode, within one refresh."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tenure.analytics import manifest as manifests
from tenure.analytics import warehouse as warehouses
from tenure.analytics.sandbox import Sandbox
from tenure.analytics.warehouse import Warehouse, warehouse_of
from tenure.domain.coupons import Coupon
from tenure.domain.customers import Customer
from tenure.domain.documents import Change
from tenure.domain.subscriptions import Subscription
from tenure.store.store import Store
from tenure.store.tx import Tx
from tests.analytics import fixture
from tests.analytics.fixture import NOW
from tests.support.stores import OTHER_ACCOUNT, OTHER_MODE, SCOPE

SANDBOX = Sandbox()


async def rows(warehouse: Warehouse, sql: str, scope: Any = SCOPE) -> list[list[Any]]:
    return (await SANDBOX.run(warehouse.directory(scope), sql)).rows


async def save(store: Store, *docs: Any, now: int = NOW, scope: Any = SCOPE, deleted: tuple[Any, ...] = ()) -> None:
    await store.write(scope, lambda tx: tx.save(Change(after=docs, deleted=deleted)), now=now)


def customer(id: str, **fields: Any) -> Customer:
    return Customer(id=id, created=NOW, **fields)


async def test_new_changed_and_deleted_documents_show_after_one_refresh(store: Store, tmp_path: Path):
    warehouse = Warehouse(store, tmp_path)
    await save(store, customer("cus_1", name="Ada"), customer("cus_2", name="Ben"), customer("cus_3", name="Cleo"))
    await warehouse.refresh(SCOPE, now_ms=NOW * 1000)
    names = "select id, name from customers order by id"
    assert await rows(warehouse, names) == [["cus_1", "Ada"], ["cus_2", "Ben"], ["cus_3", "Cleo"]]

    def change(tx: Any) -> None:
        gone = tx.lock(Customer, "cus_2")
        again = replace(tx.lock(Customer, "cus_3"), name="Dora")
        tx.save(Change(after=(again, customer("cus_4")), deleted=(gone,)))

    await store.write(SCOPE, change, now=NOW + 5)
    manifest = await warehouse.refresh(SCOPE, now_ms=(NOW + 9) * 1000)
    assert await rows(warehouse, names) == [["cus_1", "Ada"], ["cus_3", "Dora"], ["cus_4", None]]
    assert [part.rows for part in manifest.tables["customers"].deltas] == [3]  # what is the same is not written again
    load_time = await rows(
        warehouse, "select data_load_time, date_diff('second', created, data_load_time) from customers"
    )
    assert load_time[0] == ["2026-03-10 12:00:09", 9]


async def test_an_item_that_was_taken_off_disappears(store: Store, tmp_path: Path):
    warehouse = Warehouse(store, tmp_path)
    one = fixture.subscription("sub_1", "cus_1", start=NOW)
    two = replace(one, items=[*one.items, replace(one.items[0], id="si_2", price="price_y")])
    await save(store, *fixture.catalog(), two)
    await warehouse.refresh(SCOPE, now_ms=NOW * 1000)
    count = (
        "select count(*), min(s.price_id) from subscription_items i join subscriptions s on s.id = i.subscription_id"
    )
    assert await rows(warehouse, count) == [[2, None]]

    def take_off(tx: Tx) -> None:
        tx.save(Change(after=(replace(tx.lock(Subscription, "sub_1"), items=one.items),)))

    await store.write(SCOPE, take_off, now=NOW)
    await warehouse.refresh(SCOPE, now_ms=NOW * 1000)
    assert await rows(warehouse, count) == [[1, "price_m"]]


async def test_a_redemption_is_seen_though_the_document_stays(store: Store, tmp_path: Path):
    warehouse = Warehouse(store, tmp_path)
    await save(store, Coupon(id="STAY", created=NOW, percent_off=20.0))
    await warehouse.refresh(SCOPE, now_ms=NOW * 1000)
    await store.write(SCOPE, lambda tx: tx.redeem("STAY"), now=NOW)
    await warehouse.refresh(SCOPE, now_ms=NOW * 1000)
    assert await rows(warehouse, "select times_redeemed from coupons") == [[1]]


async def test_nothing_of_another_account_or_mode_is_reachable(store: Store, tmp_path: Path):
    warehouse = Warehouse(store, tmp_path)
    for scope in (SCOPE, OTHER_ACCOUNT, OTHER_MODE):
        await save(store, customer("cus_1", name=f"{scope.account} {scope.livemode}"), scope=scope)
        await warehouse.refresh(scope, now_ms=NOW * 1000)
    for scope in (SCOPE, OTHER_ACCOUNT, OTHER_MODE):
        assert await rows(warehouse, "select name from customers", scope) == [[f"{scope.account} {scope.livemode}"]]


def named(name: str) -> Callable[[Tx], None]:
    """An action that names the one customer, new or known."""

    def act(tx: Tx) -> None:
        known = tx.get(Customer, "cus_same") is not None
        doc = replace(tx.lock(Customer, "cus_same"), name=name) if known else customer("cus_same", name=name)
        tx.save(Change(after=(doc,)))

    return act


async def test_many_deltas_are_compacted_into_one_file(store: Store, tmp_path: Path):
    warehouse = Warehouse(store, tmp_path)
    for number in range(warehouses.MAX_DELTAS + 3):
        await store.write(SCOPE, named(str(number)), now=NOW + number)
        manifest = await warehouse.refresh(SCOPE, now_ms=(NOW + number) * 1000)
        if number in (0, 1, warehouses.MAX_DELTAS, warehouses.MAX_DELTAS + 2):
            assert await rows(warehouse, "select name from customers") == [[str(number)]]
    assert len(manifest.tables["customers"].deltas) <= warehouses.MAX_DELTAS
    late = (NOW + 100) * 1000 + manifests.KEEP_RETIRED_MS
    manifest = await warehouse.refresh(SCOPE, now_ms=late)
    used = {part.file for files in manifest.tables.values() for part in manifests.parts(files)}
    assert {path.name for path in warehouse.directory(SCOPE).glob("*.parquet")} == used


async def test_more_documents_than_a_page_arrive_once_each(store: Store, tmp_path: Path):
    warehouse = Warehouse(store, tmp_path)
    await save(store, *(customer(f"cus_{number:05}") for number in range(warehouses.PAGE * 2 + 1)))
    await warehouse.refresh(SCOPE, now_ms=NOW * 1000)
    assert await rows(warehouse, "select count(*), count(distinct id) from customers") == [[1001, 1001]]


async def test_a_new_process_goes_on_where_another_stopped(store: Store, tmp_path: Path):
    await save(store, customer("cus_1"))
    await Warehouse(store, tmp_path).refresh(SCOPE, now_ms=NOW * 1000)
    await save(store, customer("cus_2"), now=NOW - 86_400)  # a clock that went back: small tables are written anew
    warehouse = Warehouse(store, tmp_path)
    await warehouse.refresh(SCOPE, now_ms=(NOW + 1) * 1000)
    assert await rows(warehouse, "select count(*) from customers") == [[2]]


async def test_a_young_version_is_not_refreshed_again(store: Store, tmp_path: Path):
    warehouse = warehouse_of(store, tmp_path)
    assert warehouse_of(store, tmp_path) is warehouse
    first = await warehouse.refresh(SCOPE, now_ms=NOW * 1000)
    assert await warehouse.refresh_if_older(SCOPE, max_age_ms=30_000, now_ms=NOW * 1000 + 30_000) == first
    later = await warehouse.refresh_if_older(SCOPE, max_age_ms=30_000, now_ms=NOW * 1000 + 30_001)
    assert later.data_load_time == warehouse.data_load_time(SCOPE) == NOW * 1000 + 30_001
    assert await warehouse.refresh(SCOPE, now_ms=NOW * 1000 + 40_000, idle_ms=60_000) == later


def test_an_account_cannot_name_a_folder():
    with pytest.raises(ValueError, match="Not an account id"):
        manifests.directory(Path("/srv"), replace(SCOPE, account="../acct"))
