"""Opening untrusted vector files: what they are is told by their content, and only a confined process opens them.

Formats: GeoJSON, zipped shapefile (GBK, GB18030 or UTF-8, with .cpg or without), GeoPackage. What comes back
travels as Arrow over a pipe.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from layers import projection
from layers.reading.archives import GEOJSON, GEOPACKAGE, GEOTIFF, SHAPEFILE_ZIP, check_zip, sniff
from layers.notices import Notice, UnreadableFile
from layers.reading.sandbox import Confined, Limits, remark
from layers.table import Table, from_columns

__all__ = ["DeclaredFeatures", "Limits", "UnreadableFile", "read_features"]

_DRIVERS = {SHAPEFILE_ZIP: "ESRI Shapefile", GEOPACKAGE: "GPKG", GEOJSON: "GeoJSON"}
_INSIDE = {SHAPEFILE_ZIP: "data.zip", GEOPACKAGE: "data.gpkg", GEOJSON: "data.geojson"}
_SCRIPT = Path(__file__).parent / "confined" / "vector.py"
_LIMITS = Limits()


@dataclass(frozen=True)
class DeclaredFeatures:
    """What a file says, untouched: attribute columns, geometries in the file's own coordinates, its CRS.

    `crs` is WKT or an authority's code, None where the file declares none; `encoding` how its text was read
    (shapefile only).
    """

    columns: dict[str, npt.NDArray[Any]]
    geometries: npt.NDArray[np.object_]
    crs: str | None
    encoding: str | None
    source_name: str
    source_sha256: str
    notices: tuple[Notice, ...]


@overload
def read_features(
    path: Path,
    *,
    layer_name: str | None = None,
    epsg: int | None = None,
    keep_crs: Literal[False] = False,
    limits: Limits = _LIMITS,
    bwrap: str = "bwrap",
) -> Table: ...


@overload
def read_features(
    path: Path,
    *,
    layer_name: str | None = None,
    epsg: int | None = None,
    keep_crs: Literal[True],
    limits: Limits = _LIMITS,
    bwrap: str = "bwrap",
) -> DeclaredFeatures: ...


def read_features(
    path: Path,
    *,
    layer_name: str | None = None,
    epsg: int | None = None,
    keep_crs: bool = False,
    limits: Limits = _LIMITS,
    bwrap: str = "bwrap",
) -> Table | DeclaredFeatures:
    """Read one layer of an untrusted file in confinement.

    Parameters
    ----------
    path
        The file; its name's extension is not believed.
    layer_name
        Which layer, where the file has several.
    epsg
        The answer to "which coordinate system?", used only where the file declares none.
    keep_crs
        Give back the declared coordinates as they are, with the CRS, instead of EPSG:4490.
    limits
        Bounds on time, memory, output, vertices and features.
    bwrap
        The program to confine with.

    Returns
    -------
    A `Table` in EPSG:4490 longitude/latitude, projected edges densified to 1 mm; or, with `keep_crs`,
    `DeclaredFeatures`.

    Raises
    ------
    UnreadableFile
        With notices in Chinese: not a format read here, hostile, damaged, past a limit, without a CRS, or
        confinement isn't possible on this machine.
    """
    read = _read(path, layer_name, limits, bwrap)
    if keep_crs:
        return read
    notices = read.notices
    if read.crs is not None:
        crs = projection.declared(read.crs)
    elif epsg is not None:
        crs = projection.declared(f"EPSG:{epsg}")
        notices = (
            *notices,
            Notice("crs-answered", "文件没有声明坐标系，按 EPSG:%(epsg)d 读取。", {"epsg": epsg}),
        )
    else:
        raise UnreadableFile(Notice("crs-not-given", "文件没有声明坐标系，请说明它的 EPSG 代码。"))
    return from_columns(
        read.columns,
        projection.to_degrees(read.geometries, crs),
        source_name=read.source_name,
        source_sha256=read.source_sha256,
        source_crs=projection.label(crs),
        notices=notices,
    )


def _read(path: Path, layer_name: str | None, limits: Limits, bwrap: str) -> DeclaredFeatures:
    kind = sniff(path)
    if kind == GEOTIFF:
        raise UnreadableFile(Notice("file-is-raster", "这是栅格文件（GeoTIFF），不是矢量图层。"))
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    task = {
        "kind": kind,
        "layer": layer_name,
        "stems": check_zip(path) if kind == SHAPEFILE_ZIP else [],
    }
    run = Confined(_SCRIPT, task, path, _INSIDE[kind], [_DRIVERS[kind]], limits=limits, bwrap=bwrap)
    with run:
        try:
            table = pa.ipc.open_stream(run.output).read_all()
            table.validate(full=True)
        except (pa.ArrowException, OSError) as error:
            run.finish()  # says what happened inside
            raise UnreadableFile(Notice("reader-died", "读取文件的隔离进程没有给出完整的结果。")) from error
        answer = run.finish()
    geometries = _geometries(table.column("__wkb"))
    columns = {name: _column(table.column(i)) for i, name in enumerate(table.schema.names) if name != "__wkb"}
    return DeclaredFeatures(
        columns=columns,
        geometries=geometries,
        crs=answer.get("crs"),
        encoding=answer.get("encoding"),
        source_name=path.name,
        source_sha256=digest,
        notices=tuple(remark(message) for message in answer.get("notices", [])),
    )


def _geometries(column: pa.ChunkedArray) -> npt.NDArray[np.object_]:
    values = np.empty(len(column), dtype=object)
    values[:] = column.to_pylist()
    try:
        with np.errstate(
            invalid="ignore"
        ):  # coordinates that are no numbers: the loader rejects their features
            return np.asarray(shapely.from_wkb(values, on_invalid="fix"))
    except shapely.errors.GEOSException as error:
        raise UnreadableFile(Notice("geometry-broken", "文件中的几何已损坏，无法读取。")) from error


def _column(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    if column.null_count == 0 and (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        return np.asarray(column.to_numpy())
    values = np.empty(len(column), dtype=object)
    values[:] = column.to_pylist()
    return values
