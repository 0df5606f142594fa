"""Active entitlements: worked out anew whenever a customer's subscriptions change."""

from collections.abc import Mapping

from tenure.actions.clock import page_all
from tenure.domain.customers import Customer
from tenure.domain.entitlements import ENTITLED, ActiveEntitlement, Feature, ProductFeature, granted
from tenure.domain.prices import Price
from tenure.domain.subscriptions import Subscription
from tenure.store.tx import Tx


def refresh(tx: Tx, customer_id: str, *, now: int) -> None:
    """Let a customer have the features of the products that they subscribe to, and tell where that changed.

    Subscriptions count while they are active, trialing or past due. One short read where no product has features.
    """
    if _nothing_to_do(tx, customer_id):
        return
    if tx.get(Customer, customer_id) is not None:
        tx.lock(Customer, customer_id)
    before = page_all(tx, ActiveEntitlement, [("customer", "=", customer_id)])
    wanted = _wanted(tx, customer_id)
    had = {each.feature for each in before}
    fresh = [
        ActiveEntitlement(
            id=tx.new_id("ent_"),
            created=now,
            livemode=tx.scope.livemode,
            customer=customer_id,
            feature=feature.id,
            lookup_key=feature.lookup_key,
        )
        for feature in wanted.values()
        if feature.id not in had
    ]
    change = granted(before, wanted, fresh)
    if change.events:
        tx.save(change)


def _nothing_to_do(tx: Tx, customer_id: str) -> bool:
    if tx.any(ProductFeature):
        return False
    return not tx.page(ActiveEntitlement, [("customer", "=", customer_id)], limit=1).items


def _wanted(tx: Tx, customer_id: str) -> Mapping[str, Feature]:
    """The features that the customer's products bring, by id, in the order in which they were attached."""
    statuses = [status.value for status in ENTITLED]
    subscriptions = page_all(tx, Subscription, [("customer", "=", customer_id), ("status", "in", statuses)])
    price_ids = {item.price for subscription in subscriptions for item in subscription.items}
    products = sorted({price.product for price in tx.many(Price, price_ids, deleted=True).values()})
    if not products:
        return {}
    attached = page_all(tx, ProductFeature, [("product", "in", products)])
    features = tx.many(Feature, {each.entitlement_feature for each in attached})
    return {each.entitlement_feature: features[each.entitlement_feature] for each in reversed(attached)}
