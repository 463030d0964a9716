"""Vector tiles as the standards find them: lists of tile sets, the tile matrix set, TileJSON, and the tiles.

The bytes are those of the map (`gis_projects.atlas.views.tiles`), which asks the permission question once more.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from gis_projects.atlas.ogc.answers import Answer, Question, link, resource
from gis_projects.atlas.ogc.collections import bounds, version
from gis_projects.atlas.ogc.crs import CRS84, EPSG
from gis_projects.atlas.views import tiles as map_tiles
from gis_projects.sentences import word
from layers.models import LayerVersion

MATRIX_SET = "WebMercatorQuad"
MATRIX_SET_URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{MATRIX_SET}"
TILING_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
MVT = "application/vnd.mapbox-vector-tile"
_HALF = 20037508.3427892
_SCALE_0 = 559082264.028717
_CELL_0 = 156543.033928041
# What tiles say of a feature; from the features' own zoom on, key and name are never empty.
_TILE_FIELDS = {"key": {"type": "string"}, "class": {"type": "string"}, "name": {"type": "string"}}


def zooms(found: LayerVersion) -> tuple[int, int]:
    return found.layer.min_zoom, min(found.layer.max_zoom, map_tiles.MAX_ZOOM)


def _set(question: Question, found: LayerVersion) -> dict[str, Any]:
    """A tile set's metadata (20-057, /req/tileset). Its links keep to the version, as tiles are kept for good."""
    code = found.layer.code
    path = f"collections/{code}/tiles/{MATRIX_SET}"
    template = question.url(path) + f"/{{tileMatrix}}/{{tileRow}}/{{tileCol}}?version={found.number}"
    west, south, east, north = bounds(found)
    least, most = zooms(found)
    return {
        "title": found.layer.name,
        "dataType": "vector",
        "crs": EPSG + "3857",
        "tileMatrixSetURI": MATRIX_SET_URI,
        "version": found.number,
        "layers": [
            {
                "id": code, "title": found.layer.name, "dataType": "vector",
                "minTileMatrix": str(least), "maxTileMatrix": str(most),
                "propertiesSchema": {"type": "object", "properties": _TILE_FIELDS},
            }
        ],
        "boundingBox": {"lowerLeft": [west, south], "upperRight": [east, north], "crs": CRS84},
        "links": [
            link(template, "item", MVT, _("瓦片"), templated=True),
            link(question.url(f"tileMatrixSets/{MATRIX_SET}"), TILING_SCHEME, title=MATRIX_SET),
            link(
                question.url(f"collections/{code}/tilejson", version=found.number), "describedby",
                title="TileJSON 3.0",
            ),
        ],
    }  # fmt: skip


@resource("version")
def tilesets(question: Question, code: str) -> Answer:
    found = version(question, code)
    whole = _set(question, found)
    metadata = question.url(f"collections/{code}/tiles/{MATRIX_SET}", version=found.number)
    short = {name: whole[name] for name in ("title", "dataType", "crs", "tileMatrixSetURI")}
    links = [link(metadata, "self"), *whole["links"]]
    return Answer(_("矢量瓦片"), {"tilesets": [{**short, "links": links}]})


@resource("version")
def tileset(question: Question, code: str) -> Answer:
    found = version(question, code)
    return Answer(f"{found.layer.name} {MATRIX_SET}", _set(question, found))


@resource("version")
def tilejson(question: Question, code: str) -> Answer:
    """TileJSON 3.0.0."""
    found = version(question, code)
    request = question.request
    address = request.build_absolute_uri(f"/tiles/{code}/{found.number}/") + "{z}/{x}/{y}.mvt"
    west, south, east, north = bounds(found)
    least, most = zooms(found)
    said = [word(found.layer.authority), word(found.layer.notice)]
    return Answer(
        f"TileJSON {found.layer.name}",
        {
            "tilejson": "3.0.0",
            "name": found.layer.name,
            "description": found.layer.description,
            "version": f"{found.number}.0.0",
            "attribution": " · ".join(filter(None, said)),
            "scheme": "xyz",
            "tiles": [address],
            "minzoom": least,
            "maxzoom": most,
            "bounds": [west, south, east, north],
            "center": [round((west + east) / 2, 6), round((south + north) / 2, 6), max(least, min(12, most))],
            "vector_layers": [
                {
                    "id": code, "description": found.layer.name, "minzoom": least, "maxzoom": most,
                    "fields": {"key": _("要素标识"), "class": _("类别代码"), "name": _("名称")},
                }
            ],
        },
    )  # fmt: skip


@resource("version")
def tile(
    question: Question, code: str, tile_matrix: str, tile_row: str, tile_col: str
) -> HttpResponse:  # /req/core/tc-op
    found = version(question, code)
    response = map_tiles.tile(
        question.request, layer=code, version=str(found.number), z=tile_matrix, x=tile_col, y=tile_row
    )
    if "version" not in question.parameters:
        response["Cache-Control"] = (
            "private, no-cache"  # the same address is another tile after a publication
        )
    return response


@resource()
def matrix_sets(question: Question) -> Answer:
    own = question.url(f"tileMatrixSets/{MATRIX_SET}")
    entry = {"id": MATRIX_SET, "title": MATRIX_SET, "uri": MATRIX_SET_URI, "links": [link(own, "self")]}
    return Answer(_("瓦片矩阵集"), {"tileMatrixSets": [entry]})


@resource()
def matrix_set(question: Question) -> Answer:
    """The definition of OGC 17-083r4, annex D."""
    matrices = [
        {
            "id": str(zoom), "scaleDenominator": _SCALE_0 / 2**zoom, "cellSize": _CELL_0 / 2**zoom,
            "pointOfOrigin": [-_HALF, _HALF], "tileWidth": 256, "tileHeight": 256,
            "matrixWidth": 2**zoom, "matrixHeight": 2**zoom,
        }
        for zoom in range(map_tiles.MAX_ZOOM + 1)
    ]  # fmt: skip
    return Answer(
        MATRIX_SET,
        {
            "id": MATRIX_SET,
            "title": "Google Maps Compatible for the World",
            "uri": MATRIX_SET_URI,
            "orderedAxes": ["X", "Y"],
            "crs": EPSG + "3857",
            "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
            "tileMatrices": matrices,
        },
    )
