"""One call for every format."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from layers.browsing import Selection
from layers.exporting.batches import Counting, Source
from layers.exporting.gdal_files import geopackage, shapefile
from layers.exporting.geoparquet import geoparquet
from layers.exporting.metadata import metadata
from layers.exporting.schema import outline
from layers.exporting.text_files import csv_table, geojson
from layers.models import LayerVersion
from layers.notices import Notice, Refused

#: Longitude/latitude, and the 3° zones 25 to 45 of CGCS2000.
EPSG_CODES: tuple[int, ...] = (4490, *range(4513, 4534))
ENCODINGS = ("utf-8", "gbk")
_EVERYTHING = Selection()


@dataclass(frozen=True)
class Format:
    """A format by its code: what people call it, the file's ending and media type, what can be chosen."""

    code: str
    label: str
    ending: str
    media_type: str
    zones: bool = True
    encodings: bool = False


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "gpkg": Format("gpkg", "GeoPackage", ".gpkg", "application/geopackage+sqlite3"),
        "parquet": Format("parquet", "GeoParquet", ".parquet", "application/vnd.apache.parquet"),
        "shp": Format("shp", "Shapefile（zip）", ".zip", "application/zip", encodings=True),
        "geojson": Format("geojson", "GeoJSON", ".geojson", "application/geo+json", zones=False),
        "csv": Format("csv", "CSV（WKT）", ".csv", "text/csv", encodings=True),
    }
)


@dataclass(frozen=True)
class Written:
    """A finished file: features, bytes, SHA-256 (hex), and what the format could not say as it was."""

    features: int
    size: int
    sha256: str
    notices: tuple[Notice, ...]


def _uncounted(done: int) -> None:
    """Nobody watches."""


def write(
    version: LayerVersion,
    path: Path,
    kind: str,
    *,
    selection: Selection = _EVERYTHING,
    epsg: int = 4490,
    encoding: str = "utf-8",
    counting: Counting = _uncounted,
) -> Written:
    """Write a version's features into a new file.

    Parameters
    ----------
    kind
        One of `FORMATS`.
    epsg
        One of `EPSG_CODES`.
    encoding
        Of texts in shapefile and CSV: ``utf-8`` or ``gbk``.
    counting
        Called with the number of features done; what it raises ends the work, and no file stays.

    Raises
    ------
    Refused
        The format can't hold it, and why.
    """
    chosen = FORMATS[kind]
    if epsg not in EPSG_CODES or (epsg != 4490 and not chosen.zones):
        raise Refused(
            Notice(
                "export-crs", "%(format)s 不能按 EPSG:%(epsg)d 导出。", {"format": chosen.label, "epsg": epsg}
            )
        )
    if encoding not in ENCODINGS:
        raise Refused(Notice("export-encoding", "文本编码只能是 UTF-8 或 GBK。"))
    whole = outline(version, selection)
    source = Source(version, selection, whole, epsg, counting)
    said = metadata(version, selection, count=whole.features, epsg=epsg)
    # GDAL goes by the ending
    part = path.with_name(f".{path.stem}.part{chosen.ending}")
    try:
        if kind == "gpkg":
            notices = geopackage(source, part, said)
        elif kind == "parquet":
            notices = geoparquet(source, part, said)
        elif kind == "shp":
            notices = shapefile(source, part, said, encoding)
        elif kind == "geojson":
            notices = geojson(source, part, said)
        else:
            notices = csv_table(source, part, said, encoding)
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = part.stat().st_size
        os.replace(part, path)
    except Exception as error:
        if source.failures and error is not source.failures[0]:
            raise source.failures[0] from error
        raise
    finally:
        part.unlink(missing_ok=True)
    return Written(whole.features, size, digest, (*whole.notices, *notices))
