"""Features of an untrusted file, batch by batch through one confined process; memory doesn't grow with the file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyproj
import shapely

from layers import projection
from layers.notices import Notice, UnreadableFile
from layers.reading import formats
from layers.reading.refusals import refused, remarks
from layers.reading.sandbox import Confined, Limits
from layers.table import Table, from_columns

_BATCH = 20_000


@dataclass(frozen=True)
class DeclaredFeatures:
    """What a file says, untouched: attribute columns, geometries in the file's own coordinates, its CRS.

    `crs` is WKT or an authority's code, None where the file declares none; `encoding` how its text was read
    (shapefile and CSV only).
    """

    columns: dict[str, npt.NDArray[Any]]
    geometries: npt.NDArray[np.object_]
    crs: str | None
    encoding: str | None
    source_name: str
    source_sha256: str
    notices: tuple[Notice, ...]


class _Declared:
    """One layer of a file in its own coordinates, streaming. A context manager; iterating gives columns and shapes."""

    def __init__(
        self,
        path: Path,
        *,
        layer_name: str | None,
        size: int,
        skip: int,
        count: int | None,
        limits: Limits | None,
        bwrap: str,
        whole_drawing: bool = False,
    ) -> None:
        sniffed = formats.sniff(path)
        if sniffed.kind == formats.GEOTIFF:
            raise UnreadableFile(Notice("file-is-raster", "这是栅格文件（GeoTIFF），不是矢量图层。"))
        task = sniffed.task | {
            "mode": "stream", "kind": sniffed.kind, "layer": layer_name, "size": size, "skip": skip, "count": count,
            "whole_drawing": whole_drawing,
        }  # fmt: skip
        limits = limits or Limits().for_size(path.stat().st_size)
        self._run = Confined(
            "vector", task, path, sniffed.inside, sniffed.drivers, limits=limits, bwrap=bwrap
        )
        self.notices: tuple[Notice, ...] = ()
        self._broken = 0

    def __enter__(self) -> _Declared:
        self._run.__enter__()
        try:
            self._reader = self._opened()
            head = json.loads(self._reader.schema.metadata[b"head"])
            self.crs: str | None = head["crs"]
            self.encoding: str | None = head["encoding"]
            self.count: int | None = head["count"]
            self.layer: str = head["layer"]
        except BaseException:
            self._run.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._run.__exit__(*error)

    def _opened(self) -> Any:
        try:
            return pa.ipc.open_stream(self._run.output)
        except (pa.ArrowException, OSError) as error:
            self._fail(error)

    def _fail(self, error: Exception) -> Any:
        self._run.finish()  # says what happened inside
        raise UnreadableFile(refused({"code": "incomplete"})) from error

    def __iter__(self) -> Iterator[tuple[dict[str, npt.NDArray[Any]], npt.NDArray[np.object_]]]:
        names = self._reader.schema.names[:-1]
        while True:
            try:
                batch = self._reader.read_next_batch()
                batch.validate(full=True)
            except StopIteration:
                break
            except (pa.ArrowException, OSError) as error:
                self._fail(error)
            columns = {name: _column(batch.column(i)) for i, name in enumerate(names)}
            yield columns, self._shapes(batch.column(len(names)))
        self.notices = remarks(self._run.finish())
        if self._broken:
            self.notices += (refused({"code": "geometry-broken", "params": {"count": self._broken}}),)

    @property
    def usage(self) -> dict[str, float]:
        """CPU seconds and bytes resident of the confined process, once it has ended."""
        return self._run.usage

    def _shapes(self, wkb: pa.Array) -> npt.NDArray[np.object_]:
        values = wkb.to_numpy(zero_copy_only=False)
        # coordinates that are no numbers: the loader rejects their features
        with np.errstate(invalid="ignore"):
            shapes = np.asarray(shapely.from_wkb(values, on_invalid="fix"))
        self._broken += int((shapely.is_missing(shapes) & np.asarray(wkb.is_valid())).sum())
        return shapes


def _column(column: pa.Array) -> npt.NDArray[Any]:
    number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    if pa.types.is_string(column.type) or (number and column.null_count == 0):
        return np.asarray(column.to_numpy(zero_copy_only=False))
    values = np.empty(len(column), dtype=object)
    values[:] = column.to_pylist()
    return values


class FeatureBatches:
    """A layer of an untrusted file as tables in EPSG:4490, one after the other; a context manager.

    Attributes
    ----------
    source_name, source_sha256, source_crs
        Where it is from; the CRS as a label.
    layer_name
        Of the layer inside the file.
    feature_count
        What the file states; None where it states nothing. For showing progress: it may be wrong.
    notices
        What there is to say about the file; complete after the last batch.
    """

    def __init__(
        self, declared: _Declared, path: Path, sha256: str | None, epsg: int | None, swap_axes: bool
    ) -> None:
        self._declared, self._path, self._epsg, self._swap = declared, path, epsg, swap_axes
        self.source_name = path.name
        self.source_sha256 = sha256 or file_hash(path)
        self.source_crs = ""
        self.layer_name = ""
        self.feature_count: int | None = None
        self._own: tuple[Notice, ...] = ()

    def __enter__(self) -> FeatureBatches:
        self._declared.__enter__()
        try:
            self._crs = self._decided()
        except BaseException:
            self._declared.__exit__()
            raise
        self.source_crs = projection.label(self._crs)
        self.layer_name, self.feature_count = self._declared.layer, self._declared.count
        return self

    def __exit__(self, *error: object) -> None:
        self._declared.__exit__(*error)

    def _decided(self) -> pyproj.CRS:
        if self._swap:
            self._own += (Notice("axes-swapped-as-asked", "已按说明对调两个坐标轴。"),)
        if self._declared.crs is not None:
            crs = projection.declared(self._declared.crs)
        elif self._epsg is not None:
            crs = projection.declared(f"EPSG:{self._epsg}")
            self._own += (
                Notice("crs-answered", "文件没有声明坐标系，按 EPSG:%(epsg)d 读取。", {"epsg": self._epsg}),
            )
        else:
            raise UnreadableFile(Notice("crs-not-given", "文件没有声明坐标系，请说明它的 EPSG 代码。"))
        projection.check(crs)
        return crs

    @property
    def notices(self) -> tuple[Notice, ...]:
        return self._declared.notices + self._own

    @property
    def usage(self) -> dict[str, float]:
        """CPU seconds and bytes resident of the confined process, once it has ended."""
        return self._declared.usage

    def __iter__(self) -> Iterator[Table]:
        first = True
        for columns, shapes in self._declared:
            if self._swap:
                shapes = shapely.transform(shapes, lambda xy: xy[:, ::-1])
            if first and len(shapes):
                projection.check_axes(shapes, self._crs)
                first = False
            yield self._table(columns, projection.to_degrees(shapes, self._crs))

    def _table(self, columns: dict[str, npt.NDArray[Any]], shapes: npt.NDArray[np.object_]) -> Table:
        return from_columns(
            columns, shapes, source_name=self.source_name, source_sha256=self.source_sha256, source_crs=self.source_crs,
        )  # fmt: skip


def file_hash(path: Path) -> str:
    """SHA-256 (hex) of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_batches(
    path: Path,
    *,
    layer_name: str | None = None,
    epsg: int | None = None,
    swap_axes: bool = False,
    size: int = _BATCH,
    skip: int = 0,
    count: int | None = None,
    sha256: str | None = None,
    limits: Limits | None = None,
    bwrap: str = "bwrap",
) -> FeatureBatches:
    """Open one layer of an untrusted file in confinement, for reading batch by batch.

    Parameters
    ----------
    path
        The file; its name's extension is not believed.
    layer_name
        Which layer, where the file has several.
    epsg
        The answer to "which coordinate system?", used only where the file declares none.
    swap_axes
        The file has latitude or northing first.
    size
        Features of a batch at most; large ones come in smaller batches.
    skip, count
        Only these features, in the file's order: how several processes share a file.
    sha256
        The file's, where it is known already; otherwise it is computed now.
    limits
        Bounds; by default time and output grow with the file's size.
    bwrap
        The program to confine with.

    Returns
    -------
    A context manager; iterating it yields `Table`s in EPSG:4490 longitude/latitude, projected edges densified to
    1 mm.

    Raises
    ------
    UnreadableFile
        Here, on entering or while iterating, with notices in Chinese: not a format read here, hostile, damaged, past
        a limit, without a CRS, or confinement isn't possible on this machine.
    """
    declared = _Declared(
        path, layer_name=layer_name, size=size, skip=skip, count=count, limits=limits, bwrap=bwrap
    )
    return FeatureBatches(declared, path, sha256, epsg, swap_axes)


