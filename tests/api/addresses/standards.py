"""Standards of enforcement: everybody inside reads them; the world's is a draft that nobody of these entered."""

from typing import Any

from django.utils import timezone

from gis_projects.people.permissions import Permission as P
from tests.api.addresses.policy import Policy
from tests.api.addresses.visits import (
    API_IN_REACH,
    API_WITH_ROLE,
    WITH_ROLE,
    Address,
    World,
    of_project,
    of_secret_project,
)


def of_standard(world: World) -> dict[str, int]:
    return {"pk": world.standard}


def _draft(_world: World) -> dict[str, Any]:
    return {
        "item": "setup",
        "number": "ZF-1",
        "name": "立项审批执法规范",
        "valid_from": timezone.localdate().isoformat(),
        "source": "测试",
        "points": [{"text": "必要性", "law": "政府投资条例", "article": "第九条"}],
    }


ADDRESSES: dict[str, list[Address]] = {
    "library:standards": [
        Address(WITH_ROLE, query=lambda world: {"state": "draft", "item": "design"}),
        Address(WITH_ROLE, query=lambda world: {"format": "csv"}),
    ],
    "library:standard": [Address(WITH_ROLE, of_standard)],
    "library:standard-new": [
        Address("302 403 403 403 403 403 200", query=lambda world: {"like": str(world.standard)}),
        Address("302 403 403 403 403 403 400", method="post"),
    ],
    # another one's draft
    "library:standard-edit": [Address("302 403 403 403 403 403 403", of_standard)],
    "library:standard-publish": [
        Address("302 403 403 403 403 403 302", of_standard, lambda world: {"revision": "1"}, method="post")
    ],
    "library:standard-drop": [Address("302 403 403 403 403 403 302", of_standard, method="post")],
    "library-api:standards": [
        Address(API_WITH_ROLE, query=lambda world: {"state": "draft"}),
        Address("403 403 403 403 403 403 201", method="post", json=_draft),
    ],
    "library-api:standard": [Address(API_WITH_ROLE, of_standard)],
    "library-api:standard-publish": [
        Address("403 403 403 403 403 403 200", of_standard, method="post", json=lambda world: {"revision": 1})
    ],
    "library-api:approvals": [
        Address(API_IN_REACH, of_project),
        Address("403 403 404 404 200 200 200", of_secret_project),
    ],
}

_READ = Policy(P.READ_PROJECTS)
_KEEPS = Policy(P.MANAGE_LIBRARIES)

POLICY = {
    "library:standards": _READ,
    "library:standard": _READ,
    "library:standard-new": _KEEPS,
    "library:standard-edit": _KEEPS,
    "library:standard-publish": _KEEPS,
    "library:standard-drop": _KEEPS,
    "library-api:standards": [_READ, _KEEPS],
    "library-api:standard": _READ,
    "library-api:standard-publish": _KEEPS,
    "library-api:approvals": [
        Policy(P.READ_PROJECTS, "project"),
        Policy(P.READ_PROJECTS, "project", unless={P.READ_CONFIDENTIAL}),
    ],
}
