"""Reading vector tiles back from their bytes, by the format's own description: an independent witness."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import shapely


def decoded(data: bytes) -> dict[str, list[dict]]:
    """Layer name → features (properties and rings), from the protobuf's bytes."""
    layers = {}
    for _, layer in _fields(data):
        name, names, values, features = "", [], [], []
        for number, value in _fields(layer):
            if number == 1:
                name = value.decode()
            elif number == 2:
                features.append(dict(_fields(value)))
            elif number == 3:
                names.append(value.decode())
            elif number == 4:
                values.append(_value(*next(_fields(value))))
        layers[name] = [
            {
                "properties": {
                    names[a]: values[b] for a, b in np.array(_packed(f.get(2, b""))).reshape(-1, 2).tolist()
                },
                "rings": _rings(_packed(f[4])),
            }
            for f in features
        ]
    return layers


def shapes(data: bytes) -> list[tuple[dict[str, str], Any]]:
    """Properties and polygon of each feature of a tile with one layer, in the tile's units."""
    if not data:
        return []
    ((_, features),) = decoded(data).items()
    made = []
    for feature in features:
        polygons: list[tuple[list, list[list]]] = []
        for ring in feature["rings"]:
            if ring_area(ring) > 0:
                polygons.append((ring, []))
            else:
                polygons[-1][1].append(ring)
        shape = shapely.multipolygons([shapely.Polygon(shell, holes) for shell, holes in polygons])
        made.append((feature["properties"], shapely.make_valid(shape)))
    return made


def ring_area(ring: list[tuple[int, int]]) -> float:
    """Positive for an outer ring."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, ring[1:] + ring[:1], strict=True)) / 2


def area(rings: list[list[tuple[int, int]]]) -> float:
    return sum(ring_area(ring) for ring in rings)


def _varint(message, at):
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def _fields(message):
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        if tag & 7 == 0:
            value, at = _varint(message, at)
        elif tag & 7 == 1:
            value, at = message[at : at + 8], at + 8
        else:
            assert tag & 7 == 2
            length, at = _varint(message, at)
            value, at = message[at : at + length], at + length
        yield tag >> 3, value


def _value(field, value):
    """A property: text, a double, or one of the whole numbers, of which ``sint64`` is written zigzag."""
    if field == 3:
        return struct.unpack("<d", value)[0]
    if field == 6:
        return (value >> 1) ^ -(value & 1)
    return value.decode() if field == 1 else value


def _packed(message):
    at, values = 0, []
    while at < len(message):
        value, at = _varint(message, at)
        values.append(value)
    return values


def _rings(numbers):
    at = x = y = 0
    made = []
    while at < len(numbers):
        command, count = numbers[at] & 7, numbers[at] >> 3
        at += 1
        if command == 7:
            continue
        for _ in range(count):
            dx, dy = ((n >> 1) ^ -(n & 1) for n in numbers[at : at + 2])
            x, y, at = x + dx, y + dy, at + 2
            if command == 1:
                made.append([])
            made[-1].append((x, y))
    return made
