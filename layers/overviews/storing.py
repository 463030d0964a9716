"""Overview tiles in the database: written once, behind the number of the version that they first belong to."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import shapely
from django.db import connection, transaction

from layers.models import LayerVersion
from layers.notices import Notice, UnusableLayer
from layers.overviews.world import TileShapes

_TILES_AT_ONCE = 50

# Whoever discards the version waits for this, and this finds it gone afterwards.
_STILL_THERE = "SELECT FROM layers_layerversion WHERE id = %s FOR KEY SHARE"
_INSERT = """
WITH shapes AS MATERIALIZED (
    SELECT tile, place, key, class, name, ST_GeomFromWKB(wkb) AS geom
    FROM unnest(%(tiles)s::int[], %(keys)s::text[], %(classes)s::text[], %(names)s::text[], %(wkbs)s::bytea[])
         WITH ORDINALITY AS s (tile, key, class, name, wkb, place)),
drawn AS (
    SELECT t.z, t.x, t.y, t.cells, (
        SELECT ST_AsMVT(one, %(code)s, 4096, 'geom')
        FROM (SELECT key, class, name, geom FROM shapes WHERE shapes.tile = t.tile ORDER BY place) AS one) AS mvt
    FROM unnest(%(z)s::int[], %(x)s::int[], %(y)s::int[], %(cells)s::bytea[])
         WITH ORDINALITY AS t (z, x, y, cells, tile))
INSERT INTO layers_overviewtile (layer_id, first_version, z, x, y, mvt, cells)
SELECT %(layer)s, %(number)s, drawn.z, drawn.x, drawn.y, COALESCE(drawn.mvt, ''::bytea), drawn.cells
FROM drawn LEFT JOIN LATERAL (
    SELECT o.mvt, o.cells FROM layers_overviewtile o
    WHERE o.layer_id = %(layer)s AND (o.z, o.x, o.y) = (drawn.z, drawn.x, drawn.y) AND o.first_version < %(number)s
    ORDER BY o.first_version DESC LIMIT 1) AS before ON %(sharing)s
WHERE before.mvt IS NULL OR before.mvt <> COALESCE(drawn.mvt, ''::bytea) OR before.cells IS DISTINCT FROM drawn.cells
ON CONFLICT DO NOTHING
"""
# What an earlier version shows, or may come to show, and this one doesn't is written as empty.
_EMPTY = """
INSERT INTO layers_overviewtile (layer_id, first_version, z, x, y, mvt)
SELECT %(layer)s, %(number)s, %(z)s, t.x, t.y, ''::bytea
FROM unnest(%(x)s::int[], %(y)s::int[]) AS t (x, y) LEFT JOIN LATERAL (
    SELECT o.mvt FROM layers_overviewtile o
    WHERE o.layer_id = %(layer)s AND (o.z, o.x, o.y) = (%(z)s, t.x, t.y) AND o.first_version < %(number)s
    ORDER BY o.first_version DESC LIMIT 1) AS before ON %(sharing)s
WHERE NOT %(sharing)s OR before.mvt <> ''
ON CONFLICT DO NOTHING
"""


def write(
    version: LayerVersion,
    z: int,
    shapes: Iterable[TileShapes],
    made: Collection[tuple[int, int]],
    *,
    sharing: bool,
) -> None:
    """Write the tiles of one block, in one transaction.

    Parameters
    ----------
    z
        Their zoom.
    shapes
        The tiles that show something.
    made
        All tiles that were made; those that show nothing become empty where an earlier version shows something, or
        may still.
    sharing
        A tile equal to the one shown before needs no row. Only where every version before has its own: one that is
        made later would show through.

    Raises
    ------
    UnusableLayer
        The version was discarded meanwhile.
    """
    empty = set(made)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_STILL_THERE, [version.pk])
        if not cursor.rowcount:
            raise UnusableLayer(
                Notice(
                    "version-discarded", "图层 %(layer)s 的第 %(number)d 版已被退回。",
                    {"layer": version.layer.code, "number": version.number},
                )
            )  # fmt: skip
        waiting: list[TileShapes] = []
        for tile in shapes:
            waiting.append(tile)
            empty.discard((tile.x, tile.y))
            if len(waiting) >= _TILES_AT_ONCE:
                _insert(cursor, version, waiting, sharing)
                waiting = []
        _insert(cursor, version, waiting, sharing)
        x, y = zip(*sorted(empty), strict=True) if empty else ((), ())
        cursor.execute(
            _EMPTY,
            {"layer": version.layer_id, "number": version.number, "z": z, "x": list(x), "y": list(y),
             "sharing": sharing},
        )  # fmt: skip


def _insert(cursor: Any, version: LayerVersion, tiles: list[TileShapes], sharing: bool) -> None:
    if not tiles:
        return
    cursor.execute(
        _INSERT,
        {
            "layer": version.layer_id, "number": version.number, "code": version.layer.code, "sharing": sharing,
            "z": [tile.z for tile in tiles], "x": [tile.x for tile in tiles], "y": [tile.y for tile in tiles],
            "cells": [tile.cells for tile in tiles],
            "tiles": [n for n, tile in enumerate(tiles, 1) for _ in tile.keys],
            "keys": [key for tile in tiles for key in tile.keys],
            "classes": [code for tile in tiles for code in tile.classes],
            "names": [name for tile in tiles for name in tile.names],
            "wkbs": [wkb for tile in tiles for wkb in wkbs(tile)],
        },
    )  # fmt: skip


def wkbs(tile: TileShapes) -> list[str]:
    """The geometries as text that PostgreSQL takes for bytea."""
    return ["\\x" + hex_ for hex_ in shapely.to_wkb(tile.geometries, hex=True).tolist()]


_CELLS = """
SELECT DISTINCT ON (x, y) x, y, cells FROM layers_overviewtile
WHERE layer_id = %s AND z = %s AND x BETWEEN %s AND %s AND y BETWEEN %s AND %s AND first_version <= %s
ORDER BY x, y, first_version DESC
"""


def cells(version: LayerVersion, z: int, x0: int, y0: int, x1: int, y1: int) -> list[tuple[int, int, bytes]]:
    """The packed cells that a version has between two tiles (inclusive)."""
    with connection.cursor() as cursor:
        cursor.execute(_CELLS, [version.layer_id, z, x0, x1, y0, y1, version.number])
        return [(x, y, bytes(kept)) for x, y, kept in cursor.fetchall() if kept is not None]
