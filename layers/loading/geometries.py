"""Between shapely and GeoDjango."""

from __future__ import annotations

from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry


def multipolygon(geometry: Any) -> Any:
    """A shapely multipolygon (EPSG:4490) as a field of a model takes it."""
    return GEOSGeometry(memoryview(shapely.to_wkb(geometry)), srid=4490)
