"""Departments with people in them, projects to argue, and cases brought to a state."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gis_projects.argument.actions import cases, opinions
from gis_projects.argument.actions.routing import publish_default
from gis_projects.argument.models import Case, Opinion, Task
from gis_projects.argument.queries.routing import facts_of, table
from gis_projects.argument.statements import asked, points
from gis_projects.library.models import Project
from gis_projects.people.actions.functions import load_functions
from gis_projects.people.models import Department, Organisation, OrganisationKind, User
from gis_projects.people.permissions import Role
from gis_projects.sites.actions.boundaries import run_check, save_boundary
from siting.models import Check
from tests.factories import land
from tests.factories.library import ProjectFactory
from tests.factories.people import RegionFactory, UserFactory, user_of

CITY, DISTRICT, PROVINCE = "150200", "150207", "150000"


@dataclass
class Bureau:
    """九原区 with a department for every function, each with a handler and two approvers; the city's above them."""

    coordinator: User
    units: dict[tuple[str, str], Organisation] = field(default_factory=dict)
    people: dict[tuple[int, str], User] = field(default_factory=dict)

    def unit(self, function: str, region: str = DISTRICT) -> Organisation:
        return self.units[region, function]

    def person(self, unit: Organisation, role: str, number: int = 1) -> User:
        """The n-th handler or approver of a unit, made on first use."""
        name = f"{role}{number}"
        if (unit.pk, name) not in self.people:
            self.people[unit.pk, name] = UserFactory(
                username=f"{name}-{unit.pk}",
                full_name=f"{unit.name}{name}",
                roles=[role],
                region=unit.region,
                organisation=unit,
            )
        return self.people[unit.pk, name]

    def handler(self, task: Task, number: int = 1) -> User:
        return self.person(task.organisation, Role.HANDLER, number)

    def approver(self, task: Task, number: int = 1) -> User:
        return self.person(task.organisation, Role.APPROVER, number)

    def give(self, task: Task, verdict: str = "agree", **more: Any) -> Opinion:
        """Bring a task to an opinion in force, by its own chain; its items' fields are filled with something."""
        more.setdefault("text", "经研究，意见如上。")
        if verdict == "conditional":
            more.setdefault("conditions", [{"text": "开工前办理相关手续", "due_on": ""}])
        more["fields"] = {**filled(task), **more.get("fields", {})}
        opinion = opinions.draft(by=self.handler(task), task=task, verdict=verdict, **more)
        opinions.hand_in(by=self.handler(task), opinion=opinion)
        if task.chain_mode != "file":
            for step in task.chain_levels:
                opinions.sign(
                    by=self.approver(task, step["number"]), opinion=opinion, level=step["number"], text="同意"
                )
        opinion.refresh_from_db()
        task.refresh_from_db()
        return opinion

    def give_all(self, case: Case, **by_function: str) -> None:
        for task in case.tasks.filter(state="waiting").select_related(
            "organisation__region", "case__routing"
        ):
            self.give(task, by_function.get(task.function_id, "agree"))


def filled(task: Task) -> dict[str, str]:
    """Something for every field that a task's items ask; nothing taken from a ledger."""
    rules = table(task.case.routing)
    sources = facts_of(task.case.project).sources
    values = {"choice": "", "quota": "0", "money": "100", "number": "1", "text": "经测算符合要求"}
    found = {
        each.key: each.options[0].code if each.field.kind == "choice" else values[each.field.kind]
        for each in asked(rules, task.items, sources)
        if each.field.kind != "ratio"
    }
    return {**found, **{key: "yes" for key, _item, _point in points(rules, task.items)}}


def bureau(*, regions: tuple[str, ...] = (PROVINCE, CITY, DISTRICT)) -> Bureau:
    """Every function has a department in each of the regions."""
    load_functions(by=None)
    publish_default()
    province = RegionFactory(
        code=PROVINCE, name="内蒙古自治区", short_name="自治区", kind="province", position=90
    )
    city, district = RegionFactory(code=CITY), RegionFactory(code=DISTRICT)
    for region, parent in ((city, province), (district, city)):
        region.parent = parent
        region.save()
    made = Bureau(user_of(Role.COORDINATOR, DISTRICT, username="coordinator", full_name="论证组织员"))
    for region in (province, city, district):
        if region.code not in regions:
            continue
        for function in Department.objects.all():
            made.units[region.code, function.code] = Organisation.objects.create(
                code=f"11{region.code}{function.position:010d}",
                name=f"{region.short_name}{function.name}局",
                kind=OrganisationKind.DEPARTMENT,
                department=function,
                region=region,
            )
    return made


def project(**more: Any) -> Project:
    more.setdefault("name", "滨河净水厂工程")
    more.setdefault("region", RegionFactory(code=DISTRICT))
    more.setdefault("industry", "N")
    return ProjectFactory(**more)


def on_land(folder: Path, features: Any = None, *, without: tuple[str, ...] = ()) -> None:
    land.publish_land(folder, features or {}, without=without)


def checked(project: Project, polygon: Any = land.SITE) -> Check:
    """Give a project a boundary and a check of it."""
    planner = User.objects.filter(username="planner").first() or user_of(Role.PLANNER, DISTRICT)
    save_boundary(by=planner, project=project, boundary=land.boundary(polygon), facts=land.FACTS)
    project.refresh_from_db()
    return run_check(by=planner, project=project, site_version=project.site.current)


def opened(bureau: Bureau, project: Project, kind: str = "total_structure", **more: Any) -> Case:
    return cases.open_case(by=bureau.coordinator, project=project, kind=kind, **more)


def task_of(case: Case, function: str, *states: str) -> Task:
    """A department's task in a case, in one of these states (unless given: while it may still be dealt with)."""
    wanted = states or ("waiting", "approving", "given", "returned")
    return case.tasks.select_related("organisation__region", "case__routing", "case__project").get(
        function=function, state__in=wanted
    )
