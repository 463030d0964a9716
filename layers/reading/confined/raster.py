"""The program that rewrites one GeoTIFF as a cloud-optimised one into /out, or describes it."""

import json
import sys
from typing import Any

from .bounds import answer, refuse

MAX_CELLS = 2_000_000_000


def main(task: dict[str, Any]) -> None:
    """Do what the task's `mode` says."""
    import rasterio
    from rasterio.shutil import copy

    try:
        with rasterio.open(task["path"], driver="GTiff", sharing=False) as source:
            if task["mode"] == "describe":
                _describe(source)
                return
            if source.crs is None or source.transform.is_identity:
                refuse("raster-not-georeferenced")
            if source.count != 1:
                refuse("raster-bands", count=source.count)
            if source.width * source.height > MAX_CELLS:
                refuse("raster-too-large", width=source.width, height=source.height)
            nodata = source.nodata
            copy(
                source, "/out/out.tif", driver="COG", COMPRESS="DEFLATE", PREDICTOR="YES", BLOCKSIZE=256,
                OVERVIEWS="AUTO", BIGTIFF="IF_SAFER",
            )  # fmt: skip
    except MemoryError:
        refuse("too-much-memory")
    except rasterio.errors.RasterioError as error:
        refuse("not-readable", reason=str(error).replace(task["path"], "")[:200])
    finite = nodata is not None and nodata == nodata
    answer({"nodata": nodata if finite else None})


def _describe(source: Any) -> None:
    placed = not source.transform.is_identity
    bands = []
    for number in source.indexes[:100]:
        words = (source.descriptions[number - 1], source.colorinterp[number - 1].name)
        samples = [str(word)[:60] for word in words if word]
        bands.append({"name": str(number), "type": source.dtypes[number - 1], "samples": samples})
    layer = {
        "name": "raster", "geometry_type": None, "count": None, "encoding": None, "fields": bands,
        "crs": source.crs.to_wkt() if source.crs is not None else None,
        "bounds": list(source.bounds) if placed else None, "extent": list(source.bounds) if placed else None,
    }  # fmt: skip
    sys.stdout.write(json.dumps({"layers": [layer]}))
    sys.stdout.flush()
    size = {"width": source.width, "height": source.height, "bands": source.count}
    answer({"notices": [{"code": "raster-size", "params": size}]})
