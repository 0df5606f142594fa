"""Webhook endpoints: what deleting one takes with it."""

from tenure.actions import webhook_endpoints
from tenure.domain.customers import Customer
from tenure.store import deliveries
from tenure.store.store import Store
from tests.store.samples import NOW, customer, endpoint, saving, updating
from tests.support.stores import SCOPE


async def test_deleting_an_endpoint_drops_what_waits_for_it_and_nothing_of_another(store: Store) -> None:
    await store.write(SCOPE, saving(endpoint("we_1"), endpoint("we_2"), customer()), now=NOW)
    for name in ("Ada", "Eve", "Joan"):
        await store.write(SCOPE, updating(Customer, "cus_1", name=name), now=NOW)
    await store.write(SCOPE, lambda tx: webhook_endpoints.delete(tx, "we_1"), now=NOW)
    gone = await store.read(SCOPE, lambda tx: deliveries.of_endpoint(tx, "we_1"), now=NOW)
    assert [(each.state, each.finished_at) for each in gone] == [("dropped", NOW)] * 3
    kept = await store.read(SCOPE, lambda tx: deliveries.of_endpoint(tx, "we_2"), now=NOW)
    assert [each.state for each in kept] == ["pending"] * 3
    lanes = await store.system_read(lambda tx: deliveries.endpoints_with_due(tx, NOW))
    assert [lane.endpoint_id for lane in lanes] == ["we_2"]
