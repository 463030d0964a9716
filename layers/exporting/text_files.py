"""GeoJSON and CSV, written row by row."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from layers.exporting.batches import Source
from layers.exporting.schema import value_of
from layers.notices import Notice

_DEGREES = 9
_METRES = 4
# What a spreadsheet takes for the beginning of a formula, also in full width.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
CSV_GEOMETRY = "WKT"


def geojson(source: Source, path: Path, metadata: dict[str, Any]) -> list[Notice]:
    """A FeatureCollection (RFC 7946), longitude and latitude, with where it is from beside the features."""
    columns = source.outline.columns
    with path.open("w", encoding="utf-8") as file:
        head = {"type": "FeatureCollection", "name": source.version.layer.code, "metadata": metadata}
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [')
        separator = "\n"
        for rows, geometries in source.batches():
            rounded = shapely.transform(geometries, lambda xy: np.round(xy, _DEGREES))
            shapes = shapely.to_geojson(shapely.orient_polygons(rounded)).tolist()
            for row, shape in zip(rows, shapes, strict=True):
                said = {column.name: value_of(column, row) for column in columns}
                present = {name: value for name, value in said.items() if value is not None}
                properties = json.dumps(present, ensure_ascii=False)
                key = json.dumps(row.key, ensure_ascii=False)
                file.write(
                    f'{separator}{{"type": "Feature", "id": {key}, "properties": {properties}, "geometry": {shape}}}'
                )
                separator = ",\n"
        file.write("\n]}\n")
    return []


def csv_table(source: Source, path: Path, metadata: dict[str, Any], encoding: str) -> list[Notice]:
    """A table with the geometry as WKT. Text that a spreadsheet would run gets an apostrophe before it."""
    columns = source.outline.columns
    decimals = _DEGREES if source.epsg == 4490 else _METRES
    marked = 0
    # a BOM tells Excel that UTF-8 is meant
    with path.open(
        "w", encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="", errors="replace"
    ) as file:
        writer = csv.writer(file)
        writer.writerow([*(_cell(column.name) for column in columns), CSV_GEOMETRY])
        for rows, geometries in source.batches():
            shapes = shapely.to_wkt(geometries, rounding_precision=decimals).tolist()
            for row, shape in zip(rows, shapes, strict=True):
                values = [value_of(column, row) for column in columns]
                cells = [_cell(value) for value in values]
                marked += sum(
                    type(value) is str and value != cell for value, cell in zip(values, cells, strict=True)
                )
                writer.writerow([*cells, shape])
    if not marked:
        return []
    return [
        Notice(
            "formula-marked", "%(count)d 个单元格以公式符号开头，已在前面加单引号，以免表格软件执行。",
            {"count": marked},
        )
    ]  # fmt: skip


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
    return json.dumps(value)
