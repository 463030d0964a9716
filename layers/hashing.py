"""Content hashes: equal content gives equal hashes, whatever file and writer it came through.

Algorithm 1. A feature's hash is SHA-256 over a line with the algorithm's number and the lengths of what
follows, then key, class, name, canonical attributes and canonical geometry. Attributes are JSON with sorted
names, without nulls, whole numbers written as integers. The canonical geometry is made of int64 pairs in
units of 1e-9°: consecutive equal vertices dropped, every ring started at its least vertex and run towards
the lesser of its two neighbours, holes and parts in the order of their bytes. A raw WKB would not do: a
shapefile's way there and back changes ring starts and directions.

A seal is over the stored bytes exactly: it finds what is below the rounding.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from json.encoder import ESCAPE, encode_basestring
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import shapely

ALGORITHM = 1
UNITS = 1e9  # per degree
_CHUNK = 2_000  # geometries at a time: the arrays of parcels' vertices stay in the processor's cache
_POLYGON = 3
_sha256 = hashlib.sha256
_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def canonical_value(value: Any) -> Any:
    """A JSON value in the one form that survives PostgreSQL's jsonb and any file format."""
    if value is None or isinstance(value, bool | np.bool_):
        return None if value is None else bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        number = float(value)
        if not math.isfinite(number):
            return None
        return int(number) if number.is_integer() else number
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, Mapping):
        return canonical_attributes(value)
    if isinstance(value, list | tuple | np.ndarray):
        return [canonical_value(item) for item in value]
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


def canonical_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes without nulls, names sorted."""
    values = ((str(name), canonical_value(attributes[name])) for name in sorted(attributes))
    return {name: value for name, value in values if value is not None}


def attributes_json(attributes: Mapping[str, Any]) -> str:
    return _dumps(canonical_attributes(attributes))


def _column_texts(name: str, values: npt.NDArray[Any]) -> list[str]:
    """``"name":value`` of every row, empty where the value is null; each distinct text is encoded once."""
    prefix = encode_basestring(name) + ":"
    if values.dtype.kind in "iu":
        return [prefix + str(value) for value in values.tolist()]
    if values.dtype.kind == "f":
        finite = np.isfinite(values)
        whole = finite & (np.floor(np.where(finite, values, 0.5)) == values)
        return [
            prefix + (str(int(value)) if is_whole else repr(value)) if is_finite else ""
            for value, is_finite, is_whole in zip(
                values.tolist(), finite.tolist(), whole.tolist(), strict=True
            )
        ]
    rows = values.tolist()
    known = _Encoded(prefix)
    if set(map(type, rows)) == {str}:
        if ESCAPE.search("".join(rows)) is None:
            return [f'{prefix}"{text}"' for text in rows]
        return [known[text] for text in rows]
    texts = []
    for value in rows:
        if type(value) is str:
            texts.append(known[value])
        else:
            clean = canonical_value(value)
            texts.append("" if clean is None else prefix + _dumps(clean))
    return texts


class _Encoded(dict[str, str]):
    """A text after a prefix as JSON; what came before is looked up. For one batch: it forgets nothing."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def __missing__(self, text: str) -> str:
        self[text] = made = self._prefix + encode_basestring(text.replace("\x00", ""))
        return made


def columns_json(columns: Mapping[str, npt.NDArray[Any]], length: int) -> list[str]:
    """`attributes_json` of every row of a columnar table."""
    if not columns:
        return ["{}"] * length
    names = sorted(columns)
    slots = [_slots(columns[name]) for name in names]
    if None not in slots:
        # every row has every field: one form, filled in row by row
        form = ",".join(
            encode_basestring(name).replace("%", "%%") + (':"%s"' if plain else ":%s")
            for name, (plain, _) in zip(names, cast(list[_Slots], slots), strict=True)
        )
        return list(
            map(
                ("{" + form + "}").__mod__, zip(*(slot[1] for slot in cast(list[_Slots], slots)), strict=True)
            )
        )
    encoded = [_column_texts(name, columns[name]) for name in names]
    return ["{" + ",".join(filter(None, row)) + "}" for row in zip(*encoded, strict=True)]


_Slots = tuple[bool, list[Any]]


