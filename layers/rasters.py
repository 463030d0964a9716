"""Raster layers: one cloud-optimised GeoTIFF per version, kept under its SHA-256, asked for zonal figures.

A raster that came from outside is first rewritten in confinement (`layers.reading.confined.raster`), so whatever
else its file held (side files, references to other files) is gone; only our own rewrite is opened here.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import rasterio
import shapely
from django.conf import settings
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from rasterio.windows import Window, from_bounds

from layers import projection
from layers.areas import exact_areas
from layers.notices import Notice, UnreadableFile
from layers.queries import PinnedVersion
from layers.reading.formats import DRIVERS, GEOTIFF, INSIDE, sniff
from layers.reading.refusals import remarks
from layers.reading.sandbox import Confined, Limits

_OPEN_DATASETS = 16
Spread = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]
MAX_WINDOW_CELLS = 50_000_000


@dataclass(frozen=True)
class StoredRaster:
    """A raster in the media folder. `outline` is its extent in EPSG:4490."""

    path: str
    sha256: str
    crs: str
    width: int
    height: int
    nodata: float | None
    outline: Any
    notices: tuple[Notice, ...] = ()


def media_path(relative: str) -> Path:
    """Where a stored raster is."""
    return Path(settings.MEDIA_ROOT) / relative


def file_hash(path: Path) -> str:
    """SHA-256 (hex) of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def store(
    source: Path,
    *,
    band: int | None = None,
    epsg: int | None = None,
    limits: Limits | None = None,
    bwrap: str = "bwrap",
) -> StoredRaster:
    """Rewrite one band of a GeoTIFF as a cloud-optimised GeoTIFF with overviews, in confinement; keep it by its hash.

    Parameters
    ----------
    source
        Any GeoTIFF: integers or floats, palette, one bit, tiles or strips, either byte order, BigTIFF. Values are
        stored in the unit that the file's scale and offset mean, and north up.
    band
        Which one, from 1, where the file has several.
    epsg
        The answer to "which coordinate system?", used only where the file declares none.
    limits, bwrap
        Bounds (by default the time grows with the file's size), and the program to confine with.

    Raises
    ------
    UnreadableFile
        It is no GeoTIFF, has no place on the earth or another datum, several bands and no choice, or is past a limit.
    """
    if sniff(source).kind != GEOTIFF:
        raise UnreadableFile(Notice("file-not-geotiff", "不是 GeoTIFF 栅格文件。"))
    limits = limits or Limits().for_raster(source.stat().st_size)
    folder = media_path("rasters")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as writable:
        run = Confined(
            "raster", {"mode": "rewrite", "band": band, "epsg": epsg}, source, INSIDE[GEOTIFF], DRIVERS[GEOTIFF],
            limits=limits, bwrap=bwrap, writable=Path(writable),
        )  # fmt: skip
        with run:
            run.output.read()
            answer = run.finish()
        made = Path(writable) / "out.tif"
        if made.is_symlink() or not made.is_file():
            raise UnreadableFile(Notice("reader-died", "读取文件的隔离进程没有给出完整的结果。"))
        digest = file_hash(made)
        relative = f"rasters/{digest}.tif"
        with rasterio.open(made, driver="GTiff", sharing=False) as dataset:
            crs = projection.declared(dataset.crs.to_wkt())
            corners = shapely.segmentize(shapely.box(*dataset.bounds), max(dataset.res) * 16)
            outline = projection.to_degrees(np.array([corners], dtype=object), crs)[0]
            stored = StoredRaster(
                relative, digest, projection.label(crs), dataset.width, dataset.height,
                answer.get("nodata"), shapely.multipolygons([outline]), remarks(answer),
            )  # fmt: skip
        os.chmod(made, 0o644)
        target = media_path(relative)
        if not target.exists():
            shutil.move(made, target)
    return stored


class _Datasets(threading.local):
    """Open datasets of this thread, by path; a stored raster never changes, so they never go stale."""

    def __init__(self) -> None:
        self.open: OrderedDict[str, Any] = OrderedDict()

    def get(self, path: str) -> Any:
        dataset = self.open.pop(path, None)
        if dataset is None:
            dataset = rasterio.open(media_path(path), driver="GTiff", sharing=False)
        self.open[path] = dataset
        while len(self.open) > _OPEN_DATASETS:
            self.open.popitem(last=False)[1].close()
        return dataset


_datasets = _Datasets()


def opened(path: str) -> Any:
    """An open dataset of a stored raster, for the thread that asks."""
    return _datasets.get(path)


def placed(dataset: Any, longitude: Any, latitude: Any) -> tuple[Any, Any]:
    """EPSG:4490 longitude/latitude (arrays) in the coordinates of a dataset."""
    transformer = _from_degrees(dataset.crs.to_wkt())
    return (longitude, latitude) if transformer is None else transformer.transform(longitude, latitude)


@cache
def _from_degrees(wkt: str) -> pyproj.Transformer | None:
    """EPSG:4490 longitude/latitude → the raster's CRS; None where that is longitude/latitude too."""
    crs = projection.declared(wkt)
    if crs.is_geographic:
        return None
    return pyproj.Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True)


