"""A site's boundary: as it was declared, and as the engine measures it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import shapely
from shapely import MultiPolygon

from siting.engine.area import exact_area, perimeter, rounded
from siting.engine.corridor import CentreLine
from siting.engine.crs import DeclaredCrs, gauss_kruger, zone_of_longitude
from siting.engine.notices import Notice, UnusableInput
from siting.engine.rings import (
    MAX_NOTICES,
    CleanRing,
    Findings,
    Nested,
    as_multipolygon,
    clean,
    is_thin,
    nest,
    overlapping_boxes,
    planar_area,
)
from siting.engine.slivers import ObjectArray


@dataclass(frozen=True)
class Ring:
    """One declared ring, not closed: vertex ``i`` is ``xy[i]`` with point number ``numbers[i]``.

    ``xy`` is float64 of shape (n, 2), **easting or longitude first**, in the plot's declared CRS, with
    the zone prefix in the easting exactly as declared. ``label`` is the declared ring number (地块圈号).
    """

    numbers: tuple[str, ...]
    xy: npt.NDArray[np.float64]
    label: str


@dataclass(frozen=True)
class Plot:
    """One declared plot (地块): its rings in the order of the file, and every attribute it came with.

    ``attributes`` keeps the file's own names and order, so that reading and writing round-trips. The named
    fields are what the engine and the pages use; empty text where the file has none. ``centre_lines`` are what the
    rings were made from, where the plot was declared as lines with a width.
    """

    rings: tuple[Ring, ...]
    attributes: Mapping[str, str]
    number: str = ""
    name: str = ""
    use: str = ""
    declared_area_m2: float | None = None
    centre_lines: tuple[CentreLine, ...] = ()


@dataclass(frozen=True)
class DeclaredBoundary:
    """What a file, or a drawing, says. Nothing is interpreted yet but the coordinate system."""

    plots: tuple[Plot, ...]
    crs: DeclaredCrs
    header: Mapping[str, str]
    format: str  # a name of `siting.formats.sniffing.Format`, "pasted" or "drawing"
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class Boundary:
    """A boundary that can be measured.

    Attributes
    ----------
    declared
        The vertices that feed the official area and every export.
    geometry
        Valid MultiPolygon in EPSG:4490 (longitude, latitude; degrees), projected edges densified so that
        the chord deviates by at most 1 mm, overlapping plots dissolved.
    plot_geometries
        One MultiPolygon per plot, in the plots' order, before dissolving.
    ring_shells
        Per plot, for each of its rings the index of the outer ring that it is a hole of; an outer ring's own.
    area_m2
        Official ellipsoidal area (椭球面积) of the declared vertices, m².
    planar_area_m2
        Area in the plane of the site's own 3° Gauss-Krüger zone, m².
    exact_area_m2
        Exact ellipsoidal area of ``geometry`` under longitude/latitude-straight edges, m²: the additive one
        that the parts are measured with.
    declared_area_m2
        Sum of the plots' declared areas, m², or None where a plot declares none.
    declared_matches
        ``"ellipsoidal"``, ``"planar"``, ``"both"``, ``"neither"``, or None where nothing was declared.
    central_meridian
        Of the site's own 3° zone, degrees: where buffers and distances are computed.
    notices
        Everything worth telling, from reading and from validation.
    """

    declared: DeclaredBoundary
    geometry: MultiPolygon
    plot_geometries: tuple[MultiPolygon, ...]
    ring_shells: tuple[tuple[int, ...], ...]
    area_m2: float
    planar_area_m2: float
    exact_area_m2: float
    declared_area_m2: float | None
    declared_matches: str | None
    central_meridian: float
    notices: tuple[Notice, ...]

    @cached_property
    def perimeter_m(self) -> float:
        """Length of all rings of ``geometry``, holes too, m."""
        return float(perimeter(self.geometry))


MAX_VERTICES = 200_000
MAX_RINGS = 5_000
MAX_OVERLAPPING_PAIRS = 200_000
_DECLARED_ROUNDING_M2 = 0.5  # a plot's area is declared in 公顷 with four decimals
_DECLARED_PRECISION_M = 0.0005  # … and its coordinates to 1 mm


def build(declared: DeclaredBoundary) -> Boundary:
    """Turn what was declared into a boundary that can be measured.

    Rings become polygons by containment, whatever their order, number or winding; plots are told apart by
    their order. A vertex that repeats the one before and a missing closing vertex are no problem;
    ``declared`` keeps every vertex as it came.

    Parameters
    ----------
    declared
        Plots of rings in their declared coordinate system.

    Returns
    -------
    Boundary
        With everything worth telling in ``notices``: first what reading found, then what building found.

    Raises
    ------
    UnusableInput
        With every problem found (at most 50), each with plot, ring, point and place: no or too many
        vertices, coordinates that are no numbers or lie outside, fewer than three points, no area, a ring
        that crosses itself or another ring of its plot.
    """
    _refuse_by_size(declared)
    findings = Findings()
    names = [plot.number or plot.name or str(order) for order, plot in enumerate(declared.plots, start=1)]
    plots: list[tuple[list[CleanRing], Nested]] = []
    for name, plot in zip(names, declared.plots, strict=True):
        rings = [
            clean(ring.xy, ring.numbers, ring.label or str(order), name, declared.crs, findings)
            for order, ring in enumerate(plot.rings, start=1)
        ]
        if not rings:
            findings.problem("plot-empty", "地块 %(plot)s 没有界址点", plot=name)
        usable = [ring for ring in rings if ring is not None]
        if len(usable) == len(rings) > 0 and len(findings.problems) < MAX_NOTICES:
            nested = nest(usable, name, findings, MAX_OVERLAPPING_PAIRS)
            if nested is not None:
                plots.append((usable, nested))
    if findings.problems:
        raise UnusableInput(*findings.problems[:MAX_NOTICES])

    geometries = np.array([nested.geometry for _, nested in plots], dtype=object)
    overlapping = _warn_of_overlaps(geometries, names, findings)
    geometry = geometries[0] if len(geometries) == 1 else as_multipolygon(geometries.tolist())
    centre = shapely.get_coordinates(shapely.centroid(geometry))[0]
    own_plane = gauss_kruger(zone_of_longitude(centre[0]), prefixed=False)
    _warn_of_zone(declared.crs, centre, findings)

    exact = exact_area(geometry)
    # What plots share is counted once.
    once = exact / float(exact_area(geometries).sum()) if overlapping else 1.0
    official = once * sum(
        sign * ring.official_area_m2
        for rings, nested in plots
        for ring, sign in zip(rings, nested.signs.tolist(), strict=True)
    )

    def planar(plane: DeclaredCrs) -> float:
        return once * sum(planar_area(rings, nested.signs, plane) for rings, nested in plots)

    planar_own = planar(own_plane)
    planes = [planar_own]
    if not declared.crs.is_geographic and declared.crs.central_meridian != own_plane.central_meridian:
        planes.append(planar(declared.crs))
    areas = [plot.declared_area_m2 for plot in declared.plots]
    stated = None if any(area is None for area in areas) else sum(area for area in areas if area is not None)
    tolerance = _DECLARED_ROUNDING_M2 * len(plots) + _DECLARED_PRECISION_M * perimeter(geometry)
    return Boundary(
        declared=declared,
        geometry=geometry,
        plot_geometries=tuple(geometries.tolist()),
        ring_shells=tuple(nested.shells for _, nested in plots),
        area_m2=official,
        planar_area_m2=planar_own,
        exact_area_m2=exact,
        declared_area_m2=stated,
        declared_matches=_matches(stated, official, planes, tolerance, findings),
        central_meridian=own_plane.central_meridian,
        notices=(*declared.notices, *findings.notices),
    )


def _refuse_by_size(declared: DeclaredBoundary) -> None:
    vertices = sum(len(ring.xy) for plot in declared.plots for ring in plot.rings)
    rings = sum(len(plot.rings) for plot in declared.plots)
    if vertices == 0:
        raise UnusableInput(Notice("boundary-empty", "没有界址点"))
    if vertices > MAX_VERTICES:
        raise UnusableInput(
            Notice(
                "too-many-vertices",
                "界址点 %(count)s 个，超过上限 %(limit)s 个",
                {"count": vertices, "limit": MAX_VERTICES},
            )
        )
    if rings > MAX_RINGS:
        raise UnusableInput(
            Notice(
                "too-many-rings",
                "共 %(count)s 圈，超过上限 %(limit)s 圈",
                {"count": rings, "limit": MAX_RINGS},
            )
        )


def _warn_of_overlaps(geometries: ObjectArray, names: list[str], findings: Findings) -> bool:
    """Say which plots overlap, and whether any do."""
    pairs = overlapping_boxes(geometries, MAX_OVERLAPPING_PAIRS)
    if pairs is None:
        raise UnusableInput(Notice("plots-entangled", "地块重叠过多，无法处理"))
    shapely.prepare(geometries)
    first, second = pairs[:, shapely.intersects(geometries[pairs[0]], geometries[pairs[1]])]
    shared = shapely.intersection(geometries[first], geometries[second])
    overlapping = False
    for a, b, overlap in zip(first.tolist(), second.tolist(), shared, strict=True):
        if is_thin(overlap):
            continue
        overlapping = True
        findings.notice(
            "plots-overlap",
            "地块 %(plot)s 与地块 %(other)s 重叠 %(area)s 平方米，重叠部分只计一次",
            shapely.get_coordinates(shapely.point_on_surface(overlap))[0],
            plot=names[a],
            other=names[b],
            area=rounded(exact_area(overlap), 2),
        )
    return overlapping


def _warn_of_zone(crs: DeclaredCrs, centre: npt.NDArray[np.float64], findings: Findings) -> None:
    if crs.is_geographic or abs(centre[0] - crs.central_meridian) <= crs.zone_width / 2 + 0.5:
        return
    findings.notice(
        "zone-unusual",
        "地块中心经度 %(lon)s° 远离所用投影带的中央经线 %(meridian)s°，请核对带号",
        centre,
        lon=f"{centre[0]:.4f}",
        meridian=f"{crs.central_meridian:.0f}",
    )


def _matches(
    stated: float | None, official: float, planes: list[float], tolerance: float, findings: Findings
) -> str | None:
    """Say which of the computed areas a declared one is, and tell where it isn't the official one."""
    if stated is None:
        return None
    ellipsoidal = abs(stated - official) <= tolerance
    planar = any(abs(stated - area) <= tolerance for area in planes)
    params = {"declared": f"{stated:.2f}", "ellipsoidal": f"{official:.2f}", "planar": f"{planes[0]:.2f}"}
    if ellipsoidal:
        return "both" if planar else "ellipsoidal"
    if planar:
        findings.notice(
            "declared-area-planar",
            "申报面积 %(declared)s 平方米与平面面积 %(planar)s 平方米一致，椭球面积为 %(ellipsoidal)s 平方米",
            **params,
        )
        return "planar"
    findings.notice(
        "declared-area-differs",
        "申报面积 %(declared)s 平方米与椭球面积 %(ellipsoidal)s 平方米、平面面积 %(planar)s 平方米都不一致",
        **params,
    )
    return "neither"
