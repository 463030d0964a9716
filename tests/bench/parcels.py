"""A GeoPackage of parcels that share their borders, and one of a single big polygon: the same ones every time.

Parcels are the cells of a grid whose lines wander: each side has four points of its own between the corners, so a
parcel has 20 vertices and its neighbours the very same ones. Coordinates are EPSG:4490, attributes those that a
survey's parcels have.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyogrio
import shapely

SEED = 1
WEST, SOUTH = 109.3, 40.3
SIDE = 0.0006  # degrees: some 50 by 67 metres, 3,300 m²
_BETWEEN = 4
_CLASSES = ("0101", "0103", "0301", "0305", "0401", "0702", "1003", "1006", "1104", "1107")


def _lines(columns: int, rows: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Corners (rows + 1, columns + 1, 2), then the points between them along each of the four directions' sides."""
    random = np.random.default_rng(SEED)
    x, y = np.meshgrid(np.arange(columns + 1.0), np.arange(rows + 1.0))
    corners = np.stack((x, y), axis=-1) + random.uniform(-0.3, 0.3, (rows + 1, columns + 1, 2))
    return corners, random.uniform(-0.06, 0.06, (2, rows + 1, columns + 1, _BETWEEN))


def _rings(columns: int, rows: int) -> npt.NDArray[np.float64]:
    """Rings of all cells, row by row: (cells, 21, 2) degrees."""
    corners, bends = _lines(columns, rows)
    share = np.arange(1, _BETWEEN + 1) / (_BETWEEN + 1)

    def side(
        a: npt.NDArray[np.float64], b: npt.NDArray[np.float64], bend: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        along = (b - a)[..., None, :]
        across = np.stack((-along[..., 1], along[..., 0]), axis=-1)
        return a[..., None, :] + along * share[:, None] + across * bend[..., None]

    east = side(corners[:, :-1], corners[:, 1:], bends[0][:, :-1])  # along the rows' lines
    north = side(corners[:-1], corners[1:], bends[1][:-1])
    ring = np.concatenate(
        (
            corners[:-1, :-1, None], east[:-1], corners[:-1, 1:, None], north[:, 1:], corners[1:, 1:, None],
            east[1:, :, ::-1], corners[1:, :-1, None], north[:, :-1, ::-1], corners[:-1, :-1, None],
        ),
        axis=2,
    )  # fmt: skip
    degrees = ring.reshape(rows * columns, -1, 2) * SIDE + (WEST, SOUTH)
    return np.asarray(np.round(degrees, 9))


def write(path: Path, count: int, *, changed: float = 0.0) -> int:
    """Write about `count` parcels; of a share of them, spread evenly, the shape and the name are others. How many."""
    columns = math.isqrt(count)
    rows = count // columns
    rings = _rings(columns, rows)
    total = len(rings)
    random = np.random.default_rng(SEED + 1)
    code = random.integers(0, len(_CLASSES), total)
    names = np.array([f"地类{c}" for c in _CLASSES], dtype=object)[code]
    if changed:
        # a point within one's own side moves inwards: the neighbour stays as it is
        which = np.arange(0, total, round(1 / changed))
        middle = rings[which].mean(axis=1)
        rings[which, 2] = np.round(rings[which, 2] + (middle - rings[which, 2]) * 0.05, 9)
        names[which] = "新地类"
    polygons = shapely.polygons(rings)
    ids = np.arange(total)
    keys = [f"1502{i:014d}" for i in ids]
    area = shapely.area(polygons) * 1e10 * math.cos(math.radians(SOUTH))
    table = pa.table(
        {
            "BSM": keys,
            "YSDM": ["2001010100"] * total,
            "TBBH": [str(i % 9000) for i in ids],
            "DLBM": np.array(_CLASSES, dtype=object)[code],
            "DLMC": names,
            "QSXZ": [str(20 + i % 3) for i in ids],
            "QSDWDM": [f"1502{i % 4000:015d}" for i in ids],
            "QSDWMC": [f"第{i % 4000}村民委员会" for i in ids],
            "TBMJ": np.round(area, 2),
            "KCXS": np.where(code == 1, 0.0712, 0.0),
            "SJNF": np.full(total, 2024),
            "geometry": shapely.to_wkb(polygons),
        }
    )
    _write(path, table)
    return total


def write_big(path: Path, vertices: int = 20_000) -> None:
    """Write one polygon of so many vertices: a red line around everything, now inside, now outside."""
    angle = np.linspace(0, 2 * math.pi, vertices, endpoint=False)
    radius = 0.25 + 0.02 * np.sin(37 * angle) + 0.002 * np.sin(1501 * angle)
    ring = np.column_stack((WEST + 0.3 + radius * np.cos(angle), SOUTH + 0.3 + radius * np.sin(angle)))
    polygon = shapely.polygons(np.round(ring, 9))
    _write(
        path, pa.table({"BSM": ["1"], "DLBM": [""], "DLMC": ["红线"], "geometry": [shapely.to_wkb(polygon)]})
    )


def _write(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_suffix(".part.gpkg")
    made.unlink(missing_ok=True)
    pyogrio.write_arrow(
        table,
        made,
        layer="DLTB",
        driver="GPKG",
        geometry_name="geometry",
        geometry_type="Polygon",
        crs="EPSG:4490",
    )
    made.rename(path)


def corner(count: int) -> tuple[float, float]:
    """East and north of the last of so many parcels, in degrees."""
    columns = math.isqrt(count)
    return WEST + columns * SIDE, SOUTH + count // columns * SIDE
