"""/v1/subscription_items: the prices on a subscription, one by one. They live inside the subscription's document."""

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from tenure.actions import subscriptions
from tenure.api.resource import Call, Operation, Resource, Shape
from tenure.domain.documents import Part
from tenure.domain.errors import NotFound
from tenure.domain.prices import Price
from tenure.domain.requests import (
    DiscountGiven,
    ItemGiven,
    PaymentBehavior,
    PriceGiven,
    Proration,
    Quantity,
    UpdateSubscription,
)
from tenure.domain.subscriptions import Subscription, SubscriptionItem
from tenure.store.subscription_items import owner_of
from tenure.wire.lists import ListParams, listing
from tenure.wire.shapes import embed, item_shape

PATH = "/v1/subscription_items"


class ItemFields(Part, frozen=True, kw_only=True):
    """What can be said about an item."""

    discounts: list[DiscountGiven] | None | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    off_session: bool | UnsetType = UNSET
    payment_behavior: PaymentBehavior | UnsetType = UNSET
    plan: str | UnsetType = UNSET
    price: str | UnsetType = UNSET
    price_data: PriceGiven | UnsetType = UNSET
    proration_behavior: Proration | UnsetType = UNSET
    proration_date: int | UnsetType = UNSET
    quantity: Quantity | UnsetType = UNSET


class CreateItem(ItemFields, frozen=True, kw_only=True):
    """A new item."""

    subscription: str


class DeleteItem(Part, frozen=True, kw_only=True):
    """How to remove an item."""

    clear_usage: bool | UnsetType = UNSET
    payment_behavior: PaymentBehavior | UnsetType = UNSET
    proration_behavior: Proration | UnsetType = UNSET
    proration_date: int | UnsetType = UNSET


class ListItems(ListParams, frozen=True, kw_only=True):
    """The subscription whose items to list."""

    subscription: str


def _shape(call: Call, item: SubscriptionItem) -> Shape:
    return item_shape(item, embed(call.tx.need(Price, item.price)))


def _found(call: Call) -> tuple[Subscription, SubscriptionItem]:
    owner = owner_of(call.tx, call.id)
    subscription = call.tx.get(Subscription, owner) if owner else None
    for item in subscription.items if subscription else ():
        if item.id == call.id and subscription is not None:
            return subscription, item
    raise NotFound(f"No such subscription item: '{call.id}'", code="resource_missing", param="item")


def _asked(params: ItemFields, id: str | None) -> ItemGiven:
    names = ("discounts", "metadata", "plan", "price", "price_data", "quantity")
    return replace(ItemGiven(id=id), **{name: getattr(params, name) for name in names})


def _create(call: Call) -> Shape:
    before = call.tx.need(Subscription, call.params.subscription, param="subscription")
    known = {item.id for item in before.items}
    wish = UpdateSubscription(items=[_asked(call.params, None)])
    after = subscriptions.update(call.tx, before.id, wish)
    return _shape(call, next(item for item in after.items if item.id not in known))


def _update(call: Call) -> Shape:
    subscription, _ = _found(call)
    wish = UpdateSubscription(items=[_asked(call.params, call.id)])
    after = subscriptions.update(call.tx, subscription.id, wish)
    return _shape(call, next(item for item in after.items if item.id == call.id))


def _delete(call: Call) -> Shape:
    subscription, _ = _found(call)
    wish = UpdateSubscription(items=[ItemGiven(id=call.id, deleted=True)])
    subscriptions.update(call.tx, subscription.id, wish)
    return {"id": call.id, "object": "subscription_item", "deleted": True}


def _list(call: Call) -> Shape:
    owner = call.tx.need(Subscription, call.params.subscription, param="subscription")
    items, window = owner.items, call.params.window()
    ids, limit = [item.id for item in items], window["limit"]
    if window["ending_before"] is not None:
        items = items[: _at(ids, window["ending_before"], "ending_before")]
        page = items[-limit:]
    else:
        after = window["starting_after"]
        items = items[_at(ids, after, "starting_after") + 1 :] if after is not None else items
        page = items[:limit]
    return listing([_shape(call, item) for item in page], len(items) > limit, PATH)


def _at(ids: list[str], id: str, param: str) -> int:
    if id not in ids:
        raise NotFound(f"No such subscription item: '{id}'", code="resource_missing", param=param)
    return ids.index(id)


RESOURCE = Resource(
    PATH,
    Subscription,
    (
        Operation("POST", "", CreateItem, _create, writes=True),
        Operation("GET", "/{id}", DeleteItem, lambda call: _shape(call, _found(call)[1])),
        Operation("POST", "/{id}", ItemFields, _update, writes=True),
        Operation("DELETE", "/{id}", DeleteItem, _delete, writes=True),
        Operation("GET", "", ListItems, _list),
    ),
    frozenset({"billing_thresholds", "current_trial", "tax_rates"}),
)
