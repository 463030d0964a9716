from tests.api.addresses.visits import (
    API_WITH_ROLE,
    WITH_ROLE,
    Address,
    box,
    changes_tile,
    point,
    sheet_of,
    tile,
    tile_place,
)

ADDRESSES: dict[str, list[Address]] = {
    "atlas:map": [Address(WITH_ROLE)],
    "atlas:layers": [Address(WITH_ROLE)],
    "atlas:tile": [
        Address("401 404 200 200 200 200 200", tile("DLTB")),
        Address("401 404 404 404 200 200 200", tile("JM")),  # confidential
        Address("401 404 404 404 200 200 200", tile("NEU")),  # staged
        Address("401 404 404 404 404 404 404", tile("DEM")),  # a raster
    ],
    "atlas:picture": [
        Address("401 404 200 200 200 200 200", tile("DEM"), query=lambda world: {"style": "hillshade"}),
        Address("401 404 404 404 200 200 200", tile("GC")),  # confidential
        Address("401 404 404 404 404 404 404", tile("DLTB")),  # no raster
    ],
    "atlas:tile-permission": [
        Address("403 403 204 204 204 204 204", lambda world: {"layer": "DLTB", "version": "1"}),
        Address("403 403 403 403 204 204 204", lambda world: {"layer": "JM", "version": "1"}),  # confidential
        Address("403 403 403 403 204 204 204", lambda world: {"layer": "NEU", "version": "1"}),  # staged
        Address("403 403 403 403 403 403 403", lambda world: {"layer": "DLTB", "version": "9"}),
    ],
    "atlas:layer": [
        Address(WITH_ROLE, lambda world: {"code": "DLTB"}),
        Address("302 403 404 404 200 200 200", lambda world: {"code": "JM"}),  # confidential
    ],
    "atlas:layer-edit": [
        Address("302 403 403 403 200 403 200", lambda world: {"code": "DLTB"}),
        Address("302 403 404 404 200 403 200", lambda world: {"code": "JM"}),
    ],
    "atlas:bundle": [
        Address("401 404 200 200 200 200 200", tile_place, query=lambda world: {"layers": "DLTB:1"}),
        Address(
            "401 404 404 404 200 200 200", tile_place, query=lambda world: {"layers": "JM:1"}
        ),  # confidential
        Address("401 404 200 200 200 200 200", tile_place, query=lambda world: {"layers": "JM:1,DLTB:1"}),
    ],
    "atlas-api:print": [
        Address(API_WITH_ROLE, method="post", json=lambda world: sheet_of("DLTB")),
        Address(
            "403 403 400 400 200 200 200", method="post", json=lambda world: sheet_of("JM")
        ),  # confidential
    ],
    "atlas-api:search": [Address(API_WITH_ROLE, query=lambda world: {"q": "K00"})],
    "atlas-api:feature": [
        Address(API_WITH_ROLE, lambda world: {"code": "DLTB"}, lambda world: {"key": "K0000"}),
        Address("403 403 404 404 200 200 200", lambda world: {"code": "JM"}, lambda world: {"key": "K0000"}),
    ],
    "atlas:differences": [
        Address(WITH_ROLE, lambda world: {"code": "DLTB"}),
        Address("302 403 404 404 200 200 200", lambda world: {"code": "JM"}),
        Address("302 403 404 404 404 404 404", lambda world: {"code": "DLTB"}, lambda world: {"to": "9"}),
    ],
    "atlas:differences-tile": [
        Address("401 404 200 200 200 200 200", changes_tile("DLTB")),
        Address("401 404 404 404 200 200 200", changes_tile("JM")),
    ],
    **{
        name: [
            Address(API_WITH_ROLE, lambda world: {"code": "DLTB"}),
            Address("403 403 404 404 200 200 200", lambda world: {"code": "JM"}),
        ]
        for name in ("atlas-api:differences", "atlas-api:differences-rows", "atlas-api:differences-flow")
    },
    "atlas-api:layers": [Address(API_WITH_ROLE)],
    "atlas-api:identify": [Address(API_WITH_ROLE, query=point)],
    "atlas-api:identify-one": [
        Address(API_WITH_ROLE, lambda world: {"code": "DLTB"}, point),
        Address("403 403 404 404 200 200 200", lambda world: {"code": "JM"}, point),
    ],
    "atlas-api:sites": [Address(API_WITH_ROLE, query=box)],
    "atlas-api:snap": [Address(API_WITH_ROLE, query=box)],
}
