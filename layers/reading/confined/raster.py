"""Runs inside the sandbox, as a script: rewrites one GeoTIFF as a cloud-optimised one into /out. Never imported.

Usage: confined_raster.py JSON, where JSON = {path, limits: {cpu, memory, output}}; see confined_reader.py.
"""

import json
import os
import resource
import sys
from typing import Any, NoReturn

REFUSED = 3
MAX_CELLS = 2_000_000_000


def refuse(code: str, **params: Any) -> NoReturn:
    sys.stderr.write("\n" + json.dumps({"code": code, "params": params}) + "\n")
    sys.stderr.flush()
    os._exit(REFUSED)


def main() -> None:
    task = json.loads(sys.argv[1])
    limits = task["limits"]
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu"], limits["cpu"]))
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["output"], limits["output"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import rasterio
    from rasterio.shutil import copy

    try:
        with rasterio.open(task["path"], driver="GTiff", sharing=False) as source:
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
    sys.stderr.write(json.dumps({"nodata": nodata if finite else None}) + "\n")


if __name__ == "__main__":
    main()
