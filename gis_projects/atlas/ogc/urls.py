from django.urls import path

from gis_projects.atlas.ogc import collections, items, landing, tiles

app_name = "ogc"
_collection = "collections/<slug:code>"
_tiles = f"{_collection}/tiles/{tiles.MATRIX_SET}"
urlpatterns = [
    path("", landing.landing, name="landing"),
    path("api", landing.api, name="api"),
    path("conformance", landing.conformance, name="conformance"),
    path("collections", collections.collections, name="collections"),
    path(_collection, collections.collection, name="collection"),
    path(f"{_collection}/queryables", collections.queryables, name="queryables"),
    path(f"{_collection}/items", items.items, name="items"),
    path(f"{_collection}/items/<path:key>", items.item, name="item"),
    path(f"{_collection}/tilejson", tiles.tilejson, name="tilejson"),
    path(f"{_collection}/tiles", tiles.tilesets, name="tilesets"),
    path(_tiles, tiles.tileset, name="tileset"),
    path(f"{_tiles}/<str:tile_matrix>/<str:tile_row>/<str:tile_col>", tiles.tile, name="tile"),
    path("tileMatrixSets", tiles.matrix_sets, name="matrix-sets"),
    path(f"tileMatrixSets/{tiles.MATRIX_SET}", tiles.matrix_set, name="matrix-set"),
]
