"""A place that somebody points out: drawn on a map (GeoJSON) or typed as coordinates. Pure; EPSG:4490 in and out."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MOST_VERTICES = 200
#: A drawing of this many characters has more vertices than are taken.
MOST_CHARACTERS = 20_000
_PAIR = re.compile(r"\s*(-?\d{1,3}(?:\.\d{1,12})?)\s*[,\uff0c\s]\s*(-?\d{1,2}(?:\.\d{1,12})?)\s*")
_DECIMALS = 6  # about 0.1 m: nobody points more exactly


def drawn(text: str, bounds: tuple[float, float, float, float]) -> GEOSGeometry | None:
    """A point or a polygon without holes as the map's script hands it over; empty: nothing was drawn.

    Raises
    ------
    ValidationError
        It is no such drawing, has too many vertices, crosses itself, or lies outside the bounds.
    """
    if not text.strip():
        return None
    if len(text) > MOST_CHARACTERS:
        raise ValidationError(_too_many(), code="vertices")
    try:
        said: Any = json.loads(text)
        kind, coordinates = said["type"], said["coordinates"]
        if kind == "Point":
            return _made([coordinates], bounds)
        if kind == "Polygon" and len(coordinates) == 1:
            return _made(coordinates[0][:-1], bounds)
    except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise ValidationError(_("地图上的标注无法识别，请重新标注。"), code="drawing") from error
    raise ValidationError(_("地图上的标注无法识别，请重新标注。"), code="drawing")


def typed(text: str, bounds: tuple[float, float, float, float]) -> GEOSGeometry | None:
    """A point or a polygon from lines of longitude and latitude; empty: nothing was typed. Raises as `drawn`."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return None
    if len(lines) > MOST_VERTICES + 1:
        raise ValidationError(_too_many(), code="vertices")
    pairs = []
    for number, line in enumerate(lines, start=1):
        match = _PAIR.fullmatch(line)
        if match is None:
            raise ValidationError(
                _("第 %(line)s 行不是“经度 纬度”，例如：109.84 40.66") % {"line": number}, code="line"
            )
        pairs.append([float(match[1]), float(match[2])])
    if len(pairs) > 1 and pairs[0] == pairs[-1]:
        pairs.pop()
    return _made(pairs, bounds)


def _made(pairs: list[Any], bounds: tuple[float, float, float, float]) -> GEOSGeometry:
    if len(pairs) > MOST_VERTICES:
        raise ValidationError(_too_many(), code="vertices")
    points = [(float(pair[0]), float(pair[1])) for pair in pairs]
    west, south, east, north = bounds
    for lon, lat in points:
        if not (math.isfinite(lon) and math.isfinite(lat) and west <= lon <= east and south <= lat <= north):
            raise ValidationError(_("标注的位置不在本市范围内。"), code="bounds")
    rounded = [(round(lon, _DECIMALS), round(lat, _DECIMALS)) for lon, lat in points]
    if len(rounded) == 1:
        shape: Any = shapely.Point(rounded[0])
    elif len(rounded) < 3:
        raise ValidationError(_("一个点，或至少三个点围成的范围。"), code="points")
    else:
        shape = shapely.Polygon(rounded)
        if not shape.is_valid or shape.area == 0:
            raise ValidationError(_("范围的边界自相交，请重新标注。"), code="crossing")
    return GEOSGeometry(memoryview(shapely.to_wkb(shape)), srid=4490)


def _too_many() -> str:
    return _("标注的点过多，最多 %(most)s 个。") % {"most": MOST_VERTICES}
