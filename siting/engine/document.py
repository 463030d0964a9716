"""A check as a document: the one form that the page, the API, the command, the PDF and the signature share."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import version as installed
from typing import Any, Protocol

import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from siting.engine.area import distribute, hectares, mu, rounded
from siting.engine.boundary import Boundary
from siting.engine.declared import declared_to_json
from siting.engine.notices import Notice
from siting.engine.present_land import PresentLand
from siting.engine.rules import RuleResult
from siting.engine.verdict import Outcome, Verdict

#: Grows whenever the same inputs may give another document.
ENGINE_VERSION = "1"
FORMAT = "gis-projects/check/1"


@lru_cache(maxsize=1)
def engine_versions() -> dict[str, str]:
    """What computed the numbers: other versions may differ within 1e-6, and then say so."""
    return {
        "engine": ENGINE_VERSION,
        "shapely": shapely.__version__,
        "geos": ".".join(map(str, shapely.geos_version)),
        "pyproj": pyproj.__version__,
        "proj": pyproj.proj_version_str,
        "numpy": installed("numpy"),
        "exactextract": installed("exactextract"),
    }


def canonical(document: dict[str, Any]) -> str:
    """Return the document's canonical text: sorted keys, no spaces, UTF-8, shortest float repr, no NaN."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def boundary_sha256(declared: dict[str, Any]) -> str:
    """SHA-256 (hex) of a declared boundary's canonical JSON."""
    return hashlib.sha256(canonical(declared).encode()).hexdigest()


