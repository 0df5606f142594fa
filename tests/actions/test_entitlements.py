"""Who may use what, on both databases: entitlements follow the products of subscriptions, and events tell of it."""

from typing import Any

import pytest
from msgspec.structs import replace

from tenure.actions import customers, entitlements, features, prices, products
from tenure.domain.documents import Change
from tenure.domain.entitlements import ActiveEntitlement, Feature, ProductFeature
from tenure.domain.errors import Conflict, NotFound
from tenure.domain.events import Event
from tenure.domain.subscriptions import Status, Subscription
from tenure.store.store import Store
from tenure.store.tx import Tx
from tests.store.samples import NOW, subscription
from tests.support.stores import SCOPE

CHANGED = "entitlements.active_entitlement_summary.updated"
LATER = NOW + 86400


def feature(tx: Tx, key: str) -> Feature:
    return features.create(tx, {"lookup_key": key, "name": key.title()})


def product(tx: Tx, *brings: Feature) -> tuple[str, str]:
    """The ids of a product with these features and of its monthly price."""
    made = products.create(tx, {"name": "Team"}).id
    terms = {"product": made, "currency": "eur", "unit_amount": 900, "recurring": {"interval": "month"}}
    for each in brings:
        features.attach(tx, made, each.id)
    return made, prices.create(tx, terms).id


def subscribe(tx: Tx, customer: str, price: str, **fields: Any) -> Subscription:
    made = subscription(tx.new_id("sub_"), customer=customer, price=price, **fields)
    tx.save(Change(after=(made,)))
    return made


def change(tx: Tx, owned: Subscription, **fields: Any) -> None:
    tx.save(Change(after=(replace(tx.lock(Subscription, owned.id), **fields),)))


def keys(tx: Tx, customer: str) -> list[str]:
    """What the customer may use after a look at their subscriptions."""
    entitlements.refresh(tx, customer, now=LATER)
    return sorted(each.lookup_key for each in tx.page(ActiveEntitlement, [("customer", "=", customer)]).items)


def told(tx: Tx) -> list[Event]:
    return [each for each in tx.page(Event, limit=100).items if each.type == CHANGED]


@pytest.mark.parametrize("status", list(Status))
async def test_a_subscription_entitles_while_it_is_active_trialing_or_past_due(store: Store, status: Status) -> None:
    def work(tx: Tx) -> list[str]:
        ada = customers.create(tx, {}).id
        _, price = product(tx, feature(tx, "charts"))
        subscribe(tx, ada, price, status=status)
        return keys(tx, ada)

    expected = ["charts"] if status in ("active", "trialing", "past_due") else []
    assert await store.write(SCOPE, work, now=NOW) == expected


async def test_features_come_and_go_with_subscriptions(store: Store) -> None:
    def work(tx: Tx) -> None:
        ada, bob = customers.create(tx, {}).id, customers.create(tx, {}).id
        charts, maps = feature(tx, "charts"), feature(tx, "maps")
        (_, team), (_, fleet) = product(tx, charts), product(tx, charts, maps)
        first, second = subscribe(tx, ada, team), subscribe(tx, ada, fleet)
        assert keys(tx, ada) == ["charts", "maps"] == keys(tx, ada)
        change(tx, second, status=Status.CANCELED)
        assert keys(tx, ada) == ["charts"]
        change(tx, first, status=Status.PAUSED)
        assert keys(tx, ada) == []
        change(tx, first, items=[replace(first.items[0], price=fleet)], status=Status.ACTIVE)
        assert keys(tx, ada) == ["charts", "maps"]
        assert keys(tx, bob) == []

    await store.write(SCOPE, work, now=NOW)


async def test_each_change_is_told_once_with_what_was_before(store: Store) -> None:
    def work(tx: Tx) -> None:
        ada = customers.create(tx, {}).id
        _, price = product(tx, feature(tx, "charts"), feature(tx, "maps"))
        owned = subscribe(tx, ada, price)
        keys(tx, ada), keys(tx, ada)
        (event,) = told(tx)
        shown = event.data.object
        assert set(shown) == {"object", "customer", "entitlements", "livemode"} and shown["customer"] == ada
        (one, other) = shown["entitlements"]["data"]
        assert {one["lookup_key"], other["lookup_key"]} == {"charts", "maps"}
        assert set(one) == {"id", "object", "feature", "livemode", "lookup_key"}
        assert event.data.previous_attributes == {"entitlements": {"data": []}}
        change(tx, owned, status=Status.UNPAID)
        keys(tx, ada)
        latest = told(tx)[0]
        assert latest.data.object["entitlements"]["data"] == []
        assert latest.data.previous_attributes == {"entitlements": {"data": [one, other]}}

    await store.write(SCOPE, work, now=NOW)


async def test_a_summary_shows_ten_and_says_that_there_are_more(store: Store) -> None:
    def work(tx: Tx) -> Any:
        ada = customers.create(tx, {}).id
        _, price = product(tx, *(feature(tx, f"feature {number}") for number in range(11)))
        subscribe(tx, ada, price)
        keys(tx, ada)
        return told(tx)[0].data.object["entitlements"]

    shown = await store.write(SCOPE, work, now=NOW)
    assert (len(shown["data"]), shown["has_more"]) == (10, True)


async def test_attaching_and_detaching_reach_existing_customers_at_the_next_look(store: Store) -> None:
    def work(tx: Tx) -> None:
        ada = customers.create(tx, {}).id
        made, price = product(tx)
        subscribe(tx, ada, price)
        assert keys(tx, ada) == []
        attached = features.attach(tx, made, feature(tx, "charts").id)
        assert tx.count(ActiveEntitlement) == 0
        assert keys(tx, ada) == ["charts"]
        features.detach(tx, made, attached.id)
        assert tx.count(ActiveEntitlement) == 1
        assert keys(tx, ada) == []

    await store.write(SCOPE, work, now=NOW)


async def test_a_customer_who_is_deleted_loses_everything(store: Store) -> None:
    def work(tx: Tx) -> list[str]:
        ada = customers.create(tx, {}).id
        _, price = product(tx, feature(tx, "charts"))
        owned = subscribe(tx, ada, price)
        keys(tx, ada)
        change(tx, owned, status=Status.CANCELED)
        customers.delete(tx, ada)
        return keys(tx, ada)

    assert await store.write(SCOPE, work, now=NOW) == []


async def test_an_archived_feature_gives_its_key_back_and_cannot_return(store: Store) -> None:
    def work(tx: Tx) -> None:
        charts = feature(tx, "charts")
        with pytest.raises(Conflict) as refused:
            feature(tx, "charts")
        assert refused.value.param == "lookup_key"
        features.update(tx, charts.id, {"active": False})
        again = feature(tx, "charts")
        for fields in ({"active": True}, {"name": "Graphs"}):
            with pytest.raises(Conflict):
                features.update(tx, charts.id, fields)
        made, _ = product(tx, again)
        with pytest.raises(Conflict):
            features.attach(tx, made, charts.id)
        with pytest.raises(Conflict):
            features.attach(tx, made, again.id)

    await store.write(SCOPE, work, now=NOW)


async def test_what_one_product_brings_is_not_found_under_another(store: Store) -> None:
    def work(tx: Tx) -> None:
        made, _ = product(tx, feature(tx, "charts"))
        other, _ = product(tx)
        (attached,) = tx.page(ProductFeature, [("product", "=", made)]).items
        for act in (features.attached_to, features.detach):
            with pytest.raises(NotFound):
                act(tx, other, attached.id)
        assert features.attached_to(tx, made, attached.id) == attached

    await store.write(SCOPE, work, now=NOW)
