"""A boundary while it is being edited: plots with numbers, names and uses, and where their edges are straight.

The map edits degrees; a file's edges are straight in its own plane. So a drawing names the system of its edges
(``plane``), and what is saved has its vertices there: a boundary that came as coordinate text and had one point moved
still shares its other edges with its neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import numpy as np
import shapely
from shapely import MultiPolygon

from siting.engine.boundary import Boundary, DeclaredBoundary, Plot
from siting.engine.corridor import CentreLine, check_width
from siting.engine.crs import GEOGRAPHIC, DeclaredCrs, from_degrees, to_degrees
from siting.engine.editing import FloatArray
from siting.engine.notices import Notice, UnusableInput
from siting.formats import geojson
from siting.formats.features import AREA_UNITS
from siting.formats.limits import MAX_PLOTS
from siting.formats.nesting import nest
from siting.formats.numbering import numbered_rings

DEGREES = DeclaredCrs(GEOGRAPHIC)
_DECIMALS = 6  # of a metre: what was declared to 0.1 mm is the same again after the way through degrees
#: A plot's own number, name and use stand beside these, and its area and points are counted anew.
_SAID_ELSEWHERE = {
    *(
        "地块编号",
        "DKBH",
        "编号",
        "number",
        "地块名称",
        "DKMC",
        "名称",
        "name",
        "地块用途",
        "DKYT",
        "用途",
        "use",
    ),
    *("界址点数", "地块面积", *AREA_UNITS),
}
_LENGTHS = {"number": 60, "name": 200, "use": 60}
_MAX_ATTRIBUTES = 100
_MAX_LINE_POINTS = 20_000


@dataclass(frozen=True)
class DrawnPlot:
    """One plot: its ground (degrees, holes in place), what it is called, and what else its file said of it.

    ``line`` is the centre line (n, 2; degrees) and width (m) that the ground was made from, while it is that ground.
    """

    geometry: MultiPolygon
    number: str = ""
    name: str = ""
    use: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    line: tuple[FloatArray, float] | None = None

    def reshaped(self, geometry: MultiPolygon) -> DrawnPlot:
        """The same plot on other ground."""
        return replace(self, geometry=geometry, line=None)


@dataclass(frozen=True)
class Drawing:
    """Plots in the order of the list beside the map; ``crs``: where their edges are straight."""

    plots: tuple[DrawnPlot, ...]
    crs: DeclaredCrs = DEGREES
    notices: tuple[Notice, ...] = ()

    def declared(self) -> DeclaredBoundary:
        """What is saved and measured: vertices in the drawing's own system."""
        plots = []
        for plot in self.plots:
            rings = [self._in_own_system(ring) for ring in rings_of(plot.geometry)]
            lines: tuple[CentreLine, ...] = ()
            if plot.line is not None:
                xy, width = plot.line
                numbers = tuple(f"K{at}" for at in range(1, len(xy) + 1))
                lines = (CentreLine(numbers, xy, GEOGRAPHIC, width),)
            plots.append(
                Plot(
                    rings=numbered_rings(rings),
                    attributes=plot.attributes,
                    number=plot.number,
                    name=plot.name,
                    use=plot.use,
                    centre_lines=lines,
                )
            )
        return DeclaredBoundary(
            plots=tuple(plots), crs=self.crs, header={}, format="drawing", notices=self.notices
        )

    def _in_own_system(self, lonlat: FloatArray) -> FloatArray:
        if self.crs.is_geographic:
            return lonlat
        there: FloatArray = np.round(from_degrees(lonlat, self.crs), _DECIMALS)
        return there

    def to_json(self) -> dict[str, Any]:
        """The form that `read` takes."""
        return {
            "type": "FeatureCollection",
            "plane": self.crs.epsg,
            "features": [_feature(plot) for plot in self.plots],
        }


def of(boundary: Boundary) -> Drawing:
    """A boundary as a drawing: its declared vertices in degrees, each plot with its holes in place."""
    crs = boundary.declared.crs
    plots = []
    for plot, shells in zip(boundary.declared.plots, boundary.ring_shells, strict=True):
        rings = [to_degrees(ring.xy, crs) for ring in plot.rings]
        polygons = [
            (rings[outer], [rings[hole] for hole, shell in enumerate(shells) if shell == outer != hole])
            for outer, own in enumerate(shells)
            if own == outer
        ]
        line = None
        if len(plot.centre_lines) == 1:
            centre = plot.centre_lines[0]
            line = (to_degrees(centre.xy, DeclaredCrs(centre.epsg)), centre.width_m)
        attributes = {name: text for name, text in plot.attributes.items() if name not in _SAID_ELSEWHERE}
        plots.append(DrawnPlot(MultiPolygon(polygons), plot.number, plot.name, plot.use, attributes, line))
    return Drawing(tuple(plots), crs)


def rings_of(geometry: MultiPolygon) -> list[FloatArray]:
    """Open rings (n, 2) in degrees: each outer one followed by its holes."""
    return [shapely.get_coordinates(ring)[:-1] for ring in shapely.get_rings(shapely.get_parts(geometry))]


def _feature(plot: DrawnPlot) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "number": plot.number,
        "name": plot.name,
        "use": plot.use,
        "attributes": dict(plot.attributes),
    }
    if plot.line is not None:
        properties["line"] = {"coordinates": plot.line[0].tolist(), "width_m": plot.line[1]}
    coordinates = [
        [shapely.get_coordinates(ring).tolist() for ring in shapely.get_rings(part)]
        for part in shapely.get_parts(plot.geometry)
    ]
    return {
        "type": "Feature",
        "geometry": {"type": "MultiPolygon", "coordinates": coordinates},
        "properties": properties,
    }


