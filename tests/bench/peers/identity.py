"""geopandas.overlay(how="identity") on the same files, in the peers' environment.

Arguments: plans A and B and the result as GeoParquet files. Prints JSON: seconds of reading and of the overlay, the
processor's seconds of both, and the most memory it held in MB. Writing the result is outside.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings

import geopandas

warnings.filterwarnings("ignore", message=".*keep_geom_type=True.*")
A, B, RESULT = sys.argv[1:4]
worked, began = time.process_time(), time.perf_counter()
a = geopandas.read_parquet(A).rename(columns={"class_code": "class_a"})[["class_a", "geometry"]]
b = geopandas.read_parquet(B).rename(columns={"class_code": "class_b"})[["class_b", "geometry"]]
read = time.perf_counter()
found = geopandas.overlay(a, b, how="identity")
done, worked = time.perf_counter(), time.process_time() - worked
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
found.to_parquet(RESULT)
print(
    json.dumps(
        {
            "reading": read - began, "overlay": done - read, "cpu": worked, "memory": memory, "pieces": len(found),
            "version": geopandas.__version__,
        }
    )
)  # fmt: skip
