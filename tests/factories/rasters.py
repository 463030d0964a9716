"""Published raster layers for tests: small heights around the point where the vector layers are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.transform import from_origin

from layers.loading import load_raster
from layers.models import Layer
from layers.publishing import LoadReport
from tests.factories.layers import ORIGIN, LayerFactory

CELL = 0.001  # degrees


def published_raster(folder: Path, code: str = "DEM", values: Any = None, **layer: Any) -> LoadReport:
    """A raster layer with one (more) published version: 100 × 100 cells that rise to the east."""
    if values is None:
        values = np.tile(np.arange(100, dtype=np.float32) * 5, (100, 1))
    path = folder / f"{code}.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1, dtype=values.dtype,
        crs="EPSG:4490", transform=from_origin(ORIGIN[0] - 0.02, ORIGIN[1] + 0.06, CELL, CELL), nodata=-9999,
    ) as file:  # fmt: skip
        file.write(values, 1)
    row = Layer.objects.filter(code=code).first() or LayerFactory(code=code, kind="raster", **layer)
    return load_raster(row, path)
