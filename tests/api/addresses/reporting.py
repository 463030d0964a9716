"""Statistics beyond the one table: by dimensions, of approvals, of two data centres, of the programme."""

from gis_projects.people.roles import Permission as P
from tests.api.addresses.policy import Policy
from tests.api.addresses.visits import API_WITH_ROLE, WITH_ROLE, Address

ADDRESSES: dict[str, list[Address]] = {
    "reporting:pivot": [
        Address(WITH_ROLE),
        Address(
            WITH_ROLE,
            query=lambda world: {"rows": ["year", "type"], "across": "investment", "format": "xlsx"},
        ),
        Address("302 403 400 400 400 400 400", query=lambda world: {"stage": "no-such"}),
    ],
    "reporting:approvals": [
        Address(WITH_ROLE),
        Address(WITH_ROLE, query=lambda world: {"year": "2026", "region": "150207", "format": "csv"}),
    ],
    "reporting:centres": [Address(WITH_ROLE), Address(WITH_ROLE, query=lambda world: {"format": "csv"})],
    "reporting:programme": [Address(WITH_ROLE), Address(WITH_ROLE, query=lambda world: {"format": "csv"})],
    "reporting-api:programme": [Address(API_WITH_ROLE)],
}
_COUNTS = Policy(P.READ_STATISTICS)
POLICY: dict[str, Policy | list[Policy]] = {
    "reporting:pivot": _COUNTS,
    "reporting:approvals": _COUNTS,
    "reporting:centres": _COUNTS,
    "reporting:programme": Policy(P.READ_PROJECTS),
    "reporting-api:programme": Policy(P.READ_PROJECTS),
}