class Rulebook(Protocol):
    """The rulebook version that answered, and the day whose law it applied."""

    @property
    def code(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def sha256(self) -> str: ...
    @property
    def on(self) -> dt.date: ...


class Version(Protocol):
    """A layer version by its number, and the hash over its features' hashes."""

    @property
    def number(self) -> int: ...
    @property
    def root_hash(self) -> str: ...


class Answer(Protocol):
    """All that a check found: what `siting.checks.CheckResult` has, and what a batch's worker makes of its files."""

    @property
    def boundary(self) -> Boundary: ...
    @property
    def rulebook(self) -> Rulebook: ...
    @property
    def facts(self) -> Mapping[str, str]: ...
    @property
    def versions(self) -> Mapping[str, Version]: ...
    @property
    def results(self) -> tuple[RuleResult, ...]: ...
    @property
    def land(self) -> tuple[PresentLand, ...] | None: ...
    @property
    def verdict(self) -> Verdict: ...
    @property
    def questions(self) -> tuple[str, ...]: ...


def document(result: Answer) -> dict[str, Any]:
    """Return the check as JSON-ready data, areas rounded to 0.01 m² and coordinates to 1e-9°.

    The same inputs under the same engine versions give the same document: no time of day, no name, no row id is in
    it.
    """
    declared = declared_to_json(result.boundary.declared)
    findings = [item for item in result.results if item.outcome in (Outcome.HIT, Outcome.SUSPECT)]
    clear = [item.rule.code for item in result.results if item.outcome is Outcome.CLEAR]
    open_ = [item for item in result.results if item.outcome is Outcome.NOT_CHECKED]
    return {
        "format": FORMAT,
        "verdict": str(result.verdict),
        "on": result.rulebook.on.isoformat(),
        "site": _site(result),
        "boundary": {"sha256": boundary_sha256(declared), "declared": declared},
        "findings": [_finding(item) for item in findings],
        "present_land": None
        if result.land is None
        else [
            {"code": row.code, "name": row.name, "group": row.group, "area_m2": row.area_m2}
            for row in result.land
        ],
        "clear": clear,
        "not_checked": [
            {
                "rule": item.rule.code,
                "layer": item.rule.layer,
                "required": item.rule.required,
                "reason": _why(item),
            }
            for item in open_
        ],
        "facts": dict(result.facts),
        "questions": list(result.questions),
        "rulebook": {
            "code": result.rulebook.code,
            "version": result.rulebook.version,
            "sha256": result.rulebook.sha256,
        },
        "manifest": {
            code: {"version": version.number, "root_hash": version.root_hash}
            for code, version in result.versions.items()
        },
        "versions": engine_versions(),
    }


def _site(result: Answer) -> dict[str, Any]:
    boundary = result.boundary
    return {
        "area_m2": rounded(boundary.area_m2, 2),
        "area_mu": mu(boundary.area_m2),
        "area_ha": hectares(boundary.area_m2),
        "planar_area_m2": rounded(boundary.planar_area_m2, 2),
        "declared_area_m2": None
        if boundary.declared_area_m2 is None
        else rounded(boundary.declared_area_m2, 2),
        "declared_matches": boundary.declared_matches,
        "crs": f"EPSG:{boundary.declared.crs.epsg}",
        "plots": len(boundary.declared.plots),
        "warnings": [notice_data(notice) for notice in boundary.notices],
    }


def _finding(item: RuleResult) -> dict[str, Any]:
    rule = item.rule
    # Classes are of what is shown: the area of a hit, the raw area of a suspect.
    shown_m2 = item.area_m2 if item.outcome is Outcome.HIT else item.raw_area_m2
    class_areas = distribute([part.area_m2 for part in item.classes], shown_m2) if item.classes else ()
    return {
        "rule": rule.code,
        "name": rule.name,
        "layer": rule.layer,
        "severity": str(item.severity),
        "outcome": str(item.outcome),
        "area_m2": rounded(item.area_m2, 2),
        "raw_area_m2": rounded(item.raw_area_m2, 2),
        "share": rounded(item.share, 6),
        "length_m": rounded(item.length_m, 2),
        "count": item.count,
        "classes": [
            {"code": part.code, "system": part.system, "name": part.name, "area_m2": area_m2}
            for part, area_m2 in zip(item.classes, class_areas, strict=True)
        ],
        "features": list(item.keys),
        "questions": list(item.questions),
        # Of a hit: features beside those found that could not be overlaid.
        "reason": None if item.reason is None else notice_data(item.reason),
        "basis": f"{rule.basis}{rule.article}",
        "authority": rule.authority,
        "advice": rule.advice,
        "geometry": geometry_data(item.geometry),
        **_beside(item),
    }


def _beside(item: RuleResult) -> dict[str, Any]:
    """What only some findings have. Absent from the others, so that they stay the documents they were."""
    beside: dict[str, Any] = {}
    if item.measure is not None:
        measure = item.measure
        beside["measure"] = {
            "value": None if measure.value is None else rounded(measure.value, 6),
            "unit": measure.unit,
            "at_least": measure.at_least,
            "at_most": measure.at_most,
        }
    if item.by_clause is not None and (item.by_clause.approval or item.by_clause.note):
        beside["by_fact"] = {
            "fact": item.by_clause.fact,
            "value": item.by_value,
            "approval": item.by_clause.approval,
            "note": item.by_clause.note,
        }
    if item.rule.consult:
        beside["consult"] = list(item.rule.consult)
    return beside


def _why(item: RuleResult) -> dict[str, Any]:
    assert item.reason is not None, "a rule that was not checked says why"
    return notice_data(item.reason)


def notice_data(notice: Notice) -> dict[str, Any]:
    """Return a notice as data: its code, its sentence in Chinese and the parameters for another language."""
    return {
        "code": notice.code,
        "text": str(notice),
        "template": notice.template,
        "params": dict(sorted(notice.params.items())),
        "line": notice.line,
        "field": notice.field,
        "place": None if notice.place is None else [round(value, 9) for value in notice.place],
    }


def _rounded(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return round(value, 9)


def geometry_data(geometry: BaseGeometry | None) -> dict[str, Any] | None:
    """Return a shape as GeoJSON in its canonical order, coordinates rounded to 1e-9°; None where there is none."""
    if geometry is None or geometry.is_empty:
        return None
    # Normalised: the same ground is the same text, whatever order the pieces were found in.
    data = shapely.geometry.mapping(shapely.normalize(geometry))
    return {"type": data["type"], "coordinates": _rounded(data["coordinates"])}
