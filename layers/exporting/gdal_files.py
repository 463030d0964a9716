"""GeoPackage and zipped shapefile, by GDAL."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyogrio.raw

from layers.exporting.batches import GEOMETRY, Source
from layers.exporting.schema import Column, renamed
from layers.notices import Notice, Refused

_MULTI_TYPES = {"polygon": "MultiPolygon", "line": "MultiLineString", "point": "MultiPoint"}
_SHAPE_TYPES = {"polygon": "Polygon", "line": "LineString", "point": "MultiPoint"}
MAX_BYTES = 2**31 - 1  # offsets of both of its files count in 32 bits
_MAX_FIELDS = 255
_NAME_BYTES = 10
TEXT_BYTES = 254
_WIDTHS = {"integer": 18, "number": 24, "boolean": 1}


def geopackage(source: Source, path: Path, metadata: dict[str, Any]) -> list[Notice]:
    """One table named after the layer's code; where it is from stands in the metadata tables."""
    families = source.outline.families
    code = source.version.layer.code
    names = {column.name.lower() for column in source.outline.columns}
    pyogrio.raw.write_arrow(
        source.arrow(source.outline.columns, multi=True),
        path,
        layer=code,
        driver="GPKG",
        geometry_name=GEOMETRY,
        geometry_type=_MULTI_TYPES[next(iter(families))] if len(families) == 1 else "Unknown",
        crs=f"EPSG:{source.epsg}",
        # 1.3: what programs that are a few years old read without a complaint
        dataset_options={"VERSION": "1.3"},
        layer_options={
            "IDENTIFIER": code,
            "DESCRIPTION": source.version.layer_name,
            "FID": next(name for name in ("fid", "ogc_fid", "_ogc_fid_") if name not in names),
        },
        layer_metadata={name: _said(value) for name, value in metadata.items()},
    )
    return []


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def shapefile(source: Source, path: Path, metadata: dict[str, Any], encoding: str) -> list[Notice]:
    """A zip with .shp .shx .dbf .prj .cpg and a JSON that says where it is from.

    Raises
    ------
    Refused
        The format can't hold it: files past 2 GB, more than 255 fields, several kinds of geometry.
    """
    outline = source.outline
    if len(outline.families) > 1 or "collection" in outline.families:
        raise Refused(
            Notice("shapefile-one-kind", "shapefile 只能存一种几何类型，这里有多种，请改用 GeoPackage。")
        )
    if len(outline.columns) > _MAX_FIELDS:
        raise Refused(
            Notice(
                "shapefile-fields", "共 %(count)d 个字段，shapefile 最多 %(limit)d 个，请改用 GeoPackage。",
                {"count": len(outline.columns), "limit": _MAX_FIELDS},
            )
        )  # fmt: skip
    columns, notices = _short(outline.columns, encoding)
    rows = outline.features * (1 + sum(_width(column) for column in columns))
    shapes = outline.features * 64 + outline.vertices * 16
    if max(rows, shapes) > MAX_BYTES:
        raise Refused(
            Notice(
                "shapefile-size",
                "按估计文件将超过 shapefile 的上限 2 GB，请筛选后再导出，或改用 GeoPackage。",
            )
        )
    fitted = _Fitted(encoding)
    code = source.version.layer.code
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".shapefile-") as folder:
        stream = source.arrow(columns, multi=False)
        pyogrio.raw.write_arrow(
            pa.RecordBatchReader.from_batches(stream.schema, fitted.batches(stream)),
            Path(folder) / f"{code}.shp",
            driver="ESRI Shapefile",
            geometry_name=GEOMETRY,
            geometry_type=_SHAPE_TYPES[next(iter(outline.families), "polygon")],
            crs=f"EPSG:{source.epsg}",
            encoding=encoding.upper(),
        )
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
            for part in sorted(Path(folder).iterdir()):
                archive.write(part, part.name)
            archive.writestr(f"{code}.json", json.dumps(metadata, ensure_ascii=False, indent=1))
    return [*notices, *fitted.notices()]


def _width(column: Column) -> int:
    return min(TEXT_BYTES, max(column.bytes, 1)) if column.kind == "text" else _WIDTHS[column.kind]


def _short(columns: Sequence[Column], encoding: str) -> tuple[list[Column], list[Notice]]:
    """Names of at most 10 bytes, none twice; the last letters give way to a number."""
    taken: set[str] = set()
    result, notices = [], []
    for column in columns:
        name, number = _cut(column.name, encoding, _NAME_BYTES) or "F", 1
        while name.lower() in taken:
            number += 1
            name = f"{_cut(column.name, encoding, _NAME_BYTES - len(str(number)) - 1)}_{number}"
        taken.add(name.lower())
        if name != column.name:
            notices.append(renamed(column.name, name))
        result.append(replace(column, name=name))
    return result, notices


def _cut(text: str, encoding: str, most: int) -> str:
    """What fits into so many bytes, by whole characters; what the encoding lacks becomes a question mark."""
    return text.encode(encoding, "replace")[:most].decode(encoding, "ignore")


class _Fitted:
    """Texts as a dbf can hold them; counts what it can't."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self.shortened: dict[str, int] = {}
        self.replaced: dict[str, int] = {}

    def batches(self, stream: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        for batch in stream:
            columns = [
                self._column(batch.schema.names[i], column) if pa.types.is_string(column.type) else column
                for i, column in enumerate(batch.columns)
            ]
            yield pa.record_batch(columns, schema=batch.schema)

    def _column(self, name: str, column: pa.Array) -> pa.Array:
        known: dict[str | None, str | None] = {None: None}
        values = column.to_pylist()
        for value in values:
            if value not in known:
                known[value] = self._text(name, value)
        return pa.array([known[value] for value in values], pa.string())

    def _text(self, name: str, value: str) -> str:
        if len(value) * 4 <= TEXT_BYTES and value.isascii():
            return value
        data = value.encode(self.encoding, "replace")
        if data.decode(self.encoding) != value:
            self.replaced[name] = self.replaced.get(name, 0) + 1
        if len(data) > TEXT_BYTES:
            self.shortened[name] = self.shortened.get(name, 0) + 1
        return data[:TEXT_BYTES].decode(self.encoding, "ignore")

    def notices(self) -> list[Notice]:
        told = [
            ("text-shortened", "字段 %(field)s 有 %(count)d 种文本超过 254 字节，已截断。", self.shortened),
            (
                "text-replaced",
                "字段 %(field)s 有 %(count)d 种文本含所选编码没有的字，以问号代替。",
                self.replaced,
            ),
        ]
        return [
            Notice(code, template, {"field": name, "count": count})
            for code, template, counts in told
            for name, count in sorted(counts.items())
        ]
