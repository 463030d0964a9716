"""The findings of a version as a file: for a GIS, or for a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import shapely

from layers.models import LayerVersion, QualityFinding, Severity
from layers.quality.findings import Kind

FORMATS = ("gpkg", "csv")
COLUMNS = ("类型", "严重程度", "要素标识", "另一要素", "字段", "说明", "面积（平方米）", "经度", "纬度")
_NUMBERS = COLUMNS[-3:]
_PLACES = ("问题位置", "MultiPoint")
_SHAPES = {1: ("问题图形（线）", "MultiLineString"), 2: ("问题图形（面）", "MultiPolygon")}
# what spreadsheets take for the beginning of a formula, also in full width
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def write(version: LayerVersion, path: Path, format: str) -> None:
    """Write the findings that are kept, in the order they were found.

    Parameters
    ----------
    version
        Any version.
    path
        A file that doesn't exist yet.
    format
        ``"gpkg"``: one layer with the place of each finding, and more with their shapes, EPSG:4490. ``"csv"``: UTF-8
        with a mark at its beginning, as spreadsheets want it; texts that they would take for formulas begin with an
        apostrophe.
    """
    if format not in FORMATS:
        raise ValueError(f"unknown format {format!r}")
    rows = QualityFinding.objects.filter(version=version).order_by("pk").iterator(2000)
    if format == "csv":
        _write_csv(path, rows)
    else:
        _write_gpkg(path, list(rows))


def _cells(row: QualityFinding) -> tuple[Any, ...]:
    x, y = row.place.coords if row.place is not None else (None, None)
    return (
        Kind(row.kind).label if row.kind in Kind.values else row.kind, Severity(row.severity).label, row.key,
        row.other_key, row.field, row.template % row.params, row.area_m2, x, y,
    )  # fmt: skip


def _write_csv(path: Path, rows: Iterable[QualityFinding]) -> None:
    with path.open("x", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(_harmless(_cells(row)) for row in rows)


def _harmless(cells: tuple[Any, ...]) -> Iterator[Any]:
    for cell in cells:
        if isinstance(cell, str) and cell.startswith(_FORMULA):
            yield "'" + cell
        else:
            yield "" if cell is None else cell


def _write_gpkg(path: Path, rows: list[QualityFinding]) -> None:
    cells = [_cells(row) for row in rows]
    places = _geometries([row.place for row in rows])
    shapes = _geometries([row.geom for row in rows])
    dimensions = shapely.get_dimensions(shapes)
    _layer(path, *_PLACES, places, cells)
    for dimension in _SHAPES:
        some = np.flatnonzero(dimensions == dimension)
        if len(some):
            _layer(path, *_SHAPES[dimension], shapes[some], [cells[row] for row in some.tolist()])


def _geometries(values: list[Any]) -> Any:
    result = np.empty(len(values), dtype=object)
    result[:] = [None if value is None else bytes(value.wkb) for value in values]
    return shapely.from_wkb(result)


def _layer(path: Path, name: str, kind: str, geometries: Any, cells: list[tuple[Any, ...]]) -> None:
    columns: list[Any] = []
    for number, column in enumerate(COLUMNS):
        values = [row[number] for row in cells]
        if column in _NUMBERS:
            columns.append(
                np.array([np.nan if value is None else value for value in values], dtype=np.float64)
            )
        else:
            columns.append(np.array(values, dtype=object))
    pyogrio.raw.write(
        str(path), shapely.to_wkb(geometries), columns, list(COLUMNS), layer=name, driver="GPKG", geometry_type=kind,
        crs="EPSG:4490", promote_to_multi=True, nan_as_null=True,
    )  # fmt: skip
