"""/v1/test_helpers/test_clocks: time that stands still until it is told to go on."""

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from tenure.actions import test_clocks
from tenure.api.resource import Call, Resource, action, create, delete, lists, retrieve
from tenure.domain.documents import Part
from tenure.domain.test_clocks import TestClock
from tenure.wire.lists import ListParams

PATH = "/v1/test_helpers/test_clocks"


class CreateClock(Part, frozen=True, kw_only=True):
    """A new clock."""

    frozen_time: int
    name: Annotated[str, msgspec.Meta(max_length=300)] | UnsetType = UNSET


class AdvanceClock(Part, frozen=True, kw_only=True):
    """Where to advance to, unix seconds."""

    frozen_time: int


def _create(call: Call) -> TestClock:
    return test_clocks.create(call.tx, frozen_time=call.params.frozen_time, name=call.params.name or None)


RESOURCE = Resource(
    PATH,
    TestClock,
    (
        create(CreateClock, _create),
        retrieve(TestClock, "test_clock"),
        delete(lambda call: test_clocks.delete(call.tx, call.id)),
        lists(PATH, TestClock, ListParams, lambda params: []),
        action(
            "advance",
            AdvanceClock,
            lambda call: test_clocks.advance(call.tx, call.id, frozen_time=call.params.frozen_time),
        ),
    ),
    frozenset({"customer"}),
)
