"""What the visible layers show in a frame: drawn, counted for the legend, and said where it isn't the whole truth."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _

import layers.queries
from gis_projects.atlas.printing.drawing import drawn_class, hatch_id, path_data, pattern, swatch
from gis_projects.atlas.printing.sheet import Frame
from gis_projects.sentences import word
from layers import lookup, raster_tiles, tile_shapes, tiles
from layers.models import Kind, LayerVersion
from layers.queries import PinnedVersion

#: Above this many features of a layer in the frame its overviews are drawn: on paper they would be dots.
MAX_FEATURES = 15_000
#: A pixel of an overview should be no larger than this on paper, where the layer has such overviews.
COARSEST_MM = 0.35
MAX_TILES = 400


Style = Mapping[str, Mapping[str, Any]]
_PLAIN: Style = {"": {"fill": "#6e6a62", "fill_opacity": 0.16, "stroke": "#6e6a62"}}


@dataclass(frozen=True)
class Wanted:
    """One layer as the map shows it: its version, how opaque, which classes are off, and a raster's look."""

    version: LayerVersion
    opacity: float = 1.0
    hidden: frozenset[str] = frozenset()
    style: str = ""


@dataclass
class Drawn:
    """One layer on paper."""

    svg: str = ""
    patterns: list[str] = field(default_factory=list)
    legend: list[dict[str, str]] = field(default_factory=list)
    note: str = ""


def look_finder(style: Style) -> Callable[[str], str | None]:
    """The entry of a legend that a class is drawn by: its own, or that of its longest prefix, as on the screen."""

    def find(code: str) -> str | None:
        for length in range(len(code), -1, -1):
            if code[:length] in style:
                return code[:length]
        return next(iter(style)) if len(style) == 1 else None

    return find


def _tile_range(ground: Any, zoom: int) -> list[tuple[int, int]]:
    west, south, east, north = ground.bounds
    side = 1 << zoom

    def column(lon: float) -> int:
        return int((lon + 180) / 360 * side)

    def row(lat: float) -> int:
        return int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side)

    return [(x, y) for x in range(column(west), column(east) + 1) for y in range(row(north), row(south) + 1)]


def _zoom_for(frame: Frame, coarsest: float) -> int:
    """The smallest zoom at which a pixel of 256 to a tile is at most so many millimetres on paper."""
    metres = coarsest * frame.scale / 1000
    return max(0, math.ceil(math.log2(156543.034 * math.cos(math.radians(frame.lat)) / metres)))


def draw(wanted: Wanted, frame: Frame, *, look: Style | None = None) -> Drawn:
    """One layer in the frame, by its own style or by another look."""
    style = look or wanted.version.layer.style or _PLAIN
    if wanted.version.layer.kind == Kind.RASTER:
        return _raster(wanted, frame)
    pinned = layers.queries.pinned({wanted.version.layer.code: wanted.version.number})[
        wanted.version.layer.code
    ]
    box = frame.ground.bounds
    if lookup.count(pinned, box, at_most=MAX_FEATURES) > MAX_FEATURES:
        return _from_overviews(wanted, style, pinned, frame)
    found = layers.queries.candidates({pinned.layer: pinned}, frame.ground)[pinned.layer]
    keys, firsts, counts = np.unique(found.keys.astype(str), return_index=True, return_counts=True)
    geometries = np.empty(len(keys), dtype=object)
    for position, (first, count) in enumerate(zip(firsts.tolist(), counts.tolist(), strict=True)):
        pieces = found.geometries[first : first + count]
        # What was cut for speed is drawn whole: a cut is no boundary.
        geometries[position] = pieces[0] if count == 1 else shapely.union_all(pieces)
    return _classes(wanted, style, frame, geometries, found.classes[firsts], outlines=True)


