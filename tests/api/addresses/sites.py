from siting.formats import EXPORTS
from tests.api.addresses.visits import (
    API_IN_REACH,
    API_WITH_ROLE,
    EVERYBODY,
    IN_REACH,
    WITH_ROLE,
    Address,
    drawing,
    of_check,
    of_project,
    of_secret_project,
    of_version,
)

ADDRESSES: dict[str, list[Address]] = {
    "sites:edit": [Address("302 403 200 404 403 403 200", of_project)],
    "sites:versions": [Address(IN_REACH, of_project)],
    "sites:checks": [Address(WITH_ROLE)],
    "sites:key": [Address(EVERYBODY)],
    "sites:check": [Address(IN_REACH, of_check)],
    "sites:report": [Address(IN_REACH, of_check)],
    "sites:report-word": [Address(IN_REACH, of_check)],
    "sites:findings-file": [
        Address(IN_REACH, lambda world: {"pk": world.check, "kind": "xlsx"}),
        Address(IN_REACH, lambda world: {"pk": world.check, "kind": "gpkg"}),
        Address("302 403 404 404 404 404 404", lambda world: {"pk": world.check, "kind": "exe"}),
    ],
    "sites:red-line": [
        Address(IN_REACH, of_version),
        Address("302 403 404 404 404 404 404", of_version, lambda world: {"paper": "A0"}),
    ],
    "sites:siting-report": [
        Address(IN_REACH, of_project),
        Address("302 403 400 404 403 403 400", of_project, method="post"),
        Address("302 403 404 404 200 200 200", of_secret_project),
    ],
    "sites:siting-report-file": [
        Address(IN_REACH, lambda world: {"pk": world.project, "kind": "pdf"}),
        Address(IN_REACH, lambda world: {"pk": world.project, "kind": "docx"}),
        Address("302 403 404 404 404 404 404", lambda world: {"pk": world.project, "kind": "odt"}),
        Address("302 403 404 404 409 409 409", lambda world: {"pk": world.secret_project, "kind": "pdf"}),
    ],
    "sites:keys": [Address(EVERYBODY)],
    "sites:verify": [
        Address(EVERYBODY),
        Address("400 400 400 400 400 400 400", method="post"),
    ],
    "sites:verify-digest": [Address("404 404 404 404 404 404 404", lambda world: {"digest": "0" * 64})],
    "sites:evidence": [Address(IN_REACH, of_check)],
    "sites:coordinates": [Address(IN_REACH, of_version)],
    "sites:boundary-file": [
        Address(IN_REACH, lambda world, kind=kind: {**of_version(world), "kind": kind}) for kind in EXPORTS
    ],
    "sites:original": [
        Address(IN_REACH, of_version),
        Address("302 403 404 404 404 404 404", lambda world: {"pk": world.drawn_version}),
    ],
    "sites-api:boundaries-read": [Address("403 403 400 400 400 400 400", method="post")],
    "sites-api:boundaries-edit": [
        Address("403 403 400 400 400 400 400", method="post", json=lambda world: {})
    ],
    "sites-api:checks-avoid": [Address("403 403 400 400 400 400 400", method="post", json=lambda world: {})],
    "sites-api:checks-shift": [Address("403 403 400 400 400 400 400", method="post", json=lambda world: {})],
    "sites-api:project-neighbours": [
        Address(API_IN_REACH, of_project),
        Address(API_IN_REACH, of_project, method="post", json=drawing),
    ],
    "sites-api:site-version": [Address(API_IN_REACH, of_version)],
    "sites-api:checks-preview": [Address(API_WITH_ROLE, method="post", json=drawing)],
    "sites-api:site-versions": [
        Address("403 403 201 404 403 403 201", of_project, method="post", json=drawing)
    ],
    "sites-api:site-version-checks": [
        Address("403 403 201 404 201 201 201", of_version, method="post", json=lambda world: {})
    ],
    "sites-api:check": [Address(API_IN_REACH, of_check)],
    "sites-api:rulebook": [Address(API_WITH_ROLE)],
}