@overload
def read_features(
    path: Path,
    *,
    layer_name: str | None = None,
    epsg: int | None = None,
    swap_axes: bool = False,
    keep_crs: Literal[False] = False,
    limits: Limits | None = None,
    bwrap: str = "bwrap",
) -> Table: ...


@overload
def read_features(
    path: Path,
    *,
    layer_name: str | None = None,
    epsg: int | None = None,
    swap_axes: bool = False,
    keep_crs: Literal[True],
    limits: Limits | None = None,
    bwrap: str = "bwrap",
    whole_drawing: bool = False,
) -> DeclaredFeatures: ...


def read_features(
    path: Path,
    *,
    layer_name: str | None = None,
    epsg: int | None = None,
    swap_axes: bool = False,
    keep_crs: bool = False,
    limits: Limits | None = None,
    bwrap: str = "bwrap",
    whole_drawing: bool = False,
) -> Table | DeclaredFeatures:
    """Read one layer of an untrusted file in confinement, all of it into memory; see `open_batches`.

    `whole_drawing`, with `keep_crs`, gives all that a CAD drawing or a KML shows, of all its layers and folders at
    once: open lines, points and texts too.

    Returns
    -------
    A `Table` in EPSG:4490 longitude/latitude, projected edges densified to 1 mm; or, with `keep_crs`,
    `DeclaredFeatures`.
    """
    if keep_crs:
        return _as_declared(path, layer_name, limits, bwrap, whole_drawing)
    with open_batches(
        path, layer_name=layer_name, epsg=epsg, swap_axes=swap_axes, limits=limits, bwrap=bwrap
    ) as stream:
        tables = list(stream)
    attributes = [cast(dict[str, npt.NDArray[Any]], table.attributes) for table in tables]
    return Table(
        geometries=_joined([table.geometries for table in tables]),
        keys=_joined([np.asarray(table.keys) for table in tables]),
        class_codes=_joined([np.asarray(table.class_codes) for table in tables]),
        names=_joined([np.asarray(table.names) for table in tables]),
        attributes={name: _joined([part[name] for part in attributes]) for name in (attributes or [{}])[0]},
        source_name=stream.source_name,
        source_sha256=stream.source_sha256,
        source_crs=stream.source_crs,
        notices=stream.notices,
    )


def _joined(parts: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=object)


def _as_declared(
    path: Path, layer_name: str | None, limits: Limits | None, bwrap: str, whole_drawing: bool
) -> DeclaredFeatures:
    with _Declared(
        path, layer_name=layer_name, size=_BATCH, skip=0, count=None, limits=limits, bwrap=bwrap,
        whole_drawing=whole_drawing,
    ) as stream:  # fmt: skip
        batches = list(stream)
    names = list(batches[0][0]) if batches else []
    return DeclaredFeatures(
        columns={name: _joined([columns[name] for columns, _ in batches]) for name in names},
        geometries=_joined([shapes for _, shapes in batches]),
        crs=stream.crs,
        encoding=stream.encoding,
        source_name=path.name,
        source_sha256=file_hash(path),
        notices=stream.notices,
    )
