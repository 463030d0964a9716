"""Figures of a stored raster within a polygon: read from its own file, wherever that is.

Only our own rewrites (cloud-optimised GeoTIFF, north up, one band) are opened here, by the one driver that they need.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache
from math import ceil, floor
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import rasterio
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry

from siting.engine.area import FloatArray, exact_area
from siting.engine.overlap import BoolArray

MAX_WINDOW_CELLS = 50_000_000
_OPEN_DATASETS = 16


@dataclass(frozen=True)
class _Opened:
    """An open dataset, and what each question about it needs again.

    ``place`` is the left and upper border and a cell's width and height, in its CRS; ``transformer`` leads there from
    EPSG:4490 longitude/latitude, None where that is its CRS.
    """

    dataset: Any
    transformer: pyproj.Transformer | None
    place: tuple[float, float, float, float]

    @classmethod
    def of(cls, path: str) -> _Opened:
        dataset = rasterio.open(path, driver="GTiff", sharing=False)
        place = dataset.transform
        return cls(dataset, _from_degrees(dataset.crs.to_wkt()), (place.c, place.f, place.a, -place.e))


class _Datasets(threading.local):
    """Open datasets of this thread, by path; a stored raster never changes, so they never go stale."""

    def __init__(self) -> None:
        self.open: OrderedDict[str, _Opened] = OrderedDict()

    def get(self, path: str) -> _Opened:
        opened = self.open.pop(path, None) or _Opened.of(path)
        self.open[path] = opened
        while len(self.open) > _OPEN_DATASETS:
            self.open.popitem(last=False)[1].dataset.close()
        return opened


@cache
def _from_degrees(wkt: str) -> pyproj.Transformer | None:
    """EPSG:4490 longitude/latitude → the raster's CRS; None where that is longitude/latitude too."""
    crs = pyproj.CRS.from_user_input(wkt)
    if crs.is_bound and crs.source_crs is not None:
        crs = crs.source_crs
    if crs.is_geographic:
        return None
    return pyproj.Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True)


_datasets = _Datasets()


@dataclass(frozen=True)
class _Cells:
    """The cells that a polygon's box touches: values, which have none, their box, and the polygon in their CRS."""

    values: npt.NDArray[Any]
    invalid: BoolArray
    box: tuple[float, float, float, float]
    geometry: BaseGeometry
    in_degrees: bool

    def weights(self) -> FloatArray:
        """Relative area of each cell of equal degrees: they shrink towards the pole."""
        south, north = self.box[1], self.box[3]
        edges = np.linspace(north, south, len(self.values) + 1)
        weights = np.ones(self.values.shape)
        weights *= exact_area(shapely.box(0.0, edges[1:], 1.0, edges[:-1]))[:, None]
        weights /= weights[0, 0]
        return weights

    def mean(self, values: npt.NDArray[Any]) -> float | None:
        """Mean of some values of the cells over the polygon, each cell by the area of it that lies inside."""
        feature = {
            "type": "Feature",
            "properties": {},
            "geometry": shapely.geometry.mapping(self.geometry),
        }
        cells = NumPyRasterSource(values.astype(np.float64), *self.box, name="v")
        if not self.in_degrees:  # all of one size
            plain: float | None = exact_extract(cells, [feature], ["mean"])[0]["properties"]["mean"]
            return plain
        weights = NumPyRasterSource(self.weights(), *self.box, name="w")
        found = exact_extract(cells, [feature], ["weighted_mean"], weights=weights)
        mean: float | None = found[0]["properties"]["weighted_mean"]
        return mean

    def share(self, cells: BoolArray) -> float | None:
        """What part of the polygon these cells are."""
        if not cells.any():
            return 0.0
        return 1.0 if cells.all() else self.mean(cells)

    @property
    def known(self) -> bool:
        """Whether every cell that the polygon has a part of has a value."""
        return self.share(self.invalid) == 0


@dataclass(frozen=True)
class RasterFile:
    """A stored raster by the path of its file."""

    path: str

    def share_over(self, geometry: BaseGeometry, threshold: float) -> float | None:
        """Give the share (0 to 1) of a polygon's area whose cells are above a threshold.

        Parameters
        ----------
        geometry
            (Multi)polygon, EPSG:4490. Cells on its border count by the part that lies inside.
        threshold
            In the raster's unit.

        Returns
        -------
        float or None
            None where the raster doesn't hold a valid value everywhere in the polygon: not checked, not clear.

        Raises
        ------
        OSError
            If the file can't be read.
        ValueError
            If the polygon's box is past `MAX_WINDOW_CELLS`.
        """
        cells = self._cells(geometry)
        if cells is None:
            return None
        over: BoolArray = ~cells.invalid & (cells.values > threshold)
        share = cells.share(over)
        return share if cells.known else None

    def mean(self, geometry: BaseGeometry) -> float | None:
        """Give the mean of a polygon's cells in the raster's unit, weighted by area; otherwise as `share_over`."""
        cells = self._cells(geometry)
        if cells is None or not cells.known:
            return None
        return cells.mean(np.where(cells.invalid, 0.0, cells.values))

    def _cells(self, geometry: BaseGeometry) -> _Cells | None:
        opened = _datasets.get(self.path)
        if opened.transformer is not None:
            geometry = shapely.transform(geometry, opened.transformer.transform, interleaved=False)
        left, top, width, height = opened.place
        west, south, east, north = shapely.bounds(geometry).tolist()
        row, column = floor((top - north) / height), floor((west - left) / width)
        bottom = max(ceil((top - south) / height), row + 1)
        right = max(ceil((east - left) / width), column + 1)
        if row < 0 or column < 0 or bottom > opened.dataset.height or right > opened.dataset.width:
            return None
        if (bottom - row) * (right - column) > MAX_WINDOW_CELLS:
            raise ValueError("the polygon's box is too large for one window")
        values = opened.dataset.read(1, window=Window(column, row, right - column, bottom - row), masked=True)
        invalid = np.ma.getmaskarray(values) | ~np.isfinite(values.data)
        box = (left + column * width, top - bottom * height, left + right * width, top - row * height)
        return _Cells(values.data, invalid, box, geometry, in_degrees=opened.transformer is None)
