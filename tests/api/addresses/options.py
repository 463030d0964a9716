"""Alternatives of a project and searches for sites."""

from tests.api.addresses.visits import API_IN_REACH, IN_REACH, Address, World, of_project


def of_alternative(world: World) -> dict[str, int]:
    return {"pk": world.alternative}


def of_search(world: World) -> dict[str, int]:
    return {"pk": world.search}


#: Of two who may, the second finds it done: a name is taken, a search at work, a draft gone.
ADDRESSES: dict[str, list[Address]] = {
    "sites:alternatives": [
        Address(IN_REACH, of_project),
        Address(IN_REACH, of_project, query=lambda world: {"format": "xlsx"}),
    ],
    "sites:suggestions": [Address(IN_REACH, of_project)],
    "sites-api:alternatives": [
        Address(API_IN_REACH, of_project),
        Address(
            "403 403 201 404 403 403 400", of_project, method="post",
            json=lambda world: {"name": "方案二", "geometry": world.geometry},
        ),
    ],
    "sites-api:alternatives-recheck": [
        Address("403 403 200 404 200 200 200", of_project, method="post", json=lambda world: {})
    ],
    "sites-api:alternatives-weights": [
        Address("403 403 200 404 403 403 200", of_project, method="put", json=lambda world: {"weights": {"slope": 1}})
    ],
    "sites-api:alternatives-choice": [
        Address(
            "403 403 400 404 403 403 400", of_project, method="post",
            json=lambda world: {"alternative": world.alternative, "reason": "短"},
        )
    ],
    "sites-api:alternative": [
        Address(API_IN_REACH, of_alternative),
        Address(
            "403 403 200 404 403 403 200", of_alternative, method="patch", json=lambda world: {"name": "甲"}
        ),
        Address("403 403 204 404 404 404 404", of_alternative, method="delete", json=lambda world: {}),
    ],
    "sites-api:suggestions": [
        Address(API_IN_REACH, of_project),
        Address(
            "403 403 400 404 403 403 400", of_project, method="post",
            json=lambda world: {"parameters": {}, "region": world.geometry},
        ),
    ],
    "sites-api:suggestion": [Address(API_IN_REACH, of_search)],
    "sites-api:suggestion-stop": [
        Address("403 403 200 404 403 403 200", of_search, method="post", json=lambda world: {})
    ],
}  # fmt: skip
