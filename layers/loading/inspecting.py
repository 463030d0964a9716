"""What the features of a version are to each other, and from which zoom on they are drawn one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from django.db import connection

from layers import overviews
from layers.loading.geometries import multipolygon
from layers.models import LayerVersion
from layers.progress import Phase, Progress
from layers.quality import arrangement, geometry

_WINDOW = """
SELECT geom::text FROM layers_feature
WHERE layer_id = %s AND first_version <= %s AND (last_version IS NULL OR last_version >= %s) ORDER BY key
"""


def inspect(version: LayerVersion, *, region: Any, progress: Progress) -> None:
    """Find overlaps and the outline, and settle what is drawn small."""
    progress(Phase.QUALITY, 0, version.feature_count)
    with connection.cursor() as cursor:
        cursor.execute(_WINDOW, [version.layer_id, version.number, version.number])
        geometries = shapely.from_wkb(np.array([row[0] for row in cursor.fetchall()], dtype=object))
    lie = arrangement.arrangement(geometries, outlined=not version.coverage_given)
    version.non_overlapping = lie.non_overlapping
    if not version.coverage_given:
        area = lie.outline
        if area.is_empty:
            area = geometry.as_multipolygon(
                shapely.envelope(shapely.multipoints(shapely.get_coordinates(geometries)))
            )
        version.coverage = multipolygon(area)
    version.save(update_fields=["non_overlapping", "coverage"])
    progress(Phase.QUALITY, version.feature_count, version.feature_count)
    overviews.settle(version)
