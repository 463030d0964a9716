"""Two plans of one piece of land as GeoParquet files: crooked tilings whose classes agree but along their borders."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely
from scipy.spatial import KDTree

WEST, SOUTH = 109.5, 40.3
EXTENT = (0.9, 0.6)  # degrees: 76 km by 67 km
CLASSES = 12
QUARTERS = 3_000  # patches of one class
_WOBBLE = 0.28  # of the distance between two vertices
_COLUMNS = ("key", "class_code", "geometry")


def tiling(columns: int, rows: int, parts: int, seed: int, scale: float = 1.0) -> np.ndarray:
    """Polygons of 4·parts edges without gaps or overlaps; vertices shared bit by bit, every edge crooked."""
    rng = np.random.default_rng(seed)
    n, m = columns * parts + 1, rows * parts + 1
    points = np.stack(np.meshgrid(np.arange(n), np.arange(m), indexing="ij"), axis=-1).astype(float)
    moved = rng.uniform(-_WOBBLE, _WOBBLE, points.shape)
    moved[[0, -1], :, 0] = 0  # the outline stays straight, so that both plans cover the same ground
    moved[:, [0, -1], 1] = 0
    points += moved
    points *= np.array(EXTENT) * scale / np.array([n - 1, m - 1])
    points += (WEST, SOUTH)
    i, j = (
        a.ravel()[:, None]
        for a in np.meshgrid(np.arange(columns) * parts, np.arange(rows) * parts, indexing="ij")
    )
    k = np.arange(parts)
    ring = [
        points[i + k, j],
        points[i + parts, j + k],
        points[i + parts - k, j + parts],
        points[i, j + parts - k],
    ]
    return np.asarray(shapely.polygons(np.concatenate([*ring, points[i, j]], axis=1)))


def classes(shapes: np.ndarray, seed: int, scale: float = 1.0, changed: float = 0.0) -> np.ndarray:
    """Each polygon's class is that of the quarter that its middle lies in; of some quarters a plan thinks otherwise."""
    rng = np.random.default_rng(1)
    seats = rng.uniform((WEST, SOUTH), np.array((WEST, SOUTH)) + np.array(EXTENT) * scale, (QUARTERS, 2))
    of_quarter = rng.integers(1, CLASSES + 1, QUARTERS)
    own = np.random.default_rng(seed)
    other = own.uniform(size=QUARTERS) < changed
    of_quarter[other] = own.integers(1, CLASSES + 1, int(other.sum()))
    middles = shapely.get_coordinates(shapely.centroid(shapes))
    codes = np.array([f"{number:02d}" for number in range(CLASSES + 1)], dtype=object)
    return codes[of_quarter[KDTree(seats).query(middles)[1]]]


def write(path: Path, shapes: np.ndarray, codes: np.ndarray) -> Path:
    """A GeoParquet file; polygons near each other stand near each other."""
    order = np.argsort(_along_a_curve(shapes), kind="stable")
    keys = [f"K{number:07d}" for number in range(len(shapes))]
    columns = [pa.array(keys), pa.array(codes[order]), pa.array(shapely.to_wkb(shapes[order]))]
    geo = {
        "version": "1.1.0", "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Polygon"],
                                 "crs": pyproj.CRS.from_epsg(4490).to_json_dict()}},
    }  # fmt: skip
    table = pa.table(columns, names=list(_COLUMNS)).replace_schema_metadata({"geo": json.dumps(geo)})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="none")
    return path


def _along_a_curve(shapes: np.ndarray) -> np.ndarray:
    """The place of each along a Z curve."""
    middles = shapely.get_coordinates(shapely.centroid(shapes))
    low, high = middles.min(axis=0), middles.max(axis=0)
    grid = ((middles - low) / np.maximum(high - low, 1e-12) * 65_535).astype(np.uint64)
    code = np.zeros(len(grid), dtype=np.uint64)
    for bit in range(16):
        for axis in (0, 1):
            code |= ((grid[:, axis] >> np.uint64(bit)) & np.uint64(1)) << np.uint64(2 * bit + axis)
    return code


def read(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Keys, class codes and polygons of such a file."""
    table = pq.read_table(path)
    keys, codes, wkb = (table[name].to_numpy(zero_copy_only=False) for name in _COLUMNS)
    return keys, codes, shapely.from_wkb(wkb)
