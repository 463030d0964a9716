"""The table of an upload's states."""

from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError

from gis_projects.atlas import workflow
from gis_projects.atlas.workflow import State


def reachable(start):
    seen, todo = set(), [start]
    while todo:
        state = todo.pop()
        if state not in seen:
            seen.add(state)
            todo += workflow.TRANSITIONS[state]
    return seen


def test_every_state_stands_in_the_table_and_is_reached():
    assert set(workflow.TRANSITIONS) == set(State)
    assert reachable(State.RECEIVING) == set(State)


def test_only_published_and_cancelled_end_it():
    assert {State.PUBLISHED, State.CANCELLED} == workflow.ENDED


def test_cancelling_is_open_until_the_end():
    assert set(State) - workflow.ENDED == workflow.CANCELLABLE


def test_nothing_is_published_that_was_not_staged():
    assert {s for s, after in workflow.TRANSITIONS.items() if State.PUBLISHED in after} == {State.STAGED}


def test_a_step_that_the_table_lacks_is_refused():
    row = SimpleNamespace(state=State.RECEIVING)
    with pytest.raises(ValidationError, match="正在上传"):
        workflow.move(row, State.STAGED)
    assert row.state == State.RECEIVING
    workflow.move(row, State.RECEIVED)
    assert row.state == State.RECEIVED
