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
    of_version,
)

ADDRESSES: dict[str, list[Address]] = {
    "sites:edit": [Address("302 403 200 404 403 403 200", of_project)],
    "sites:checks": [Address(WITH_ROLE)],
    "sites:key": [Address(EVERYBODY)],
    "sites:check": [Address(IN_REACH, of_check)],
    "sites:report": [Address(IN_REACH, of_check)],
    "sites:evidence": [Address(IN_REACH, of_check)],
    "sites:coordinates": [Address(IN_REACH, of_version)],
    "sites:original": [
        Address(IN_REACH, of_version),
        Address("302 403 404 404 404 404 404", lambda world: {"pk": world.drawn_version}),
    ],
    "sites-api:boundaries-read": [Address("403 403 400 400 400 400 400", method="post")],
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
