"""Every address of the platform and what each kind of visitor gets there.

A new address without an entry fails `test_every_url.py`. Columns of ``expected``, in the order of ``VISITORS``:

anonymous · somebody (signed in, no role) · planner (九原区, where the project is) · elsewhere (planner of 东河区)
· reviewer · surveyor · administrator (all three of the whole city)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

VISITORS = ("anonymous", "somebody", "planner", "elsewhere", "reviewer", "surveyor", "administrator")


@dataclass(frozen=True)
class World:
    """What the addresses are about. The project, its site and its check lie in 九原区."""

    project: int
    secret_project: int  # confidential, in 九原区
    site_version: int
    drawn_version: int  # as the one above, but drawn: it has no original file
    check: int
    slug: str  # of a disclosed project
    layer_version: int
    geometry: dict[str, Any]
    upload: str  # the surveyor's; of layer NEU, whose version 1 the surveyor brought too, and it waits


@dataclass(frozen=True)
class Address:
    expected: str
    arguments: Callable[[World], dict[str, Any]] = field(default=lambda world: {})
    query: Callable[[World], dict[str, Any]] = field(default=lambda world: {})
    method: str = "get"
    json: Callable[[World], Any] | None = None  # body as JSON; else `query` is the form

    def codes(self) -> tuple[int, ...]:
        return tuple(map(int, self.expected.split()))


def of_project(world: World) -> dict[str, Any]:
    return {"pk": world.project}


def of_secret_project(world: World) -> dict[str, Any]:
    return {"pk": world.secret_project}


def of_version(world: World) -> dict[str, Any]:
    return {"pk": world.site_version}


def of_check(world: World) -> dict[str, Any]:
    return {"pk": world.check}


def point(world: World) -> dict[str, Any]:
    return {"lon": 109.905, "lat": 40.605, "layers": "DLTB"}


def box(world: World) -> dict[str, Any]:
    return {"bbox": "109.9,40.6,109.91,40.61"}


def drawing(world: World) -> dict[str, Any]:
    return {"geometry": world.geometry, "facts": {}}


def tile(layer: str) -> Callable[[World], dict[str, Any]]:
    return lambda world: {
        "layer": layer,
        "version": str(world.layer_version),
        "z": "14",
        "x": "13193",
        "y": "6178",
    }


def tile_place(world: World) -> dict[str, Any]:
    return {"z": "14", "x": "13193", "y": "6178"}


def sheet_of(layer: str) -> dict[str, Any]:
    return {"lon": 109.91, "lat": 40.61, "scale": 50_000, "paper": "A4", "layers": [{"code": layer}]}


def of_upload(world: World) -> dict[str, Any]:
    return {"key": world.upload}


def of_layer_version(code: str, **more: Any) -> Callable[[World], dict[str, Any]]:
    return lambda world: {"code": code, "number": 1, **more}


def changes_tile(layer: str) -> Callable[[World], dict[str, Any]]:
    """The tile of a version against itself: there is one, with nothing in it."""
    number = {"before": "1", "after": "1"}
    return lambda world: {"code": layer, **number, "z": "14", "x": "13193", "y": "6178"}


def of_layer(code: str, **more: str) -> Callable[[World], dict[str, Any]]:
    return lambda world: {"code": code, **more}


def export_form(world: World) -> dict[str, Any]:
    return {"format": "geojson", "crs": "4490", "encoding": "utf-8", "query": ""}


OGC = "401 403 200 200 200 200 200"
OGC_CONFIDENTIAL = "401 403 404 404 200 200 200"
OGC_TILE = {"tile_matrix": "14", "tile_row": "6166", "tile_col": "13193"}

EVERYBODY = "200 200 200 200 200 200 200"
SIGNED_IN = "302 200 200 200 200 200 200"  # a page: to the sign-in
WITH_ROLE = "302 403 200 200 200 200 200"
IN_REACH = "302 403 200 404 200 200 200"
API_SIGNED_IN = "403 200 200 200 200 200 200"
API_WITH_ROLE = "403 403 200 200 200 200 200"
API_IN_REACH = "403 403 200 404 200 200 200"

ADDRESSES: dict[str, list[Address]] = {
    "health": [Address(EVERYBODY)],
    "set_language": [
        Address("302 302 302 302 302 302 302", method="post", query=lambda world: {"language": "zh-hans"})
    ],
    "api": [Address(SIGNED_IN)],
    "schema": [Address(API_SIGNED_IN)],
    # --- people
    "people:login": [Address("200 302 302 302 302 302 302")],
    "people:password": [Address(SIGNED_IN)],
    "people:logout": [
        Address("405 405 405 405 405 405 405"),
        Address("302 302 302 302 302 302 302", method="post"),
    ],
    "people:tokens": [Address(WITH_ROLE), Address("302 403 400 400 400 400 400", method="post")],
    "people:revoke-token": [
        Address("302 404 404 404 404 404 404", lambda world: {"pk": 10**9}, method="post")
    ],
    # --- library
    "library:projects": [
        Address(WITH_ROLE),
        Address(WITH_ROLE, query=lambda world: {"format": "csv"}),
        Address(WITH_ROLE, query=lambda world: {"format": "xlsx"}),
    ],
    "library:project": [
        Address(IN_REACH, of_project),
        Address("302 403 404 404 200 200 200", of_secret_project),
        Address("302 403 404 404 404 404 404", lambda world: {"pk": 10**9}),
    ],
    "library-api:projects": [Address(API_WITH_ROLE)],
    "library-api:projects-map": [Address(API_WITH_ROLE)],
    "library-api:projects-counts": [Address(API_WITH_ROLE)],
    "library-api:project": [
        Address(API_IN_REACH, of_project),
        Address("403 403 404 404 200 200 200", of_secret_project),
    ],
    # --- sites
    "sites:edit": [Address("302 403 200 404 403 403 200", of_project)],
    "sites:checks": [Address(WITH_ROLE)],
    "sites:key": [Address(EVERYBODY)],
    "sites:check": [Address(IN_REACH, of_check)],
    "sites:report": [Address(IN_REACH, of_check)],
    "sites:evidence": [Address(IN_REACH, of_check)],
    "sites:coordinates": [Address(IN_REACH, of_version)],
    "sites:original": [
        Address(IN_REACH, of_version),
        Address("302 403 404 404 404 404 404", lambda world: {"pk": world.drawn_version}),
    ],
    "sites-api:boundaries-read": [Address("403 403 400 400 400 400 400", method="post")],
    "sites-api:checks-preview": [Address(API_WITH_ROLE, method="post", json=drawing)],
    "sites-api:site-versions": [
        Address("403 403 201 404 403 403 201", of_project, method="post", json=drawing)
    ],
    "sites-api:site-version-checks": [
        Address("403 403 201 404 201 201 201", of_version, method="post", json=lambda world: {})
    ],
    "sites-api:check": [Address(API_IN_REACH, of_check)],
    "sites-api:rulebook": [Address(API_WITH_ROLE)],
    # --- reporting
    "reporting:statistics": [
        Address(WITH_ROLE),
        Address(WITH_ROLE, query=lambda world: {"format": "csv", "as_of": "2019-03-29"}),
    ],
    # --- atlas
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
    # --- uploads and versions
    "atlas:uploads": [Address("302 403 403 403 200 200 200")],
    "atlas:upload": [Address("302 403 403 403 403 200 404", of_upload)],
    "atlas:jobs": [Address(WITH_ROLE)],
    "atlas:version": [
        Address(WITH_ROLE, of_layer_version("DLTB")),
        Address("302 403 404 404 200 200 200", of_layer_version("JM")),  # confidential
        Address("302 403 404 404 200 200 200", of_layer_version("NEU")),  # staged
        Address(
            "302 403 404 404 400 400 400",
            of_layer_version("NEU"),
            lambda world: {"step": "send_back"},
            "post",
        ),
    ],
    "atlas:version-quality": [
        Address(WITH_ROLE, of_layer_version("DLTB", kind="csv")),
        Address("302 403 404 404 200 200 200", of_layer_version("JM", kind="gpkg")),
        Address("302 403 404 404 200 200 200", of_layer_version("NEU", kind="csv")),
        Address("302 403 404 404 404 404 404", of_layer_version("DLTB", kind="exe")),
    ],
    "atlas-api:uploads": [
        Address("403 403 403 403 403 200 200"),
        Address("403 403 403 403 403 400 400", method="post", json=lambda world: {"filename": "a.zip"}),
    ],
    "atlas-api:upload": [
        Address("403 403 403 403 403 200 404", of_upload),
        Address("403 403 403 403 403 200 404", of_upload, method="head"),
        Address("403 403 403 403 403 400 404", of_upload, method="patch", json=lambda world: {}),
    ],
    "atlas-api:upload-answers": [
        Address(
            "403 403 403 403 403 409 404", of_upload, method="post", json=lambda world: {"legal_source": ""}
        )
    ],
    "atlas-api:upload-retry": [
        Address("403 403 403 403 403 409 404", of_upload, method="post", json=lambda world: {})
    ],
    "atlas-api:jobs": [Address(API_WITH_ROLE)],
    "atlas-api:versions": [
        Address(API_WITH_ROLE, lambda world: {"code": "DLTB"}),
        Address(API_WITH_ROLE, lambda world: {"code": "NEU"}),  # none is there for most
        Address("403 403 404 404 200 200 200", lambda world: {"code": "JM"}),
    ],
    "atlas-api:version": [
        Address(API_WITH_ROLE, of_layer_version("DLTB")),
        Address("403 403 404 404 200 200 200", of_layer_version("JM")),
        Address("403 403 404 404 200 200 200", of_layer_version("NEU")),
    ],
    "atlas-api:version-findings": [
        Address(API_WITH_ROLE, of_layer_version("DLTB")),
        Address(API_WITH_ROLE, of_layer_version("DLTB"), box),
        Address("403 403 404 404 200 200 200", of_layer_version("JM")),
        Address("403 403 404 404 200 200 200", of_layer_version("NEU")),
    ],
    "atlas-api:version-send-back": [
        # without a reason
        Address("403 403 404 404 400 400 400", of_layer_version("NEU"), method="post", json=lambda world: {})
    ],
    "atlas-api:version-withdraw": [
        Address(
            "403 403 403 403 400 400 400", of_layer_version("DLTB"), method="post", json=lambda world: {}
        ),
        Address("403 403 404 404 400 400 400", of_layer_version("JM"), method="post", json=lambda world: {}),
    ],
    "atlas-api:version-publish": [
        # the reviewer does; whoever comes after is too late
        Address("403 403 404 404 200 409 409", of_layer_version("NEU"), method="post", json=lambda world: {})
    ],
    "atlas:features": [
        Address(WITH_ROLE, of_layer("DLTB")),
        Address(WITH_ROLE, of_layer("DLTB"), lambda world: {"q": "图斑", "sort": "-area_m2", "version": "1"}),
        Address("302 403 404 404 200 200 200", of_layer("JM")),
    ],
    "atlas:export": [
        Address("302 403 403 403 200 200 200", of_layer("DLTB"), export_form, method="post"),
        Address("302 403 403 403 200 200 200", of_layer("JM"), export_form, method="post"),
    ],
    "atlas:exports": [Address("302 403 403 403 200 200 200")],
    "atlas:export-file": [Address("302 403 403 403 404 404 404", lambda world: {"pk": 10**9})],
    "atlas-api:features": [
        Address(API_WITH_ROLE, of_layer("DLTB")),
        Address("403 403 404 404 200 200 200", of_layer("JM")),
        Address("403 403 400 400 400 400 400", of_layer("DLTB"), lambda world: {"least": "x"}),
    ],
    "atlas-api:exports": [
        Address(
            "403 403 403 403 202 202 202", of_layer("DLTB"), method="post", json=lambda w: {"format": "gpkg"}
        ),
        Address(
            "403 403 403 403 202 202 202", of_layer("JM"), method="post", json=lambda w: {"format": "gpkg"}
        ),
        Address(
            "403 403 403 403 400 400 400", of_layer("DLTB"), method="post", json=lambda w: {"format": "x"}
        ),
    ],
    "atlas-api:export": [Address("403 403 403 403 404 404 404", lambda world: {"pk": 10**9})],
    # --- OGC API
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
    # --- disclosure
    "disclosure:map": [Address(EVERYBODY)],
    "disclosure:projects": [Address(EVERYBODY)],
    "disclosure:table": [Address(EVERYBODY)],
    "disclosure:outlines": [Address(EVERYBODY)],
    "disclosure:project": [
        Address(EVERYBODY, lambda world: {"slug": world.slug}),
        Address("404 404 404 404 404 404 404", lambda world: {"slug": "nothing-here"}),
    ],
    "disclosure:publish": [Address("302 403 200 404 200 403 200", of_project)],
}
