"""Rows as Arrow batches, in the coordinates of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyproj
import shapely

from layers.browsing import Row, Selection, batches
from layers.exporting.schema import Column, Outline, value_of
from layers.models import LayerVersion

AT_ONCE = 5000
GEOMETRY = "geom"
_TYPES = {"text": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}
_MULTI = {0: shapely.multipoints, 1: shapely.multilinestrings, 3: shapely.multipolygons}

#: Called with the number of features done.
Counting = Callable[[int], None]


@dataclass(frozen=True)
class Source:
    """What a writer writes: the features chosen, their columns, the coordinate system, and who counts them."""

    version: LayerVersion
    selection: Selection
    outline: Outline
    epsg: int
    counting: Counting
    failures: list[BaseException] = field(
        default_factory=list
    )  # of a stream, which GDAL ends without a reason

    def batches(self) -> Iterator[tuple[list[Row], npt.NDArray[np.object_]]]:
        """Rows with their geometries in the file's coordinates, in the order of their keys."""
        done = 0
        for rows in batches(self.version, self.selection, at_once=AT_ONCE):
            yield rows, placed(np.array([row.geometry for row in rows], dtype=object), self.epsg)
            done += len(rows)
            self.counting(done)

    def _noting_failures(self) -> Iterator[tuple[list[Row], npt.NDArray[np.object_]]]:
        try:
            yield from self.batches()
        except Exception as error:
            self.failures.append(error)
            raise

    def arrow(self, columns: Sequence[Column], *, multi: bool) -> pa.RecordBatchReader:
        """The same as a stream of Arrow batches; ``multi`` makes every geometry one of several parts."""
        fields = [pa.field(column.name, _TYPES[column.kind]) for column in columns]
        schema = pa.schema([*fields, pa.field(GEOMETRY, pa.binary())])

        def made() -> Iterator[pa.RecordBatch]:
            for rows, geometries in self._noting_failures():
                wkb = shapely.to_wkb(as_multi(geometries) if multi else geometries).tolist()
                arrays = [
                    pa.array([value_of(column, row) for row in rows], type=field.type)
                    for column, field in zip(columns, fields, strict=True)
                ]
                yield pa.record_batch([*arrays, pa.array(wkb, pa.binary())], schema=schema)

        return pa.RecordBatchReader.from_batches(schema, made())


def placed(geometries: npt.NDArray[np.object_], epsg: int) -> npt.NDArray[np.object_]:
    """EPSG:4490 longitude/latitude, untouched, or easting and northing of a zone.

    Vertices are moved one by one: on the way in projected edges were split so finely that the chord stays true to a
    millimetre, and what was drawn in degrees is straight there.
    """
    if epsg == 4490:
        return geometries
    transformer = _transformer(epsg)
    return np.asarray(
        shapely.transform(geometries, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])))
    )


@lru_cache(maxsize=32)
def _transformer(epsg: int) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs("EPSG:4490", f"EPSG:{epsg}", always_xy=True)


def as_multi(geometries: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Points, lines and polygons as multi-part geometries of one part."""
    result = geometries.copy()
    kinds = shapely.get_type_id(geometries)
    for kind, gather in _MULTI.items():
        rows = np.flatnonzero(kinds == kind)
        if len(rows):
            result[rows] = gather(geometries[rows], indices=np.arange(len(rows)))
    return result
