from gis_projects.people.roles import Permission
from tests.api.addresses.policy import Policy
from tests.api.addresses.visits import API_WITH_ROLE, Address, of_project

P = Permission
_READ = Policy(P.READ_PROJECTS, "project")
_DISCLOSE = Policy({P.EDIT_PROJECTS, P.DISCLOSE_PROJECTS}, "project", reading=P.READ_PROJECTS)

_PUBLISHER = Policy({P.EDIT_PROJECTS, P.DISCLOSE_PROJECTS})
_STAFF = "302 403 200 200 200 403 200"


ADDRESSES: dict[str, list[Address]] = {
    "publishing:queue": [Address(_STAFF)],
    "publishing:rules": [Address(_STAFF)],
    "publishing:rule-new": [Address("302 403 403 403 200 403 200")],
    "publishing:rule": [Address("302 403 403 403 404 403 404", lambda world: {"pk": 0})],
    "publishing:batches": [Address(_STAFF)],
    "publishing:batch-new": [Address(_STAFF)],
    "publishing:batch": [Address("302 403 404 404 404 403 404", lambda world: {"pk": 0})],
    "publishing:batch-item": [Address("302 403 404 404 404 403 404", lambda world: {"pk": 0, "item": 0})],
    "publishing:project": [Address("302 403 200 404 200 403 200", of_project)],
    "publishing:preview": [Address("302 403 404 404 404 403 404", of_project)],
    "publishing:progress": [Address("302 403 200 404 200 200 200", of_project)],
    "publishing:diary-photo": [Address("302 403 404 404 404 404 404", lambda world: {"attachment": 0})],
    "publishing-api:photos": [
        Address(API_WITH_ROLE),
        Address(API_WITH_ROLE, query=lambda world: {"q": "x", "since": "2026-01-01"}),
    ],
    "publishing:media": [
        Address("302 403 404 404 404 404 404", lambda world: {"pk": world.project, "media": 0})
    ],
}

POLICY: dict[str, Policy | list[Policy]] = {
    "publishing:queue": _PUBLISHER,
    "publishing:rules": _PUBLISHER,
    "publishing:rule-new": Policy(P.DISCLOSE_PROJECTS),
    "publishing:rule": Policy(P.DISCLOSE_PROJECTS),
    "publishing:batches": _PUBLISHER,
    "publishing:batch-new": _PUBLISHER,
    "publishing:batch": _PUBLISHER,
    "publishing:batch-item": _PUBLISHER,
    "publishing:preview": _DISCLOSE,
    "publishing:progress": _READ,
    "publishing:media": _READ,
    "publishing:diary-photo": _READ,
    "publishing-api:photos": Policy(P.READ_PROJECTS),
}
