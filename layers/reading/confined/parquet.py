"""GeoParquet: the `geo` metadata says which column is the geometry, how it is encoded and in which CRS."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from .bounds import refuse
from .sources import Batch, Head, Opened, without_first

_NATIVE = {
    "point": shapely.GeometryType.POINT,
    "linestring": shapely.GeometryType.LINESTRING,
    "polygon": shapely.GeometryType.POLYGON,
    "multipoint": shapely.GeometryType.MULTIPOINT,
    "multilinestring": shapely.GeometryType.MULTILINESTRING,
    "multipolygon": shapely.GeometryType.MULTIPOLYGON,
}
_NAME = "parquet"


class GeoParquet:
    """A Parquet file; it holds one layer."""

    def __init__(self, task: dict[str, Any]) -> None:
        self.notices: list[dict[str, Any]] = []
        # buffered: a row group's columns are read piece by piece, not whole
        self._file = pq.ParquetFile(
            task["path"], memory_map=False, buffer_size=1 << 20, pre_buffer=False,
            thrift_string_size_limit=64 << 20, thrift_container_size_limit=1 << 20,
        )  # fmt: skip
        try:
            geo = json.loads((self._file.schema_arrow.metadata or {}).get(b"geo", b"null"))
        except ValueError:
            geo = None
        columns = geo.get("columns") if isinstance(geo, dict) else None
        primary = geo.get("primary_column") if isinstance(geo, dict) else None
        column = columns.get(primary) if isinstance(columns, dict) else None
        if not isinstance(column, dict) or self._file.schema_arrow.get_field_index(str(primary)) < 0:
            refuse("parquet-without-geo")
        self._primary: str = str(primary)
        self._geometries = set(columns or ())
        self._column: dict[str, Any] = column
        self._encoding = str(column.get("encoding", "")).lower()
        if self._encoding != "wkb" and self._encoding not in _NATIVE:
            refuse("parquet-encoding", name=self._encoding[:40])

    def names(self) -> list[str]:
        return [_NAME]

    def open(self, name: str, *, skip: int, size: int) -> Opened:
        """The layer for streaming."""
        schema = self._file.schema_arrow
        kept = [field for field in schema if field.name not in self._geometries and field.name != "bbox"]
        groups: list[int] = []
        left = skip
        for number in range(self._file.num_row_groups):
            rows = self._file.metadata.row_group(number).num_rows
            if left >= rows and not groups:
                left -= rows
            else:
                groups.append(number)

        def batches() -> Iterator[Batch]:
            names = [*(field.name for field in kept), self._primary]
            for batch in self._file.iter_batches(size, row_groups=groups, columns=names, use_threads=False):
                yield [batch.column(field.name) for field in kept], self._wkb(batch.column(self._primary))

        types = self._column.get("geometry_types")
        bounds = self._column.get("bbox")
        return Opened(
            Head(
                name, "/".join(map(str, types))[:80] if isinstance(types, list) and types else None,
                self._file.metadata.num_rows, self._crs(), _box(bounds),
            ),
            [(field.name, field.type) for field in kept],
            without_first(batches(), left),
        )  # fmt: skip

    def _crs(self) -> str | None:
        if "crs" not in self._column:
            return "OGC:CRS84"  # what the specification says of a file that says nothing
        crs = self._column["crs"]
        return None if crs is None else json.dumps(crs) if isinstance(crs, dict) else str(crs)

    def _wkb(self, column: pa.Array) -> pa.Array:
        if self._encoding == "wkb":
            if not (pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)):
                refuse("parquet-encoding", name=str(column.type)[:40])
            return column
        return _native(column, self._encoding)


def _native(column: pa.Array, encoding: str) -> pa.Array:
    """Nested lists of coordinates → WKB."""
    present = column.is_valid()
    levels: list[np.ndarray] = []
    values = column.drop_null()
    while pa.types.is_list(values.type) or pa.types.is_large_list(values.type):
        levels.insert(0, np.asarray(values.offsets) - values.offsets[0].as_py())
        values = values.flatten()
    if pa.types.is_struct(values.type):
        coordinates = np.column_stack([np.asarray(values.field(axis), dtype=float) for axis in ("x", "y")])
    elif pa.types.is_fixed_size_list(values.type):
        width = values.type.list_size
        coordinates = np.asarray(values.flatten(), dtype=float).reshape(-1, width)[:, :2]
    else:
        refuse("parquet-encoding", name=str(column.type)[:40])
    shapes = np.empty(len(column), dtype=object)
    shapes[np.asarray(present)] = shapely.from_ragged_array(
        _NATIVE[encoding], coordinates.copy(), tuple(levels)
    )
    return pa.array(shapely.to_wkb(shapes), pa.binary())


def _box(value: Any) -> tuple[float, float, float, float] | None:
    if (
        not isinstance(value, list)
        or len(value) not in (4, 6)
        or not all(isinstance(v, int | float) for v in value)
    ):
        return None
    half = len(value) // 2
    return float(value[0]), float(value[1]), float(value[half]), float(value[half + 1])
