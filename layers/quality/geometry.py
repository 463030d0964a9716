"""Is each feature fit to be in a version: valid, repaired or rejected."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import MultiPolygon

from layers.areas import exact_areas
from layers.models import Severity
from layers.quality.findings import Finding, Kind
from layers.quality.limits import LIMITS

MAX_FEATURE_VERTICES = 2_000_000
RANGE = (70.0, 0.0, 140.0, 60.0)  # west, south, east, north: China with its seas, generously
_BLOCK = 25_000
_MULTIPLE = (4, 5, 6)  # GEOS's numbers of multi-part types


@dataclass(frozen=True)
class Repair:
    """One feature that was not valid and now is; areas in m² on the ellipsoid. `reason` is GEOS's own text."""

    key: str
    reason: str
    area_before: float
    area_after: float

    @property
    def finding(self) -> Finding:
        """How the quality report says it: a repair that changed the area is worth a look."""
        changed = abs(self.area_after - self.area_before)
        limits = LIMITS.repaired
        grave = changed > max(limits.changed_m2, limits.changed_share * self.area_after)
        return Finding(
            Kind.REPAIRED,
            Severity.WARNING if grave else Severity.NOTE,
            "%(reason)s，已修复，面积由 %(before).2f 变为 %(after).2f 平方米。",
            {"reason": fault(self.reason), "before": self.area_before, "after": self.area_after},
            key=self.key,
            area_m2=changed,
            place=place_of(self.reason),
        )


@dataclass(frozen=True)
class Rejection:
    """One feature that was left out. `reason` is Chinese, or GEOS's own text."""

    key: str
    reason: str

    @property
    def finding(self) -> Finding:
        """How the quality report says it. What was left out would read as clear ground, so it is always an error."""
        return Finding(
            Kind.REJECTED,
            Severity.ERROR,
            "%(reason)s，该要素已剔除。",
            {"reason": fault(self.reason)},
            key=self.key,
            place=place_of(self.reason),
        )


#: What GEOS says about an invalid geometry (without the place), and how a person does.
_FAULTS = {
    "Self-intersection": "边界自相交",
    "Ring Self-intersection": "边界圈自接触",
    "Hole lies outside shell": "洞在外圈之外",
    "Holes are nested": "洞中套洞",
    "Nested holes": "洞中套洞",
    "Nested shells": "外圈相互包含",
    "Interior is disconnected": "内部不连通",
    "Duplicate Rings": "边界圈重复",
    "Too few points in geometry component": "边界圈的点太少",
    "Ring is not closed": "边界圈没有闭合",
    "Invalid Coordinate": "坐标不是数值",
    "Repeated point": "点重复",
    "Valid Geometry": "几何类型混合，只留下最高维的部分",
}
_PLACED = re.compile(r"^(.*?)\s*\[(-?[\d.eE+-]+)\s+(-?[\d.eE+-]+)\s*\]?")


def fault(reason: str) -> str:
    """A reason in Chinese; what GEOS says that isn't known here stays as it is."""
    placed = _PLACED.match(reason)
    said = placed[1] if placed else reason
    return _FAULTS.get(said, said)


def place_of(reason: str) -> tuple[float, float] | None:
    """Where GEOS found the fault, if its text says so."""
    placed = _PLACED.match(reason)
    return (float(placed[2]), float(placed[3])) if placed else None


