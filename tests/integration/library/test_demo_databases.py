"""The demo's databases: what it writes goes through the same tables as a bureau's files, and once."""

from __future__ import annotations

import pytest

from fixtures import databases as demo
from gis_projects.library.databases import project_databases
from gis_projects.library.models import (
    DecisionResource,
    DevelopmentPlan,
    Membership,
    PlanningRow,
    Policy,
    Realisation,
)
from gis_projects.library.queries import databases as queries
from gis_projects.people.permissions import Role
from tests.factories.library import ProjectFactory
from tests.factories.people import baotou, user_of

pytestmark = pytest.mark.django_db


def test_every_database_holds_something_and_a_second_run_adds_nothing():
    baotou()
    admin = user_of(Role.ADMINISTRATOR)
    kinds = (["key"], ["planned", "reserve"], ["government"], ["planned"], ["government", "planned"])
    stages = ("planning", "preparation", "construction", "completed", "suspended")
    for number in range(60):
        ProjectFactory(code=f"D-{number:03d}", kinds=kinds[number % 5], stage=stages[number // 5 % 5])
    demo.make(admin)
    held = {one.database.code: one.number for one in queries.overview(admin)}
    assert all(held[code] for code in project_databases())
    assert (held["policies"], held["resources"]) == (40, 24)
    assert {state: PlanningRow.objects.filter(state=state).count() for state in ("matched", "open")} == {
        "matched": 20,
        "open": 5,
    }
    assert DevelopmentPlan.objects.count() == 3
    assert queries.orphans(admin).exists()
    models = (Membership, Policy, DecisionResource, PlanningRow, Realisation)
    before = [model.objects.count() for model in models]
    demo.make(admin)
    assert [model.objects.count() for model in models] == before
