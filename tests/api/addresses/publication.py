from gis_projects.people.roles import Permission
from tests.api.addresses.policy import Policy
from tests.api.addresses.visits import Address, of_project

P = Permission
_READ = Policy(P.READ_PROJECTS, "project")
_DISCLOSE = Policy({P.EDIT_PROJECTS, P.DISCLOSE_PROJECTS}, "project", reading=P.READ_PROJECTS)

ADDRESSES: dict[str, list[Address]] = {
    "publishing:project": [Address("302 403 200 404 200 403 200", of_project)],
    "publishing:preview": [Address("302 403 404 404 404 403 404", of_project)],
    "publishing:progress": [Address("302 403 200 404 200 200 200", of_project)],
    "publishing:media": [
        Address("302 403 404 404 404 404 404", lambda world: {"pk": world.project, "media": 0})
    ],
}

POLICY: dict[str, Policy | list[Policy]] = {
    "publishing:preview": _DISCLOSE,
    "publishing:progress": _READ,
    "publishing:media": _READ,
}
