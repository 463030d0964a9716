"""A check and a boundary as the faces show them: JSON for the map, words for the page, in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import shapely
from django.utils import timezone
from django.utils.translation import gettext
from shapely.geometry import mapping

from gis_projects.sentences import crs_label, filled, sentence, word
from layers.models import Layer
from siting import drawings, wording
from siting.engine.area import hectares, mu
from siting.engine.boundary import Boundary
from siting.engine.crs import to_degrees
from siting.engine.notices import Notice
from siting.engine.verdict import Verdict
from siting.models import Check, SiteVersion
from siting.rulebook import PinnedRulebook
from siting.versions import stored


def notice_data(notice: Notice) -> dict[str, Any]:
    return {
        "code": notice.code,
        "text": sentence(notice),
        "line": notice.line,
        "field": notice.field,
        "place": list(notice.place) if notice.place else None,
    }


def boundary_data(boundary: Boundary) -> dict[str, Any]:
    """A boundary for the editor: its declared vertices in longitude/latitude (holes kept), areas and notices."""
    declared = boundary.declared
    return {
        "format": declared.format,
        "crs": {"epsg": declared.crs.epsg, "label": crs_label(declared.crs)},
        "geometry": mapping(declared_geometry(boundary)),
        "drawing": drawings.of(boundary).to_json(),
        "areas": areas(boundary),
        "plots": [
            {
                "number": plot.number,
                "name": plot.name,
                "use": plot.use,
                "declared_area_m2": plot.declared_area_m2,
                "points": sum(len(ring.numbers) for ring in plot.rings),
                "attributes": dict(plot.attributes),
            }
            for plot in declared.plots
        ],
        "notices": [notice_data(notice) for notice in boundary.notices],
    }


def areas(boundary: Boundary) -> dict[str, Any]:
    return {
        "area_m2": round(boundary.area_m2, 2),
        "area_mu": mu(boundary.area_m2),
        "area_ha": hectares(boundary.area_m2),
        "planar_area_m2": round(boundary.planar_area_m2, 2),
        "declared_area_m2": boundary.declared_area_m2,
        "declared_matches": boundary.declared_matches,
    }


def declared_geometry(boundary: Boundary) -> shapely.MultiPolygon:
    """The declared rings as a MultiPolygon in degrees, without the points that densifying added; holes stay holes."""
    polygons = []
    for plot, shells in zip(boundary.declared.plots, boundary.ring_shells, strict=True):
        rings = [to_degrees(ring.xy, boundary.declared.crs) for ring in plot.rings]
        for index, shell in enumerate(shells):
            if shell == index:
                holes = [rings[hole] for hole, of in enumerate(shells) if of == index != hole]
                polygons.append((rings[index], holes))
    return shapely.MultiPolygon(polygons)


def rulebook_data(rulebook: PinnedRulebook) -> dict[str, Any]:
    """The rules in force and their questions, for the editor and the check page."""
    return {
        "code": rulebook.code,
        "version": rulebook.version,
        "name": rulebook.name,
        "on": rulebook.on.isoformat(),
        "rules": [
            {
                "code": rule.code,
                "name": gettext(rule.name),
                "layer": rule.layer,
                "severity": str(rule.severity),
                "relation": str(rule.relation),
                "classes": list(rule.classes),
                "basis": f"{rule.basis}{rule.article}",
                "authority": word(rule.authority),
                "advice": word(rule.advice),
                "required": rule.required,
            }
            for rule in rulebook.rules
        ],
        "facts": [
            {
                "name": fact["name"],
                "question": gettext(fact["question"]),
                "choices": [
                    {"value": value, "label": gettext(label)}
                    for value, label in fact.get("choices", [["yes", "是"], ["no", "否"]])
                ],
            }
            for fact in rulebook.facts
        ],
    }


def translated(document: dict[str, Any]) -> dict[str, Any]:
    """A check's document with its sentences in the reader's language; what was signed stays as it was."""

    def reason(notice: dict[str, Any]) -> dict[str, Any]:
        return {**notice, "text": filled(notice["template"], notice["params"])}

    return {
        **document,
        "site": {**document["site"], "warnings": [reason(notice) for notice in document["site"]["warnings"]]},
        "findings": [
            {
                **finding,
                **{name: word(finding[name]) for name in ("name", "authority", "advice")},
                "reason": reason(finding["reason"]) if finding["reason"] else None,
            }
            for finding in document["findings"]
        ],
        "present_land": document["present_land"]
        and [{**row, "group": word(row["group"])} for row in document["present_land"]],
        "not_checked": [{**item, "reason": reason(item["reason"])} for item in document["not_checked"]],
    }


def approval_of(finding: Mapping[str, Any]) -> str:
    """The approval by which a fact of the project made a finding less severe; empty where none did."""
    by_fact = finding.get("by_fact")
    return str(word(by_fact["approval"])) if by_fact else ""


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def declared_word(matches: str | None) -> str:
    """Which computed area a declared one matches, in words."""
    words = {
        "ellipsoidal": gettext("与椭球面积一致"),
        "planar": gettext("与平面面积一致"),
        "both": gettext("与椭球、平面面积均一致"),
        "neither": gettext("与计算面积不一致"),
    }
    return words.get(matches or "", gettext("未申报"))


def layers_of(manifest: Iterable[str]) -> dict[str, Layer]:
    """The layers that a check read, by code. One query."""
    return {layer.code: layer for layer in Layer.objects.filter(code__in=list(manifest))}


def notices_of(read: Mapping[str, Layer]) -> list[str]:
    """What the layers say of themselves wherever they are shown (a demonstration that it is one), each once."""
    return sorted({word(layer.notice) for layer in read.values() if layer.notice})


def site_geojson(version: SiteVersion) -> dict[str, Any]:
    """A stored boundary as GeoJSON in degrees, as declared."""
    return mapping(declared_geometry(stored(version)))


def check_columns() -> list[str]:
    """The heads of the list of checks as an export."""
    return [
        gettext("编号"),
        gettext("项目代码"),
        gettext("项目名称"),
        gettext("地区"),
        gettext("边界版本"),
        gettext("结论"),
        gettext("时间"),
        gettext("摘要"),
    ]


def check_rows(rows: Iterable[Check]) -> Iterator[list[Any]]:
    """The list of checks as an export's rows."""
    for row in rows:
        project = row.site_version.site.project
        yield [
            row.pk,
            project.code,
            project.name,
            project.region.name,
            row.site_version.number,
            str(wording.VERDICTS[Verdict(row.verdict)]),
            timezone.localtime(row.created_at),
            row.digest,
        ]
