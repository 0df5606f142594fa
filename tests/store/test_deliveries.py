import asyncio

from tenure.domain.customers import Customer
from tenure.store import deliveries
from tenure.store.deliveries import Attempt, Delivery
from tenure.store.store import Store
from tests.store.samples import NOW, customer, endpoint, saving, updating
from tests.support.stores import OTHER_ACCOUNT, SCOPE


async def _news(store: Store, *, people: int = 1, rounds: int = 1) -> None:
    docs = [customer(f"cus_{number}") for number in range(people)]
    await store.write(SCOPE, saving(endpoint(), *docs), now=NOW)
    for number in range(rounds):
        for doc in docs:
            await store.write(SCOPE, updating(Customer, doc.id, name=f"{number}"), now=NOW)


async def _claim(store: Store, *, limit: int = 100, now: int = NOW, worker: str = "w1") -> list[Delivery]:
    return await store.system_write(
        lambda tx: deliveries.claim(tx, endpoint_id="we_1", limit=limit, worker=worker, lease_until=now + 60, now=now)
    )


async def _fail(store: Store, delivery: Delivery) -> None:
    await store.system_write(lambda tx: deliveries.retry_at(tx, delivery.id, NOW, 500))


async def test_only_the_oldest_of_an_object_is_claimed(store: Store) -> None:
    await _news(store, people=2, rounds=3)
    lanes = await store.system_read(lambda tx: deliveries.endpoints_with_due(tx, NOW))
    assert [(lane.account, lane.livemode, lane.endpoint_id) for lane in lanes] == [("acct_test", False, "we_1")]
    first = await _claim(store)
    assert [(each.object_id, each.attempt, each.state) for each in first] == [
        ("cus_0", 1, "delivering"),
        ("cus_1", 1, "delivering"),
    ]
    assert await _claim(store) == []
    assert await store.system_write(lambda tx: deliveries.finish(tx, first[0].id, "delivered", 200, NOW))
    assert not await store.system_write(lambda tx: deliveries.finish(tx, first[0].id, "failed", 500, NOW))
    assert [each.object_id for each in await _claim(store)] == ["cus_0"]


async def test_successors_pass_after_three_failures(store: Store) -> None:
    await _news(store, rounds=2)
    for attempt in (1, 2, 3):
        (held,) = await _claim(store)
        assert held.attempt == attempt
        assert await _claim(store) == []
        await _fail(store, held)
    assert [each.attempt for each in await _claim(store)] == [4, 1]


async def test_what_waits_is_not_due_before_its_time(store: Store) -> None:
    await _news(store)
    (delivery,) = await _claim(store)
    await store.system_write(lambda tx: deliveries.retry_at(tx, delivery.id, NOW + 30, 503))
    assert await _claim(store, now=NOW + 29) == []
    assert await store.system_read(deliveries.next_due) == NOW + 30
    (again,) = await _claim(store, now=NOW + 30)
    assert (again.last_code, again.attempt) == (503, 2)


async def test_a_lease_that_ran_out_is_opened_again(store: Store) -> None:
    await _news(store)
    await _claim(store)
    assert await store.system_write(lambda tx: deliveries.reap(tx, NOW + 60)) == 0
    assert await store.system_write(lambda tx: deliveries.reap(tx, NOW + 61)) == 1
    assert len(await _claim(store, now=NOW + 61)) == 1


async def test_a_start_opens_what_a_dead_process_had_claimed(store: Store) -> None:
    await _news(store)
    await _claim(store, worker="dead")
    assert await store.system_write(lambda tx: deliveries.reopen(tx, worker="dead", now=NOW)) == 0
    assert await store.system_write(lambda tx: deliveries.reopen(tx, worker="alive", now=NOW)) == 1
    assert len(await _claim(store, worker="alive")) == 1


async def test_parallel_workers_never_claim_the_same(store: Store) -> None:
    await _news(store, people=20)
    claims = await asyncio.gather(*(_claim(store, limit=3, worker=f"w{number}") for number in range(10)))
    ids = [each.id for claim in claims for each in claim]
    assert len(ids) == len(set(ids))
    while more := await _claim(store, limit=3):
        ids += [each.id for each in more]
    assert len(ids) == len(set(ids)) == 20


async def test_an_event_can_be_sent_again_by_its_own_account_only(store: Store) -> None:
    await _news(store)
    (sent,) = await _claim(store)
    await store.system_write(lambda tx: deliveries.finish(tx, sent.id, "failed", 410, NOW))
    woken: list[int] = []
    store.on_events(lambda: woken.append(1))
    assert not await store.write(OTHER_ACCOUNT, lambda tx: deliveries.resend(tx, sent.event_id, "we_1"), now=NOW)
    assert await store.write(SCOPE, lambda tx: deliveries.resend(tx, sent.event_id, "we_1"), now=NOW)
    assert woken == [1]
    (again,) = await _claim(store)
    assert (again.event_id, again.object_id, again.attempt) == (sent.event_id, "cus_0", 1)
    both = await store.read(SCOPE, lambda tx: deliveries.of_endpoint(tx, "we_1"), now=NOW)
    assert [each.id for each in both] == [again.id, sent.id]


async def test_attempts_are_kept_and_shown_to_their_account(store: Store) -> None:
    await _news(store)
    (sent,) = await _claim(store)
    attempt = Attempt(
        delivery_id=sent.id, account="acct_test", livemode=False, at=NOW, status=500, ms=12, response="x" * 9000
    )
    await store.system_write(lambda tx: deliveries.record_attempt(tx, attempt))
    (kept,) = await store.read(SCOPE, lambda tx: deliveries.attempts(tx, sent.id), now=NOW)
    assert (kept.status, kept.ms, len(kept.response or "")) == (500, 12, 4096)
    assert await store.read(OTHER_ACCOUNT, lambda tx: deliveries.attempts(tx, sent.id), now=NOW) == []


async def test_what_waits_for_an_endpoint_that_is_gone_is_dropped(store: Store) -> None:
    await _news(store, rounds=3)
    assert await store.system_write(lambda tx: deliveries.drop_all(tx, "we_1", NOW)) == 3
    assert await _claim(store) == []