def in_blocks(function: Callable[..., Any], *arrays: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """`function` over blocks of the arrays on all cores (shapely releases Python's lock); results in order."""
    length = len(arrays[0])
    spans = [slice(k, k + _BLOCK) for k in range(0, length, _BLOCK)] or [slice(0, 0)]
    if len(spans) == 1:
        return np.asarray(function(*arrays))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return np.concatenate(list(pool.map(lambda span: function(*(a[span] for a in arrays)), spans)))


def _of_dimension(geometry: Any, dimension: int) -> Any:
    """The parts of that dimension as one geometry; None where there are none."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    parts = parts[(shapely.get_dimensions(parts) == dimension) & ~shapely.is_empty(parts)]
    if not len(parts):
        return None
    if len(parts) == 1:
        return parts[0]
    return {0: shapely.multipoints, 1: shapely.multilinestrings, 2: shapely.multipolygons}[dimension](parts)


def usable(
    keys: npt.NDArray[np.object_], geometries: npt.NDArray[np.object_]
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.bool_], list[Rejection]]:
    """Say what can't be a feature at all, before anything is worked out: absent, endless, not on this land.

    Returns
    -------
    The geometries (2D; an array of its own), the mask of those kept, the rejections.
    """
    keep = np.ones(len(geometries), dtype=bool)
    rejected: list[Rejection] = []

    def reject(mask: npt.NDArray[np.bool_], reason: str) -> None:
        for i in np.flatnonzero(mask & keep):
            rejected.append(Rejection(str(keys[i]) or f"#{i + 1}", reason))
        keep[mask] = False

    reject(shapely.is_missing(geometries), "没有几何")
    reject(shapely.is_empty(geometries), "几何为空")
    reject(
        shapely.get_num_coordinates(geometries) > MAX_FEATURE_VERTICES, f"顶点超过 {MAX_FEATURE_VERTICES} 个"
    )
    # boxes pass over coordinates that are no number: those are looked for among all
    bounds = shapely.bounds(geometries)
    xy = shapely.get_coordinates(geometries)
    if not np.isfinite(xy).all():
        xy, owner = shapely.get_coordinates(geometries, return_index=True)
        wild = ~np.isfinite(xy).all(axis=1)
        reject(np.bincount(owner[wild], minlength=len(geometries)) > 0, "坐标不是数值")
    del xy
    west, south, east, north = RANGE
    with np.errstate(invalid="ignore"):
        outside = (
            (bounds[:, 0] < west) | (bounds[:, 2] > east) | (bounds[:, 1] < south) | (bounds[:, 3] > north)
        )
    reject(outside, "坐标超出经纬度范围")

    geometries = geometries.copy()
    if shapely.has_z(geometries).any() or shapely.has_m(geometries).any():
        geometries = shapely.force_2d(geometries)
    _without_empty_parts(geometries)
    return geometries, keep, rejected


def _without_empty_parts(geometries: npt.NDArray[np.object_]) -> None:
    """Leave out, in place, the parts of multi-part geometries that are nothing: writers put them there, and no more."""
    several = np.flatnonzero(np.isin(shapely.get_type_id(geometries), _MULTIPLE))
    parts, owner = shapely.get_parts(geometries[several], return_index=True)
    for i in several[np.unique(owner[shapely.is_empty(parts)])].tolist():
        geometries[i] = _of_dimension(geometries[i], int(shapely.get_dimensions(geometries[i])))


def check(
    keys: npt.NDArray[np.object_], geometries: npt.NDArray[np.object_]
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.bool_], list[Repair], list[Rejection]]:
    """Repair what can be repaired and say what can't stay, of geometries that are `usable`.

    Returns
    -------
    The geometries (valid where kept), the mask of those kept, the repairs, the rejections.
    """
    keep = np.ones(len(geometries), dtype=bool)
    geometries = geometries.copy()
    valid = in_blocks(shapely.is_valid, geometries)
    # a collection is valid, but no layer's feature: only its parts of the highest dimension count
    collection = shapely.get_type_id(geometries) == 7
    repaired: list[Repair] = []
    rejected: list[Rejection] = []
    for i in np.flatnonzero(~valid | collection):
        before = geometries[i]
        dimension = int(shapely.get_dimensions(before))
        made = before if valid[i] else shapely.make_valid(before, method="structure", keep_collapsed=False)
        after = _of_dimension(made, dimension)
        if after is None:
            keep[i] = False
            rejected.append(Rejection(str(keys[i]) or f"#{i + 1}", str(shapely.is_valid_reason(before))))
            continue
        geometries[i] = after
        areas = exact_areas([before, after])
        reason = str(shapely.is_valid_reason(before))
        repaired.append(Repair(str(keys[i]) or f"#{i + 1}", reason, float(areas[0]), float(areas[1])))
    return geometries, keep, repaired, rejected


def as_multipolygon(geometry: Any) -> MultiPolygon:
    """The polygonal parts of any geometry."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return shapely.multipolygons(parts[(shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)])
