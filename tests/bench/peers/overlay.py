"""geopandas.overlay on the same files, in the peers' environment.

Arguments: sites, layer and result as GeoParquet files, and rounds. Prints JSON: seconds of reading and of the overlay,
per round.
"""

from __future__ import annotations

import json
import sys
import time

import geopandas

SITES, LAYER, RESULT, ROUNDS = sys.argv[1:5]
reading, overlaying = [], []
for _ in range(int(ROUNDS)):
    began = time.perf_counter()
    sites = geopandas.read_parquet(SITES)
    layer = geopandas.read_parquet(LAYER, columns=["key", "class_code", "geometry"])
    reading.append(time.perf_counter() - began)
    began = time.perf_counter()
    found = geopandas.overlay(sites, layer, how="intersection")
    overlaying.append(time.perf_counter() - began)
found.to_parquet(RESULT)
print(json.dumps({"reading": reading, "overlay": overlaying, "geopandas": geopandas.__version__}))
