"""Every address of the platform and what each kind of visitor gets there: one module per room.

A new address without an entry fails `test_every_url.py`.
"""

from tests.api.addresses import (
    atlas,
    comparisons,
    desk,
    disclosure,
    library,
    ogc,
    options,
    platform,
    reviews,
    rulebooks,
    sites,
    uploads,
)
from tests.api.addresses.visits import VISITORS, Address, World

__all__ = ["ADDRESSES", "VISITORS", "Address", "World"]

ADDRESSES: dict[str, list[Address]] = {
    **platform.ADDRESSES,
    **library.ADDRESSES,
    **sites.ADDRESSES,
    **options.ADDRESSES,
    **reviews.ADDRESSES,
    **rulebooks.ADDRESSES,
    **atlas.ADDRESSES,
    **uploads.ADDRESSES,
    **ogc.ADDRESSES,
    **disclosure.ADDRESSES,
    **desk.ADDRESSES,
    **comparisons.ADDRESSES,
}
