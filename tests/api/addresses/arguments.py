from gis_projects.people.permissions import Permission as P
from tests.api.addresses.policy import Policy
from tests.api.addresses.visits import (
    API_IN_REACH,
    API_WITH_ROLE,
    IN_REACH,
    WITH_ROLE,
    Address,
    World,
    of_project,
)

NONE = "302 403 404 404 404 404 404"
API_NONE = "403 403 404 404 404 404 404"


def nothing(world: World) -> dict[str, int]:
    """The key of something that isn't there: who may do what to one that is there has tests of its own."""
    return {"pk": 10**9}


ADDRESSES: dict[str, list[Address]] = {
    "argument:cases": [
        Address(WITH_ROLE),
        Address(WITH_ROLE, query=lambda world: {"state": "all", "kind": "site", "format": "xlsx"}),
        Address(WITH_ROLE, query=lambda world: {"state": "overdue", "department": "no-such", "region": "x"}),
    ],
    "argument:case": [Address(NONE, nothing)],
    "argument:case-act": [Address(NONE, nothing, method="post", query=lambda world: {"step": "conclude"})],
    "argument:project": [Address(IN_REACH, of_project)],
    "argument:one-thing": [
        Address(IN_REACH, of_project),
        Address(IN_REACH, of_project, query=lambda world: {"format": "csv"}),
    ],
    "argument:open": [
        Address("302 403 403 404 403 403 200", of_project),
        Address(
            "302 403 403 404 403 403 400",
            of_project,
            method="post",
            query=lambda world: {"kind": "total_structure"},
        ),
    ],
    "argument:tasks": [
        Address("302 403 403 403 403 403 200"),
        Address(
            "302 403 403 403 403 403 200",
            query=lambda world: {"state": "overdue", "format": "csv", "q": "路"},
        ),
    ],
    "argument:task": [Address(NONE, nothing)],
    "argument:task-act": [Address(NONE, nothing, method="post", query=lambda world: {"step": "draft"})],
    "argument:attachment": [Address(NONE, nothing)],
    "argument:condition-act": [Address(NONE, nothing, method="post")],
    "argument:consultation-act": [Address(NONE, nothing, method="post")],
    "argument:escalation-act": [Address(NONE, nothing, method="post")],
    "argument:routing": [
        Address(WITH_ROLE),
        Address("302 403 403 403 403 403 400", method="post", query=lambda world: {"reason": "调整"}),
    ],
    "argument:routing-file": [Address(NONE, lambda world: {"version": 10**6})],
    "argument:quotas": [Address(WITH_ROLE), Address(WITH_ROLE, query=lambda world: {"format": "csv"})],
    "argument:quota": [Address(NONE, nothing)],
    "argument:checklists": [Address(WITH_ROLE)],
    "argument:checklist": [Address(NONE, nothing)],
    "argument:checklist-sign": [Address("302 403 403 403 403 403 404", nothing, method="post")],
    # the administrator is told at the project what is missing
    "argument:checklist-open": [Address("302 403 403 404 403 403 302", of_project, method="post")],
    "argument:blockers": [
        Address(WITH_ROLE),
        Address(WITH_ROLE, query=lambda world: {"state": "overdue", "link": "site", "format": "csv"}),
    ],
    "argument:blocker": [Address(NONE, nothing)],
    "argument:blocker-act": [Address(NONE, nothing, method="post")],
    "argument:blocker-new": [Address("302 403 200 404 403 403 200", of_project)],
    "argument-api:one-thing": [Address(API_IN_REACH, of_project)],
    "argument-api:cases": [
        Address(API_WITH_ROLE),
        Address("403 403 400 400 400 400 400", query=lambda world: {"state": "x"}),
    ],
    "argument-api:case": [Address(API_NONE, nothing)],
    "argument-api:open": [
        Address("403 403 403 404 403 403 400", of_project, method="post", json=lambda world: {})
    ],
    "argument-api:tasks": [Address("403 403 403 403 403 403 200")],
    "argument-api:task": [Address(API_NONE, nothing)],
    "argument-api:opinions": [Address(API_NONE, nothing, method="post", json=lambda world: {})],
    "argument-api:signatures": [Address(API_NONE, nothing, method="post", json=lambda world: {})],
}

_READS = Policy(P.READ_ARGUMENTS)
_NOBODYS = Policy(P.READ_ARGUMENTS, personal=True)
_OPENS = Policy(P.START_ARGUMENTS, "project", reading=P.READ_PROJECTS)
_SPEAKS = Policy({P.GIVE_OPINIONS, P.APPROVE_OPINIONS})

POLICY: dict[str, Policy | list[Policy]] = {
    "argument:cases": _READS,
    "argument:case": _NOBODYS,
    "argument:case-act": _NOBODYS,
    "argument:project": Policy(P.READ_ARGUMENTS, "project"),
    "argument:one-thing": Policy(P.READ_ARGUMENTS, "project"),
    "argument-api:one-thing": Policy(P.READ_ARGUMENTS, "project"),
    "argument:open": _OPENS,
    "argument:tasks": _SPEAKS,
    "argument:task": _NOBODYS,
    "argument:task-act": _NOBODYS,
    "argument:attachment": _NOBODYS,
    "argument:condition-act": _NOBODYS,
    "argument:consultation-act": _NOBODYS,
    "argument:escalation-act": _NOBODYS,
    "argument:routing": [_READS, Policy(P.MANAGE_PEOPLE)],
    "argument:routing-file": _NOBODYS,
    "argument:quotas": _READS,
    "argument:quota": _NOBODYS,
    "argument:checklists": _READS,
    "argument:checklist": _NOBODYS,
    "argument:checklist-sign": Policy(P.GIVE_OPINIONS, personal=True),
    "argument:checklist-open": _OPENS,
    "argument:blockers": _READS,
    "argument:blocker": _NOBODYS,
    "argument:blocker-act": _NOBODYS,
    "argument:blocker-new": Policy({P.START_ARGUMENTS, P.EDIT_PROJECTS}, "project", reading=P.READ_ARGUMENTS),
    "argument-api:cases": _READS,
    "argument-api:case": _NOBODYS,
    "argument-api:open": _OPENS,
    "argument-api:tasks": _SPEAKS,
    "argument-api:task": _NOBODYS,
    "argument-api:opinions": _NOBODYS,
    "argument-api:signatures": _NOBODYS,
}
