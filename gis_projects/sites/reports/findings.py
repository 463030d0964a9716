"""A check's findings for those who go on working with them: as an Excel file and as a GeoPackage."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import shapely
from django.utils.translation import gettext as _

from gis_projects.exports import Row, workbook
from gis_projects.people.models import User
from gis_projects.sites import presenting
from gis_projects.sites.withholding import for_reader, remarks
from siting import certificates, wording
from siting.engine.verdict import Outcome, Severity, Verdict
from siting.models import Check
from siting.rulebook import pinned

CRS = "EPSG:4490"


def xlsx(check: Check, *, reader: User) -> bytes:
    """Return verdict, findings, what was not checked, present land and layer versions, a sheet each."""
    told = _Told(check, reader)
    return workbook(
        [
            (_("结论"), [_("项"), _("内容")], told.summary()),
            (_("冲突与提示"), told.heads(), told.rows()),
            (
                _("未检查的规则"),
                [_("规则"), _("图层"), _("必查"), _("原因")],
                (
                    [
                        told.rule_names.get(item["rule"], item["rule"]),
                        told.layer_name(item["layer"]),
                        _("是") if item["required"] else _("否"),
                        item["reason"]["text"],
                    ]
                    for item in told.result["not_checked"]
                ),
            ),
            (
                _("现状地类"),
                [_("地类编码"), _("地类名称"), _("三大类"), _("面积（m²）")],
                (
                    [row["code"], row["name"], row["group"], row["area_m2"]]
                    for row in told.result["present_land"] or ()
                ),
            ),
            (
                _("图层版本"),
                [_("图层"), _("图层代码"), _("版本"), _("根哈希")],
                (
                    [told.layer_name(code), code, entry["version"], entry["root_hash"]]
                    for code, entry in told.result["manifest"].items()
                ),
            ),
        ]
    )


def gpkg(check: Check, *, reader: User) -> bytes:
    """Return a GeoPackage (EPSG:4490) with the layers ``findings`` and ``boundary``.

    A finding whose shape the reader may not have comes without one.
    """
    told = _Told(check, reader)
    shapes = [finding["geometry"] for finding in told.result["findings"]]
    geometries = np.array(
        [None if shape is None else _multi(shapely.geometry.shape(shape)) for shape in shapes], dtype=object
    )
    names = (
        "rule", "name", "layer", "layer_name", "severity", "outcome", "area_m2", "raw_area_m2", "share", "count",
        "classes", "basis", "authority", "advice",
    )  # fmt: skip
    columns = list(zip(*told.records(), strict=True)) or [()] * len(names)
    site = shapely.from_wkb(bytes(check.site_version.geometry.wkb))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "findings.gpkg"
        pyogrio.raw.write(
            path,
            shapely.to_wkb(geometries),
            [np.array(column, dtype=_DTYPES.get(name, object)) for name, column in zip(names, columns, strict=True)],
            names,
            driver="GPKG", layer="findings", geometry_type="MultiPolygon", crs=CRS,
        )  # fmt: skip
        pyogrio.raw.write(
            path,
            shapely.to_wkb(np.array([_multi(site)], dtype=object)),
            [
                np.array([value], dtype=object)
                for value in (check.site_version.site.project.code, check.verdict, check.digest)
            ],
            ("project", "verdict", "digest"),
            driver="GPKG", layer="boundary", geometry_type="MultiPolygon", crs=CRS, append=True,
        )  # fmt: skip
        return path.read_bytes()


_DTYPES: dict[str, Any] = {
    "area_m2": np.float64,
    "raw_area_m2": np.float64,
    "share": np.float64,
    "count": np.int64,
}


def _multi(geometry: shapely.Geometry) -> shapely.MultiPolygon:
    return shapely.multipolygons(
        [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
    )


class _Told:
    """What one reader may have of a check, with names instead of codes."""

    def __init__(self, check: Check, reader: User) -> None:
        self.check = check
        self.result = presenting.translated(for_reader(reader, certificates.certificate(check)))
        self.read = presenting.layers_of(self.result["manifest"])
        rulebook = presenting.rulebook_data(
            pinned(check.rulebook.code, check.rulebook.version, presenting.day(self.result["on"]))
        )
        self.rule_names = {rule["code"]: rule["name"] for rule in rulebook["rules"]}

    def layer_name(self, code: str) -> str:
        return self.read[code].name if code in self.read else code

    def summary(self) -> Iterator[Row]:
        project, site = self.check.site_version.site.project, self.result["site"]
        yield [_("项目代码"), project.code]
        yield [_("项目名称"), project.name]
        yield [_("边界版本"), self.check.site_version.number]
        yield [_("结论"), str(wording.VERDICTS[Verdict(self.check.verdict)])]
        yield [_("椭球面积（m²）"), site["area_m2"]]
        yield [_("平面面积（m²）"), site["planar_area_m2"]]
        yield [_("申报面积（m²）"), site["declared_area_m2"]]
        yield [_("检查日期"), presenting.day(self.result["on"])]
        yield [_("规则库"), f"{self.result['rulebook']['code']} v{self.result['rulebook']['version']}"]
        yield [_("摘要"), self.check.digest]
        for notice in [*presenting.notices_of(self.read), *map(presenting.sentence, remarks(self.result))]:
            yield [_("说明"), notice]

    def heads(self) -> list[str]:
        return [
            _("级别"), _("结果"), _("规则"), _("图层"), _("面积（m²）"), _("其中疑似误差（m²）"), _("占比"), _("处数"),
            _("类别与面积"), _("须取得的批准"), _("依据"), _("主管部门"), _("建议"),
        ]  # fmt: skip

    def rows(self) -> Iterator[Row]:
        for finding in self.result["findings"]:
            yield [
                str(wording.SEVERITIES[Severity(finding["severity"])]),
                str(wording.OUTCOMES[Outcome(finding["outcome"])]),
                finding["name"],
                self.layer_name(finding["layer"]),
                finding["area_m2"],
                round(finding["raw_area_m2"] - finding["area_m2"], 2),
                finding["share"],
                finding["count"],
                _classes(finding),
                presenting.approval_of(finding),
                finding["basis"],
                finding["authority"],
                finding["advice"],
            ]

    def records(self) -> Iterator[tuple[Any, ...]]:
        for finding in self.result["findings"]:
            yield (
                finding["rule"], finding["name"], finding["layer"], self.layer_name(finding["layer"]),
                finding["severity"], finding["outcome"], finding["area_m2"], finding["raw_area_m2"], finding["share"],
                finding["count"], _classes(finding), finding["basis"], finding["authority"], finding["advice"],
            )  # fmt: skip


def _classes(finding: dict[str, Any]) -> str:
    return "；".join(f"{part['code']} {part['name']} {part['area_m2']:.2f} m²" for part in finding["classes"])
