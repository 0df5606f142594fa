"""What customers may use: features are attached to products, and whoever subscribes to one is entitled to them.

    Feature ◀── ProductFeature ──▶ Product ◀── Price ◀── Subscription ──▶ Customer
       └────────────────────── ActiveEntitlement ──────────────────────────┘

A customer has one entitlement to a feature, however many products bring it.
"""

from collections.abc import Mapping, Sequence

import msgspec

from tenure.domain.documents import Change, Document, EventDraft
from tenure.domain.errors import Conflict
from tenure.domain.subscriptions import Status

ENTITLED = (Status.ACTIVE, Status.TRIALING, Status.PAST_DUE)
SUMMARY_SHOWN = 10


class Feature(Document, frozen=True, kw_only=True):
    """Something that customers may use; its `lookup_key` is how programs name it. An archived one is not active."""

    object: str = "entitlements.feature"
    active: bool = True
    lookup_key: str
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    name: str


class ProductFeature(Document, frozen=True, kw_only=True):
    """That a product brings a feature; `product` is not shown."""

    object: str = "product_feature"
    entitlement_feature: str
    product: str


class ActiveEntitlement(Document, frozen=True, kw_only=True):
    """That a customer may use a feature now; `customer` is not shown."""

    object: str = "entitlements.active_entitlement"
    customer: str
    feature: str
    lookup_key: str


class ActiveEntitlementSummary(Document, frozen=True, kw_only=True):
    """All that a customer may use, as events tell of it; its id is the customer's, and is not shown."""

    object: str = "entitlements.active_entitlement_summary"
    customer: str
    entitlements: list[ActiveEntitlement]


def check_editable(feature: Feature) -> None:
    """Refuse to touch an archived feature: its key may be another's by now. Raises Conflict."""
    if not feature.active:
        raise Conflict(f"The feature `{feature.id}` is archived and can no longer be edited or unarchived.")


def check_attachable(feature: Feature) -> None:
    """Refuse to attach an archived feature. Raises Conflict."""
    if not feature.active:
        raise Conflict(
            f"The feature `{feature.id}` is archived and cannot be attached to products.", param="entitlement_feature"
        )


def granted(
    before: Sequence[ActiveEntitlement], wanted: Mapping[str, Feature], fresh: Sequence[ActiveEntitlement]
) -> Change:
    """The change from what a customer had to what they are to have; nothing where both are the same."""
    gone = tuple(each for each in before if each.feature not in wanted)
    if not gone and not fresh:
        return Change()
    after = [*fresh, *(each for each in before if each.feature in wanted)]
    return Change(after=tuple(fresh), deleted=gone, events=(_told(before, after, (*fresh, *before)[0]),))


def _told(
    before: Sequence[ActiveEntitlement], after: Sequence[ActiveEntitlement], one: ActiveEntitlement
) -> EventDraft:
    return EventDraft(
        "entitlements.active_entitlement_summary.updated", _summary(one, after), before=_summary(one, before)
    )


def _summary(one: ActiveEntitlement, entitlements: Sequence[ActiveEntitlement]) -> ActiveEntitlementSummary:
    return ActiveEntitlementSummary(
        id=one.customer,
        created=one.created,
        livemode=one.livemode,
        customer=one.customer,
        entitlements=sorted(entitlements, key=lambda each: (each.created, each.id), reverse=True),
    )
