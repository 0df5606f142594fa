"""What all resources have in common: records from which routes follow."""

import msgspec
import pytest

from tenure.api import RESOURCES
from tenure.api.resource import Operation, Resource
from tenure.wire.lists import ListParams

ALL = [(resource, operation) for resource in RESOURCES for operation in resource.operations]
NAMES = [f"{operation.verb} {resource.path}{operation.path}" for resource, operation in ALL]


def test_no_route_is_there_twice():
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize(("resource", "operation"), ALL, ids=NAMES)
def test_only_reading_is_a_get(resource: Resource, operation: Operation):
    assert operation.verb in ("GET", "POST", "DELETE")
    assert operation.writes == (operation.verb != "GET")


@pytest.mark.parametrize(("resource", "operation"), ALL, ids=NAMES)
def test_parameters_are_optional_by_being_absent(resource: Resource, operation: Operation):
    """A parameter that is not sent must be told from one that is cleared: nothing defaults to None."""
    for field in msgspec.structs.fields(operation.params):
        assert field.default is not None, field.name


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: str(resource.path))
def test_what_is_refused_as_unsupported_is_not_a_parameter_too(resource: Resource):
    for operation in resource.operations:
        taken = {field.name for field in msgspec.structs.fields(operation.params)}
        assert not taken & resource.unsupported


def test_every_list_has_pages():
    for resource, operation in ALL:
        if operation.verb == "GET" and operation.path == "" and resource.path != "/v1/account":
            assert issubclass(operation.params, ListParams)
