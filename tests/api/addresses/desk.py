from tests.api.addresses.visits import API_WITH_ROLE, WITH_ROLE, Address, World


def of_run(world: World) -> dict[str, int]:
    return {"pk": world.revalidation}


ADDRESSES: dict[str, list[Address]] = {
    "desk:notices": [Address(WITH_ROLE)],
    "desk:mark-read": [Address("302 403 302 302 302 302 302", method="post")],
    # the notice is the planner's
    "desk:notice": [
        Address("302 403 302 404 404 404 404", lambda world: {"pk": world.notice}, method="post"),
    ],
    "sites:revalidation": [
        Address(WITH_ROLE),
        Address("302 403 403 403 302 403 302", method="post"),
    ],
    "sites:coverage": [Address(WITH_ROLE)],
    "sites:revalidation-run": [Address(WITH_ROLE, of_run)],
    "sites-api:revalidation": [Address(API_WITH_ROLE, of_run)],
}
