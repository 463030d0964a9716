"""A case from its opening to its end: who is asked, at one moment; who may speak; what it comes to."""

from __future__ import annotations

import pytest

from gis_projects.argument.actions import cases
from gis_projects.library.models import Evidence
from tests.factories import arguments as factory

pytestmark = pytest.mark.django_db


@pytest.fixture
def bureau():
    return factory.bureau()


def test_all_departments_are_asked_at_one_moment(bureau):
    case = factory.opened(bureau, factory.project())
    assert {task.function_id for task in case.tasks.all()} == {"ndrc", "water", "ecology"}
    assert len({task.dispatched_at for task in case.tasks.all()}) == 1
    bureau.give_all(case)
    cases.conclude(by=bureau.coordinator, case=case, text="总量结构合理。")
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("concluded", "passed")
    assert Evidence.objects.get(project=case.project).outcome == "passed"
