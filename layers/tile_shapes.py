"""What a vector tile shows, read back as shapes in degrees: for drawings of overviews instead of features."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely

_POLYGON, _LINE = 3, 2


def _fields(data: memoryview) -> Iterator[tuple[int, Any]]:
    """The fields of one protocol buffers message: number, and bytes or a whole number."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == 2:
            length, at = _varint(data, at)
            yield tag >> 3, data[at : at + length]
            at += length
        elif kind == 0:
            value, at = _varint(data, at)
            yield tag >> 3, value
        else:
            at += 8 if kind == 1 else 4


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def _numbers(data: memoryview) -> list[int]:
    found, at = [], 0
    while at < len(data):
        value, at = _varint(data, at)
        found.append(value)
    return found


def _rings(commands: list[int]) -> list[list[tuple[int, int]]]:
    rings: list[list[tuple[int, int]]] = []
    x = y = at = 0
    while at < len(commands):
        command, count = commands[at] & 7, commands[at] >> 3
        at += 1
        if command == 7:
            continue
        for _ in range(count):
            dx, dy = commands[at], commands[at + 1]
            at += 2
            x += (dx >> 1) ^ -(dx & 1)
            y += (dy >> 1) ^ -(dy & 1)
            if command == 1:
                rings.append([])
            rings[-1].append((x, y))
    return rings


def _turn(ring: list[tuple[int, int]]) -> int:
    """Twice the area: positive for an outer ring, as y runs down."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))


def shapes(mvt: bytes, bounds: tuple[float, float, float, float]) -> list[tuple[str, Any]]:
    """Class and geometry (EPSG:4490 degrees) of each shape in a tile, cut at the tile's edges; points are left out.

    `bounds` are the tile's west, south, east, north in degrees; within one, Mercator's y counts as a straight line
    of the latitude, as in `layers.tiles`.
    """
    west, south, east, north = bounds
    found: list[tuple[str, Any]] = []
    for number, layer in _fields(memoryview(mvt)):
        if number != 3:
            continue
        parts = list(_fields(layer))
        keys = [bytes(part).decode() for field, part in parts if field == 3]
        values = [
            next((bytes(v).decode() for f, v in _fields(part) if f == 1), "")
            for field, part in parts
            if field == 4
        ]
        extent = next((part for field, part in parts if field == 5), 4096)
        scale = np.array([(east - west) / extent, (south - north) / extent])
        for feature in (part for field, part in parts if field == 2):
            fields = dict(_fields(feature))
            tags = _numbers(fields[2]) if 2 in fields else []
            named = {keys[k]: values[v] for k, v in zip(tags[::2], tags[1::2], strict=True)}
            rings = _rings(_numbers(fields[4])) if 4 in fields else []
            geometry = _geometry(fields.get(3, 0), rings)
            if geometry is None:
                continue
            geometry = shapely.clip_by_rect(geometry, 0, 0, extent, extent)
            if not geometry.is_empty:
                coordinates = shapely.get_coordinates(geometry) * scale + (west, north)
                found.append((named.get("class", ""), shapely.set_coordinates(geometry, coordinates)))
    return found


def _text(value: memoryview) -> str:
    return next((bytes(part).decode() for field, part in _fields(value) if field == 1), "")


def _geometry(kind: int, rings: list[list[tuple[int, int]]]) -> Any:
    if kind == _LINE:
        return shapely.multilinestrings([ring for ring in rings if len(ring) > 1])
    if kind != _POLYGON:
        return None
    polygons: list[list[list[tuple[int, int]]]] = []
    for ring in rings:
        if len(ring) < 3:
            continue
        if _turn(ring) > 0 or not polygons:
            polygons.append([ring])
        else:
            polygons[-1].append(ring)
    if not polygons:
        return None
    return shapely.multipolygons([shapely.polygons(rings[0], rings[1:] or None) for rings in polygons])
