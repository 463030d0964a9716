"""geopandas.overlay on the same files, in the peers' environment.

Arguments: sites, layer and result as GeoParquet files. Prints JSON: seconds of reading and of the overlay, and the
processor's seconds of both.
"""

from __future__ import annotations

import json
import sys
import time

import geopandas

SITES, LAYER, RESULT = sys.argv[1:4]
worked, began = time.process_time(), time.perf_counter()
sites = geopandas.read_parquet(SITES)
layer = geopandas.read_parquet(LAYER, columns=["key", "class_code", "geometry"])
read = time.perf_counter()
found = geopandas.overlay(sites, layer, how="intersection")
done, worked = time.perf_counter(), time.process_time() - worked
found.to_parquet(RESULT)
print(
    json.dumps(
        {"reading": read - began, "overlay": done - read, "cpu": worked, "version": geopandas.__version__}
    )
)