def read(document: Mapping[str, Any]) -> Drawing:
    """Take what was drawn on the map.

    Parameters
    ----------
    document
        A GeoJSON Polygon or MultiPolygon (one plot), or a FeatureCollection with a plot per feature; longitude and
        latitude in degrees (EPSG:4490). The collection's ``plane`` is the EPSG code of the system in which its edges
        are straight (4490 unless given), a feature's ``properties`` are ``number``, ``name``, ``use`` (texts),
        ``attributes`` (texts by name) and ``line`` (``coordinates``, ``width_m``).

    Raises
    ------
    UnusableInput
        Where it is no such document, or lies outside China; ``field`` says where.
    """
    if not isinstance(document, Mapping) or document.get("type") != "FeatureCollection":
        declared = geojson.from_drawing(document)
        rings = [ring.xy for ring in declared.plots[0].rings]
        return Drawing((DrawnPlot(_nested(rings)),), declared.crs, declared.notices)
    features = document.get("features")
    if not isinstance(features, list) or not features:
        _refuse("no-plots", "没有地块", "features")
    if len(features) > MAX_PLOTS:
        _refuse("too-many-plots", "地块超过 %(limit)s 个", "features", limit=MAX_PLOTS)
    notices: list[Notice] = []
    plots = [_plot(feature, f"features[{at}]", notices) for at, feature in enumerate(features)]
    return Drawing(tuple(plots), _plane(document.get("plane", GEOGRAPHIC)), tuple(notices))


def _plane(epsg: object) -> DeclaredCrs:
    if type(epsg) is not int:
        _refuse(
            "crs-unsupported", "不支持坐标系 EPSG:%(epsg)s，只支持 CGCS2000", "plane", epsg=str(epsg)[:20]
        )
    return DeclaredCrs(epsg)


def _plot(feature: object, where: str, notices: list[Notice]) -> DrawnPlot:
    if not isinstance(feature, Mapping):
        _refuse("not-geojson", "不是 GeoJSON：这里应为 Feature", where)
    geometry, properties = feature.get("geometry"), feature.get("properties") or {}
    if not isinstance(geometry, Mapping) or not isinstance(properties, Mapping):
        _refuse("not-geojson", "不是 GeoJSON：这里应为 Feature", where)
    try:
        declared = geojson.from_drawing(geometry)
    except UnusableInput as refused:
        raise UnusableInput(
            *(replace(notice, field=f"{where}.{notice.field or 'geometry'}") for notice in refused.notices)
        ) from refused
    notices += declared.notices
    texts = {
        name: _text(properties.get(name), f"{where}.properties.{name}", most)
        for name, most in _LENGTHS.items()
    }
    return DrawnPlot(
        geometry=_nested([ring.xy for ring in declared.plots[0].rings]),
        attributes=_attributes(properties.get("attributes"), f"{where}.properties.attributes"),
        line=_line(properties.get("line"), f"{where}.properties.line"),
        **texts,
    )


def _nested(rings: Sequence[FloatArray]) -> MultiPolygon:
    return MultiPolygon([(rings[group[0]], [rings[hole] for hole in group[1:]]) for group in nest(rings)])


def _text(value: object, where: str, most: int) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        _refuse("not-text", "这里应为文字", where)
    text = value.replace("\x00", "").strip()
    if len(text) > most:
        _refuse("text-too-long", "文字超过 %(limit)s 个字符", where, limit=most)
    return text


def _attributes(value: object, where: str) -> dict[str, str]:
    """What a file said beside number, name, use, area and point count: those are the plot's own, or measured anew."""
    if value is None:
        return {}
    if not isinstance(value, Mapping) or len(value) > _MAX_ATTRIBUTES:
        _refuse("not-attributes", "属性应为不超过 %(limit)s 项的对象", where, limit=_MAX_ATTRIBUTES)
    return {
        str(name)[:100]: _text(text, f"{where}.{name}", 1000)
        for name, text in value.items()
        if name not in _SAID_ELSEWHERE
    }


def _line(value: object, where: str) -> tuple[FloatArray, float] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or type(value.get("width_m")) not in (int, float):
        _refuse("not-a-line", "应为一条线和它的宽度", where)
    width_m = float(max(-1e9, min(value["width_m"], 1e9)))  # an integer may be larger than any double
    check_width(width_m)
    return path(value.get("coordinates"), f"{where}.coordinates"), width_m


def path(coordinates: object, where: str) -> FloatArray:
    """Points of a line (n, 2), degrees, from JSON.

    Raises
    ------
    UnusableInput
        Where they are no two points of China.
    """
    if not isinstance(coordinates, list) or not 2 <= len(coordinates) <= _MAX_LINE_POINTS:
        _refuse("not-a-line", "线至少要有两个点，至多 %(limit)s 个", where, limit=_MAX_LINE_POINTS)
    for at, position in enumerate(coordinates):
        if not (
            isinstance(position, list)
            and len(position) == 2
            and all(type(number) in (int, float) for number in position)
            and 70 <= position[0] <= 140
            and 0 <= position[1] <= 56
        ):
            _refuse("coordinate-out-of-range", "应为我国范围内的经度和纬度", f"{where}[{at}]")
    return np.array(coordinates, dtype=np.float64)


def _refuse(code: str, template: str, where: str, **params: Any) -> NoReturn:
    raise UnusableInput(Notice(code, template, params, field=where))
