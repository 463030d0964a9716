"""Every address of the platform and what each kind of visitor gets there: one module per room.

A new address without an entry in ``ADDRESSES`` fails `test_every_url.py`; one without a `Policy` fails
`test_every_role.py`: a room's module says beside its ``ADDRESSES`` in ``POLICY`` what each address asks, and about what
(`policy.py` has the form and examples). From that the answer for every role × {own, other department, other region,
superior; own and other unit; engaged and no longer} is computed and held against the real one.
"""

from types import ModuleType

from tests.api.addresses import (
    arguments,
    atlas,
    bookmarks,
    committee,
    comparisons,
    databases,
    desk,
    disclosure,
    expert_reviews,
    libraries,
    library,
    map_projects,
    ogc,
    open_data,
    options,
    people,
    platform,
    portal,
    publication,
    records,
    reporting,
    reviews,
    rulebooks,
    series,
    sites,
    standards,
    uploads,
)
from tests.api.addresses import policies as policies
from tests.api.addresses.policy import Policy
from tests.api.addresses.visits import VISITORS, Address, World

__all__ = ["ADDRESSES", "POLICIES", "VISITORS", "Address", "World"]

ADDRESSES: dict[str, list[Address]] = {
    **platform.ADDRESSES,
    **people.ADDRESSES,
    **libraries.ADDRESSES,
    **library.ADDRESSES,
    **standards.ADDRESSES,
    **records.ADDRESSES,
    **sites.ADDRESSES,
    **options.ADDRESSES,
    **reviews.ADDRESSES,
    **rulebooks.ADDRESSES,
    **atlas.ADDRESSES,
    **bookmarks.ADDRESSES,
    **series.ADDRESSES,
    **uploads.ADDRESSES,
    **map_projects.ADDRESSES,
    **ogc.ADDRESSES,
    **disclosure.ADDRESSES,
    **publication.ADDRESSES,
    **portal.ADDRESSES,
    **open_data.ADDRESSES,
    **desk.ADDRESSES,
    **comparisons.ADDRESSES,
    **databases.ADDRESSES,
    **committee.ADDRESSES,
    **reporting.ADDRESSES,
    **arguments.ADDRESSES,
    **expert_reviews.ADDRESSES,
}

#: What each address asks, of every room that says so.
POLICIES: dict[str, Policy | list[Policy]] = {
    name: policy
    for module in [module for module in globals().values() if isinstance(module, ModuleType)]
    for name, policy in getattr(module, "POLICY", {}).items()
}
