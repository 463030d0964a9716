"""A layer version as a Parquet file: what a worker without a database reads.

GeoParquet (1.1, WKB) with key, number, class, exact area, attributes and box of each piece, in spatial order; so a
worker reads only the row groups (the partitions of a version), and decodes only the rows, whose boxes meet its sites.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq
import pyproj
import shapely

from siting.engine.area import FloatArray, IntArray
from siting.engine.many import SiteAreas, overlap_areas
from siting.engine.overlap import BoolArray, LayerPieces
from siting.engine.slivers import ObjectArray

ROW_GROUP = 10_000
_BOX = ("west", "south", "east", "north")
_COLUMNS = ("key", "piece", "class_code", "area_m2", "geometry")
_ATTRIBUTE = "attribute:"


def write(
    path: Path,
    parts: Iterable[LayerPieces | tuple[LayerPieces, IntArray]],
    *,
    non_overlapping: bool,
    known_valid: bool,
    fields: Sequence[str] = (),
) -> int:
    """Write a layer that comes in parts, in spatial order; how many pieces it has.

    Parameters
    ----------
    path
        The file stands complete under this name or not at all.
    parts
        Pieces, and where features come in several of them the numbers (n,) that order those of one feature.
    non_overlapping, known_valid
        As in `LayerPieces`.
    fields
        The attributes to write; every part has them.
    """
    schema = pa.schema(
        [
            ("key", pa.string()),
            ("piece", pa.int64()),
            ("class_code", pa.string()),
            ("area_m2", pa.float64()),
            ("geometry", pa.binary()),
        ]
        + [(_ATTRIBUTE + name, pa.string()) for name in fields]
        + [(name, pa.float64()) for name in _BOX],
        metadata={
            "geo": json.dumps(_geo()),
            "layer": json.dumps({"non_overlapping": non_overlapping, "known_valid": known_valid}),
        },
    )
    count = 0
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    with pq.ParquetWriter(unfinished, schema, compression="none", use_dictionary=False) as writer:
        for given in parts:
            part, numbers = given if isinstance(given, tuple) else (given, np.zeros(len(given.keys), np.intp))
            columns = [
                part.keys,
                numbers,
                part.classes,
                part.areas,
                shapely.to_wkb(part.geometries, include_srid=False),
            ]
            columns += [part.attributes[name] for name in fields]
            columns += list(shapely.bounds(part.geometries).T)
            writer.write_table(pa.table(columns, schema=schema), row_group_size=ROW_GROUP)
            count += len(part.keys)
    unfinished.replace(path)
    return count


def _geo() -> dict[str, object]:
    return {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {
            "geometry": {
                "encoding": "WKB",
                "geometry_types": ["Polygon", "MultiPolygon"],
                "crs": pyproj.CRS.from_epsg(4490).to_json_dict(),
            }
        },
    }


def read(path: Path, sites: ObjectArray | None = None, *, threads: int = 1) -> LayerPieces:
    """Read the pieces whose boxes meet a box of the sites, EPSG:4490; all of them without sites."""
    with pq.ParquetFile(path, memory_map=True) as file:
        layer = json.loads(file.schema_arrow.metadata[b"layer"])
        if sites is None:
            table = file.read(columns=_columns(file))
        else:
            near = _Neighbourhood(shapely.bounds(sites))
            # Group by group, so that the memory of what isn't needed is used again.
            found = [_near_rows(file, group, near) for group in range(file.num_row_groups)]
            table = pa.concat_tables([part for part in found if part is not None] or [_no_rows(file)])
    return _pieces(table, layer, threads)


def _pieces(table: pa.Table, layer: dict[str, bool], threads: int = 1) -> LayerPieces:
    wkb = table["geometry"].to_numpy(zero_copy_only=False)
    with ThreadPoolExecutor(max(1, threads)) as pool:
        geometries = np.concatenate(list(pool.map(shapely.from_wkb, np.array_split(wkb, max(1, threads)))))
    return LayerPieces(
        keys=table["key"].to_numpy(zero_copy_only=False),
        classes=table["class_code"].to_numpy(zero_copy_only=False),
        areas=table["area_m2"].to_numpy(),
        geometries=geometries,
        non_overlapping=layer["non_overlapping"],
        known_valid=layer["known_valid"],
        attributes={
            name.removeprefix(_ATTRIBUTE): table[name].to_numpy(zero_copy_only=False)
            for name in table.column_names
            if name.startswith(_ATTRIBUTE)
        },
    )


class PartitionFile:
    """A layer version's file, open for questions about one block of sites after the other."""

    def __init__(self, path: Path) -> None:
        self._file = pq.ParquetFile(path, memory_map=True)
        schema = self._file.schema_arrow
        self._layer = json.loads(schema.metadata[b"layer"])
        self._columns = _columns(self._file)
        groups = range(self._file.num_row_groups)
        self._extents = np.concatenate([np.empty((0, 4)), *(_box_of(self._file, group) for group in groups)])
        self._boxes: dict[int, FloatArray] = {}

    def near(self, boxes: FloatArray) -> LayerPieces:
        """Read the pieces whose boxes meet one of some boxes, sorted by key and, of one feature, by number.

        Parameters
        ----------
        boxes
            float64 (m, 4), m > 0: west, south, east, north; degrees.
        """
        around = np.concatenate((boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)))
        parts = []
        for group in np.flatnonzero(_meet(self._extents, around)).tolist():
            own = self._boxes_of(group)
            rows = np.flatnonzero(_meet(own, around))
            wanted = np.zeros(len(rows), dtype=bool)
            for box in boxes:
                wanted |= _meet(own[rows], box)
            if wanted.any():
                table = self._file.read_row_group(group, columns=self._columns)
                parts.append(table.take(pa.array(rows[wanted])))
        table = pa.concat_tables(parts or [self._file.schema_arrow.empty_table().select(self._columns)])
        order = pa.compute.sort_indices(table, sort_keys=[("key", "ascending"), ("piece", "ascending")])
        return _pieces(table.take(order), self._layer)

    def _boxes_of(self, group: int) -> FloatArray:
        if group not in self._boxes:
            columns = self._file.read_row_group(group, columns=list(_BOX))
            self._boxes[group] = np.column_stack([columns[name].to_numpy() for name in _BOX])
        return self._boxes[group]


