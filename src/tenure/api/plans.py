"""/v1/plans: recurring prices under their older name, for clients that know no other."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from tenure.actions import plans
from tenure.actions.patch import given
from tenure.api.prices import Amount, Currency, Fraction, ProductGiven, Text, TierGiven, TransformGiven
from tenure.api.resource import Call, Nothing, Operation, Resource, Shape
from tenure.domain.documents import Part
from tenure.domain.prices import Interval, Price
from tenure.wire.lists import ListParams, Range, conditions, listing
from tenure.wire.shapes import embed

PATH = "/v1/plans"
TrialDays = Annotated[int, msgspec.Meta(ge=0, le=730)]


class CreatePlan(Part, frozen=True, kw_only=True):
    """A new plan."""

    currency: Currency
    interval: Interval
    active: bool | UnsetType = UNSET
    amount: Amount | UnsetType = UNSET
    amount_decimal: Fraction | UnsetType = UNSET
    billing_scheme: Literal["per_unit", "tiered"] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    interval_count: Annotated[int, msgspec.Meta(ge=1)] | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    meter: str | UnsetType = UNSET
    nickname: Text | UnsetType = UNSET
    product: str | ProductGiven | UnsetType = UNSET
    tiers: list[TierGiven] | UnsetType = UNSET
    tiers_mode: Literal["graduated", "volume"] | UnsetType = UNSET
    transform_usage: TransformGiven | UnsetType = UNSET
    trial_period_days: TrialDays | UnsetType = UNSET
    usage_type: Literal["licensed", "metered"] | UnsetType = UNSET


class UpdatePlan(Part, frozen=True, kw_only=True):
    """Changes to a plan: never its amount."""

    active: bool | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    nickname: Text | None | UnsetType = UNSET
    product: str | UnsetType = UNSET
    trial_period_days: TrialDays | UnsetType = UNSET


class ListPlans(ListParams, frozen=True, kw_only=True):
    """Filters of the list."""

    active: bool | UnsetType = UNSET
    created: Range | UnsetType = UNSET
    product: str | UnsetType = UNSET


def _plan(act: Callable[[Call], Price]) -> Callable[[Call], Shape]:
    """Answers with the plan that mirrors the price."""
    return lambda call: embed(act(call)).plan


def _delete(call: Call) -> Shape:
    return {"id": plans.delete(call.tx, call.id).id, "object": "plan", "deleted": True}


def _list(call: Call) -> Shape:
    params: ListPlans = call.params
    where: list[tuple[str, str, Any]] = [("type", "=", "recurring"), *conditions("created", params.created)]
    where += [(name, "=", value) for name in ("active", "product") if (value := getattr(params, name)) is not UNSET]
    page = call.tx.page(Price, where, **params.window())
    return listing([embed(price).plan for price in page.items], page.has_more, PATH)


RESOURCE = Resource(
    PATH,
    Price,
    (
        Operation("POST", "", CreatePlan, _plan(lambda call: plans.create(call.tx, given(call.params))), writes=True),
        Operation("GET", "/{id}", Nothing, _plan(lambda call: plans.need(call.tx, call.id))),
        Operation(
            "POST",
            "/{id}",
            UpdatePlan,
            _plan(lambda call: plans.update(call.tx, call.id, given(call.params))),
            writes=True,
        ),
        Operation("DELETE", "/{id}", Nothing, _delete, writes=True),
        Operation("GET", "", ListPlans, _list),
    ),
)
