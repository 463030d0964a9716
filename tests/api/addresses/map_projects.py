"""Projects on the map: figures by region, in an area, and as a file."""

from gis_projects.people.permissions import Permission as P
from tests.api.addresses.policy import Policy
from tests.api.addresses.visits import API_WITH_ROLE, WITH_ROLE, Address

AREA = "rect:109.8,40.5,110,40.7"

ADDRESSES: dict[str, list[Address]] = {
    "atlas:map-export": [
        Address(WITH_ROLE, query=lambda world: {"format": "csv"}),
        Address(WITH_ROLE, query=lambda world: {"format": "gpkg", "area": AREA}),
    ],
    "atlas-api:map-regions": [Address(API_WITH_ROLE)],
    "atlas-api:map-area": [Address(API_WITH_ROLE, query=lambda world: {"area": AREA})],
}

POLICY = {
    "atlas:map-export": Policy(P.READ_PROJECTS),
    "atlas-api:map-regions": Policy(P.READ_STATISTICS),
    "atlas-api:map-area": Policy(P.READ_PROJECTS),
}