def _from_overviews(wanted: Wanted, style: Style, pinned: PinnedVersion, frame: Frame) -> Drawn:
    zoom = min(_zoom_for(frame, COARSEST_MM), pinned.detail_zoom - 1)
    geometries: list[Any] = []
    classes: list[str] = []
    try:
        for x, y in _tile_range(frame.ground, zoom)[:MAX_TILES]:
            for code, geometry in tile_shapes.shapes(
                tiles.tile(pinned, zoom, x, y), tiles.tile_bounds(zoom, x, y)
            ):
                geometries.append(geometry)
                classes.append(code)
    except tiles.NotMade:
        return Drawn(note=_("%(layer)s：概览尚未生成，本图未绘制该图层。") % {"layer": pinned.layer_name})
    array = np.empty(len(geometries), dtype=object)
    array[:] = geometries
    drawn = _classes(wanted, style, frame, array, np.array(classes, dtype=object), outlines=False)
    drawn.note = _(
        "%(layer)s：图幅内要素过多，按第 %(zoom)s 级概览绘制，小于纸上 %(mm)s 毫米的图斑已综合。"
    ) % {
        "layer": pinned.layer_name,
        "zoom": zoom,
        "mm": f"{max(COARSEST_MM, _pixel_mm(frame, zoom)):.1f}",
    }
    return drawn


def _pixel_mm(frame: Frame, zoom: int) -> float:
    return 156543.034 * math.cos(math.radians(frame.lat)) / (1 << zoom) / frame.scale * 1000


def _classes(
    wanted: Wanted, style: Style, frame: Frame, geometries: Any, classes: Any, *, outlines: bool
) -> Drawn:
    layer = wanted.version.layer
    find = look_finder(style)
    entries = {code: find(code) for code in set(classes.tolist())}
    drawn = Drawn()
    parts = []
    names = wanted.version.class_names or layer.class_names
    # What stands first in the legend lies on top.
    for entry in reversed(list(style)):
        if entry in wanted.hidden:
            continue
        chosen = np.array([entries[code] == entry for code in classes.tolist()], dtype=bool)
        if not chosen.any():
            continue
        areas, lines, vertices = path_data(geometries[chosen], frame)
        if not vertices:
            continue
        look = style[entry]
        parts.append(drawn_class(areas, lines, look, outlines=outlines))
        if hatch_id(look):
            drawn.patterns.append(pattern(look))
        label = names.get(entry, layer.name if entry == "" else entry)
        drawn.legend.insert(
            0, {"swatch": swatch(look, f"{layer.code}-{len(parts)}"), "label": word(label), "code": entry}
        )
    drawn.svg = f'<g opacity="{wanted.opacity:g}">{"".join(parts)}</g>' if parts else ""
    return drawn


def _raster(wanted: Wanted, frame: Frame) -> Drawn:
    """Tiles of the raster, each laid onto the plane by three of its corners: straight to a fraction of a pixel."""
    pinned = layers.queries.pinned({wanted.version.layer.code: wanted.version.number})[
        wanted.version.layer.code
    ]
    zoom = min(_zoom_for(frame, COARSEST_MM), 16)
    places: Sequence[tuple[int, int]] = _tile_range(frame.ground, zoom)
    while len(places) > MAX_TILES:
        zoom -= 1
        places = _tile_range(frame.ground, zoom)
    style = raster_tiles.Style(wanted.style or raster_tiles.Style.VALUES)
    images = []
    for x, y in places:
        png = raster_tiles.tile(pinned, zoom, x, y, style, colours=wanted.version.layer.style)
        if not png:
            continue
        west, south, east, north = tiles.tile_bounds(zoom, x, y)
        corners = shapely.linestrings([(west, north), (east, north), (west, south)])
        a, b, c = shapely.get_coordinates(frame.project(corners))
        matrix = ",".join(f"{value:.6f}" for value in (*(b - a) / 256, *(c - a) / 256, *a))
        data = base64.b64encode(png).decode()
        # a hair larger than it is, so that no seam shows between two
        images.append(
            f'<image transform="matrix({matrix})" width="256.4" height="256.4" href="data:image/png;base64,{data}"/>'
        )
    return Drawn(svg=f'<g opacity="{wanted.opacity:g}">{"".join(images)}</g>' if images else "")
