"""The investment committee, and the timeline of a project."""

from gis_projects.people.roles import Permission as P
from tests.api.addresses.policy import SECRET, Policy
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

HELD = "302 403 403 404 403 403 400"  # read by who reaches the region, held by the office
API_UNKNOWN = "403 403 400 400 400 400 400"
OFFICE = "302 403 403 403 403 403 400"


def of_meeting(world: World) -> dict[str, int]:
    return {"pk": world.meeting}


ADDRESSES: dict[str, list[Address]] = {
    "argument:meetings": [
        Address(WITH_ROLE),
        Address(WITH_ROLE, query=lambda world: {"kind": "joint", "state": "planned", "format": "csv"}),
    ],
    "argument:convene": [
        Address("302 403 403 403 403 403 200"),
        Address(OFFICE, method="post"),
    ],
    "argument:meeting": [Address(IN_REACH, of_meeting)],
    "argument:meeting-act": [
        Address(HELD, of_meeting, method="post"),
        Address(
            "302 403 403 404 403 403 409",
            of_meeting,
            lambda world: {"what": "confirm", "revision": 1},
            "post",
        ),
    ],
    "argument:item-act": [Address(HELD, lambda world: {"pk": world.agenda_item}, method="post")],
    "argument:minutes": [
        Address(IN_REACH, lambda world: {"pk": world.confirmed_meeting}),
        Address("302 403 404 404 404 404 404", of_meeting),  # nothing is written down yet
    ],
    "argument:referrals": [
        Address(WITH_ROLE),
        Address(WITH_ROLE, query=lambda world: {"state": "current", "q": "x", "format": "csv"}),
    ],
    "argument:referral-end": [
        Address("302 403 404 404 404 404 404", lambda world: {"pk": 10**9}, method="post")
    ],
    "argument:refer": [Address(HELD, of_meeting, method="post")],
    "argument:meeting-tasks": [
        Address(WITH_ROLE),
        Address(WITH_ROLE, query=lambda world: {"state": "overdue", "format": "xlsx"}),
    ],
    "argument:meeting-task": [Address(IN_REACH, lambda world: {"pk": world.meeting_task})],
    "argument:meeting-task-act": [
        Address(
            "302 403 403 404 403 403 409",
            lambda world: {"pk": world.meeting_task},
            lambda world: {"what": "close"},
            "post",
        )
    ],
    "argument:members": [Address(WITH_ROLE), Address(OFFICE, method="post")],
    "argument:plans": [Address(WITH_ROLE), Address(OFFICE, method="post")],
    "argument:plan": [
        Address(IN_REACH, lambda world: {"pk": world.annual_plan}),
        Address(IN_REACH, lambda world: {"pk": world.annual_plan}, lambda world: {"format": "csv"}),
    ],
    "argument:resolution": [Address(IN_REACH, lambda world: {"pk": world.resolution})],
    "argument:meeting-file": [Address(IN_REACH, lambda world: {"pk": world.meeting_file})],
    "argument-api:meetings": [
        Address(API_WITH_ROLE),
        Address(API_UNKNOWN, query=lambda world: {"state": "x"}),
    ],
    "argument-api:meeting": [Address(API_IN_REACH, of_meeting)],
    "argument-api:resolutions": [
        Address(API_WITH_ROLE),
        Address(API_UNKNOWN, query=lambda world: {"outcome": "x"}),
    ],
    "argument-api:resolution": [Address(API_IN_REACH, lambda world: {"pk": world.resolution})],
    "argument-api:meeting-tasks": [
        Address(API_WITH_ROLE),
        Address(API_UNKNOWN, query=lambda world: {"state": "x"}),
    ],
    "argument-api:meeting-task": [Address(API_IN_REACH, lambda world: {"pk": world.meeting_task})],
    # the administrator may speak for departments, but this one isn't theirs
    "argument-api:meeting-task-reports": [
        Address("403 403 403 404 403 403 400", lambda world: {"pk": world.meeting_task}, method="post")
    ],
    "library:project-timeline": [
        Address(IN_REACH, of_project),
        Address("302 403 404 404 200 200 200", of_secret_project),
        Address(IN_REACH, of_project, lambda world: {"format": "csv", "room": "sites", "files": "1"}),
    ],
}

READ = Policy(P.READ_ARGUMENTS, "region")
HOLD = Policy(P.HOLD_COMMITTEE, "region", reading=P.READ_ARGUMENTS)
OF_OFFICE = Policy(P.HOLD_COMMITTEE, "region")
ANY = Policy(P.READ_ARGUMENTS)

POLICY: dict[str, Policy | list[Policy]] = {
    "argument:meetings": ANY,
    "argument:convene": [Policy(P.HOLD_COMMITTEE), OF_OFFICE],
    "argument:meeting": READ,
    "argument:meeting-act": HOLD,
    "argument:item-act": HOLD,
    "argument:minutes": READ,
    "argument:referrals": ANY,
    "argument:referral-end": Policy(P.READ_ARGUMENTS, personal=True),
    "argument:refer": HOLD,
    "argument:meeting-tasks": ANY,
    "argument:meeting-task": READ,
    "argument:meeting-task-act": HOLD,
    "argument:members": [ANY, OF_OFFICE],
    "argument:plans": [ANY, OF_OFFICE],
    "argument:plan": READ,
    "argument:resolution": Policy(P.READ_ARGUMENTS, "project"),
    "argument:meeting-file": READ,
    "argument-api:meetings": ANY,
    "argument-api:meeting": READ,
    "argument-api:resolutions": ANY,
    "argument-api:resolution": Policy(P.READ_ARGUMENTS, "project"),
    "argument-api:meeting-tasks": ANY,
    "argument-api:meeting-task": READ,
    "argument-api:meeting-task-reports": Policy(P.GIVE_OPINIONS, "region", reading=P.READ_ARGUMENTS),
    "library:project-timeline": [
        Policy(P.READ_PROJECTS, "project"),
        Policy(P.READ_PROJECTS, "project", unless=SECRET),
        Policy(P.READ_PROJECTS, "project"),
    ],
}
