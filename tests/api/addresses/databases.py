"""The ten databases, planning lists, plans and tables. What they are about is made where it is asked for."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from gis_projects.library.models import (
    DecisionResource,
    DevelopmentPlan,
    Expert,
    PlanItem,
    PlanningList,
    PlanningRow,
    Policy,
    SavedView,
    TableImport,
)
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission as P
from tests.api.addresses.policy import Policy as Asks
from tests.api.addresses.visits import API_WITH_ROLE, WITH_ROLE, Address, World


def of_expert(world: World) -> dict[str, Any]:
    """One of the register of 九原区."""
    found, _ = Expert.objects.get_or_create(
        code="ZJ-1",
        defaults={
            "name": "王工",
            "region_id": "150207",
            "source": "research",
            "unit": "院",
            "specialities": ["law"],
        },
    )
    return {"code": "experts", "pk": found.pk}


def of_policy(world: World) -> dict[str, Any]:
    day = date(2019, 7, 1)
    found, _ = Policy.objects.get_or_create(
        code="GJ-1",
        defaults={
            "title": "条例", "level": "national", "kind": "law", "issuer": "国务院", "issued_on": day,
            "effective_from": day,
        },
    )  # fmt: skip
    return {"code": "policies", "pk": found.pk}


def of_secret_resource(world: World) -> dict[str, Any]:
    found, _ = DecisionResource.objects.get_or_create(
        code="JC-1",
        defaults={
            "title": "报告", "kind": "reports", "issued_on": date(2026, 1, 1), "region_id": "150207",
            "secrecy": "confidential",
        },
    )  # fmt: skip
    return {"code": "resources", "pk": found.pk}


def _list(world: World) -> PlanningList:
    found, _ = PlanningList.objects.get_or_create(
        code="QD-1", defaults={"name": "清单", "region_id": "150207", "year": 2026}
    )
    return found


def of_list(world: World) -> dict[str, Any]:
    return {"pk": _list(world).pk}


def list_asked(world: World) -> dict[str, Any]:
    return {"list": _list(world).pk}


def of_row(act: str) -> Any:
    def made(world: World) -> dict[str, Any]:
        found, _ = PlanningRow.objects.get_or_create(
            list=_list(world), number=1, defaults={"name": "项目", "region_id": "150207"}
        )
        return {"pk": found.pk, "act": act}

    return made


def _plan(world: World) -> DevelopmentPlan:
    found, _ = DevelopmentPlan.objects.get_or_create(
        code="GH-1",
        defaults={
            "name": "规划", "kind": "overall", "level": "city", "region_id": "150207", "first_year": 2021,
            "last_year": 2025,
        },
    )  # fmt: skip
    return found


def of_plan(world: World) -> dict[str, Any]:
    return {"pk": _plan(world).pk}


def plan_asked(world: World) -> dict[str, Any]:
    return {"plan": _plan(world).pk}


def of_item(world: World) -> dict[str, Any]:
    found, _ = PlanItem.objects.get_or_create(plan=_plan(world), number="1", defaults={"title": "任务"})
    return {"pk": found.pk, "act": "link"}


def _nobody(world: World) -> User:
    found, _ = User.objects.get_or_create(username="nobody-of-these")
    return found


def of_import(world: World) -> dict[str, Any]:
    """A file of somebody who is none of the visitors."""
    found, _ = TableImport.objects.get_or_create(
        table="policies",
        by=_nobody(world),
        defaults={"name": "a.csv", "sha256": hashlib.sha256(b"a").hexdigest(), "size": 1},
    )
    return {"pk": found.pk}


def of_view(world: World) -> dict[str, Any]:
    found, _ = SavedView.objects.get_or_create(table="projects", name="视图", owner=_nobody(world))
    return {"pk": found.pk}


def table(name: str) -> Any:
    return lambda world: {"name": name}


def code(name: str) -> Any:
    return lambda world: {"code": name}


KEEPING = "302 403 403 403 403 403 {}"  # of these visitors only the administrator keeps the registers
READ = Asks(P.READ_PROJECTS)
KEEP = Asks(P.MANAGE_LIBRARIES)
READ_THERE = Asks(P.READ_PROJECTS, "region")
KEEP_THERE = Asks(P.MANAGE_LIBRARIES, "region", reading=P.READ_PROJECTS)
PERSONAL = Asks(P.READ_PROJECTS, personal=True)
NOBODYS = "302 404 404 404 404 404 404"
_POLICY_FORM = {
    "code": "GJ-2", "title": "办法", "level": "city", "kind": "policy", "issuer": "市政府", "issued_on": "2026-01-01",
    "effective_from": "2026-01-01",
}  # fmt: skip

ADDRESSES: dict[str, list[Address]] = {
    "library:project-view-save": [
        Address(
            WITH_ROLE.replace("200", "302"),
            query=lambda world: {"name": "重点", "query": "kind=key"},
            method="post",
        )
    ],
    "library:project-view-drop": [Address(NOBODYS, of_view, method="post")],
    "library:databases": [Address(WITH_ROLE)],
    "library:database": [
        Address(WITH_ROLE, code("key")),
        Address(WITH_ROLE, code("planned"), lambda world: {"format": "csv"}),
        Address("302 403 404 404 404 404 404", code("nonsense")),
    ],
    "library:database-place": [
        Address(KEEPING.format(302), code("key"), lambda world: {"code": "no-such"}, method="post"),
    ],
    "library:database-leave": [
        Address(KEEPING.format(404), code("key"), lambda world: {"code": "no-such"}, method="post"),
    ],
    "library:register": [
        Address(WITH_ROLE, code("policies")),
        Address(WITH_ROLE, code("resources"), lambda world: {"format": "xlsx"}),
        Address(KEEPING.format(200), code("experts"), lambda world: {"format": "csv"}),
    ],
    "library:register-entry": [
        Address("302 403 200 404 200 200 200", of_expert),
        Address(WITH_ROLE, of_policy),
        Address("302 403 404 404 200 200 200", of_secret_resource),
    ],
    "library:register-new": [
        Address(KEEPING.format(200), code("policies")),
        Address(KEEPING.format(302), code("policies"), lambda world: _POLICY_FORM, method="post"),
    ],
    "library:register-edit": [Address(KEEPING.format(200), of_policy)],
    "library:planning-lists": [Address(WITH_ROLE)],
    "library:planning-list": [Address("302 403 200 404 200 200 200", of_list)],
    "library:planning-row": [
        Address(
            "302 403 403 404 403 403 302", of_row("drop"), lambda world: {"reason": "停止谋划"}, method="post"
        ),
    ],
    "library:development-plans": [Address(WITH_ROLE)],
    "library:development-plan": [Address("302 403 200 404 200 200 200", of_plan)],
    "library:orphans": [Address(WITH_ROLE)],
    "library:plan-item": [
        Address("302 403 403 404 403 403 302", of_item, lambda world: {"code": "no-such"}, method="post")
    ],
    "library:tables": [Address(WITH_ROLE)],
    "library:table": [
        Address(WITH_ROLE, table("projects")),
        Address("302 403 403 403 403 403 200", table("experts")),
        Address("302 403 200 404 200 200 200", table("planning-rows"), list_asked),
        Address("302 403 200 404 200 200 200", table("plan-items"), plan_asked),
        Address(WITH_ROLE, table("memberships"), lambda world: {"database": "key"}),
    ],
    "library:table-template": [
        Address("302 403 200 200 403 403 200", table("projects")),
        Address(KEEPING.format(200), table("policies"), lambda world: {"format": "csv"}),
    ],
    "library:table-export": [
        Address(WITH_ROLE, table("projects"), lambda world: {"format": "csv"}),
        Address(WITH_ROLE, table("policies")),
    ],
    "library:import": [Address(NOBODYS, of_import)],
    "library:import-confirm": [Address(NOBODYS, of_import, method="post")],
    "library:import-cancel": [Address(NOBODYS, of_import, method="post")],
    "library:import-report": [Address(NOBODYS, of_import)],
    "library-api:databases": [Address(API_WITH_ROLE)],
    "library-api:database": [Address(API_WITH_ROLE, code("filed"))],
    "library-api:tables": [Address(API_WITH_ROLE)],
    "library-api:table": [
        Address(API_WITH_ROLE, table("projects")),
        Address(
            "403 403 403 403 403 403 200",
            table("policies"),
            json=lambda world: {"rows": [_POLICY_FORM]},
            method="post",
        ),
    ],
    "library-api:import": [Address("403 404 404 404 404 404 404", of_import)],
}

POLICY: dict[str, Asks | list[Asks]] = {
    "library:project-view-save": READ,
    "library:project-view-drop": PERSONAL,
    "library:databases": READ,
    "library:database": [READ, READ, PERSONAL],
    "library:database-place": KEEP,
    "library:database-leave": KEEP,
    "library:register": [READ, READ, KEEP],
    "library:register-entry": [
        READ_THERE,
        READ,
        Asks(P.READ_PROJECTS, "region", unless={P.READ_CONFIDENTIAL}),
    ],
    "library:register-new": KEEP,
    "library:register-edit": KEEP,
    "library:planning-lists": READ,
    "library:planning-list": READ_THERE,
    "library:planning-row": KEEP_THERE,
    "library:development-plans": READ,
    "library:development-plan": READ_THERE,
    "library:orphans": READ,
    "library:plan-item": KEEP_THERE,
    "library:tables": READ,
    "library:table": [READ, KEEP, READ_THERE, READ_THERE, READ],
    "library:table-template": [Asks(P.EDIT_PROJECTS), KEEP],
    "library:table-export": READ,
    "library:import": PERSONAL,
    "library:import-confirm": PERSONAL,
    "library:import-cancel": PERSONAL,
    "library:import-report": PERSONAL,
    "library-api:databases": READ,
    "library-api:database": READ,
    "library-api:tables": READ,
    "library-api:table": [READ, KEEP],
    "library-api:import": PERSONAL,
}
