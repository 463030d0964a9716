"""What the attributes of features say, against their standard: missing, too long, unknown codes, wrong areas, garbled.

A column is looked at by its distinct values, so a million rows take seconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from layers import standards
from layers.areas import exact_areas
from layers.models import Severity
from layers.quality.encoding import damaged
from layers.quality.findings import Finding, Kind
from layers.quality.limits import LIMITS
from layers.standards import CodeList, Field, Standard
from layers.standards.mapping import columns_of
from layers.table import Table

_SHOWN = 40  # characters of a value that a sentence repeats
_SQUARE_METRES = {"m2": 1.0, "ha": 10_000.0, "km2": 1_000_000.0, "mu": 2000 / 3}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_INTEGER = re.compile(r"[+-]?\d+(\.0*)?")


@dataclass(frozen=True)
class _Column:
    """The distinct texts of a column, empty where there is no value, and which of them each row has."""

    texts: list[str]
    rows: npt.NDArray[np.intp]

    def where(self, test: Callable[[str], bool]) -> npt.NDArray[np.intp]:
        """The rows whose text passes."""
        passed = np.fromiter(map(test, self.texts), dtype=bool, count=len(self.texts))
        return np.flatnonzero(passed[self.rows])

    def text(self, row: int) -> str:
        return self.texts[self.rows[row]]


def check(
    table: Table,
    standard: Standard | None,
    class_system: str = "",
    *,
    areas: npt.NDArray[np.float64] | None = None,
) -> list[Finding]:
    """Look at one batch of features, under the standard's field names (`standards.apply`).

    Parameters
    ----------
    table
        The features.
    standard
        What their attributes should be; without it only codes and garbled texts are looked at. Columns that are absent
        altogether aren't reported here: `report.inspect` does that, once for the version.
    class_system
        The code system of the layer's classes; a class code outside its list is an error.
    areas
        Ellipsoidal areas (m²) of the features, where they are known already.
    """
    columns = columns_of(table)
    places = _Places(table)
    found: list[Finding] = []
    declared = {field.name: field for field in standard.fields} if standard is not None else {}
    classes = standard.field("class") if standard is not None else None
    codes = standards.code_list(class_system or (classes.code_list or "" if classes else ""))
    if codes is not None:
        found += _outside_list(_column(table.class_codes), classes, codes, places)
    for name, values in columns.items():
        field = declared.get(name)
        numeric = np.asarray(values).dtype.kind in "iuf"
        if field is None and numeric:
            continue
        if not numeric:
            found += _garbled(values, name, places)
        if field is None:
            continue
        column = _column(values)
        found += _of_field(column, field, places)
        if field.code_list and field is not classes:
            own = standards.code_list(field.code_list)
            assert own is not None, f"{field.name}: no code list {field.code_list}"
            found += _outside_list(column, field, own, places)
        if field.role == "area":
            found += _wrong_area(values, field, _areas(table, areas), places)
    found += _garbled(table.names, "", places) if not _named(standard, columns) else []
    return found


def absent(standard: Standard, columns: Iterable[str]) -> list[Finding]:
    """The required columns that a file doesn't have at all."""
    there = set(columns)
    return [
        Finding(
            Kind.REQUIRED, Severity.ERROR, "数据没有必填字段“%(label)s”（%(field)s）。",
            {"label": field.label, "field": field.name}, field=field.name,
        )
        for field in standard.fields if field.required and field.name not in there
    ]  # fmt: skip


def _named(standard: Standard | None, columns: Mapping[str, Any]) -> bool:
    """Whether the names are a column, too, and were looked at there."""
    field = standard.field("name") if standard is not None else None
    return field is not None and field.name in columns


