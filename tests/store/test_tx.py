import asyncio
from functools import partial

import pytest
from msgspec.structs import replace

from tenure.domain.coupons import Coupon
from tenure.domain.customers import Customer
from tenure.domain.documents import Change
from tenure.domain.errors import NotFound
from tenure.domain.events import Event
from tenure.domain.prices import Price
from tenure.domain.promotion_codes import Promotion, PromotionCode
from tenure.domain.subscriptions import Status, Subscription
from tenure.store.errors import AlreadyExists
from tenure.store.store import Store
from tenure.store.tx import Tx
from tests.store.samples import NOW, catalog, coupon, customer, saving, subscription
from tests.support.stores import OTHER_ACCOUNT, OTHER_MODE, SCOPE


async def test_what_was_saved_is_read_again(store: Store) -> None:
    sub = subscription(cancel_at_period_end=True)
    await store.write(SCOPE, saving(*catalog(), customer(email="mia@example.test"), sub), now=NOW)
    assert await store.read(SCOPE, lambda tx: tx.get(Subscription, "sub_1"), now=NOW) == sub
    assert (await store.read(SCOPE, lambda tx: tx.need(Customer, "cus_1"), now=NOW)).email == "mia@example.test"


@pytest.mark.parametrize("other", [OTHER_ACCOUNT, OTHER_MODE])
async def test_nothing_of_another_account_or_mode_is_reachable(store: Store, other: object) -> None:
    await store.write(SCOPE, saving(*catalog(), customer(), coupon(), subscription()), now=NOW)

    def look(tx: Tx) -> list[object]:
        found: list[object] = [tx.get(Price, "price_1"), tx.get(Subscription, "sub_1"), tx.count(Customer)]
        found += [tx.page(Customer).items, tx.page(Subscription, [("price", "=", "price_1")]).items]
        return [*found, tx.many(Price, ["price_1"]), tx.many(Subscription, ["sub_1", "a", "b", "c", "d"])]

    await store.read(SCOPE, look, now=NOW)
    assert await store.read(other, look, now=NOW) == [None, None, 0, [], [], {}, {}]  # type: ignore[arg-type]
    assert await store.write(other, lambda tx: tx.redeem("STAY"), now=NOW) is False  # type: ignore[arg-type]
    await store.write(other, saving(customer(name="theirs")), now=NOW)  # type: ignore[arg-type]
    assert (await store.read(SCOPE, lambda tx: tx.need(Customer, "cus_1"), now=NOW)).name is None


async def test_what_is_missing_is_named_in_the_error(store: Store) -> None:
    for find in (Tx.need, Tx.lock):
        with pytest.raises(NotFound) as caught:
            await store.write(SCOPE, partial(find, cls=Customer, id="cus_x", param="customer"), now=NOW)  # type: ignore[arg-type]
        assert (caught.value.message, caught.value.code, caught.value.param) == (
            "No such customer: 'cus_x'",
            "resource_missing",
            "customer",
        )


async def test_an_id_can_be_used_once_and_again_after_a_deletion(store: Store) -> None:
    await store.write(SCOPE, saving(coupon(max_redemptions=3)), now=NOW)
    await store.write(SCOPE, lambda tx: tx.redeem("STAY"), now=NOW)
    with pytest.raises(AlreadyExists) as caught:
        await store.write(SCOPE, saving(coupon(name="again")), now=NOW)
    assert (caught.value.kind, caught.value.id, caught.value.code) == ("coupon", "STAY", "resource_already_exists")
    await store.write(SCOPE, lambda tx: tx.save(Change(deleted=(tx.lock(Coupon, "STAY"),))), now=NOW)
    assert await store.read(SCOPE, lambda tx: tx.get(Coupon, "STAY"), now=NOW) is None
    await store.write(SCOPE, saving(coupon(name="again")), now=NOW)
    again = await store.read(SCOPE, lambda tx: tx.need(Coupon, "STAY"), now=NOW)
    assert (again.name, again.times_redeemed) == ("again", 0)


async def test_a_deleted_document_is_found_only_when_asked_for(store: Store) -> None:
    await store.write(SCOPE, saving(customer()), now=NOW)
    await store.write(SCOPE, lambda tx: tx.save(Change(deleted=(tx.lock(Customer, "cus_1"),))), now=NOW)
    assert await store.read(SCOPE, lambda tx: tx.get(Customer, "cus_1"), now=NOW) is None
    assert await store.read(SCOPE, lambda tx: tx.page(Customer).items, now=NOW) == []
    assert await store.read(SCOPE, lambda tx: tx.get(Customer, "cus_1", deleted=True), now=NOW) is not None
    assert await store.read(SCOPE, lambda tx: list(tx.many(Customer, ["cus_1"], deleted=True)), now=NOW) == ["cus_1"]


