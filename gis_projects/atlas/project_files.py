"""What the map shows of projects, as a file: a workbook, CSV, GeoJSON or a GeoPackage."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import shapely
from django.utils.translation import gettext as _

from gis_projects import exports
from gis_projects.atlas.queries.areas import Figures
from gis_projects.library.listing import COLUMNS, export_heading
from gis_projects.library.models import Industry, Level, Library, Precision, ProjectKind, Stage
from gis_projects.library.money import percent
from gis_projects.library.queries.mapping import Mapped
from gis_projects.sentences import listed

GEOJSON = "application/geo+json"
GEOPACKAGE = "application/geopackage+sqlite3"
#: Format, ending, media type.
FORMATS = {
    "xlsx": ("xlsx", exports.XLSX),
    "csv": ("csv", "text/csv; charset=utf-8"),
    "geojson": ("geojson", GEOJSON),
    "gpkg": ("gpkg", GEOPACKAGE),
}
_FIELDS = (
    "code", "name", "kinds", "region", "industry", "level", "stage", "library", "year", "planned", "cumulative",
    "progress", "longitude", "latitude", "precision", "site",
)  # fmt: skip


@dataclass(frozen=True)
class Content:
    """A selection to be written.

    ``told`` are lines that say what was selected; ``boundaries`` shapes by project key.
    """

    rows: Sequence[Mapped]
    figures: Figures
    regions: dict[str, str]
    told: Sequence[tuple[str, str]]
    boundaries: dict[int, shapely.Geometry]


def write(content: Content, kind: str) -> bytes:
    """The file's bytes. Amounts are in 元, exactly; places in degrees of EPSG:4490."""
    if kind == "xlsx":
        return exports.workbook(
            [
                (_("项目"), _headings(), _table(content)),
                (_("汇总"), _sum_headings(), _sums(content.figures)),
                (_("说明"), [_("内容"), _("说明")], content.told),
            ]
        )
    if kind == "csv":
        return exports.csv_text(_headings(), _table(content)).encode("utf-8-sig")
    return _geojson(content) if kind == "geojson" else _geopackage(content)


def _headings() -> list[str]:
    return [export_heading(COLUMNS[name]) for name in _FIELDS]


def _table(content: Content) -> Iterator[list[Any]]:
    for row in content.rows:
        yield list(_values(row, content.regions).values())


def _values(row: Mapped, regions: dict[str, str]) -> dict[str, Any]:
    kinds = dict(ProjectKind.choices)
    return {
        "code": row.code,
        "name": row.name,
        # what has no record of that day stays empty; of none of the four kinds is said
        "kinds": None
        if row.kinds is None
        else listed(str(kinds[kind]) for kind in row.kinds) or _("不属四类"),
        "region": regions.get(row.region, row.region),
        "industry": str(Industry(row.industry).label),
        "level": str(Level(row.level).label),
        "stage": None if row.stage is None else str(Stage(row.stage).label),
        "library": None if row.library is None else str(Library(row.library).label),
        "year": row.year,
        "planned": row.planned_yuan,
        "cumulative": row.cumulative_yuan,
        "progress": None
        if row.planned_yuan is None or row.cumulative_yuan is None
        else percent(row.cumulative_yuan, row.planned_yuan),
        "longitude": row.longitude,
        "latitude": row.latitude,
        "precision": str(Precision(row.precision).label),
        "site": _("有") if row.site_version is not None else None,
    }


def _sum_headings() -> list[str]:
    return [_("分组"), _("类别"), _("项目数量"), _("计划投资（元）"), _("累计投资（元）"), _("进度%%") % {}]


def _sums(figures: Figures) -> Iterator[list[Any]]:
    yield [
        _("合计"), "", figures.number, figures.planned_yuan, figures.cumulative_yuan, figures.progress,
    ]  # fmt: skip
    for name, label in group_labels().items():
        for group in figures.groups[name]:
            yield [
                label, said_group(name, group.code, group.label), group.number, group.planned_yuan,
                group.cumulative_yuan, percent(group.cumulative_yuan, group.planned_yuan),
            ]  # fmt: skip


def group_labels() -> dict[str, str]:
    return {
        "kind": _("项目类别（一个项目可属多类）"),
        "stage": _("状态"),
        "industry": _("行业"),
        "level": _("级次"),
        "region": _("地区"),
        "library": _("所在库"),
    }


def said_group(name: str, code: str | None, label: str) -> str:
    if code is None:
        return _("当日无记载")
    return label or _("不属四类") if name == "kind" else label


def _geojson(content: Content) -> bytes:
    """RFC 7946, but for the datum: degrees of CGCS2000, which for display are those of WGS 84."""
    features = [
        {**row.feature(), "properties": {**row.feature()["properties"], **_labelled(row, content.regions)}}
        for row in content.rows
    ]
    answer = {"type": "FeatureCollection", "features": features, "told": dict(content.told)}
    return json.dumps(answer, ensure_ascii=False).encode()


def _labelled(row: Mapped, regions: dict[str, str]) -> dict[str, Any]:
    values = _values(row, regions)
    return {
        f"{name}_label": values[name] for name in ("kinds", "region", "industry", "level", "stage", "library")
    }


def _geopackage(content: Content) -> bytes:
    """A table of points (``projects``), and one of the boundaries that the reader may see (``sites``)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "projects.gpkg"
        points = [
            shapely.Point(row.longitude, row.latitude) if row.is_placed else None for row in content.rows
        ]
        _layer(path, "projects", "Point", content.rows, points, content)
        bounded = [row for row in content.rows if row.pk in content.boundaries]
        if bounded:
            shapes = [content.boundaries[row.pk] for row in bounded]
            _layer(path, "sites", "MultiPolygon", bounded, shapes, content)
        return path.read_bytes()


def _layer(
    path: Path, name: str, kind: str, rows: Sequence[Mapped], shapes: Sequence[Any], content: Content
) -> None:
    values = [_values(row, content.regions) for row in rows]
    columns = [
        (field, _column(field, [value[field] for value in values]))
        for field in _FIELDS
        if field not in ("longitude", "latitude")
    ]
    pyogrio.raw.write(
        path,
        np.array([None if shape is None else shapely.to_wkb(shape) for shape in shapes], dtype=object),
        field_data=[column for _field, column in columns],
        fields=[field for field, _column in columns],
        layer=name,
        driver="GPKG",
        geometry_type=kind,
        crs="EPSG:4490",
        dataset_options={"VERSION": "1.3"} if not path.exists() else {},
        layer_metadata=dict(content.told),
    )


def _column(field: str, values: list[Any]) -> Any:
    if field in ("year", "progress"):
        return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)
    # amounts as text: a double has too few digits for fen
    return np.array([None if value is None else str(value) for value in values], dtype=object)
