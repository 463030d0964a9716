"""A city and one of its districts with departments, their people, and a project."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from gis_projects.people.models import Department, Organisation
from gis_projects.people.permissions import Role
from tests.factories.library import ProjectFactory
from tests.factories.people import RegionFactory, UserFactory, baotou

FUNCTIONS = {
    "ndrc": "发改",
    "finance": "财政",
    "water": "水务",
    "audit": "审计",
    "committee_office": "投委会办公室",
}


@pytest.fixture
def city():
    """Departments of 九原区 by function, the water bureau of 东河区, and people of each."""
    baotou()
    for position, (code, name) in enumerate(FUNCTIONS.items()):
        Department.objects.update_or_create(code=code, defaults={"name": name, "position": position})

    def department(function: str, region: str) -> Organisation:
        return Organisation.objects.create(
            code=f"11{region}{function[:8].upper():0<10}",
            name=f"{RegionFactory(code=region).name}{FUNCTIONS[function]}局",
            kind="department",
            department_id=function,
            region_id=region,
        )

    def person(name: str, role: Role, organisation: Organisation | None, region: str | None = "150207"):
        return UserFactory(
            username=name,
            full_name=name,
            roles=[str(role)],
            region=RegionFactory(code=region) if region else None,
            organisation=organisation,
        )

    departments = {code: department(code, "150207") for code in FUNCTIONS}
    elsewhere = department("water", "150202")
    return SimpleNamespace(
        departments=departments,
        elsewhere=elsewhere,
        water=person("水务经办", Role.HANDLER, departments["water"]),
        water_chief=person("水务审批", Role.APPROVER, departments["water"]),
        finance=person("财政经办", Role.HANDLER, departments["finance"]),
        east=person("东河水务", Role.HANDLER, elsewhere, "150202"),
        leader=person("区长", Role.LEADER, None),
        mayor=person("市长", Role.LEADER, None, "150200"),
        coordinator=person("统筹", Role.COORDINATOR, departments["ndrc"]),
        city_coordinator=person("市统筹", Role.COORDINATOR, None, "150200"),
        monitor=person("监督", Role.MONITOR, departments["audit"]),
        project=ProjectFactory(name="九原水厂", region_id="150207", region=None),
        secret=ProjectFactory(name="涉密工程", region_id="150207", region=None, secrecy="confidential"),
        department=department,
        person=person,
    )