async def test_pages_walk_both_ways_through_equal_seconds(store: Store) -> None:
    people = [customer(f"cus_{number:02}", created=NOW + number // 3) for number in range(25)]
    await store.write(SCOPE, saving(*people), now=NOW)
    newest_first = [person.id for person in reversed(people)]
    seen: list[str] = []
    more, after = True, None
    while more:
        page = await store.read(
            SCOPE,
            lambda tx, after=after: tx.page(Customer, limit=4, starting_after=after),
            now=NOW,  # type: ignore[misc]
        )
        seen += [person.id for person in page.items]
        more, after = page.has_more, seen[-1]
    assert seen == newest_first
    back = await store.read(SCOPE, lambda tx: tx.page(Customer, limit=4, ending_before=newest_first[6]), now=NOW)
    assert ([person.id for person in back.items], back.has_more) == (newest_first[2:6], True)
    first = await store.read(SCOPE, lambda tx: tx.page(Customer, limit=4, ending_before=newest_first[3]), now=NOW)
    assert ([person.id for person in first.items], first.has_more) == (newest_first[:3], False)


async def test_a_page_goes_on_after_a_document_that_was_deleted_but_not_after_none(store: Store) -> None:
    await store.write(SCOPE, saving(*(customer(f"cus_{n}", created=NOW + n) for n in range(3))), now=NOW)
    await store.write(SCOPE, lambda tx: tx.save(Change(deleted=(tx.lock(Customer, "cus_1"),))), now=NOW)
    page = await store.read(SCOPE, lambda tx: tx.page(Customer, starting_after="cus_1"), now=NOW)
    assert [person.id for person in page.items] == ["cus_0"]
    with pytest.raises(NotFound) as caught:
        await store.read(SCOPE, lambda tx: tx.page(Customer, starting_after="cus_x"), now=NOW)
    assert caught.value.param == "starting_after"


CASES = [
    ([("status", "=", "active")], ["sub_1", "sub_3"]),
    ([("status", "!=", "active")], ["sub_2"]),
    ([("status", "in", ["trialing", "active"])], ["sub_1", "sub_2", "sub_3"]),
    ([("status", "in", [])], []),
    ([("price", "=", "price_1")], ["sub_1", "sub_2"]),
    ([("product", "=", "prod_1"), ("status", "=", "active")], ["sub_1"]),
    ([("cancel_at", "null", None)], ["sub_1", "sub_2"]),
    ([("cancel_at", "not null", None)], ["sub_3"]),
    ([("cancel_at", "!=", 5)], ["sub_1", "sub_2", "sub_3"]),
    ([("created", ">", NOW), ("created", "<=", NOW + 2)], ["sub_2"]),
    ([("created", ">=", NOW), ("created", "<", NOW + 2)], ["sub_1"]),
    ([("metadata.plan", "=", "gold")], ["sub_2"]),
    ([("metadata.plan", "!=", "gold")], ["sub_1", "sub_3"]),
    ([("metadata.odd \"'key.%", "=", "1")], ["sub_3"]),
    ([("description", "~", "50%")], ["sub_1"]),
    ([("description", "~", "5_%")], []),
]


@pytest.mark.parametrize(("where", "expected"), CASES)
async def test_conditions_choose_and_count(store: Store, where: list[object], expected: list[str]) -> None:
    docs = [
        subscription("sub_1", created=NOW, description="At 50% OFF"),
        subscription("sub_2", created=NOW + 2, status=Status.TRIALING, metadata={"plan": "gold"}),
        subscription("sub_3", created=NOW + 4, price="price_2", cancel_at=NOW, metadata={"odd \"'key.%": "1"}),
    ]
    await store.write(SCOPE, saving(*catalog(), *docs), now=NOW)
    page = await store.read(SCOPE, lambda tx: tx.page(Subscription, where), now=NOW)  # type: ignore[arg-type]
    assert sorted(doc.id for doc in page.items) == expected
    assert await store.read(SCOPE, lambda tx: tx.count(Subscription, where), now=NOW) == len(expected)  # type: ignore[arg-type]


async def test_an_unknown_column_cannot_become_sql(store: Store) -> None:
    with pytest.raises(ValueError, match="has no column"):
        await store.read(SCOPE, lambda tx: tx.count(Customer, [("x') or 1=1 --", "=", "1")]), now=NOW)


async def test_items_follow_the_subscription(store: Store) -> None:
    product, price = catalog()
    await store.write(SCOPE, saving(product, price, replace(price, id="price_2"), subscription()), now=NOW)

    def move(tx: Tx) -> None:
        sub = tx.lock(Subscription, "sub_1")
        tx.save(Change(after=(replace(sub, items=[replace(sub.items[0], price="price_2")]),)))

    await store.write(SCOPE, move, now=NOW)
    counts = [("price_1", 0), ("price_2", 1)]
    for id, expected in counts:
        found = await store.read(SCOPE, lambda tx, id=id: tx.count(Subscription, [("price", "=", id)]), now=NOW)  # type: ignore[misc]
        assert found == expected


async def test_a_coupon_is_redeemed_exactly_as_often_as_it_may(store: Store) -> None:
    await store.write(SCOPE, saving(coupon(max_redemptions=10)), now=NOW)
    told = await asyncio.gather(*(store.write(SCOPE, lambda tx: tx.redeem("STAY"), now=NOW) for _ in range(200)))
    assert sum(told) == 10
    assert (await store.read(SCOPE, lambda tx: tx.need(Coupon, "STAY"), now=NOW)).times_redeemed == 10


async def test_saving_a_coupon_never_sets_its_redemptions_back(store: Store) -> None:
    await store.write(SCOPE, saving(coupon(max_redemptions=2)), now=NOW)

    def rename(tx: Tx) -> int:
        doc = tx.lock(Coupon, "STAY")
        assert tx.redeem("STAY")
        tx.save(Change(after=(replace(doc, name="Stay"),)))
        return tx.need(Coupon, "STAY").times_redeemed

    assert await store.write(SCOPE, rename, now=NOW) == 1
    stored = await store.read(SCOPE, lambda tx: tx.page(Coupon).items[0], now=NOW)
    assert (stored.name, stored.times_redeemed) == ("Stay", 1)


async def test_a_promotion_code_has_a_limit_of_its_own(store: Store) -> None:
    code = PromotionCode(id="promo_1", created=NOW, code="Hi", promotion=Promotion(coupon="STAY"), max_redemptions=1)
    await store.write(SCOPE, saving(coupon(), code), now=NOW)
    told = [await store.write(SCOPE, lambda tx: tx.redeem_promotion_code("promo_1"), now=NOW) for _ in range(2)]
    assert told == [True, False]
    found = await store.read(SCOPE, lambda tx: tx.page(PromotionCode, [("code", "=", "hi")]).items, now=NOW)
    assert [each.times_redeemed for each in found] == [1]


async def test_what_fails_leaves_nothing(store: Store) -> None:
    def fail(tx: Tx) -> None:
        doc = customer()
        tx.save(Change(after=(doc,)))
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        await store.write(SCOPE, fail, now=NOW)
    assert await store.read(SCOPE, lambda tx: (tx.count(Customer), tx.count(Event)), now=NOW) == (0, 0)


async def test_a_savepoint_undoes_its_own_part_only(store: Store) -> None:
    def act(tx: Tx) -> None:
        tx.save(Change(after=(customer("cus_1"),)))
        with pytest.raises(RuntimeError), tx.savepoint():
            tx.save(Change(after=(customer("cus_2"), replace(tx.need(Customer, "cus_1"), name="half"))))
            raise RuntimeError
        tx.save(Change(after=(replace(tx.need(Customer, "cus_1"), name="whole"),)))

    await store.write(SCOPE, act, now=NOW)
    people = await store.read(SCOPE, lambda tx: tx.page(Customer).items, now=NOW)
    assert [(person.id, person.name) for person in people] == [("cus_1", "whole")]


async def test_parallel_updates_are_never_lost(store: Store) -> None:
    await store.write(SCOPE, saving(customer()), now=NOW)

    def count_up(tx: Tx, *, lock: bool) -> None:
        doc = tx.lock(Customer, "cus_1") if lock else tx.need(Customer, "cus_1")
        tx.save(Change(after=(replace(doc, balance=doc.balance + 1),)))

    await asyncio.gather(*(store.write(SCOPE, partial(count_up, lock=True), now=NOW) for _ in range(40)))
    for _ in range(5):
        await asyncio.gather(*(store.write(SCOPE, partial(count_up, lock=False), now=NOW) for _ in range(2)))
    assert (await store.read(SCOPE, lambda tx: tx.need(Customer, "cus_1"), now=NOW)).balance == 50  # 40 + 5 * 2


async def test_reading_cannot_write(store: Store) -> None:
    with pytest.raises(Exception, match="must not write|readonly"):
        await store.read(SCOPE, saving(customer()), now=NOW)


async def test_ids_of_one_transaction_sort_in_their_order(store: Store) -> None:
    ids = await store.write(SCOPE, lambda tx: [tx.new_id("cus_") for _ in range(100)], now=NOW)
    assert ids == sorted(set(ids))
