"""What a new version can be held against to see whether its coordinates are displaced as web maps' are."""

from __future__ import annotations

from typing import Any

import shapely
from django.db import connection

from layers.models import Layer, LayerVersion, Status

#: Where a layer has no earlier version, its lines are looked for in the land survey.
REFERENCE_LAYER = "DLTB"
_SAMPLE, _AROUND = 400, 5000
_REACH = 0.03  # degrees: web maps displace by less than a kilometre, and a neighbourhood has a few

_MIDDLE = """
SELECT ST_X(p), ST_Y(p) FROM (
    SELECT ST_Centroid(ST_Envelope(geom)) AS p FROM layers_feature
    WHERE layer_id = %s AND first_version = %s ORDER BY id OFFSET %s LIMIT 1) AS one
"""
_NEAR = """
SELECT geom::text FROM layers_feature
WHERE geom && ST_MakeEnvelope(%s, %s, %s, %s, 4490) AND layer_id + 0 = %s AND first_version <= %s
  AND (last_version IS NULL OR last_version >= %s)
LIMIT %s
"""


def reference_of(version: LayerVersion) -> LayerVersion | None:
    """The version in force of the same layer, else of the land survey."""
    in_force = LayerVersion.objects.filter(status=Status.PUBLISHED).defer("coverage", "report")
    own = in_force.filter(layer=version.layer_id).first()
    if own is not None:
        return own
    survey = Layer.objects.filter(code=REFERENCE_LAYER).exclude(pk=version.layer_id).first()
    return in_force.filter(layer=survey).first() if survey is not None else None


def neighbourhood(version: LayerVersion, reference: LayerVersion) -> tuple[list[Any], list[Any]]:
    """Some new features of a version that lie together, and the reference's around them (shapely, EPSG:4490)."""
    new = version.changes.get("added", 0) + version.changes.get("changed", 0)
    with connection.cursor() as cursor:
        cursor.execute(_MIDDLE, [version.layer_id, version.number, max(0, new // 2)])
        place = cursor.fetchone()
    if place is None:
        return [], []
    sample = _near(version, place, _REACH, _SAMPLE)
    return sample, _near(reference, place, 2 * _REACH, _AROUND)


def _near(version: LayerVersion, place: tuple[float, float], reach: float, most: int) -> list[Any]:
    x, y = place
    box = [x - reach, y - reach, x + reach, y + reach]
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, [*box, version.layer_id, version.number, version.number, most])
        return [shapely.from_wkb(row[0]) for row in cursor.fetchall()]
