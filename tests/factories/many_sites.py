"""Ground with something of everything, and many different sites on it: as boundaries, and as files of sites."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio.raw
import pyproj
import shapely

from tests.factories import land

USES = [{}, {"intended_use": "07"}, {"intended_use": "10", "national_key_project": "是"}]


def varied_ground(folder: Path) -> None:
    """Every layer of the default rulebook, some with many features that cross, touch and overlap sites."""
    rng = np.random.default_rng(11)
    step = 0.005
    cells = [
        (
            f"P{column:02d}{row:02d}",
            ["0101", "0301", "0701", "1101"][(column * 3 + row) % 4],
            shapely.box(
                land.WEST + column * step,
                land.SOUTH + row * step,
                land.WEST + (column + 1) * step,
                land.SOUTH + (row + 1) * step,
            ),
        )
        for column in range(20)
        for row in range(16)
    ]
    blobs = [
        (f"R{number}", "", shapely.buffer(shapely.Point(*centre), 0.003))
        for number, centre in enumerate(rng.uniform((109.81, 40.59), (109.89, 40.65), (12, 2)))
    ]
    river = shapely.segmentize(shapely.box(109.80, 40.585, 109.90, 40.59), 0.0001)  # comes in pieces
    land.publish_land(
        folder, {"DLTB": cells, "STBHHX": blobs, "YJJBNT": blobs[:4], "HHAX": [("H", "", river)]}
    )


def shapes(count: int, seed: int = 5) -> list[Any]:
    """Boxes, blobs with holes and sites of two parts, some beyond what the layers cover."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        x, y = rng.uniform((109.795, 40.575), (109.895, 40.655))
        size = 10 ** rng.uniform(-4, -2.2)
        shape = shapely.box(x, y, x + size, y + size * rng.uniform(0.3, 1.5))
        if number % 3 == 1:
            shape = shapely.buffer(shape, size / 5).difference(shapely.buffer(shape.centroid, size / 6))
        if number % 7 == 2:
            shape = shapely.multipolygons([shape, shapely.box(x + 0.02, y, x + 0.021, y + 0.001)])
        found.append(shape)
    return found


def write_sites(
    path: Path, geometries: list[Any], columns: dict[str, list[Any]], *, driver: str = "GPKG"
) -> Path:
    """Write a file of sites, EPSG:4490."""
    if driver == "Parquet":
        return _geoparquet(path, geometries, columns)
    pyogrio.raw.write(
        path,
        np.array([None if one is None else shapely.to_wkb(one) for one in geometries], dtype=object),
        [np.array(values, dtype=object) for values in columns.values()],
        np.array(list(columns), dtype=object),
        driver=driver,
        geometry_type="Unknown" if driver != "ESRI Shapefile" else "Polygon",
        crs="EPSG:4490",
        **({} if driver == "GPKG" else {"encoding": "UTF-8"} if driver == "ESRI Shapefile" else {}),
    )
    return path


def _geoparquet(path: Path, geometries: list[Any], columns: dict[str, list[Any]]) -> Path:
    geometry = {
        "encoding": "WKB",
        "geometry_types": [],
        "crs": pyproj.CRS.from_epsg(4490).to_json_dict(),
    }
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": geometry}}
    table = pa.table(
        {**columns, "geometry": pa.array([shapely.to_wkb(one) for one in geometries], pa.binary())}
    )
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path)
    return path
