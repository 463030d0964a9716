"""GeoParquet 1.1: WKB in a binary column, its coordinate system as PROJJSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pyproj

from layers.exporting.batches import GEOMETRY, Source
from layers.notices import Notice


def geoparquet(source: Source, path: Path, metadata: dict[str, Any]) -> list[Notice]:
    """A row group per batch; geometries untouched, of whatever type they are. No column beside the feature's own."""
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": list(source.outline.types),
        "crs": pyproj.CRS.from_epsg(source.epsg).to_json_dict(),
        "edges": "planar",
    }
    if source.outline.extent is not None and source.epsg == 4490:
        column["bbox"] = list(source.outline.extent)
    geo = {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}
    stream = source.arrow(source.outline.columns, multi=False)
    said = {
        name: json.dumps(value, ensure_ascii=False) for name, value in (("geo", geo), ("layer", metadata))
    }
    with pq.ParquetWriter(path, stream.schema.with_metadata(said), compression="zstd") as writer:
        for batch in stream:
            writer.write_batch(batch.replace_schema_metadata(said))
    return []
