"""What is measured of one alternative beside its check: how steep, how far from roads and water, how compact."""

from __future__ import annotations

from collections.abc import Mapping
from math import pi
from typing import Any

import shapely

import layers.queries
from layers.queries import PinnedVersion
from siting.checks import PRESENT_LAND_LAYER, CheckResult
from siting.engine.area import exact_area, rounded
from siting.engine.boundary import Boundary
from siting.engine.notices import Notice
from siting.engine.proximity import distances, reach
from siting.engine.selecting import of_classes
from siting.engine.verdict import Outcome
from siting.grounds import pieces_of, raster_of
from siting.options.criteria import Criterion, criteria
from siting.rulebook import PinnedRulebook


def layers_read(rulebook: PinnedRulebook) -> list[str]:
    """Codes of all layers that the checks and figures of alternatives read."""
    measured = {criterion.layer for criterion in criteria() if criterion.layer}
    return sorted({*rulebook.layers, PRESENT_LAND_LAYER, *measured})


def figures(result: CheckResult, versions: Mapping[str, PinnedVersion]) -> dict[str, Any]:
    """Measure every criterion of a checked boundary, as JSON-ready data.

    Parameters
    ----------
    result
        The boundary's check.
    versions
        By layer code, of `layers_read`; what is missing leaves its criterion not checked.

    Returns
    -------
    dict
        ``values``: by criterion m², °, m or a plain number, None where it is not checked; ``reasons``: why, by
        criterion, as notices; ``manifest``: the layer versions read beside those of the check.
    """
    values: dict[str, float | None] = {}
    reasons: dict[str, Any] = {}
    read: dict[str, PinnedVersion] = {}
    for criterion in criteria():
        if criterion.kind in ("verdict", "area"):
            continue  # of the check's verdict, and of the need that may change later
        if criterion.kind in ("raster", "nearest") and criterion.layer in versions:
            read[criterion.layer] = versions[criterion.layer]
        found = _measured(criterion, result, versions)
        if isinstance(found, Notice):
            values[criterion.code] = None
            reasons[criterion.code] = {"template": found.template, "params": dict(found.params)}
        else:
            values[criterion.code] = rounded(found, 4)
    manifest = {
        code: {"version": version.number, "root_hash": version.root_hash}
        for code, version in sorted(read.items())
    }
    return {"values": values, "reasons": reasons, "manifest": manifest}


def _measured(
    criterion: Criterion, result: CheckResult, versions: Mapping[str, PinnedVersion]
) -> float | Notice:
    match criterion.kind:
        case "severity":
            return _in_conflict(result, severity=criterion.severity)
        case "layer":
            return _with_layer(result, criterion.layer)
        case "land":
            if result.land is None:
                return _missing(PRESENT_LAND_LAYER)
            return sum(row.area_m2 for row in result.land if row.code.startswith(criterion.classes))
        case "compactness":
            boundary = result.boundary
            return 4 * pi * boundary.exact_area_m2 / boundary.perimeter_m**2
    version = versions.get(criterion.layer)
    if version is None:
        return _missing(criterion.layer)
    if criterion.kind == "raster":
        raster = raster_of(version)
        mean = None if raster is None else raster.mean(result.boundary.geometry)
        nothing = Notice("raster-no-data", "“%(layer)s”在地块范围内有无效像元", {"layer": version.layer_name})
        return nothing if mean is None else mean
    return _nearest(criterion, result.boundary, version)


def _missing(layer: str) -> Notice:
    return Notice("layer-missing", "图层“%(layer)s”没有已发布的版本", {"layer": layer})


def _in_conflict(result: CheckResult, *, severity: str = "", layer: str = "") -> float:
    """M² of the site in conflict with any of these rules, each place once; as a part of the official area."""
    hits = [
        item
        for item in result.results
        if item.outcome is Outcome.HIT
        and (not severity or item.severity == severity)
        and (not layer or item.rule.layer == layer)
    ]
    shapes = [item.geometry for item in hits if item.geometry is not None]
    area = exact_area(shapely.union_all(shapes)) if shapes else 0.0
    scaled = area * result.boundary.area_m2 / result.boundary.exact_area_m2
    # A raster's part has no shape; how it lies to the others isn't known.
    unshaped = [item.area_m2 for item in hits if item.geometry is None]
    return min(result.boundary.area_m2, max([scaled, *unshaped]))


def _with_layer(result: CheckResult, layer: str) -> float | Notice:
    rules = [item for item in result.results if item.rule.layer == layer]
    if not rules:
        return Notice("layer-unruled", "规则库没有关于图层“%(layer)s”的规则", {"layer": layer})
    unchecked = [item.reason for item in rules if item.outcome is Outcome.NOT_CHECKED]
    if unchecked:
        return unchecked[0] or _missing(layer)
    return _in_conflict(result, layer=layer)


def _nearest(criterion: Criterion, boundary: Boundary, version: PinnedVersion) -> float | Notice:
    """M to the nearest feature, ``criterion.search`` where there is none so near."""
    asked = {version.layer: version}
    around = reach(boundary, criterion.search)
    found = pieces_of(
        layers.queries.candidates(asked, boundary.geometry, {version.layer: around})[version.layer]
    )
    near = distances(boundary, found, of_classes(found.classes, criterion.classes))
    nearest = min([criterion.search, *near.metres.tolist()])
    seen = layers.queries.covers(asked, reach(boundary, nearest) if nearest else boundary.geometry)
    if not seen[version.layer] and nearest > 0:
        return Notice(
            "layer-not-covering-reach", "“%(layer)s”第 %(version)s 版没有覆盖本地块周边的管控距离",
            {"layer": version.layer_name, "version": version.number},
        )  # fmt: skip
    return nearest
