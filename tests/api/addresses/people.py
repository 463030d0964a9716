"""Units, accounts, divisions, one's own sessions and delegations.

What a unit's people, and the administrator of one, reach of real ones stands in tests/integration/people.
"""

from uuid import UUID

from gis_projects.people.roles import Permission as P
from tests.api.addresses.policy import OPEN, Policy
from tests.api.addresses.visits import EVERYBODY, SIGNED_IN, Address, World

MANAGERS = "302 403 403 403 403 403 200"
NOWHERE = "302 403 403 403 403 403 404"
NOBODYS = "302 404 404 404 404 404 404"
MANAGE = Policy(P.MANAGE_PEOPLE)
HIDDEN = Policy(P.MANAGE_PEOPLE, personal=True)


def nobodys(world: World) -> dict[str, int]:
    return {"pk": 10**9}


def chain(world: World) -> dict[str, object]:
    return {"pk": 10**9, "item": "argument.opinion"}


def session(world: World) -> dict[str, UUID]:
    return {"public": UUID(int=7)}


def receipt(world: World) -> dict[str, str]:
    return {"receipt": "nobodys"}


def link(world: World) -> dict[str, str]:
    return {"uidb64": "MQ", "token": "no-token"}


def district(world: World) -> dict[str, str]:
    return {"code": "150207"}


ADDRESSES: dict[str, list[Address]] = {
    "people:set-password": [Address(EVERYBODY, link)],
    # off unless an identity provider is set
    "people:oidc": [Address("404 404 404 404 404 404 404")],
    "people:oidc-callback": [Address("404 404 404 404 404 404 404")],
    "people:sessions": [Address(SIGNED_IN), Address("302 302 302 302 302 302 302", method="post")],
    "people:end-session": [Address(NOBODYS, session, method="post")],
    "people:delegations": [Address(SIGNED_IN), Address("302 400 400 400 400 400 400", method="post")],
    "people:end-delegation": [Address(NOBODYS, nobodys, method="post")],
    "people:accounts": [
        Address(MANAGERS),
        Address(MANAGERS, query=lambda world: {"unit": "x", "role": "x", "region": "\0", "format": "xlsx"}),
    ],
    "people:new-account": [Address(MANAGERS), Address("302 403 403 403 403 403 400", method="post")],
    "people:account": [Address(NOWHERE, nobodys), Address(NOWHERE, nobodys, method="post")],
    "people:register": [
        Address("200 403 403 403 403 403 200"),
        Address("400 403 403 403 403 403 400", method="post"),
    ],
    "people:registered": [Address("404 404 404 404 404 404 404", receipt)],
    "people:registrations": [
        Address(MANAGERS),
        Address(MANAGERS, query=lambda world: {"state": "all", "q": "\0", "format": "csv"}),
    ],
    "people:registration": [Address(NOWHERE, nobodys), Address(NOWHERE, nobodys, method="post")],
    "people:registration-proof": [Address(NOWHERE, nobodys)],
    "people:units": [
        Address(MANAGERS),
        Address(MANAGERS, query=lambda world: {"kind": "x", "region": "\0", "format": "csv"}),
    ],
    "people:unit": [Address(NOWHERE, nobodys), Address(NOWHERE, nobodys, method="post")],
    "people:structure": [Address(NOBODYS, nobodys), Address(NOBODYS, nobodys, method="post")],
    "people:chain": [Address(NOBODYS, chain), Address(NOBODYS, chain, method="post")],
    "people:unit-accounts": [Address(NOBODYS, nobodys), Address(NOBODYS, nobodys, method="post")],
    "people:regions": [
        Address(SIGNED_IN),
        Address(SIGNED_IN, query=lambda world: {"q": "九", "all": "1", "format": "xlsx"}),
        Address("302 403 403 403 403 403 400", method="post"),
    ],
    "people:region": [
        Address(SIGNED_IN, district),
        Address("302 403 403 403 403 403 400", district, method="post"),
    ],
}

POLICY: dict[str, Policy | list[Policy]] = {
    "people:set-password": OPEN,
    "people:oidc": OPEN,
    "people:oidc-callback": OPEN,
    "people:sessions": OPEN,
    "people:end-session": OPEN,
    "people:delegations": OPEN,
    "people:end-delegation": OPEN,
    "people:accounts": MANAGE,
    "people:new-account": MANAGE,
    "people:account": Policy({P.MANAGE_PEOPLE, P.MANAGE_UNIT}, personal=True),
    "people:register": MANAGE,
    "people:registered": OPEN,
    "people:registrations": MANAGE,
    "people:registration": HIDDEN,
    "people:registration-proof": HIDDEN,
    "people:units": MANAGE,
    "people:unit": HIDDEN,
    "people:structure": OPEN,
    "people:chain": OPEN,
    "people:unit-accounts": OPEN,
    "people:regions": [OPEN, OPEN, MANAGE],
    "people:region": [OPEN, Policy(P.MANAGE_PEOPLE, "region")],
}
