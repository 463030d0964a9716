"""Declared rings: what is wrong with one, and which is an outer ring, a hole or a part of a plot."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from siting.engine.area import (
    SEMI_MAJOR_M,
    FloatArray,
    exact_area,
    measure,
    official_ring_area,
    planar_ring_area,
)
from siting.engine.crs import DeclaredCrs, densify, from_degrees, to_degrees
from siting.engine.notices import Notice
from siting.engine.slivers import CONTACT_WIDTH_M, ObjectArray, Width, classify, width
from siting.engine.tangles import is_tangled

CHINA_DEGREES = (73.0, 3.0, 136.0, 54.0)
"""West, south, east, north: wide enough for land and sea, narrow enough to tell X from Y."""
MAX_NOTICES = 50
MAX_EDGES_M = 5e7
"""Projected edges are split every 100 m; a few vertices far apart would otherwise become any number."""
_DUPLICATE_M = 1e-4
_SPIKE_COSINE = np.cos(np.radians(1.0))
_REPAIRABLE_VERTICES = 5_000
_PLACE = re.compile(r"\[(\S+) (\S+)\]")


@dataclass
class Findings:
    """What is found on the way: problems refuse the boundary, notices go along with it."""

    problems: list[Notice] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    edges_m: float = 0.0

    def problem(self, code: str, template: str, place: npt.ArrayLike | None = None, **params: Any) -> None:
        """Add a reason to refuse the boundary; ``place`` is longitude and latitude in degrees."""
        self.problems.append(Notice(code, template, params, place=_place(place)))

    def notice(self, code: str, template: str, place: npt.ArrayLike | None = None, **params: Any) -> None:
        """Add something worth telling; ``place`` is longitude and latitude in degrees."""
        if len(self.notices) < MAX_NOTICES:
            self.notices.append(Notice(code, template, params, place=_place(place)))


def _place(place: npt.ArrayLike | None) -> tuple[float, float] | None:
    if place is None:
        return None
    lon, lat = np.asarray(place, dtype=np.float64)
    return float(lon), float(lat)


@dataclass(frozen=True)
class CleanRing:
    """A ring that encloses something.

    ``lonlat`` are its declared vertices (n, 2) in degrees, neither closed nor repeated; ``polygon`` what it
    encloses, EPSG:4490, densified; ``name`` its ring number (地块圈号), or its place in the plot.
    """

    name: str
    lonlat: FloatArray
    polygon: BaseGeometry
    official_area_m2: float


def inside_china(lonlat: FloatArray, crs: DeclaredCrs) -> npt.NDArray[np.bool_]:
    """Say of each point (n, 2; degrees) whether ``crs`` can mean it: in China, and not two zones away."""
    west, south, east, north = CHINA_DEGREES
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    if not crs.is_geographic:
        inside &= np.abs(lon - crs.central_meridian) <= 1.5 * crs.zone_width
    return inside


def clean(
    xy: FloatArray, numbers: Sequence[str], name: str, plot: str, crs: DeclaredCrs, findings: Findings
) -> CleanRing | None:
    """Check one ring; None where a problem was found.

    Parameters
    ----------
    xy
        float64 (n, 2) as declared, in ``crs``, closed or not.
    numbers
        Point numbers of the rows of ``xy``; their places in the ring where there are fewer.
    name, plot
        What notices call the ring and its plot.
    """
    where = {"plot": plot, "ring": name}
    xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)

    def number(index: int) -> str:
        return numbers[index] if index < len(numbers) and numbers[index] else str(index + 1)

    finite = np.isfinite(xy).all(axis=1)
    if not finite.all():
        findings.problem(
            "coordinate-not-finite",
            "地块 %(plot)s 第 %(ring)s 圈界址点 %(point)s 的坐标不是有效数值",
            **where,
            point=number(int(np.argmin(finite))),
        )
        return None
    index = _without_repeats(xy, number, where, crs, findings)
    if len(np.unique(xy[index], axis=0)) < 3:
        findings.problem("ring-too-few-points", "地块 %(plot)s 第 %(ring)s 圈不足 3 个不同的界址点", **where)
        return None
    xy = xy[index]
    lonlat = to_degrees(xy, crs)
    inside = inside_china(lonlat, crs)
    if not inside.all():
        swapped = bool(inside_china(to_degrees(xy[:, ::-1].copy(), crs), crs).all())
        findings.problem(
            "coordinates-swapped" if swapped else "coordinates-outside",
            "地块 %(plot)s 第 %(ring)s 圈界址点 %(point)s 不在中国范围内，X、Y 坐标似乎颠倒"
            if swapped
            else "地块 %(plot)s 第 %(ring)s 圈界址点 %(point)s 不在投影带或中国范围内，请检查坐标系和带号",
            **where,
            point=number(int(index[np.argmin(inside)])),
        )
        return None
    for spike in _spikes(lonlat)[:10]:
        findings.notice(
            "spike",
            "地块 %(plot)s 第 %(ring)s 圈界址点 %(point)s 处夹角小于 1°，疑似尖刺",
            lonlat[spike],
            **where,
            point=number(int(index[spike])),
        )
    if not crs.is_geographic:
        findings.edges_m += float(np.abs(np.diff(xy, axis=0)).max(axis=1).sum())
        if findings.edges_m > MAX_EDGES_M:
            findings.problem("boundary-too-long", "边界总长超过 50000 公里，无法处理")
            return None
    if is_tangled(lonlat):
        findings.problem("ring-tangled", "地块 %(plot)s 第 %(ring)s 圈的边交错过多", lonlat[0], **where)
        return None
    polygon = shapely.Polygon(densify(np.vstack((xy, xy[:1])), crs))
    official = official_ring_area(lonlat)
    if not polygon.is_valid:
        place = _reported_place(polygon)
        repaired = _repaired(polygon, place, official)
        edges = _nearest_edges(lonlat, place)
        a, b = (f"{number(int(index[e]))}-{number(int(index[(e + 1) % len(index)]))}" for e in edges)
        if repaired is None:
            findings.problem(
                "ring-crosses-itself",
                "地块 %(plot)s 第 %(ring)s 圈自相交：边 %(edge_a)s 与边 %(edge_b)s",
                place,
                **where,
                edge_a=a,
                edge_b=b,
            )
            return None
        if not repaired.is_empty:
            findings.notice(
                "ring-touches-itself",
                "地块 %(plot)s 第 %(ring)s 圈在边 %(edge_a)s 与边 %(edge_b)s 处与自身重合，已按围合范围处理",
                place,
                **where,
                edge_a=a,
                edge_b=b,
            )
        polygon = repaired
    areas, perimeters = measure(np.array([polygon], dtype=object))
    if polygon.is_empty or width(areas, perimeters)[0] < CONTACT_WIDTH_M:
        findings.problem("ring-zero-area", "地块 %(plot)s 第 %(ring)s 圈面积为零", lonlat[0], **where)
        return None
    return CleanRing(name, lonlat, polygon, official)


def _without_repeats(
    xy: FloatArray, number: Any, where: dict[str, str], crs: DeclaredCrs, findings: Findings
) -> npt.NDArray[np.intp]:
    """Rows of ``xy`` to keep: no closing row, no point that follows itself."""
    tolerance = _DUPLICATE_M / (np.radians(1.0) * SEMI_MAJOR_M) if crs.is_geographic else _DUPLICATE_M
    index = np.arange(len(xy))
    if len(xy) > 1 and np.abs(xy[0] - xy[-1]).max() <= tolerance:
        index = index[:-1]
    if len(index) < 2:
        return index
    repeated = np.zeros(len(index), dtype=bool)
    repeated[1:] = np.abs(np.diff(xy[index], axis=0)).max(axis=1) <= tolerance
    # a closed file may have stated its last point twice as well
    repeated[-1] |= bool(np.abs(xy[index[-1]] - xy[0]).max() <= tolerance)
    for row in np.flatnonzero(repeated)[:10]:
        findings.notice(
            "point-repeated",
            "地块 %(plot)s 第 %(ring)s 圈界址点 %(point)s 与前一点重复，已忽略",
            _shown(xy[row], crs),
            **where,
            point=number(int(row)),
        )
    return index[~repeated]


def _shown(xy: FloatArray, crs: DeclaredCrs) -> FloatArray | None:
    place = to_degrees(xy.reshape(1, 2), crs)
    return place[0] if np.isfinite(place).all() else None


def _spikes(lonlat: FloatArray) -> npt.NDArray[np.intp]:
    metres = lonlat * (np.cos(np.radians(lonlat[:, 1].mean())), 1.0)
    back = np.roll(metres, 1, axis=0) - metres
    ahead = np.roll(metres, -1, axis=0) - metres
    lengths = np.hypot(*back.T) * np.hypot(*ahead.T)
    cosine = np.divide((back * ahead).sum(axis=1), lengths, out=np.zeros(len(metres)), where=lengths > 0)
    return np.flatnonzero(cosine > _SPIKE_COSINE)


def _reported_place(polygon: BaseGeometry) -> FloatArray:
    found = _PLACE.search(shapely.is_valid_reason(polygon))
    return np.array([float(found[1]), float(found[2])]) if found else shapely.get_coordinates(polygon)[0]


def _nearest_edges(lonlat: FloatArray, place: FloatArray) -> tuple[int, int]:
    """The two declared edges (by first vertex) nearest to where a ring meets itself."""
    scale = (np.cos(np.radians(place[1])), 1.0)
    start = (lonlat - place) * scale
    step = (np.roll(lonlat, -1, axis=0) - lonlat) * scale
    along = np.clip(-(start * step).sum(axis=1) / (step**2).sum(axis=1), 0, 1)
    distance = np.hypot(*(start + along[:, None] * step).T)
    first, second = sorted(np.argsort(distance, kind="stable")[:2].tolist())
    return first, second


def _repaired(polygon: BaseGeometry, place: FloatArray, official: float) -> BaseGeometry | None:
    """What a ring encloses that touches itself without crossing (a bridge to a hole, a spike), else None.

    It doesn't cross itself where the area it encloses equals its signed area: the lobes of a bow-tie are
    of opposite sign, and a ring run through twice counts double.
    """
    ring = shapely.get_exterior_ring(polygon)
    vertices = shapely.get_coordinates(ring)
    near = np.abs(vertices - place).max(axis=1).min() * np.radians(1.0) * SEMI_MAJOR_M
    if near > CONTACT_WIDTH_M or len(vertices) > _REPAIRABLE_VERTICES:
        return None  # two edges cross between their ends
    edges = shapely.linestrings(np.stack((vertices[:-1], vertices[1:]), axis=1))
    if shapely.STRtree(edges).query(edges).shape[1] > 50 * len(edges):
        return None  # so tangled that taking it apart could take minutes
    repaired = shapely.make_valid(polygon, method="structure", keep_collapsed=False)
    signed = exact_area(polygon)
    if abs(exact_area(repaired) - signed) > 1e-6 + 1e-9 * max(signed, official):
        return None
    return repaired


@dataclass(frozen=True)
class Nested:
    """A plot's rings sorted out.

    ``geometry`` is in EPSG:4490; ``signs`` has +1 for an outer ring, -1 for a hole; ``shells`` has for each hole the
    index of the outer ring that it lies in, and for an outer ring its own.
    """

    geometry: shapely.MultiPolygon
    signs: npt.NDArray[np.int8]
    shells: tuple[int, ...]


def nest(rings: Sequence[CleanRing], plot: str, findings: Findings, max_pairs: int) -> Nested | None:
    """Decide by containment which ring is an outer one and which a hole; None where a problem was found.

    Ring numbers say nothing: exporters write holes and further parts alike as rings 2, 3 …
    """
    polygons = np.array([ring.polygon for ring in rings], dtype=object)
    inside_of = _containment(polygons, rings, plot, findings, max_pairs)
    if inside_of is None:
        return None
    depth = np.array([len(containers) for containers in inside_of])
    signs = np.where(depth % 2 == 0, 1, -1).astype(np.int8)
    holes: dict[int, list[int]] = {}
    shells = list(range(len(rings)))
    for index in np.flatnonzero(signs < 0):
        parent = max(inside_of[index], key=lambda container: depth[container])
        holes.setdefault(parent, []).append(int(index))
        shells[index] = parent
    parts = [
        _with_holes(polygons[shell], polygons[holes.get(int(shell), [])])
        for shell in np.flatnonzero(signs > 0)
    ]
    return Nested(as_multipolygon(parts), signs, tuple(shells))


def _containment(
    polygons: ObjectArray, rings: Sequence[CleanRing], plot: str, findings: Findings, max_pairs: int
) -> list[list[int]] | None:
    """For each ring the rings that contain it."""
    inside_of: list[list[int]] = [[] for _ in rings]
    pairs = overlapping_boxes(polygons, max_pairs)
    if pairs is None:
        findings.problem("rings-entangled", "地块 %(plot)s 的圈重叠过多，无法处理", plot=plot)
        return None
    areas = exact_area(polygons)
    swap = areas[pairs[0]] < areas[pairs[1]]
    big, small = np.where(swap, pairs[1], pairs[0]), np.where(swap, pairs[0], pairs[1])
    shapely.prepare(polygons)
    touching = shapely.intersects(polygons[big], polygons[small])
    big, small = big[touching], small[touching]
    covered = shapely.covers(polygons[big], polygons[small])
    before = len(findings.problems)
    for i, j, is_covered in zip(big.tolist(), small.tolist(), covered.tolist(), strict=True):
        # Vertices on a shared edge miss it by a few nanometres, so thin differences don't count.
        if not is_covered and is_thin(shapely.intersection(polygons[i], polygons[j])):
            continue
        if not is_covered and not is_thin(shapely.difference(polygons[j], polygons[i])):
            edges = shapely.intersection(shapely.boundary(polygons[i]), shapely.boundary(polygons[j]))
            findings.problem(
                "rings-cross",
                "地块 %(plot)s 第 %(ring)s 圈与第 %(other)s 圈相交",
                shapely.get_coordinates(edges)[0],
                plot=plot,
                ring=rings[i].name,
                other=rings[j].name,
            )
        elif is_thin(shapely.difference(polygons[i], polygons[j])):
            findings.problem(
                "ring-repeated",
                "地块 %(plot)s 第 %(ring)s 圈与第 %(other)s 圈重复",
                rings[i].lonlat[0],
                plot=plot,
                ring=rings[i].name,
                other=rings[j].name,
            )
        else:
            inside_of[j].append(i)
        if len(findings.problems) >= MAX_NOTICES:
            break
    return inside_of if len(findings.problems) == before else None


def overlapping_boxes(geometries: ObjectArray, max_pairs: int) -> npt.NDArray[np.intp] | None:
    """Pairs (2, k) of geometries whose boxes meet, each once; None where there are more than that."""
    tree = shapely.STRtree(geometries)
    found: list[npt.NDArray[np.intp]] = []
    total = 0
    for index, geometry in enumerate(geometries):
        others = tree.query(geometry)
        others = np.sort(others[others > index])
        total += len(others)
        if total > max_pairs:
            return None
        found.append(np.stack((np.full(len(others), index), others)))
    return np.concatenate(found, axis=1) if found else np.empty((2, 0), dtype=np.intp)


def is_thin(geometry: BaseGeometry) -> bool:
    """Whether nothing of it is wider than contact."""
    parts = shapely.get_parts(geometry)
    parts = parts[shapely.get_dimensions(parts) == 2]
    if len(parts) == 0:
        return True
    return bool(np.all(classify(parts, *measure(parts), CONTACT_WIDTH_M) == Width.CONTACT))


def _with_holes(shell: BaseGeometry, holes: ObjectArray) -> BaseGeometry:
    if len(holes) == 0:
        return shell
    if (
        shell.geom_type == "Polygon"
        and not len(shell.interiors)
        and all(h.geom_type == "Polygon" for h in holes)
    ):
        polygon = shapely.Polygon(shell.exterior, [hole.exterior for hole in holes])
        if polygon.is_valid:
            return polygon
    return shapely.difference(shell, shapely.union_all(holes))  # a hole touches its shell


def as_multipolygon(geometries: Sequence[BaseGeometry]) -> shapely.MultiPolygon:
    """Put areal geometries together into one valid MultiPolygon; what overlaps is dissolved."""
    parts = shapely.get_parts(np.array(geometries, dtype=object))
    whole = shapely.multipolygons(parts)
    if not whole.is_valid:
        parts = shapely.get_parts(shapely.union_all(parts))
        whole = shapely.multipolygons(parts[shapely.get_dimensions(parts) == 2])
    return whole


def planar_area(rings: Sequence[CleanRing], signs: npt.NDArray[np.int8], plane: DeclaredCrs) -> float:
    """Area in m² of rings in a Gauss-Krüger plane, holes taken out."""
    return float(
        sum(
            sign * planar_ring_area(from_degrees(ring.lonlat, plane))
            for ring, sign in zip(rings, signs.tolist(), strict=True)
        )
    )
