"""The three libraries: the world's project is in the reserve; its 发改 department is none of the visitors'."""

from typing import Any

from gis_projects.people.permissions import Permission as P
from gis_projects.people.permissions import Role
from tests.api.addresses.policy import Policy
from tests.api.addresses.visits import (
    API_IN_REACH,
    API_WITH_ROLE,
    IN_REACH,
    WITH_ROLE,
    Address,
    World,
    of_project,
    of_secret_project,
)


def of_application(world: World) -> dict[str, int]:
    return {"pk": world.application}


def of_line(world: World) -> dict[str, int]:
    return {"pk": world.budget_line}


def of_fund(world: World) -> dict[str, int]:
    return {"pk": world.fund_application}


def _act(name: str) -> Any:
    return lambda world: {"pk": world.project, "act": name}


_FACTOR = {"factor": "water", "state": "secured"}
_PARAMETER = {"key": "reserve_multiple", "value": "2", "source": "测试"}
_PAYMENT = {"amount_yuan": "1.00", "reference": "拨字1号"}
_READ = Policy(P.READ_PROJECTS)
_OF_PROJECT = Policy(P.READ_PROJECTS, "project")

ADDRESSES: dict[str, list[Address]] = {
    "library:libraries": [Address(WITH_ROLE), Address(WITH_ROLE, query=lambda world: {"format": "csv"})],
    "library:library-projects": [
        Address(WITH_ROLE, query=lambda world: {"list": "library", "library": "reserve"}),
        Address(WITH_ROLE, query=lambda world: {"list": "outside"}),
        Address(WITH_ROLE, query=lambda world: {"list": "transferable"}),
        Address(WITH_ROLE, query=lambda world: {"list": "factor", "factor": "land", "state": "unknown"}),
        Address("302 403 404 404 404 404 404", query=lambda world: {"list": "other"}),
    ],
    "library:applications": [Address(WITH_ROLE), Address(WITH_ROLE, query=lambda world: {"format": "xlsx"})],
    "library:application": [Address(IN_REACH, of_application)],
    # nobody of these is of the department that admits, the administrator neither
    "library:decide-application": [
        Address(
            "302 403 403 404 403 403 403",
            lambda world: {"pk": world.application, "decision": "return"},
            lambda world: {"reason": "不符合"},
            method="post",
        )
    ],
    "library:budget": [Address(WITH_ROLE), Address(WITH_ROLE, query=lambda world: {"format": "csv"})],
    "library:budget-line": [
        Address(IN_REACH, of_line),
        Address(
            "302 403 403 404 403 403 302",
            of_line,
            lambda world: {"act": "appropriate", **_PAYMENT},
            method="post",
        ),
    ],
    "library:funds": [Address(WITH_ROLE)],
    "library:fund": [Address(IN_REACH, of_fund)],
    "library:fund-package": [Address(IN_REACH, of_fund)],
    "library:fund-act": [
        Address(
            "302 403 403 404 403 403 302",
            lambda world: {"pk": world.fund_application, "act": "assess"},
            method="post",
        )
    ],
    "library:accounts": [
        Address(WITH_ROLE, query=lambda world: {"state": "final"}),
        Address(WITH_ROLE, query=lambda world: {"since": "x", "format": "xlsx"}),
    ],
    "library:building": [
        Address(WITH_ROLE, query=lambda world: {"list": "acceptances"}),
        Address(WITH_ROLE, query=lambda world: {"list": "changes", "format": "csv"}),
    ],
    "library:monitoring": [Address(WITH_ROLE)],
    "library:parameters": [
        Address(WITH_ROLE),
        Address("302 403 403 403 403 403 302", query=lambda world: _PARAMETER, method="post"),
    ],
    "library:standing": [
        Address(IN_REACH, of_project),
        Address("302 403 404 404 200 200 200", of_secret_project),
    ],
    "library:library-act": [
        Address("302 403 302 404 403 403 302", _act("factor"), lambda world: _FACTOR, method="post"),
        Address(
            "302 403 403 404 403 403 302", _act("exit"), lambda world: {"reason": "停止实施"}, method="post"
        ),
    ],
    "library-api:libraries": [Address(API_WITH_ROLE)],
    "library-api:applications": [
        Address(API_WITH_ROLE),
        # the planner is of no unit and of no department that enters projects
        Address(
            "403 403 403 404 403 403 409",
            method="post",
            json=lambda world: {"project": world.project, "to": "implementation"},
        ),
    ],
    "library-api:decide-application": [
        Address(
            "403 403 403 404 403 403 403",
            lambda world: {"pk": world.application, "decision": "admit"},
            method="post",
            json=lambda world: {},
        )
    ],
    "library-api:budget": [
        Address(API_WITH_ROLE),
        Address(
            "403 403 403 404 403 403 201",
            method="post",
            json=lambda world: {
                "project": world.project,
                "year": 2026,
                "instrument": "bond",
                "amount_yuan": "5.00",
                "reference": "预字2号",
            },
        ),
    ],
    "library-api:standing": [
        Address(API_IN_REACH, of_project),
        Address("403 403 404 404 200 200 200", of_secret_project),
    ],
    "library-api:library-act": [
        Address("403 403 200 404 403 403 200", _act("factor"), method="post", json=lambda world: _FACTOR)
    ],
    "library-api:appropriations": [
        Address("403 403 403 404 403 403 201", of_project, method="post", json=lambda world: _PAYMENT)
    ],
}

_ADMITS = Policy(P.ADMIT_PROJECTS, "project", reading=P.READ_PROJECTS, granted=403)
_BUDGET = Policy(P.MANAGE_BUDGET, "project", reading=P.READ_PROJECTS)
_MANAGES = Policy(P.MANAGE_LIBRARIES, "project", reading=P.READ_PROJECTS)
_EDITS = Policy(P.EDIT_PROJECTS, "project", reading=P.READ_PROJECTS)
_SECRET = Policy(P.READ_PROJECTS, "project", unless={P.READ_CONFIDENTIAL})

POLICY = {
    "library:libraries": _READ,
    "library:library-projects": [
        _READ,
        _READ,
        _READ,
        _READ,
        Policy(P.READ_PROJECTS, personal=True),
    ],
    "library:applications": _READ,
    "library:application": _OF_PROJECT,
    "library:decide-application": _ADMITS,
    "library:budget": _READ,
    "library:budget-line": [_OF_PROJECT, _BUDGET],
    "library:funds": _READ,
    "library:fund": _OF_PROJECT,
    "library:fund-package": _OF_PROJECT,
    "library:fund-act": _MANAGES,
    "library:accounts": _READ,
    "library:building": _READ,
    "library:monitoring": _READ,
    "library:parameters": [_READ, Policy(P.MANAGE_LIBRARIES)],
    "library:standing": [_OF_PROJECT, _SECRET],
    "library:library-act": [_EDITS, _MANAGES],
    "library-api:libraries": _READ,
    "library-api:applications": [
        _READ,
        # an administrator takes over what older ledgers hold
        Policy(
            P.APPLY_ADMISSION,
            "entry",
            reading=P.READ_PROJECTS,
            read_of="project",
            anywhere={Role.ADMINISTRATOR},
        ),
    ],
    "library-api:decide-application": _ADMITS,
    "library-api:budget": [_READ, _BUDGET],
    "library-api:standing": [_OF_PROJECT, _SECRET],
    "library-api:library-act": _EDITS,
    "library-api:appropriations": _BUDGET,
}