def _meet(boxes: FloatArray, box: FloatArray) -> BoolArray:
    """Whether boxes (n, 4) meet one box; touching counts."""
    meeting: BoolArray = (
        (boxes[:, 0] <= box[2]) & (boxes[:, 1] <= box[3]) & (boxes[:, 2] >= box[0]) & (boxes[:, 3] >= box[1])
    )
    return meeting


def _near_rows(file: pq.ParquetFile, group: int, near: _Neighbourhood) -> pa.Table | None:
    if not near.meets(_box_of(file, group))[0]:
        return None
    boxes = file.read_row_group(group, columns=list(_BOX))
    rows = near.meets(np.column_stack([boxes[name].to_numpy() for name in _BOX]))
    return file.read_row_group(group, columns=_columns(file)).filter(pa.array(rows)) if rows.any() else None


def _no_rows(file: pq.ParquetFile) -> pa.Table:
    return file.schema_arrow.empty_table().select(_columns(file))


def _columns(file: pq.ParquetFile) -> list[str]:
    """What there is to read of a piece, its attributes too."""
    return [*_COLUMNS, *(name for name in file.schema_arrow.names if name.startswith(_ATTRIBUTE))]


def _box_of(file: pq.ParquetFile, group: int) -> FloatArray:
    """The box (1, 4) of a row group, from the statistics that Parquet keeps of each column."""
    first = file.schema_arrow.get_field_index(_BOX[0])
    found = [file.metadata.row_group(group).column(first + k).statistics for k in range(4)]
    return np.array([[found[0].min, found[1].min, found[2].max, found[3].max]])


class _Neighbourhood:
    """Tells of a million boxes in a moment which may meet one of some others: by counting cells of a grid.

    It says yes a little too often (within a cell), never no too often.
    """

    _CELLS = 2048

    def __init__(self, boxes: FloatArray) -> None:
        self._corner = boxes[:, :2].min(axis=0)
        extent = boxes[:, 2:].max(axis=0) - self._corner
        self._cell = np.maximum(extent, 1e-9) / (self._CELLS - 1)
        low, high = self._cells(boxes)
        # Each box adds one to all of its cells: by its corners in the differences, which are then summed up.
        steps = np.zeros((self._CELLS + 1, self._CELLS + 1), dtype=np.int32)
        for x, y, sign in (
            (low[:, 0], low[:, 1], 1),
            (high[:, 0] + 1, low[:, 1], -1),
            (low[:, 0], high[:, 1] + 1, -1),
            (high[:, 0] + 1, high[:, 1] + 1, 1),
        ):
            np.add.at(steps, (x, y), sign)
        taken = steps.cumsum(axis=0).cumsum(axis=1)[:-1, :-1] > 0
        self._counts = np.zeros((self._CELLS + 1, self._CELLS + 1), dtype=np.int32)
        self._counts[1:, 1:] = taken.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)

    def _cells(self, boxes: FloatArray) -> tuple[IntArray, IntArray]:
        low = np.floor((boxes[:, :2] - self._corner) / self._cell)
        high = np.floor((boxes[:, 2:] - self._corner) / self._cell)
        return low.astype(np.intp), high.astype(np.intp)

    def meets(self, boxes: FloatArray) -> BoolArray:
        """Whether boxes (n, 4) may meet any; bool (n,)."""
        low, high = self._cells(boxes)
        outside = (high < 0).any(axis=1) | (low >= self._CELLS).any(axis=1)
        low, high = np.clip(low, 0, self._CELLS - 1), np.clip(high, 0, self._CELLS - 1) + 1
        counts = self._counts
        inside = (
            counts[high[:, 0], high[:, 1]] - counts[low[:, 0], high[:, 1]]
            - counts[high[:, 0], low[:, 1]] + counts[low[:, 0], low[:, 1]]
        )  # fmt: skip
        meeting: BoolArray = (inside > 0) & ~outside
        return meeting


def overlap_near(sites: ObjectArray, layer: Path, threads: int = 1) -> SiteAreas:
    """Do a worker's whole work: read what lies near some sites (object array of WKB) and measure the overlap."""
    geometries = shapely.from_wkb(sites)
    return overlap_areas(geometries, read(layer, geometries, threads=threads), threads=threads)
