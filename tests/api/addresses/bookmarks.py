"""Bookmarks of the one map: their list, and the planner's own, which is not shared."""

from typing import Any

from gis_projects.people.permissions import Permission as P
from tests.api.addresses.policy import Policy
from tests.api.addresses.visits import API_WITH_ROLE, WITH_ROLE, Address, World

VIEW = "11/40.62/109.85/layers=DLTB,JM/kinds=key"


def of_bookmark(world: World) -> dict[str, Any]:
    return {"pk": world.bookmark}


ADDRESSES: dict[str, list[Address]] = {
    "atlas:bookmarks": [Address(WITH_ROLE), Address(WITH_ROLE, query=lambda world: {"format": "xlsx"})],
    "atlas:bookmark-open": [Address("302 403 302 404 404 404 404", of_bookmark)],
    "atlas:bookmark-edit": [Address("302 403 200 404 404 404 404", of_bookmark)],
    "atlas:bookmark-move": [Address("302 403 302 404 404 404 404", of_bookmark, method="post")],
    "atlas:bookmark-delete": [Address("302 403 302 404 404 404 404", of_bookmark, method="post")],
    "atlas-api:bookmarks": [
        Address(API_WITH_ROLE),
        Address(
            "403 403 201 201 201 201 201",
            method="post",
            json=lambda world: {"name": "全市重点项目", "hash": VIEW},
        ),
    ],
    "atlas-api:bookmarks-order": [
        Address(API_WITH_ROLE, method="post", json=lambda world: {"order": []}),
    ],
    "atlas-api:bookmark": [
        Address("403 403 200 404 404 404 404", of_bookmark),
        Address(
            "403 403 200 404 404 404 404", of_bookmark, method="patch", json=lambda world: {"name": "新名"}
        ),
        Address("403 403 204 404 404 404 404", of_bookmark, method="delete"),
    ],
}

_READS = Policy(P.READ_LAYERS)
_PERSONAL = Policy(P.READ_LAYERS, personal=True)
POLICY: dict[str, Policy | list[Policy]] = {
    "atlas:bookmarks": _READS,
    "atlas:bookmark-open": _PERSONAL,
    "atlas:bookmark-edit": _PERSONAL,
    "atlas:bookmark-move": _PERSONAL,
    "atlas:bookmark-delete": _PERSONAL,
    "atlas-api:bookmarks": _READS,
    "atlas-api:bookmarks-order": _READS,
    "atlas-api:bookmark": _PERSONAL,
}