def share_over(version: PinnedVersion, geometry: Any, threshold: float) -> float | None:
    """The share (0 to 1) of a polygon's area whose cells are above a threshold.

    Parameters
    ----------
    version
        A raster version.
    geometry
        shapely (multi)polygon, EPSG:4490. Cells on its border count by the part that lies inside.
    threshold
        In the raster's unit.

    Returns
    -------
    None where the raster doesn't hold a valid value everywhere in the polygon: not checked, not clear.
    """
    if version.raster_path is None:
        raise ValueError(f"{version.layer} is not a raster layer")
    dataset = _datasets.get(version.raster_path)
    transformer = _from_degrees(dataset.crs.to_wkt())
    if transformer is not None:
        geometry = shapely.transform(geometry, transformer.transform, interleaved=False)
    window = from_bounds(*geometry.bounds, transform=dataset.transform)
    row, column = int(np.floor(window.row_off)), int(np.floor(window.col_off))
    bottom = int(np.ceil(window.row_off + window.height)) or row + 1
    right = int(np.ceil(window.col_off + window.width)) or column + 1
    bottom, right = max(bottom, row + 1), max(right, column + 1)
    if row < 0 or column < 0 or bottom > dataset.height or right > dataset.width:
        return None
    if (bottom - row) * (right - column) > MAX_WINDOW_CELLS:
        raise ValueError("the polygon's box is too large for one window")
    exact = Window(column, row, right - column, bottom - row)
    values = dataset.read(1, window=exact, masked=True)
    invalid = np.ma.getmaskarray(values) | ~np.isfinite(values.data)
    over = ~invalid & (values.data > threshold)

    west, south, east, north = dataset.window_bounds(exact)

    def share(cells: npt.NDArray[np.bool_]) -> float | None:
        """What part of the polygon these cells are."""
        if not cells.any():
            return 0.0
        if cells.all():
            return 1.0
        weights = np.ones(cells.shape)
        if transformer is None:  # cells of equal degrees shrink towards the pole
            edges = np.linspace(north, south, len(cells) + 1)
            weights *= exact_areas(shapely.box(0.0, edges[1:], 1.0, edges[:-1]))[:, None]
            weights /= weights[0, 0]
        feature = {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(geometry)}
        found = exact_extract(
            NumPyRasterSource(cells.astype(np.float64), west, south, east, north, name="v"),
            [feature],
            ["weighted_mean"],
            weights=NumPyRasterSource(weights, west, south, east, north, name="w"),
        )
        mean: float | None = found[0]["properties"]["weighted_mean"]
        return mean

    return share(over) if share(invalid) == 0 else None


def sampled(
    version: PinnedVersion,
    longitude: npt.NDArray[np.float64],
    latitude: npt.NDArray[np.float64],
    spread: Spread | None = None,
) -> npt.NDArray[np.float64]:
    """The value of the cell under each point (EPSG:4490 degrees), float64 of the points' shape.

    NaN outside the raster and where it has no value. Points should lie together: the window around them is read.

    Parameters
    ----------
    version
        A raster version.
    longitude, latitude
        Of the points.
    spread
        Where the points are those of a coarse mesh: interpolates what is known at them to all the points that are
        asked, an array of two dimensions. Converting every cell's centre would take longer than reading the raster.
    """
    if version.raster_path is None:
        raise ValueError(f"{version.layer} is not a raster layer")
    dataset = _datasets.get(version.raster_path)
    x, y = placed(dataset, longitude, latitude)
    columns, rows = ~dataset.transform * (np.asarray(x), np.asarray(y))
    if spread is not None:
        columns, rows = spread(columns), spread(rows)
    return _under(dataset, np.floor(columns), np.floor(rows))


def _under(
    dataset: Any, columns: npt.NDArray[np.float64], rows: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """The values of cells by their column and row, whole numbers, finite or not; NaN where there is none."""
    found = np.full(columns.shape, np.nan)
    inside = (columns >= 0) & (rows >= 0) & (columns < dataset.width) & (rows < dataset.height)
    if not inside.any():
        return found
    row, column = rows[inside].astype(np.intp), columns[inside].astype(np.intp)
    top, left = int(row.min()), int(column.min())
    height, width = int(row.max()) - top + 1, int(column.max()) - left + 1
    if height * width > MAX_WINDOW_CELLS and len(found) > 1:  # a fine raster under a coarse grid
        middle = len(found) // 2
        parts = (slice(None, middle), slice(middle, None))
        return np.concatenate([_under(dataset, columns[part], rows[part]) for part in parts])
    values = dataset.read(1, window=Window(left, top, width, height), masked=True)
    cells = np.where(np.ma.getmaskarray(values) | ~np.isfinite(values.data), np.nan, values.data)
    found[inside] = cells.ravel()[(row - top) * width + (column - left)]
    return found


def value_at(version: PinnedVersion, lon: float, lat: float) -> float | None:
    """The value of the cell under a point (EPSG:4490 degrees); None outside the raster and where it has none."""
    if version.raster_path is None:
        raise ValueError(f"{version.layer} is not a raster layer")
    dataset = _datasets.get(version.raster_path)
    transformer = _from_degrees(dataset.crs.to_wkt())
    x, y = (lon, lat) if transformer is None else transformer.transform(lon, lat)
    row, column = dataset.index(x, y)
    if not (0 <= row < dataset.height and 0 <= column < dataset.width):
        return None
    value = dataset.read(1, window=Window(column, row, 1, 1), masked=True)[0, 0]
    return None if value is np.ma.masked or not np.isfinite(value) else float(value)
