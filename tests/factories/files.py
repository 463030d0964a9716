"""Files as people bring them: zipped shapefiles in a Gauss-Krüger zone, with and without what they should have."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import pyproj
import shapely

from tests.factories.layers import square


def zipped_shapefile(
    path: Path, shapes: list[Any] | None = None, *, epsg: int = 4525, prj: bool = True, prefix: str = "R"
) -> Path:
    """Shapes in degrees as a zipped shapefile with keys (BSM) and names, in a projected coordinate system."""
    shapes = shapes if shapes is not None else [square(i, 0) for i in range(4)]
    there = pyproj.Transformer.from_crs(4490, epsg, always_xy=True)
    moved = [
        shapely.transform(shape, lambda xy: np.column_stack(there.transform(xy[:, 0], xy[:, 1])))
        for shape in shapes
    ]
    with tempfile.TemporaryDirectory() as folder:
        pyogrio.raw.write(
            str(Path(folder) / "layer.shp"),
            geometry=shapely.to_wkb(np.array(moved, dtype=object)),
            field_data=[
                np.array([f"{prefix}{n:05d}" for n in range(len(shapes))], dtype=object),
                np.array([f"图斑{n}" for n in range(len(shapes))], dtype=object),
            ],
            fields=["BSM", "NAME"],
            geometry_type="Polygon",
            crs=f"EPSG:{epsg}",
            driver="ESRI Shapefile",
            encoding="UTF-8",
        )
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(Path(folder).iterdir()):
                if prj or file.suffix != ".prj":
                    archive.write(file, file.name)
    return path