def _slots(values: npt.NDArray[Any]) -> _Slots | None:
    """What stands in each row as its JSON, or as the text between its quotation marks; None where a row may be null."""
    rows = values.tolist()
    if values.dtype.kind in "iu":
        return False, rows
    if values.dtype.kind == "f":
        if not np.isfinite(values).all():
            return None
        whole = np.floor(values) == values
        if whole.any():
            for i in np.flatnonzero(whole).tolist():
                rows[i] = int(rows[i])
        return False, rows
    if set(map(type, rows)) != {str}:
        return None
    together = "".join(rows)
    if together.isprintable() and '"' not in together and "\\" not in together:
        return True, rows
    known = _Encoded("")
    return False, [known[text] for text in rows]


def _rotation(ring: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The least of all rotations of an open ring, in both directions: for rings with a repeated least vertex."""
    points = ring.tolist()
    least = min(points)
    best = None
    for k, point in enumerate(points):
        if point == least:
            forward = points[k:] + points[:k]
            for candidate in (forward, [forward[0], *forward[:0:-1]]):
                if best is None or candidate < best:
                    best = candidate
    return np.array(best, dtype=np.int64).reshape(-1, 2)


def _opened(
    x: npt.NDArray[np.int64], y: npt.NDArray[np.int64], ring: npt.NDArray[np.intp], count: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.intp]]:
    """Closed rings without equal neighbours and without their last vertices: coordinates, and how many each has."""
    keep = np.ones(len(ring), dtype=bool)
    inner = ring[1:] == ring[:-1]
    repeated = x[1:] == x[:-1]
    repeated &= y[1:] == y[:-1]
    repeated &= inner
    last = np.append(~inner, True)
    if repeated.any():
        keep[1:] = ~repeated
        x, y, ring, last = x[keep], y[keep], ring[keep], np.append(ring[keep][1:] != ring[keep][:-1], True)
    counts = np.bincount(ring, minlength=count)
    only = counts == 1  # a ring that rounding collapsed to one point
    keep = ~last
    if only.any():
        keep |= only[ring]
    return x[keep], y[keep], counts - ~only


def _canonical_rings(
    xy: npt.NDArray[np.float64], ring: npt.NDArray[np.intp], count: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.intp]]:
    """Closed rings in degrees → open canonical rings in units, and where each begins (count + 1 offsets)."""
    # each axis by itself: passing over every second number takes twice as long
    x, y = (np.rint(axis * UNITS).astype(np.int64) for axis in xy.T)
    x, y, counts = _opened(x, y, ring, count)
    offsets = np.concatenate(([0], np.cumsum(counts)))
    begin = offsets[:-1]
    # the least vertex: few are the westernmost of their ring, and only those are told apart by their latitude
    west = np.flatnonzero(x == np.repeat(np.minimum.reduceat(x, begin), counts))
    of = np.searchsorted(begin, west, side="right") - 1
    order = np.lexsort((west, y[west], of))
    west, of = west[order], of[order]
    first = np.append(True, of[1:] != of[:-1])
    least = west[first]
    start = least - begin
    after = begin + (start + 1) % counts
    before = begin + (start - 1) % counts
    smaller = np.where(x[before] == x[after], y[before] < y[after], x[before] < x[after])
    tied = (counts > 2) & (x[before] == x[after]) & (y[before] == y[after])
    again = ~first & (np.append(-1, y[west[:-1]]) == y[west])
    tied[of[again]] = True
    # along the ring from its least vertex, one way or the other, and round its end
    step = np.arange(len(x)) - np.repeat(begin, counts)
    at = np.where(np.repeat(smaller, counts), -step, step)
    at += np.repeat(start, counts)
    size = np.repeat(counts, counts)
    at += np.where(at < 0, size, 0)
    at -= np.where(at >= size, size, 0)
    at += np.repeat(begin, counts)
    result = np.empty((len(x), 2), dtype=np.int64)
    result[:, 0], result[:, 1] = x[at], y[at]
    for i in np.flatnonzero(tied):
        result[offsets[i] : offsets[i + 1]] = _rotation(
            np.column_stack((x[offsets[i] : offsets[i + 1]], y[offsets[i] : offsets[i + 1]]))
        )
    return result, offsets


def canonical_geometries(geometries: npt.NDArray[np.object_]) -> Iterator[bytes]:
    """The canonical bytes of each geometry (EPSG:4490), in order."""
    for begin in range(0, len(geometries), _CHUNK):
        yield from _chunk(np.asarray(geometries[begin : begin + _CHUNK], dtype=object))


def _plain(geometries: npt.NDArray[np.object_]) -> Iterator[bytes]:
    """Polygons of one ring, as most are: none is taken apart."""
    if not len(geometries):
        return
    xy, ring = shapely.get_coordinates(geometries, return_index=True)
    canonical, offsets = _canonical_rings(xy, ring, len(geometries))
    buffer = canonical.astype("<i8", copy=False).tobytes()
    at = (offsets * 16).tolist()
    for begin, end in pairwise(at):
        yield b"P" + buffer[begin:end]


def _chunk(geometries: npt.NDArray[np.object_]) -> Iterator[bytes]:
    surface = shapely.get_type_id(geometries) == _POLYGON
    holes = shapely.get_num_interior_rings(geometries)
    if surface.all() and not holes.any() and not shapely.is_empty(geometries).any():
        yield from _plain(geometries)
        return
    parts, owner = shapely.get_parts(geometries, return_index=True)
    surface = shapely.get_type_id(parts) == _POLYGON
    rings, polygon = shapely.get_rings(parts[surface], return_index=True)
    buffer, offsets = b"", np.zeros(1, dtype=np.intp)
    if len(rings):
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        canonical, offsets = _canonical_rings(xy, ring, len(rings))
        buffer = canonical.astype("<i8", copy=False).tobytes()
    at = (offsets * 16).tolist()
    ring_of_polygon = np.searchsorted(polygon, np.arange(int(surface.sum()) + 1)).tolist()
    parts_of = np.searchsorted(owner, np.arange(len(geometries) + 1)).tolist()
    polygon_before = np.concatenate(([0], np.cumsum(surface))).tolist()
    single = (np.diff(parts_of) == 1).tolist()
    for i in range(len(geometries)):
        first, stop = parts_of[i], parts_of[i + 1]
        p = polygon_before[first]
        if single[i] and surface[first] and ring_of_polygon[p + 1] - ring_of_polygon[p] == 1:
            r = ring_of_polygon[p]
            yield b"P" + buffer[at[r] : at[r + 1]]
            continue
        pieces = []
        for k in range(first, stop):
            if not surface[k]:
                line = np.rint(shapely.get_coordinates(parts[k]) * UNITS).astype("<i8").tobytes()
                pieces.append(struct.pack("<cI", b"L", len(line)) + line)
                continue
            p = polygon_before[k]
            r0, r1 = ring_of_polygon[p], ring_of_polygon[p + 1]
            holes = sorted(buffer[at[r] : at[r + 1]] for r in range(r0 + 1, r1))
            rings_in_order = [buffer[at[r0] : at[r0 + 1]], *holes]
            sizes = struct.pack(f"<cI{len(rings_in_order)}I", b"R", r1 - r0, *map(len, rings_in_order))
            pieces.append(sizes + b"".join(rings_in_order))
        yield b"".join(sorted(pieces))


def content_hash(key: str, class_code: str, name: str, attributes: str, geometry: bytes) -> bytes:
    """SHA-256 (32 bytes); `attributes` and `geometry` in canonical form."""
    line = (
        f"{ALGORITHM} {len(key)} {len(class_code)} {len(name)} {len(attributes)}\n"
        f"{key}{class_code}{name}{attributes}"
    )
    return _sha256(line.encode() + geometry).digest()


def seal(hash_: bytes, area_m2: float, wkb: bytes) -> bytes:
    """16 bytes over the exact stored bytes: little-endian WKB without SRID, and the area's double."""
    return sealed(hash_, struct.pack("<d", area_m2), wkb)


def sealed(hash_: bytes, area: bytes, wkb: bytes) -> bytes:
    """The same with the area's double as bytes, little-endian."""
    return hashlib.blake2b(b"".join((hash_, area, wkb)), digest_size=16).digest()


def root_hash(hashes: Iterable[bytes]) -> str:
    """SHA-256 (hex) over the sorted hashes of a version's features."""
    return hashlib.sha256(b"".join(sorted(hashes))).hexdigest()


def root_hash_of(hashes: npt.NDArray[np.uint8]) -> str:
    """The same of hashes as the rows of an array, (n, 32) bytes: 32 bytes each, whatever their number."""
    ordered = np.sort(np.ascontiguousarray(hashes).view("S32").reshape(-1))
    return hashlib.sha256(ordered.tobytes()).hexdigest()


def content_hashes(
    keys: Sequence[str],
    class_codes: Sequence[str],
    names: Sequence[str],
    attributes: Sequence[str],
    geometries: npt.NDArray[np.object_],
) -> list[bytes]:
    """`content_hash` of every row."""
    return list(map(content_hash, keys, class_codes, names, attributes, canonical_geometries(geometries)))
