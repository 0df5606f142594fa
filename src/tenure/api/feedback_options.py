"""/v1/billing/feedback_options: cancellation reasons in the merchant's own words."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from tenure.actions import feedback_options
from tenure.actions.patch import given
from tenure.api.resource import Nothing, Resource, Where, action, create, lists, retrieve, update
from tenure.domain.documents import Part
from tenure.domain.portal import FeedbackOption
from tenure.wire.lists import ListParams

PATH = "/v1/billing/feedback_options"
Description = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class CreateOption(Part, frozen=True, kw_only=True):
    """A new reason."""

    description: Description


class UpdateOption(Part, frozen=True, kw_only=True):
    """New words; `descriptions` per locale is Tenure's own."""

    description: Description | UnsetType = UNSET
    descriptions: dict[str, Description] | UnsetType = UNSET


class ListOptions(ListParams, frozen=True, kw_only=True):
    """Filters of the list."""

    status: Literal["active", "inactive"] | UnsetType = UNSET


def _where(params: ListOptions) -> Where:
    return [] if params.status is UNSET else [("status", "=", params.status)]


RESOURCE = Resource(
    PATH,
    FeedbackOption,
    (
        create(CreateOption, lambda call: feedback_options.create(call.tx, description=call.params.description)),
        retrieve(FeedbackOption),
        update(UpdateOption, lambda call: feedback_options.update(call.tx, call.id, given(call.params))),
        lists(PATH, FeedbackOption, ListOptions, _where),
        action("deactivate", Nothing, lambda call: feedback_options.deactivate(call.tx, call.id)),
    ),
)
