"""The record of a project, code lists and programmes."""

from gis_projects.people.roles import Permission as P
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

# anonymous · somebody · planner · elsewhere · reviewer · surveyor · administrator
ENTERING = "302 403 200 200 403 403 200"
NOBODYS_DRAFT = "302 403 404 404 403 403 404"
EDITING = "302 403 200 404 403 403 200"
DOING = "302 403 302 404 403 403 302"
MANAGING = "302 403 403 403 403 403 200"
MANAGED = "302 403 403 403 403 403 302"
API_DOING = "403 403 400 404 403 403 400"


def of_programme(world: World) -> dict[str, int]:
    return {"pk": world.programme}


def nothing(world: World) -> dict[str, str]:
    return {}


def a_total(field: str):
    return lambda world: {field: "1"}


ADDRESSES: dict[str, list[Address]] = {
    "library:project-new": [Address(ENTERING)],
    "library:project-draft": [Address(NOBODYS_DRAFT, lambda world: {"pk": 10**9})],
    "library:project-draft-drop": [Address(NOBODYS_DRAFT, lambda world: {"pk": 10**9}, method="post")],
    "library:principles": [Address(WITH_ROLE)],
    "library:project-edit": [Address(EDITING, of_project)],
    "library:project-plan": [
        Address(IN_REACH, of_project),
        Address(EDITING, of_project, a_total("total_yuan"), method="post"),
    ],
    "library:project-land": [
        Address(IN_REACH, of_project),
        Address(EDITING, of_project, a_total("total_m2"), method="post"),
    ],
    "library:project-investment": [Address(DOING, of_project, method="post")],
    "library:project-diary": [
        Address(IN_REACH, of_project),
        Address(EDITING, of_project, method="post"),
    ],
    "library:project-files": [Address(DOING, of_project, method="post")],
    "library:project-file": [
        Address(IN_REACH, lambda world: {"pk": world.project, "file": world.project_file})
    ],
    "library:project-package": [Address(IN_REACH, of_project)],
    "library:programmes": [Address(WITH_ROLE), Address(WITH_ROLE, query=lambda world: {"format": "xlsx"})],
    "library:programme-new": [Address(MANAGING)],
    "library:programme": [Address(IN_REACH, of_programme)],
    "library:programme-edit": [Address("302 403 403 404 403 403 200", of_programme)],
    "library:programme-members": [Address("302 403 403 404 403 403 302", of_programme, method="post")],
    "library:codes": [Address(WITH_ROLE)],
    "library:rights": [Address(WITH_ROLE)],
    "library:rights-set": [Address(MANAGED, method="post")],
    "library:codes-list": [Address(WITH_ROLE, lambda world: {"key": "policy"})],
    "library:codes-add": [Address(MANAGED, lambda world: {"key": "policy"}, method="post")],
    "library:codes-change": [
        Address(MANAGED, lambda world: {"key": "policy", "value": "flood-control"}, method="post")
    ],
    "library-api:projects-groups": [Address(API_WITH_ROLE, query=lambda world: {"by": "policy"})],
    "library-api:project-record": [Address(API_IN_REACH, of_project)],
    "library-api:project-plan": [
        Address(API_IN_REACH, of_project),
        Address(API_DOING, of_project, method="post", json=nothing),
    ],
    "library-api:project-land": [
        Address(API_IN_REACH, of_project),
        Address(API_DOING, of_project, method="post", json=nothing),
    ],
    "library-api:project-diary": [
        Address(API_IN_REACH, of_project),
        Address(API_DOING, of_project, method="post", json=nothing),
    ],
    "library-api:project-files": [
        Address(API_IN_REACH, of_project),
        Address(API_DOING, of_project, method="post"),
    ],
    "library-api:project-completeness": [Address(API_IN_REACH, of_project)],
    "library-api:codes": [Address(API_WITH_ROLE)],
    "library-api:codes-list": [Address(API_WITH_ROLE, lambda world: {"key": "policy"})],
    "library-api:programmes": [Address(API_WITH_ROLE)],
    "library-api:programme": [Address(API_IN_REACH, of_programme)],
}

READ = Policy(P.READ_PROJECTS)
READ_PROJECT = Policy(P.READ_PROJECTS, "project")
EDIT = Policy(P.EDIT_PROJECTS, "project", reading=P.READ_PROJECTS)
#: The finance department keeps up fields of its own.
ANY_PARTY = Policy({P.EDIT_PROJECTS, P.MANAGE_BUDGET}, "project", reading=P.READ_PROJECTS)
MANAGE = Policy(P.MANAGE_LIBRARIES)
MANAGE_PROGRAMME = Policy(P.MANAGE_LIBRARIES, "region", reading=P.READ_PROJECTS)

POLICY: dict[str, Policy | list[Policy]] = {
    "library:project-new": Policy(P.EDIT_PROJECTS),
    "library:project-draft": Policy(P.EDIT_PROJECTS, personal=True),
    "library:project-draft-drop": Policy(P.EDIT_PROJECTS, personal=True),
    "library:principles": READ,
    "library:project-edit": ANY_PARTY,
    "library:project-plan": [READ_PROJECT, EDIT],
    "library:project-land": [READ_PROJECT, EDIT],
    "library:project-investment": Policy(P.RECORD_INVESTMENT, "project", reading=P.READ_PROJECTS),
    "library:project-diary": [READ_PROJECT, EDIT],
    "library:project-files": ANY_PARTY,
    "library:project-file": READ_PROJECT,
    "library:project-package": READ_PROJECT,
    "library:programmes": READ,
    "library:programme-new": MANAGE,
    "library:programme": Policy(P.READ_PROJECTS, "region"),
    "library:programme-edit": MANAGE_PROGRAMME,
    "library:programme-members": MANAGE_PROGRAMME,
    "library:codes": READ,
    "library:rights": READ,
    "library:rights-set": MANAGE,
    "library:codes-list": READ,
    "library:codes-add": MANAGE,
    "library:codes-change": MANAGE,
    "library-api:projects-groups": READ,
    "library-api:project-record": READ_PROJECT,
    "library-api:project-plan": [READ_PROJECT, EDIT],
    "library-api:project-land": [READ_PROJECT, EDIT],
    "library-api:project-diary": [READ_PROJECT, EDIT],
    "library-api:project-files": [READ_PROJECT, ANY_PARTY],
    "library-api:project-completeness": READ_PROJECT,
    "library-api:codes": READ,
    "library-api:codes-list": READ,
    "library-api:programmes": READ,
    "library-api:programme": Policy(P.READ_PROJECTS, "region"),
}
