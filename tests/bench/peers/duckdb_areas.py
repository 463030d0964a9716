"""DuckDB's spatial join on the same files, in the peers' environment: area of what each site shares with each feature.

Arguments: sites, layer (GeoParquet), result (Parquet). Prints JSON: seconds of reading and of the join, and the
processor's. Where its spatial extension isn't installed and can't be fetched, the error.
"""

from __future__ import annotations

import json
import sys
import sysconfig
import time
from pathlib import Path

import duckdb

SITES, LAYER, RESULT = sys.argv[1:4]
packaged = sorted(
    Path(sysconfig.get_paths()["purelib"]).glob("duckdb_extension_spatial/**/*.duckdb_extension")
)
connection = duckdb.connect()
try:
    if packaged:
        connection.execute(f"LOAD '{packaged[0]}'")
    else:
        connection.execute("INSTALL spatial; LOAD spatial")
except duckdb.Error as error:
    print(json.dumps({"error": f"DuckDB {duckdb.__version__}: {str(error).splitlines()[0]}"}))
    sys.exit(0)
worked, began = time.process_time(), time.perf_counter()
for name, path, columns in (("sites", SITES, "site"), ("layer", LAYER, "key")):
    found = connection.execute(f"DESCRIBE SELECT geometry FROM read_parquet('{path}')").fetchall()
    geometry = "geometry" if str(found[0][1]).startswith("GEOMETRY") else "ST_GeomFromWKB(geometry)"
    connection.execute(
        f"CREATE TABLE {name} AS SELECT {columns}, {geometry} AS geometry FROM read_parquet('{path}')"
    )
read = time.perf_counter()
connection.execute(
    f"COPY (SELECT s.site, l.key, ST_Area(ST_Intersection(s.geometry, l.geometry)) AS area "
    f"FROM sites s JOIN layer l ON ST_Intersects(s.geometry, l.geometry)) TO '{RESULT}' (FORMAT parquet)"
)
done, worked = time.perf_counter(), time.process_time() - worked
print(
    json.dumps(
        {"reading": read - began, "overlay": done - read, "cpu": worked, "version": duckdb.__version__}
    )
)
