"""The program that rewrites one band of a GeoTIFF as a cloud-optimised GeoTIFF into /out, or describes the file."""

import json
import os
import sys
from typing import Any

import numpy as np

from .bounds import answer, refuse

MAX_CELLS = 4_000_000_000
MAX_RATIO = 400  # of what the cells take to what the file takes
_RATIO_FROM = 128 << 20
_PLAIN = "/out/plain.tif"
_BLOCK = 512, 8192  # rows and columns that are in memory at once


def main(task: dict[str, Any]) -> None:
    """Do what the task's `mode` says."""
    import rasterio
    from rasterio._err import CPLE_BaseError  # what GDAL says while reading comes out bare

    try:
        with rasterio.open(task["path"], driver="GTiff", sharing=False) as source:
            if task["mode"] == "describe":
                _describe(source)
            else:
                _check_size(source, os.path.getsize(task["path"]))
                _rewrite(source, task)
    except MemoryError:
        refuse("too-much-memory")
    except (rasterio.errors.RasterioError, CPLE_BaseError, ValueError, OSError) as error:
        refuse("not-readable", reason=_reason(error, task["path"]))


def _reason(error: BaseException, path: str) -> str:
    """What GDAL said, which rasterio keeps as the cause."""
    words = [str(error), str(error.__cause__ or "")]
    return " ".join(word for word in words if word).replace(path, "").replace("/out/", "")[:200]


def _bands(source: Any) -> list[int]:
    """The bands that hold values: all but the one that holds transparency."""
    return [n for n in source.indexes if source.colorinterp[n - 1].name != "alpha"]


def _check_size(source: Any, size: int) -> None:
    cells = source.width * source.height
    unpacked = cells * sum(np.dtype(_real(dtype)).itemsize for dtype in source.dtypes)
    if cells > MAX_CELLS:
        refuse("raster-too-large", width=source.width, height=source.height)
    if unpacked > _RATIO_FROM and unpacked > MAX_RATIO * size:
        refuse("raster-bomb", size=unpacked >> 20, ratio=unpacked // size)


def _real(dtype: str) -> str:
    if dtype.startswith("complex"):
        refuse("raster-type", name=dtype)
    return dtype


def _rewrite(source: Any, task: dict[str, Any]) -> None:
    from rasterio.shutil import copy

    place = source.transform
    if place.is_identity or (source.crs is None and task["epsg"] is None):
        refuse("raster-not-georeferenced")
    if place.b or place.d or place.a <= 0 or place.e == 0:
        refuse("raster-rotated")
    bands = _bands(source)
    band = task["band"] or (bands[0] if len(bands) == 1 else None)
    if band not in bands:
        refuse("raster-bands", count=len(bands))
    scale, offset = source.scales[band - 1], source.offsets[band - 1]
    scaled, flipped = (scale, offset) != (1.0, 0.0), place.e > 0
    notices = [{"code": code} for code, so in (("raster-scaled", scaled), ("raster-flipped", flipped)) if so]
    odd_bits = "NBITS" in source.tags(band, ns="IMAGE_STRUCTURE")
    plain = source.count == 1 and not scaled and not flipped and source.crs is not None and not odd_bits
    if not plain:
        _copy_band(source, band, task["epsg"], scaled=scaled, flipped=flipped)
    dtype = np.dtype(source.dtypes[band - 1]) if not scaled else np.dtype("float32")
    copy(
        source if plain else _PLAIN, "/out/out.tif", driver="COG", COMPRESS="DEFLATE", PREDICTOR="YES",
        BLOCKSIZE=256, OVERVIEWS="AUTO", BIGTIFF="IF_SAFER",
        # classes and codes may not be mixed into ones that don't exist
        OVERVIEW_RESAMPLING="AVERAGE" if dtype.kind == "f" else "NEAREST",
    )  # fmt: skip
    if not plain:
        os.remove(_PLAIN)
    nodata = source.nodatavals[band - 1]
    if scaled and nodata is not None:
        nodata = float("nan")
    finite = nodata is not None and nodata == nodata
    answer({"nodata": nodata if finite else None, "notices": notices})


def _copy_band(source: Any, band: int, epsg: int | None, *, scaled: bool, flipped: bool) -> None:
    """One band as a file of its own, north up, in the unit that scale and offset mean."""
    import rasterio
    from rasterio.windows import Window

    height, width = source.height, source.width
    nodata, dtype = source.nodatavals[band - 1], source.dtypes[band - 1]
    scale, offset = source.scales[band - 1], source.offsets[band - 1]
    if scaled:
        dtype, nodata = "float32", None if nodata is None else float("nan")
    place = source.transform
    if flipped:
        place = place * place.translation(0, height) * place.scale(1, -1)
    masked = any(flag.name in ("per_dataset", "alpha") for flag in source.mask_flag_enums[band - 1])
    rows, columns = _BLOCK
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(
            _PLAIN, "w", driver="GTiff", width=width, height=height, count=1, dtype=dtype, nodata=nodata,
            crs=source.crs or f"EPSG:{epsg}", transform=place, tiled=True, blockxsize=256, blockysize=256,
            compress="DEFLATE", zlevel=1, bigtiff="IF_SAFER",
        ) as made,
    ):  # fmt: skip
        if source.colorinterp[band - 1].name == "palette":
            made.write_colormap(1, source.colormap(band))
        for top in range(0, height, rows):
            for left in range(0, width, columns):
                window = Window(left, top, min(columns, width - left), min(rows, height - top))
                cells = source.read(band, window=window)
                valid = source.read_masks(band, window=window) if masked else None
                if scaled:
                    cells = _scaled(cells, source.nodatavals[band - 1], scale, offset)
                if flipped:
                    cells, valid = cells[::-1], None if valid is None else valid[::-1]
                    window = Window(left, height - top - window.height, window.width, window.height)
                made.write(cells, 1, window=window)
                if valid is not None:
                    made.write_mask(valid, window=window)


def _scaled(cells: np.ndarray, nodata: float | None, scale: float, offset: float) -> np.ndarray:
    values = cells.astype("float64") * scale + offset
    if nodata is not None:
        values[np.isnan(cells) if nodata != nodata else cells == nodata] = np.nan
    return values.astype("float32")


def _describe(source: Any) -> None:
    placed = not source.transform.is_identity
    fields = []
    for number in _bands(source)[:100]:
        words = (source.descriptions[number - 1], source.colorinterp[number - 1].name)
        samples = [str(word)[:60] for word in words if word]
        fields.append({"name": str(number), "type": source.dtypes[number - 1], "samples": samples})
    layer = {
        "name": "raster", "geometry_type": None, "count": None, "encoding": None, "fields": fields,
        "crs": source.crs.to_wkt() if source.crs is not None else None,
        "bounds": list(source.bounds) if placed else None, "extent": list(source.bounds) if placed else None,
    }  # fmt: skip
    sys.stdout.write(json.dumps({"layers": [layer]}))
    sys.stdout.flush()
    size = {"width": source.width, "height": source.height, "bands": source.count}
    answer({"notices": [{"code": "raster-size", "params": size}]})