class _Places:
    """Where the features are, worked out for those that are asked for."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._bounds: npt.NDArray[np.float64] | None = None

    def of(self, row: int) -> dict[str, Any]:
        """Key and place of a row, as a finding takes them."""
        if self._bounds is None:
            self._bounds = shapely.bounds(self._table.geometries)
        west, south, east, north = self._bounds[row].tolist()
        keys: Any = self._table.keys
        middle = ((west + east) / 2, (south + north) / 2)
        return {"key": str(keys[row]), "place": middle if west == west else None}


def _column(values: Any) -> _Column:
    values = np.asarray(values)
    if values.dtype.kind in "iuf":
        distinct, rows = np.unique(values, return_inverse=True)
        return _Column([_text(value) for value in distinct.tolist()], rows)
    number: dict[Any, int] = {}
    # JSON's lists and objects can't be told apart by a hash: by their text
    texts = (str(value) if isinstance(value, list | dict) else value for value in values.tolist())
    rows = np.fromiter(
        (number.setdefault(value, len(number)) for value in texts), dtype=np.intp, count=len(values)
    )
    return _Column([_text(value) for value in number], rows)


def _text(value: Any) -> str:
    """A value as a person writes it; nothing for a missing one."""
    if value is None or value != value:  # NaN is what a missing number reads as
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip().strip("\x00")


def _of_field(column: _Column, field: Field, places: _Places) -> list[Finding]:
    """Missing, too long, not of the field's form."""
    words = {"label": field.label, "field": field.name}
    found = []
    if field.required:
        found += [
            Finding(
                Kind.REQUIRED, Severity.ERROR, "必填字段“%(label)s”（%(field)s）没有值。", words, field=field.name,
                **places.of(row),
            )
            for row in column.where(lambda text: not text).tolist()
        ]  # fmt: skip
    if field.kind == "text" and field.length is not None:
        limit = field.length
        found += [
            Finding(
                Kind.TOO_LONG, Severity.WARNING,
                "“%(label)s”（%(field)s）有 %(length)d 个字符，标准只允许 %(limit)d 个。",
                {**words, "length": len(column.text(row)), "limit": limit}, field=field.name, **places.of(row),
            )
            for row in column.where(lambda text: len(text) > limit).tolist()
        ]  # fmt: skip
    form = {"integer": _INTEGER, "number": _NUMBER}.get(field.kind)
    if form is None and field.pattern:
        form = re.compile(field.pattern)
    if form is not None:
        whole = form.fullmatch
        found += [
            Finding(
                Kind.FORMAT, Severity.ERROR, "“%(label)s”（%(field)s）的值“%(value)s”不合规定的格式。",
                {**words, "value": column.text(row)[:_SHOWN]}, field=field.name, **places.of(row),
            )
            for row in column.where(lambda text: bool(text) and whole(text) is None).tolist()
        ]  # fmt: skip
    return found


def _outside_list(column: _Column, field: Field | None, codes: CodeList, places: _Places) -> list[Finding]:
    """Codes that their system doesn't have; and what another system that has them means by them."""
    name = field.name if field is not None else ""
    found = []
    for row in column.where(lambda text: bool(text) and text not in codes.codes).tolist():
        value = column.text(row)
        params = {"value": value[:_SHOWN], "system": codes.name}
        template = "代码“%(value)s”不在《%(system)s》中。"
        for other in standards.code_lists():
            if other.system in standards.CLASSIFICATIONS and value in other.codes:
                template = "代码“%(value)s”不在《%(system)s》中，在《%(other)s》中是“%(label)s”。"
                params |= {"other": other.name, "label": other.codes[value]}
                break
        found.append(Finding(Kind.CODE, Severity.ERROR, template, params, field=name, **places.of(row)))
    return found


def _garbled(values: Any, name: str, places: _Places) -> list[Finding]:
    if not _suspicious(values):
        return []
    column = _column(values)
    return [
        Finding(
            Kind.ENCODING, Severity.ERROR, "文字“%(value)s”像是用错了字符编码。",
            {"value": column.text(row)[:_SHOWN]}, field=name, **places.of(row),
        )
        for row in column.where(damaged).tolist()
    ]  # fmt: skip


def _suspicious(values: Any) -> bool:
    """Whether a column is worth a look text by text: hardly any is, and plain ones are told as a whole."""
    texts = np.asarray(values).tolist()
    try:
        plain = "".join(texts).isascii()
    except TypeError:  # other things among them
        return True
    return not plain and any(map(damaged, set(texts)))


def _areas(table: Table, areas: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64]:
    return exact_areas(table.geometries) if areas is None else areas


def _numbers(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """A column as numbers; NaN where it has none."""
    if values.dtype.kind in "iuf":
        return values.astype(np.float64)
    texts = map(_text, values.tolist())
    return np.array([float(text) if _NUMBER.fullmatch(text) else np.nan for text in texts])


def _wrong_area(
    values: npt.NDArray[Any], field: Field, areas: npt.NDArray[np.float64], places: _Places
) -> list[Finding]:
    """Declared areas that aren't the ellipsoidal one, in the field's unit or, where it has none, in any."""
    declared = _numbers(values)
    units = [_SQUARE_METRES[field.unit]] if field.unit else list(_SQUARE_METRES.values())
    with np.errstate(invalid="ignore"):
        off = np.min([np.abs(declared * unit - areas) for unit in units], axis=0)
        wrong = off > np.maximum(LIMITS.area.absolute_m2, LIMITS.area.share * areas)
    wrong &= (areas > 0) & np.isfinite(declared)
    return [
        Finding(
            Kind.AREA,
            Severity.ERROR if off[row] > LIMITS.area.grave_share * areas[row] else Severity.WARNING,
            "“%(label)s”（%(field)s）为 %(declared).2f，按椭球面积计算为 %(area).2f 平方米。",
            {"label": field.label, "field": field.name, "declared": declared[row], "area": areas[row]},
            field=field.name, area_m2=float(off[row]), **places.of(row),
        )
        for row in np.flatnonzero(wrong).tolist()
    ]  # fmt: skip
