"""The portal's words and voices, and the desk that writes them."""

from gis_projects.people.roles import Permission as P
from tests.api.addresses.policy import OPEN, Policy
from tests.api.addresses.visits import EVERYBODY, Address, World

#: Planners and reviewers manage the portal; surveyors don't.
MANAGERS = "302 403 200 200 200 403 200"
#: Nobody's row: what each reaches of real ones stands in tests/integration/publishing.
NOWHERE = "302 403 404 404 404 403 404"
NOT_THERE = "404 404 404 404 404 404 404"
MODERATORS = frozenset({P.MANAGE_PORTAL, P.ANSWER_PUBLIC})


def nobodys(world: World) -> dict[str, int]:
    return {"pk": 10**9}


def no_slug(world: World) -> dict[str, str]:
    return {"slug": "nothing-here"}


ADDRESSES: dict[str, list[Address]] = {
    **{
        f"disclosure:{name}": [
            Address(EVERYBODY),
            Address(EVERYBODY, query=lambda world: {"q": "没有这样的", "kind": "x", "page": "99"}),
            Address(EVERYBODY, query=lambda world: {"format": "csv"}),
        ]
        for name in (
            "handling",
            "delegated",
            "items",
            "guides",
            "policies",
            "notices",
            "contacts",
            "questions",
        )
    },
    "disclosure:matter": [Address(NOT_THERE, no_slug)],
    "disclosure:article": [Address(NOT_THERE, no_slug)],
    "disclosure:article_file": [Address(NOT_THERE, lambda world: {"name": "nothing-here"})],
    "disclosure:question": [Address(NOT_THERE, no_slug)],
    "disclosure:ask": [
        Address(EVERYBODY),
        Address(EVERYBODY, query=lambda world: {"project": world.slug}),
        Address("400 400 400 400 400 400 400", query=lambda world: {"text": ""}, method="post"),
    ],
    "disclosure:receipt": [
        Address(EVERYBODY),
        Address(NOT_THERE, query=lambda world: {"receipt": "AAAA-BBBB-CCCC-DDDD"}, method="post"),
    ],
    "publishing:articles": [
        Address(MANAGERS),
        Address(MANAGERS, query=lambda world: {"kind": "item", "state": "x", "format": "csv"}),
    ],
    "publishing:article-new": [
        Address(MANAGERS, lambda world: {"kind": "item"}),
        Address(NOWHERE, lambda world: {"kind": "nothing-here"}),
        Address("302 403 400 400 400 403 400", lambda world: {"kind": "notice"}, method="post"),
    ],
    "publishing:article": [Address(NOWHERE, nobodys)],
    "publishing:article-edit": [Address(NOWHERE, nobodys)],
    "publishing:article-preview": [Address(NOWHERE, nobodys)],
    "publishing:contacts": [Address(MANAGERS)],
    "publishing:handling": [Address(MANAGERS)],
    "publishing:questions": [
        Address(MANAGERS),
        Address(MANAGERS, query=lambda world: {"state": "overdue", "format": "xlsx"}),
    ],
    "publishing:questions-spam": [Address("302 403 302 302 302 403 302", method="post")],
    "publishing:question": [Address(NOWHERE, nobodys)],
    "publishing:question-preview": [Address(NOWHERE, nobodys)],
}

_MANAGE = Policy(P.MANAGE_PORTAL)
_NOBODYS = Policy(P.MANAGE_PORTAL, personal=True)
POLICY: dict[str, Policy | list[Policy]] = {
    **{name: OPEN for name in ADDRESSES if name.startswith("disclosure:")},
    "publishing:articles": _MANAGE,
    "publishing:article-new": [_MANAGE, _NOBODYS, _MANAGE],
    "publishing:article": _NOBODYS,
    "publishing:article-edit": _NOBODYS,
    "publishing:article-preview": _NOBODYS,
    "publishing:contacts": _MANAGE,
    "publishing:handling": _MANAGE,
    "publishing:questions": Policy(MODERATORS),
    "publishing:questions-spam": Policy(P.MANAGE_PORTAL),
    "publishing:question": Policy(MODERATORS, personal=True),
    "publishing:question-preview": Policy(MODERATORS, personal=True),
}
