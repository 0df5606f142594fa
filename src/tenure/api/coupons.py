"""/v1/coupons: what can be taken off."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from tenure.actions import coupons
from tenure.actions.patch import given
from tenure.api.resource import Call, Resource, create, delete, lists, retrieve, update
from tenure.domain.coupons import AppliesTo, Coupon, CouponCurrencyOption, Duration
from tenure.domain.documents import Part
from tenure.wire.lists import ListParams, Range, conditions

PATH = "/v1/coupons"
Name = Annotated[str, msgspec.Meta(max_length=40)]
Positive = Annotated[int, msgspec.Meta(ge=1)]


class CreateCoupon(Part, frozen=True, kw_only=True):
    """A new coupon."""

    amount_off: Positive | UnsetType = UNSET
    applies_to: AppliesTo | UnsetType = UNSET
    currency: Annotated[str, msgspec.Meta(pattern="^[a-zA-Z]{3}$")] | UnsetType = UNSET
    currency_options: dict[str, CouponCurrencyOption] | UnsetType = UNSET
    duration: Duration | UnsetType = UNSET
    duration_in_months: Positive | UnsetType = UNSET
    id: Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[A-Za-z0-9_-]+$")] | UnsetType = UNSET
    max_redemptions: Positive | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    percent_off: float | UnsetType = UNSET
    redeem_by: int | UnsetType = UNSET


class UpdateCoupon(Part, frozen=True, kw_only=True):
    """Changes to a coupon: never its terms."""

    currency_options: dict[str, CouponCurrencyOption] | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    name: Name | None | UnsetType = UNSET


class ListCoupons(ListParams, frozen=True, kw_only=True):
    """Filters of the list."""

    created: Range | UnsetType = UNSET


def _create(call: Call) -> Coupon:
    fields: dict[str, Any] = given(call.params)
    if "currency" in fields:
        fields["currency"] = fields["currency"].lower()
    return coupons.create(call.tx, fields, id=fields.pop("id", None))


RESOURCE = Resource(
    PATH,
    Coupon,
    (
        create(CreateCoupon, _create),
        retrieve(Coupon, "coupon"),
        update(UpdateCoupon, lambda call: coupons.update(call.tx, call.id, given(call.params))),
        delete(lambda call: coupons.delete(call.tx, call.id)),
        lists(PATH, Coupon, ListCoupons, lambda params: conditions("created", params.created)),
    ),
)
