"""What is said of a boundary's neighbours: one form for the API, the editor and the pages, in the reader's language."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from shapely.geometry import mapping

from gis_projects.library.duplicates import Aspect, Part
from gis_projects.library.models import Project
from gis_projects.sentences import listed
from gis_projects.sites.presenting import declared_word
from gis_projects.sites.queries.neighbours import AreaFacts, Duplicate, Neighbours, Overlap, RegionFacts


def neighbours_data(found: Neighbours) -> dict[str, Any]:
    """Everything as JSON: figures for programs, sentences for people."""
    return {
        "area": _area(found.area),
        "region": _region(found.region),
        "overlaps": [_overlap(overlap) for overlap in found.overlaps],
        "duplicates": [_duplicate(duplicate) for duplicate in found.duplicates],
        "more": found.more,
    }


def _area(area: AreaFacts) -> dict[str, Any]:
    text = _("未申报面积，无从比对。")
    if area.declared_m2 is not None and area.deviation is not None:
        said = _("在容差 %(tolerance)s 之内") if area.within else _("超出容差 %(tolerance)s")
        text = _("申报 %(declared)s m²，%(matches)s，相差 %(deviation)s，%(said)s。") % {
            "declared": f"{area.declared_m2:,.2f}",
            "matches": declared_word(area.matches),
            "deviation": _percent(area.deviation, 3),
            "said": said % {"tolerance": _percent(area.tolerance, 1)},
        }
    return {
        "text": text,
        "state": {None: "unknown", True: "good", False: "bad"}[area.within],
        "declared_m2": area.declared_m2,
        "ellipsoidal_m2": round(area.ellipsoidal_m2, 2),
        "planar_m2": round(area.planar_m2, 2),
        "matches": area.matches,
        "deviation": area.deviation,
        "tolerance": area.tolerance,
        "within_tolerance": area.within,
    }


def _region(region: RegionFacts) -> dict[str, Any]:
    found = listed(
        one.name if len(region.found) == 1 else f"{one.name} {_percent(one.share, 1)}"
        for one in region.found[:5]
    )
    params = {"found": found, "declared": region.declared_name}
    if region.agrees is None:
        text = _("行政区图层不能判断边界在哪个地区。")
    elif region.agrees:
        text = _("位于%(found)s，与登记的%(declared)s相符。") % params
    else:
        text = _("位于%(found)s，与登记的%(declared)s不符，请核对。") % params
    return {
        "text": text,
        "state": {None: "unknown", True: "good", False: "bad"}[region.agrees],
        "declared": {"code": region.declared_code, "name": region.declared_name},
        "found": [{"code": one.code, "name": one.name, "share": round(one.share, 6)} for one in region.found],
        "agrees": region.agrees,
    }


def _overlap(overlap: Overlap) -> dict[str, Any]:
    share = _percent(overlap.share, 2)
    if overlap.project is None:
        return {
            "text": _("与另一项目的用地重叠，约 %(area)s m²（占 %(share)s）")
            % {"area": f"{overlap.area_m2:,.0f}", "share": share},
            "project": None,
            "area_m2": overlap.area_m2,
            "share": round(overlap.share, 4),
            "geometry": None,
        }
    return {
        "text": _("重叠 %(area)s m²（占 %(share)s）") % {"area": f"{overlap.area_m2:,.2f}", "share": share},
        "project": _project(overlap.project),
        "area_m2": round(overlap.area_m2, 2),
        "share": round(overlap.share, 6),
        "geometry": mapping(overlap.geometry),
    }


def _duplicate(duplicate: Duplicate) -> dict[str, Any]:
    alike = duplicate.similarity
    return {
        "project": _project(duplicate.project),
        "score": round(alike.score, 1),
        "likely": duplicate.likely,
        "word": _("疑似重复") if duplicate.likely else _("有些相似"),
        "distance_m": None if alike.distance_m is None else round(alike.distance_m, 1),
        "parts": [_part(part, alike.distance_m) for part in alike.parts],
    }


def _part(part: Part, distance_m: float | None) -> dict[str, Any]:
    name = {Aspect.NAME: _("名称"), Aspect.CONTENT: _("建设内容"), Aspect.PLACE: _("位置")}[part.aspect]
    if part.likeness is None:
        text = _("%(aspect)s：缺少资料，不计分") % {"aspect": name}
    elif part.aspect is Aspect.PLACE:
        text = _("%(aspect)s：相距 %(distance)s m，%(points)s 分") % {
            "aspect": name,
            "distance": f"{distance_m:,.0f}",
            "points": f"{part.points:.1f}",
        }
    else:
        text = _("%(aspect)s：相似 %(likeness)s，%(points)s 分") % {
            "aspect": name,
            "likeness": _percent(part.likeness, 0),
            "points": f"{part.points:.1f}",
        }
    return {
        "aspect": str(part.aspect),
        "likeness": None if part.likeness is None else round(part.likeness, 4),
        "points": round(part.points, 2),
        "text": text,
    }


def _project(project: Project) -> dict[str, Any]:
    return {
        "id": project.pk,
        "code": project.code,
        "name": project.name,
        "region": project.region.name,
        "url": reverse("library:project", args=[project.pk]),
    }


def _percent(share: float, decimals: int) -> str:
    return f"{share * 100:.{decimals}f}%"
