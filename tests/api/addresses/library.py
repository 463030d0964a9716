from tests.api.addresses.visits import (
    API_IN_REACH,
    API_WITH_ROLE,
    IN_REACH,
    WITH_ROLE,
    Address,
    of_project,
    of_secret_project,
)

ADDRESSES: dict[str, list[Address]] = {
    "library:projects": [
        Address(WITH_ROLE),
        Address(WITH_ROLE, query=lambda world: {"format": "csv"}),
        Address(WITH_ROLE, query=lambda world: {"format": "xlsx"}),
    ],
    "library:project": [
        Address(IN_REACH, of_project),
        Address("302 403 404 404 200 200 200", of_secret_project),
        Address("302 403 404 404 404 404 404", lambda world: {"pk": 10**9}),
    ],
    "library-api:projects": [
        Address(API_WITH_ROLE),
        Address("403 403 400 400 403 403 400", method="post", json=lambda world: {}),
    ],
    "library-api:projects-map": [Address(API_WITH_ROLE)],
    "library-api:projects-counts": [Address(API_WITH_ROLE)],
    "library-api:projects-days": [Address(API_WITH_ROLE)],
    "library-api:project": [
        Address(API_IN_REACH, of_project),
        Address("403 403 404 404 200 200 200", of_secret_project),
        Address("403 403 200 404 403 403 200", of_project, method="patch", json=lambda world: {}),
    ],
    "reporting:statistics": [
        Address(WITH_ROLE),
        Address(WITH_ROLE, query=lambda world: {"format": "csv", "as_of": "2019-03-29"}),
    ],
}
