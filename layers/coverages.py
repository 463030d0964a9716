"""The ground that versions cover, as shapes: for whoever looks at more than one place at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import shapely
from django.db import connection

from layers.queries import PinnedVersion

_COVERAGES = "SELECT id, coverage::text FROM layers_layerversion WHERE id = ANY(%s)"


def outlines(versions: Mapping[str, PinnedVersion]) -> dict[str, Any]:
    """Give each version's coverage, by layer code: a (multi)polygon in EPSG:4490. One query.

    Versions that cover the same ground share one object.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COVERAGES, [[version.version_id for version in versions.values()]])
        rows: dict[int, str] = dict(cursor.fetchall())
    shapes = {ewkb: shapely.from_wkb(ewkb) for ewkb in set(rows.values())}
    return {code: shapes[rows[version.version_id]] for code, version in versions.items()}
