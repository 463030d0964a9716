"""Small good files, as bytes, for others to be damaged."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely

DEGREES = np.array(
    [shapely.box(109.9, 40.6, 109.91, 40.61), shapely.box(109.91, 40.6, 109.92, 40.61)], dtype=object
)
METRES = np.array([shapely.box(37_400_000, 4_500_000, 37_400_100, 4_500_100),
                   shapely.box(37_400_100, 4_500_000, 37_400_200, 4_500_100)], dtype=object)  # fmt: skip
NAMES = np.array(["耕地", "林地"], dtype=object)
CODES = np.array(["0101", "0301"], dtype=object)


def write(path: Path, driver: str, shapes=DEGREES, *, crs="EPSG:4490", kind="Polygon", **options) -> Path:
    """A file of one of GDAL's drivers with names and class codes."""
    data = shapely.to_wkb(shapes, flavor="iso") if not isinstance(shapes[0], bytes) else shapes
    pyogrio.raw.write(
        str(path), data, [NAMES[: len(data)], CODES[: len(data)]], ["名称", "DLBM"], geometry_type=kind, crs=crs,
        driver=driver, **options,
    )  # fmt: skip
    return path


@cache
def shapefile(crs: str = "EPSG:4525", encoding: str = "GBK", kind: str = "Polygon") -> dict[str, bytes]:
    """The members of a shapefile, by suffix."""
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "a.shp", "ESRI Shapefile", METRES, crs=crs, encoding=encoding, kind=kind)
        return {part.suffix: part.read_bytes() for part in path.parent.iterdir() if part.suffix != ".cpg"}


def zipped(members: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def zipped_shapefile(**changed: bytes | None) -> bytes:
    """A zipped shapefile with some members (shp, shx, dbf, prj, cpg) other than they should be, or missing."""
    members = shapefile() | {f".{suffix}": content for suffix, content in changed.items()}
    return zipped({f"a{suffix}": content for suffix, content in members.items() if content is not None})


@cache
def made(driver: str, suffix: str, kind: str = "Polygon") -> bytes:
    """The bytes of a good file of a driver that writes one file."""
    with tempfile.TemporaryDirectory() as folder:
        return write(Path(folder) / f"a{suffix}", driver, kind=kind).read_bytes()


@cache
def geodatabase() -> dict[str, bytes]:
    """The members of a file geodatabase."""
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "a.gdb", "OpenFileGDB", layer="DLTB")
        return {f"a.gdb/{part.name}": part.read_bytes() for part in sorted(path.iterdir())}


def parquet(path: Path, columns: dict[str, object], geo: object, **options: object) -> Path:
    """A Parquet file with that `geo` metadata."""
    table = pa.table(columns)
    if geo is not None:
        table = table.replace_schema_metadata({"geo": geo if isinstance(geo, bytes) else json.dumps(geo)})
    pq.write_table(table, path, **options)
    return path


def geo(**column: object) -> dict[str, object]:
    """GeoParquet's metadata of one column."""
    return {"version": "1.1.0", "primary_column": "geometry",
            "columns": {"geometry": {"encoding": "WKB", "geometry_types": []} | column}}  # fmt: skip


def feature(coordinates: object, kind: str = "Polygon", **properties: object) -> dict[str, object]:
    """A GeoJSON feature."""
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def collection(*features: object, **members: object) -> str:
    """A GeoJSON feature collection as text."""
    return json.dumps(
        {"type": "FeatureCollection", "features": list(features), **members}, ensure_ascii=False
    )


RING = [[109.9, 40.6], [109.91, 40.6], [109.91, 40.61], [109.9, 40.6]]


def file(folder: Path, content: bytes | str, name: str = "a.bin") -> Path:
    """A file with that content. The name says nothing on purpose."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
