import pytest
from msgspec.structs import replace

from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft, Request
from tenure.domain.events import Event
from tenure.domain.subscriptions import Subscription
from tenure.domain.webhook_endpoints import WebhookEndpoint
from tenure.store import deliveries
from tenure.store.store import Store
from tenure.store.tx import Tx
from tests.store.samples import NOW, catalog, customer, endpoint, saving, subscription, updating
from tests.support.stores import OTHER_ACCOUNT, OTHER_MODE, SCOPE


async def _events(store: Store) -> list[Event]:
    found = await store.read(SCOPE, lambda tx: tx.page(Event, limit=100).items, now=NOW)
    return found[::-1]


async def test_an_update_tells_the_old_values_of_what_changed(store: Store) -> None:
    sub = subscription()
    await store.write(SCOPE, saving(*catalog(), sub), now=NOW)
    details = replace(sub.cancellation_details, reason="cancellation_requested")
    change = updating(
        Subscription, "sub_1", "customer.subscription.updated", cancel_at_period_end=True, cancellation_details=details
    )
    await store.write(SCOPE, change, now=NOW + 5, request=Request("req_1", "key-1"))
    (event,) = await _events(store)
    assert event.data.previous_attributes == {"cancel_at_period_end": False, "cancellation_details": {"reason": None}}
    assert event.data.object["items"]["data"][0]["price"]["unit_amount"] == 1900
    assert (event.created, event.request.id, event.request.idempotency_key) == (NOW + 5, "req_1", "key-1")
    assert (event.type, event.livemode) == ("customer.subscription.updated", False)


async def test_events_keep_their_order_and_each_tells_its_own_difference(store: Store) -> None:
    def act(tx: Tx) -> None:
        first = customer(name="A")
        second, third = replace(first, name="B"), replace(first, name="B", email="b@example.test")
        drafts = (
            EventDraft("customer.created", first),
            EventDraft("customer.updated", second),
            EventDraft("customer.updated", third),
        )
        tx.save(Change(after=(first,)))
        tx.save(Change(after=(third,), events=drafts[:1] + drafts[1:]))

    await store.write(SCOPE, act, now=NOW)
    told = [(event.type, event.data.previous_attributes) for event in await _events(store)]
    assert told[0][0] == "customer.created"
    assert told[1:] == [("customer.updated", {"name": "A"}), ("customer.updated", {"email": None})]


async def test_deliveries_are_made_for_the_endpoints_that_want_the_event(store: Store) -> None:
    endpoints = [
        endpoint("we_all"),
        endpoint("we_some", events=("customer.updated", "customer.deleted")),
        endpoint("we_others", events=("coupon.created",)),
        endpoint("we_off", status="disabled"),
    ]
    await store.write(SCOPE, saving(customer(), *endpoints), now=NOW)
    for scope in (OTHER_ACCOUNT, OTHER_MODE):
        await store.write(scope, saving(endpoint("we_foreign")), now=NOW)
    await store.write(SCOPE, updating(Customer, "cus_1", name="Mia"), now=NOW)
    (event,) = await _events(store)
    made = await store.read(SCOPE, lambda tx: deliveries.of_event(tx, event.id), now=NOW)
    assert {(each.endpoint_id, each.object_id, each.state) for each in made} == {
        ("we_all", "cus_1", "pending"),
        ("we_some", "cus_1", "pending"),
    }
    assert event.pending_webhooks == 2


async def test_pending_webhooks_goes_down_as_deliveries_finish(store: Store) -> None:
    await store.write(SCOPE, saving(customer(), endpoint()), now=NOW)
    await store.write(SCOPE, updating(Customer, "cus_1", name="Mia"), now=NOW)
    (event,) = await _events(store)
    made = await store.read(SCOPE, lambda tx: deliveries.of_event(tx, event.id), now=NOW)
    await store.system_write(lambda tx: deliveries.finish(tx, made[0].id, "delivered", 200, NOW))
    assert event.pending_webhooks == 1
    assert (await _events(store))[0].pending_webhooks == 0


async def test_an_endpoint_gets_news_only_as_long_as_it_is_enabled(store: Store) -> None:
    await store.write(SCOPE, saving(customer(), endpoint()), now=NOW)

    async def wanted(**fields: str) -> int:
        await store.write(SCOPE, updating(Customer, "cus_1", **fields), now=NOW)
        return (await _events(store))[-1].pending_webhooks

    assert await wanted(name="A") == 1
    await store.write(SCOPE, updating(WebhookEndpoint, "we_1", "x", status="disabled"), now=NOW)
    assert await wanted(name="B") == 0
    await store.write(SCOPE, updating(WebhookEndpoint, "we_1", "x", status="enabled"), now=NOW)
    assert await wanted(name="C") == 1


async def test_a_rollback_takes_events_and_deliveries_with_it(store: Store) -> None:
    woken: list[int] = []
    store.on_events(lambda: woken.append(1))
    await store.write(SCOPE, saving(customer(), endpoint()), now=NOW)

    def fail(tx: Tx) -> None:
        updating(Customer, "cus_1", name="never")(tx)
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        await store.write(SCOPE, fail, now=NOW)
    assert await _events(store) == []
    assert await store.read(SCOPE, lambda tx: deliveries.of_endpoint(tx, "we_1"), now=NOW) == []
    assert woken == []


async def test_listeners_are_woken_after_a_commit_with_deliveries(store: Store) -> None:
    woken: list[int] = []
    store.on_events(lambda: woken.append(1))
    await store.write(SCOPE, saving(customer(), endpoint()), now=NOW)
    assert woken == []
    await store.write(SCOPE, updating(Customer, "cus_1", name="Mia"), now=NOW)
    assert woken == [1]


async def test_a_rolled_back_price_is_never_remembered(store: Store) -> None:
    product, price = catalog()
    await store.write(SCOPE, saving(product, price), now=NOW)
    cls = type(price)

    def fail(tx: Tx) -> None:
        tx.save(Change(after=(replace(tx.lock(cls, "price_1"), nickname="never"),)))
        assert tx.need(cls, "price_1").nickname == "never"
        raise RuntimeError("stop")

    for _ in range(2):
        with pytest.raises(RuntimeError, match="stop"):
            await store.write(SCOPE, fail, now=NOW)
        assert (await store.read(SCOPE, lambda tx: tx.need(cls, "price_1"), now=NOW)).nickname is None
    await store.write(SCOPE, updating(cls, "price_1", "price.updated", nickname="new"), now=NOW)
    assert (await store.read(SCOPE, lambda tx: tx.need(cls, "price_1"), now=NOW)).nickname == "new"
