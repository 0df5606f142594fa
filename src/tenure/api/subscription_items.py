"""/v1/subscription_items: the prices on a subscription, one by one. They live inside the subscription's document."""

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from tenure.actions import subscriptions
from tenure.api.resource import Call, Nothing, Operation, Resource, Shape
from tenure.domain.documents import Part
from tenure.domain.errors import NotFound
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
from tenure.wire.shapes import render

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
    tax_rates: list[str] | None | UnsetType = UNSET


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


def _shapes(call: Call, subscription: Subscription) -> dict[str, Shape]:
    """Its items as the wire shows them, by id; those of a change that waits for its payment too."""
    shape = render(subscription, call.tx.many, now=call.tx.now)
    pending = (shape["pending_update"] or {}).get("subscription_items") or []
    return {item["id"]: item for item in (*pending, *shape["items"]["data"])}


def _found(call: Call) -> tuple[Subscription, SubscriptionItem]:
    owner = owner_of(call.tx, call.id)
    subscription = call.tx.get(Subscription, owner) if owner else None
    for item in subscription.items if subscription else ():
        if item.id == call.id and subscription is not None:
            return subscription, item
    raise NotFound(f"No such subscription item: '{call.id}'", code="resource_missing", param="item")


def _asked(params: ItemFields, id: str | None) -> UpdateSubscription:
    names = ("discounts", "metadata", "plan", "price", "price_data", "quantity", "tax_rates")
    item = replace(ItemGiven(id=id), **{name: getattr(params, name) for name in names})
    return _billed(UpdateSubscription(items=[item]), params)


def _billed(wish: UpdateSubscription, params: ItemFields | DeleteItem) -> UpdateSubscription:
    """The same wish, billed as the parameters say."""
    names = ("off_session", "payment_behavior", "proration_behavior", "proration_date")
    return replace(wish, **{name: getattr(params, name) for name in names if hasattr(params, name)})


def _create(call: Call) -> Shape:
    before = call.tx.need(Subscription, call.params.subscription, param="subscription")
    known = {item.id for item in before.items}
    after = subscriptions.update(call.tx, before.id, _asked(call.params, None))
    return next(shape for id, shape in _shapes(call, after).items() if id not in known)


def _retrieve(call: Call) -> Shape:
    return _shapes(call, _found(call)[0])[call.id]


def _update(call: Call) -> Shape:
    subscription, _ = _found(call)
    after = subscriptions.update(call.tx, subscription.id, _asked(call.params, call.id))
    return _shapes(call, after)[call.id]


def _delete(call: Call) -> Shape:
    subscription, _ = _found(call)
    wish = UpdateSubscription(items=[ItemGiven(id=call.id, deleted=True, clear_usage=call.params.clear_usage)])
    subscriptions.update(call.tx, subscription.id, _billed(wish, call.params))
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
    shapes = _shapes(call, owner)
    return listing([shapes[item.id] for item in page], len(items) > limit, PATH)


def _at(ids: list[str], id: str, param: str) -> int:
    if id not in ids:
        raise NotFound(f"No such subscription item: '{id}'", code="resource_missing", param=param)
    return ids.index(id)


RESOURCE = Resource(
    PATH,
    Subscription,
    (
        Operation("POST", "", CreateItem, _create, writes=True),
        Operation("GET", "/{id}", Nothing, _retrieve),
        Operation("POST", "/{id}", ItemFields, _update, writes=True),
        Operation("DELETE", "/{id}", DeleteItem, _delete, writes=True),
        Operation("GET", "", ListItems, _list),
    ),
    frozenset({"billing_thresholds", "current_trial"}),
)
