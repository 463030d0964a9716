from tests.api.addresses.visits import OGC, OGC_CONFIDENTIAL, OGC_TILE, Address, of_layer

ADDRESSES: dict[str, list[Address]] = {
    "ogc:landing": [Address(OGC)],
    "ogc:api": [Address(OGC)],
    "ogc:conformance": [Address(OGC)],
    "ogc:collections": [Address(OGC)],
    "ogc:matrix-sets": [Address(OGC)],
    "ogc:matrix-set": [Address(OGC)],
    "ogc:collection": [
        Address(OGC, of_layer("DLTB")),
        Address(OGC_CONFIDENTIAL, of_layer("JM")),
    ],
    "ogc:queryables": [
        Address(OGC, of_layer("DLTB")),
        Address(OGC_CONFIDENTIAL, of_layer("JM")),
    ],
    "ogc:items": [
        Address(OGC, of_layer("DLTB")),
        Address(OGC_CONFIDENTIAL, of_layer("JM")),
    ],
    "ogc:item": [
        Address(OGC, of_layer("DLTB", key="K0000")),
        Address(OGC_CONFIDENTIAL, of_layer("JM", key="K0000")),
    ],
    "ogc:tilejson": [
        Address(OGC, of_layer("DLTB")),
        Address(OGC_CONFIDENTIAL, of_layer("JM")),
    ],
    "ogc:tilesets": [
        Address(OGC, of_layer("DLTB")),
        Address(OGC_CONFIDENTIAL, of_layer("JM")),
    ],
    "ogc:tileset": [
        Address(OGC, of_layer("DLTB")),
        Address(OGC_CONFIDENTIAL, of_layer("JM")),
    ],
    "ogc:tile": [
        Address(OGC, of_layer("DLTB", **OGC_TILE)),
        Address(OGC_CONFIDENTIAL, of_layer("JM", **OGC_TILE)),
    ],
}
