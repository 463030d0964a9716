"""A comparison's patches as rows of a table or a GeoPackage, with both code systems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import shapely
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from gis_projects.sites.models import HandlingState, Yields
from layers.standards import code_list
from siting.conflicts.run import Answer
from siting.models import ConflictPatch, PlanComparison

GPKG = "application/geopackage+sqlite3"
# what any program reads; the page's and the tables' headings are in the reader's language
_FIELDS = (
    "number", "system_a", "class_a", "name_a", "authority_a", "system_b", "class_b", "name_b", "authority_b",
    "area_m2", "width_m", "sliver", "town", "town_name", "features_a", "count_a", "features_b", "count_b",
    "state", "department", "yields", "note",
)  # fmt: skip


@dataclass(frozen=True)
class Plans:
    """What is the same for every patch: the systems of both codes, and who answers for either layer."""

    system_a: str
    authority_a: str
    system_b: str
    authority_b: str


@dataclass(frozen=True)
class Record:
    """One patch with how it is dealt with; geometry EPSG:4490."""

    number: int
    class_a: str
    name_a: str
    class_b: str
    name_b: str
    area_m2: float
    width_m: float
    sliver: bool
    town: str
    town_name: str
    keys_a: list[str]
    count_a: int
    keys_b: list[str]
    count_b: int
    geometry: Any
    state: str = HandlingState.OPEN.value
    department: str = ""
    yields: str = ""
    note: str = ""


def system_label(code: str) -> str:
    """A code system with its name where the platform knows it."""
    known = code_list(code)
    return code if known is None else f"{known.system} {known.name}"


def plans_of(row: PlanComparison) -> Plans:
    a, b = row.version_a, row.version_b
    return Plans(
        system_label(a.class_system), a.layer.authority, system_label(b.class_system), b.layer.authority
    )


def of_rows(rows: QuerySet[ConflictPatch]) -> Iterator[Record]:
    """Kept patches."""
    for row in rows.iterator(chunk_size=2_000):
        handling = getattr(row, "handling", None)
        department = handling.organisation.name if handling and handling.organisation else ""
        yield Record(
            row.number, row.class_a, row.name_a, row.class_b, row.name_b, row.area_m2, row.width_m, row.sliver,
            row.town, row.town_name, row.keys_a, row.count_a, row.keys_b, row.count_b,
            shapely.from_wkb(bytes(row.geometry.wkb)),
            handling.state if handling else HandlingState.OPEN.value, department,
            handling.yields if handling else "", handling.note if handling else "",
        )  # fmt: skip


def of_answer(answer: Answer) -> Iterator[Record]:
    """Patches of a comparison that isn't kept."""
    found, asked = answer.comparison, answer.question
    patches = found.patches
    for n in range(len(patches)):
        a, b = found.a.classes[int(patches.a[n])], found.b.classes[int(patches.b[n])]
        yield Record(
            n + 1, a, asked.a.class_names.get(a, ""), b, asked.b.class_names.get(b, ""),
            float(patches.areas[n]), float(patches.widths[n]), bool(patches.slivers[n]), answer.towns[n],
            answer.town_names.get(answer.towns[n], ""), list(patches.keys_a[n]), int(patches.count_a[n]),
            list(patches.keys_b[n]), int(patches.count_b[n]), patches.shapes[n],
        )  # fmt: skip


def header() -> list[str]:
    return [
        _("编号"), _("甲方分类体系"), _("甲方类别"), _("甲方类别名称"), _("甲方主管部门"), _("乙方分类体系"),
        _("乙方类别"), _("乙方类别名称"), _("乙方主管部门"), _("椭球面积（平方米）"), _("平均宽度（米）"),
        _("疑似误差"), _("区划代码"), _("区划名称"), _("甲方要素（部分）"), _("甲方要素数"), _("乙方要素（部分）"),
        _("乙方要素数"), _("状态"), _("负责部门"), _("让步方"), _("意见"),
    ]  # fmt: skip


def table(records: Iterable[Record], plans: Plans) -> Iterator[list[Any]]:
    """Rows under `header`, in the reader's language."""
    for one in records:
        yield [
            one.number, plans.system_a, one.class_a, one.name_a, plans.authority_a, plans.system_b, one.class_b,
            one.name_b, plans.authority_b, Decimal(f"{one.area_m2:.2f}"), Decimal(f"{one.width_m:.3f}"),
            _("是") if one.sliver else "", one.town, one.town_name, " ".join(one.keys_a), one.count_a,
            " ".join(one.keys_b), one.count_b, str(HandlingState(one.state).label), one.department,
            str(Yields(one.yields).label) if one.yields else "", one.note,
        ]  # fmt: skip


def geopackage(path: Path, records: Iterable[Record], plans: Plans) -> int:
    """Write patches as a GeoPackage (EPSG:4490); how many there are."""
    rows = list(records)
    columns: dict[str, list[Any]] = {name: [] for name in _FIELDS}
    for one in rows:
        values = {
            **vars(one), **vars(plans), "features_a": " ".join(one.keys_a), "features_b": " ".join(one.keys_b),
        }  # fmt: skip
        for name in _FIELDS:
            columns[name].append(values[name])
    kinds: dict[str, Any] = {"number": np.int32, "count_a": np.int32, "count_b": np.int32, "sliver": bool}
    kinds |= {"area_m2": np.float64, "width_m": np.float64}
    pyogrio.raw.write(
        path,
        shapely.to_wkb(np.array([one.geometry for one in rows], dtype=object)),
        [np.array(columns[name], dtype=kinds.get(name, object)) for name in _FIELDS],
        list(_FIELDS), layer="conflict_patches", driver="GPKG", geometry_type="Polygon", crs="EPSG:4490",
        dataset_options={"VERSION": "1.3"},
    )  # fmt: skip
    return len(rows)


def list_columns() -> list[str]:
    """Headings of the list of comparisons."""
    return [_("比对"), _("甲方图层"), _("甲方版本"), _("乙方图层"), _("乙方版本"), _("对照表"), _("差异图斑"),
            _("疑似误差"), _("冲突面积（平方米）"), _("完成时间")]  # fmt: skip


def list_rows(rows: Iterable[PlanComparison]) -> Iterator[list[Any]]:
    """Its rows; areas in m²."""
    for row in rows:
        yield [
            row.pk, row.version_a.layer_name, row.version_a.number, row.version_b.layer_name, row.version_b.number,
            f"{row.crosswalk.name} v{row.crosswalk.version}", row.patch_count, row.sliver_count, row.conflict_m2,
            row.created_at,
        ]  # fmt: skip
