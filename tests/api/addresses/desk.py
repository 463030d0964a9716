from gis_projects.people.roles import Permission as P
from tests.api.addresses.policy import OPEN, Policy
from tests.api.addresses.visits import API_WITH_ROLE, SIGNED_IN, WITH_ROLE, Address, World

#: Whoever has any role at all.
SOMEBODY = Policy(frozenset(P))
#: Nobody's row: what each reaches of real ones stands in tests/integration/desk.
NOWHERE = "302 403 404 404 404 404 404"
#: Planners, reviewers and surveyors set no calendar and instruct nobody.
ADMINISTRATOR = "302 403 403 403 403 403 200"


def nobodys(world: World) -> dict[str, int]:
    return {"pk": 10**9}


def override(world: World) -> dict[str, str]:
    return {"day": "2026-11-24", "working": "no", "reason": "暴雪停工", "source": "市政府通知"}


def deadline(world: World) -> dict[str, str]:
    return {
        "code": "rules_filed",
        "period": "2026",
        "region": "150207",
        "due_on": "2026-05-15",
        "source": "市政办〔2026〕3号",
    }


def instruction(world: World) -> dict[str, str]:
    return {"text": "请尽快办理", "organisations": ""}


def of_run(world: World) -> dict[str, int]:
    return {"pk": world.revalidation}


ADDRESSES: dict[str, list[Address]] = {
    "desk:notices": [Address(WITH_ROLE)],
    "desk:mark-read": [Address("302 403 302 302 302 302 302", method="post")],
    # the notice is the planner's
    "desk:notice": [
        Address("302 403 302 404 404 404 404", lambda world: {"pk": world.notice}, method="post"),
    ],
    "desk:notice-settings": [
        Address(SIGNED_IN),
        Address("302 302 302 302 302 302 302", method="post"),
    ],
    "desk:home": [
        Address(SIGNED_IN),
        Address(SIGNED_IN, query=lambda world: {"kind": "x", "due": "overdue", "format": "csv"}),
    ],
    "desk:count": [Address(SIGNED_IN)],
    "desk:duties": [
        Address(WITH_ROLE),
        Address(WITH_ROLE, query=lambda world: {"state": "overdue", "region": "x", "format": "xlsx"}),
    ],
    "desk:duty": [
        Address(NOWHERE, nobodys),
        Address(NOWHERE, nobodys, lambda world: {"note": "已完成"}, method="post"),
    ],
    "desk:tasks": [
        Address(WITH_ROLE),
        Address("302 403 403 403 403 403 302", query=deadline, method="post"),
    ],
    "desk:circular": [
        Address(WITH_ROLE, query=lambda world: {"month": "2026-10"}),
        Address("302 403 404 404 404 404 404", query=lambda world: {"month": "x"}),
    ],
    "desk:leading": [Address(WITH_ROLE), Address(WITH_ROLE, query=lambda world: {"format": "xlsx"})],
    "desk:instructions": [Address(WITH_ROLE)],
    "desk:instruct": [
        Address(ADMINISTRATOR),
        Address("302 403 403 403 403 403 400", query=instruction, method="post"),
    ],
    "desk:instruction": [Address(NOWHERE, nobodys)],
    "clock:calendar": [
        Address(SIGNED_IN),
        Address("302 200 200 200 200 200 200", query=lambda world: {"start": "x", "n": "-1"}),
        Address("302 403 403 403 403 403 302", query=override, method="post"),
    ],
    "sites:revalidation": [
        Address(WITH_ROLE),
        Address("302 403 403 403 302 403 302", method="post"),
    ],
    "sites:coverage": [Address(WITH_ROLE)],
    "sites:revalidation-run": [Address(WITH_ROLE, of_run)],
    "sites-api:revalidation": [Address(API_WITH_ROLE, of_run)],
}

POLICY: dict[str, Policy | list[Policy]] = {
    "desk:notices": SOMEBODY,
    "desk:mark-read": SOMEBODY,
    "desk:notice": Policy(frozenset(P), personal=True),
    "desk:notice-settings": OPEN,
    "desk:home": OPEN,
    "desk:count": OPEN,
    "desk:duties": Policy(P.READ_STATISTICS),
    "desk:duty": Policy(P.READ_STATISTICS, personal=True),
    "desk:tasks": [Policy(P.READ_STATISTICS), Policy(P.MANAGE_CALENDAR, "region", reading=P.READ_STATISTICS)],
    # months that there aren't are nobody's
    "desk:circular": [Policy(P.READ_STATISTICS), Policy(P.READ_STATISTICS, personal=True)],
    "desk:leading": Policy(P.READ_STATISTICS),
    "desk:instructions": Policy(P.READ_PROJECTS),
    "desk:instruct": Policy(P.INSTRUCT),
    "desk:instruction": Policy(P.READ_PROJECTS, personal=True),
    "clock:calendar": [OPEN, OPEN, Policy(P.MANAGE_CALENDAR, "city")],
}
