"""The table of moves, and that nothing goes around it."""

import ast
import re
from pathlib import Path

import msgspec
import pytest

import tenure
from tenure.domain.errors import Conflict, Invalid
from tenure.domain.subscriptions import (
    MOVES,
    TERMINAL,
    PauseCollection,
    Status,
    check_pause,
    is_ending,
    move,
    next_due,
)
from tests.domain.samples import NOW, subscription

SOURCES = Path(tenure.__file__).parent
EVERY = [(before, after) for before in Status for after in Status]


@pytest.mark.parametrize(("before", "after"), EVERY)
def test_a_move_is_made_where_the_table_has_it(before: Status, after: Status):
    here = subscription(status=before)
    if after is before or after in MOVES[before]:
        assert move(here, after).status is after
    else:
        with pytest.raises(Conflict):
            move(here, after)


def test_every_state_has_a_row_and_can_be_reached():
    assert set(MOVES) == set(Status)
    starts = {Status.INCOMPLETE, Status.TRIALING, Status.ACTIVE}
    reached, edge = set(starts), set(starts)
    while edge:
        edge = {after for before in edge for after in MOVES[before]} - reached
        reached |= edge
    assert reached == set(Status)


def test_what_has_ended_stays_ended_and_everything_can_end():
    assert {state for state, ways in MOVES.items() if not ways} == TERMINAL
    for state in set(Status) - TERMINAL:
        assert Status.CANCELED in MOVES[state]


def test_no_status_is_assigned_beside_move():
    """`status=` of a subscription appears in `move`, and where a new one is made."""
    found = []
    for path in sorted((SOURCES / "domain").glob("*.py")) + sorted((SOURCES / "actions").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                found += [
                    f"{path.parent.name}/{path.name}:{ast.unparse(node.func)}"
                    for word in node.keywords
                    if word.arg == "status" and re.search(r"(?<!\w)Status\.", ast.unparse(word.value))
                ]
    assert found == ["actions/signup.py:Subscription"]


def test_what_has_ended_has_nothing_before_it():
    for state in TERMINAL:
        assert next_due(subscription(status=state, cancel_at=NOW + 5)) is None


def test_the_earliest_moment_comes_first():
    here = subscription()
    end = here.items[0].current_period_end
    assert next_due(here) == end
    assert next_due(subscription(cancel_at=NOW + 5)) == NOW + 5
    pause = PauseCollection(behavior="void", resumes_at=NOW + 7)
    assert next_due(subscription(pause_collection=pause)) == NOW + 7
    assert next_due(subscription(status=Status.TRIALING, trial_end=NOW + 9)) == NOW + 9
    assert next_due(subscription(trial_end=NOW - 9)) == end
    assert next_due(subscription(status=Status.PAUSED)) is None
    assert next_due(subscription(status=Status.PAUSED, cancel_at=NOW + 5)) == NOW + 5


def test_an_end_is_set_by_a_date_or_by_the_period():
    assert not is_ending(subscription())
    assert is_ending(subscription(cancel_at=NOW + 5)) and is_ending(subscription(cancel_at_period_end=True))


def test_a_pause_of_collection_ends_in_the_future():
    for resumes_at in (None, NOW + 1):
        pause = PauseCollection(behavior="void", resumes_at=resumes_at)
        assert check_pause(pause, NOW) is pause
    with pytest.raises(Invalid):
        check_pause(PauseCollection(behavior="void", resumes_at=NOW), NOW)
    assert check_pause(None, NOW) is None


def test_a_status_is_spelt_as_the_wire_spells_it():
    assert [msgspec.to_builtins(state) for state in Status] == [state.value for state in Status]
