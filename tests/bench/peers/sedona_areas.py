"""SedonaDB's spatial join on the same files, in the peers' environment: area of what each site and feature share.

Arguments: sites, layer (GeoParquet), result (Parquet). Prints JSON: seconds of the whole (it reads while it joins) and
the processor's.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version

import sedona.db

SITES, LAYER, RESULT = sys.argv[1:4]
worked, began = time.process_time(), time.perf_counter()
database = sedona.db.connect()
for name, path in (("sites", SITES), ("layer", LAYER)):
    database.read_parquet(path).to_view(name)
database.sql(
    "SELECT s.site, l.key, ST_Area(ST_Intersection(s.geometry, l.geometry)) AS area "
    "FROM sites s JOIN layer l ON ST_Intersects(s.geometry, l.geometry)"
).to_parquet(RESULT)
done, worked = time.perf_counter(), time.process_time() - worked
print(json.dumps({"reading": 0.0, "overlay": done - began, "cpu": worked, "version": version("sedonadb")}))
