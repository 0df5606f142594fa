"""/v1/promotion_codes: words that redeem a coupon."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from tenure.actions import promotion_codes
from tenure.actions.patch import given
from tenure.api.resource import Call, Resource, Where, create, lists, retrieve, update
from tenure.domain.documents import Part
from tenure.domain.promotion_codes import MinimumAmount, PromotionCode
from tenure.wire.lists import ListParams, Range, conditions

PATH = "/v1/promotion_codes"
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern="^[A-Za-z0-9-]+$")]
Positive = Annotated[int, msgspec.Meta(ge=1)]


class PromotionGiven(Part, frozen=True, kw_only=True):
    """What the code redeems."""

    coupon: str
    type: Literal["coupon"]


class RestrictionsGiven(Part, frozen=True, kw_only=True):
    """Who may use the code."""

    currency_options: dict[str, MinimumAmount] | UnsetType = UNSET
    first_time_transaction: bool | UnsetType = UNSET
    minimum_amount: Positive | UnsetType = UNSET
    minimum_amount_currency: str | UnsetType = UNSET


class RestrictionsChanged(Part, frozen=True, kw_only=True):
    """What may change about restrictions."""

    currency_options: dict[str, MinimumAmount] | UnsetType = UNSET


class CreatePromotionCode(Part, frozen=True, kw_only=True):
    """A new code."""

    promotion: PromotionGiven
    active: bool | UnsetType = UNSET
    code: Code | UnsetType = UNSET
    customer: str | UnsetType = UNSET
    expires_at: int | UnsetType = UNSET
    max_redemptions: Positive | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    restrictions: RestrictionsGiven | UnsetType = UNSET


class UpdatePromotionCode(Part, frozen=True, kw_only=True):
    """Changes to a code."""

    active: bool | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    restrictions: RestrictionsChanged | UnsetType = UNSET


class ListPromotionCodes(ListParams, frozen=True, kw_only=True):
    """Filters of the list."""

    active: bool | UnsetType = UNSET
    code: str | UnsetType = UNSET
    coupon: str | UnsetType = UNSET
    created: Range | UnsetType = UNSET
    customer: str | UnsetType = UNSET


def _create(call: Call) -> PromotionCode:
    return promotion_codes.create(call.tx, given(call.params), coupon=call.params.promotion.coupon)


def _where(params: ListPromotionCodes) -> Where:
    where: list[tuple[str, str, Any]] = [*conditions("created", params.created)]
    for name in ("active", "coupon", "customer"):
        if getattr(params, name) is not UNSET:
            where.append((name, "=", getattr(params, name)))
    if params.code is not UNSET:
        where.append(("code", "=", params.code.lower()))
    return where


RESOURCE = Resource(
    PATH,
    PromotionCode,
    (
        create(CreatePromotionCode, _create),
        retrieve(PromotionCode, "promotion_code"),
        update(UpdatePromotionCode, lambda call: promotion_codes.update(call.tx, call.id, given(call.params))),
        lists(PATH, PromotionCode, ListPromotionCodes, _where),
    ),
    frozenset({"customer_account"}),
)
