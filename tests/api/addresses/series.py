"""Print series of the one map."""

from gis_projects.people.roles import Permission as P
from tests.api.addresses.policy import Policy
from tests.api.addresses.visits import API_WITH_ROLE, Address, World


def of_grid(world: World) -> dict[str, object]:
    return {"way": "grid", "paper": "A4", "area": "rect:109.8,40.6,109.81,40.61", "scale": 10_000}


def nobodys(world: World) -> dict[str, int]:
    return {"pk": 10**9}


_NOWHERE = "403 403 404 404 404 404 404"
ADDRESSES: dict[str, list[Address]] = {
    "atlas:series-file": [Address("302 403 404 404 404 404 404", nobodys)],
    "atlas-api:series": [
        Address(API_WITH_ROLE),
        Address("403 403 202 202 202 202 202", method="post", json=of_grid),
    ],
    "atlas-api:one-series": [Address(_NOWHERE, nobodys), Address(_NOWHERE, nobodys, method="delete")],
}
_PERSONAL = Policy(P.READ_LAYERS, personal=True)
POLICY: dict[str, Policy | list[Policy]] = {
    "atlas:series-file": _PERSONAL,
    "atlas-api:series": Policy(P.READ_LAYERS),
    "atlas-api:one-series": _PERSONAL,
}
