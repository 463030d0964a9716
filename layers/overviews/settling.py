"""From which zoom on a version is drawn how: settled once, while it is staged, from what its tiles would hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db import connection

from layers.models import WAITING, Layer, LayerVersion
from layers.overviews.reading import ALIVE
from layers.overviews.world import CIRCUMFERENCE, LOWEST_ZOOM

DETAIL_ZOOM, HIGHEST_DETAIL_ZOOM = 10, 16
MAX_TILE_FEATURES, MAX_TILE_VERTICES = 6000, 150_000
_SHOWN_VERTICES = 1000  # of one big outline: it is clipped to the tile
DENSE_FROM, DENSE_PIXELS = 3000, 16.0
# What has once been settled is kept while it is no worse than this: a new zoom means that its tiles are made anew.
_PATIENCE = 1.3


@dataclass(frozen=True)
class Loads:
    """What the tiles of a version would hold: features and vertices by tile of the highest detail zoom.

    `median_m2` is the typical feature's area on the Mercator map (None without surfaces); `surfaces` says that
    there is nothing else.
    """

    columns: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    features: npt.NDArray[np.int64]
    vertices: npt.NDArray[np.float64]
    median_m2: float | None
    surfaces: bool

    @property
    def count(self) -> int:
        return int(self.features.sum())

    def fits(self, zoom: int, patience: float = 1.0) -> bool:
        """Whether the fullest tile of a zoom, cut from the features themselves, stays small."""
        shift = HIGHEST_DETAIL_ZOOM - zoom
        _, index = np.unique((self.columns >> shift) << 32 | (self.rows >> shift), return_inverse=True)
        features, vertices = np.bincount(index, self.features), np.bincount(index, self.vertices)
        return bool(
            features.max(initial=0) <= MAX_TILE_FEATURES * patience
            and vertices.max(initial=0) <= MAX_TILE_VERTICES * patience
        )

    def dense(self, zoom: int, patience: float = 1.0) -> bool:
        """Whether the features are too small and too many to be told from each other at a zoom."""
        if not self.surfaces or self.median_m2 is None or self.count < DENSE_FROM * patience:
            return False
        return self.median_m2 / (CIRCUMFERENCE / (256 << zoom)) ** 2 < DENSE_PIXELS / patience

    def detail_zoom(self) -> int:
        return next((z for z in range(DETAIL_ZOOM, HIGHEST_DETAIL_ZOOM) if self.fits(z)), HIGHEST_DETAIL_ZOOM)

    def feature_zoom(self, detail: int) -> int:
        return next((z for z in range(LOWEST_ZOOM, detail) if not self.dense(z)), detail)


_TILE_X = "floor((ST_XMin(f.geom) + ST_XMax(f.geom)) / 720 * 65536 + 32768)::int"
_TILE_Y = """floor((0.5 - asinh(tan(radians((ST_YMin(f.geom) + ST_YMax(f.geom)) / 2))) / (2 * pi())) * 65536)::int"""
# Eighths of a power of two tell the median well enough.
_SIZE = """CASE WHEN f.area_m2 > 0
    THEN round(8 / ln(2::float8) * ln(f.area_m2 / cos(radians(ST_YMin(f.geom))) ^ 2))::int END"""
_LOADS = f"""
SELECT GROUPING(x), x, y, size, count(*), sum(least(vertices, {_SHOWN_VERTICES})), bool_and(surface)
FROM (SELECT {_TILE_X} AS x, {_TILE_Y} AS y, {_SIZE} AS size, f.vertices, ST_Dimension(f.geom) = 2 AS surface
      FROM layers_feature f WHERE f.layer_id = %(layer)s AND {ALIVE}) AS features
GROUP BY GROUPING SETS ((x, y), (size))
"""


def loads(version: LayerVersion) -> Loads:
    """One scan over a version's features."""
    with connection.cursor() as cursor:
        cursor.execute(_LOADS, {"layer": version.layer_id, "number": version.number})
        rows = cursor.fetchall()
    tiles = np.array([row[1:3] + row[4:6] for row in rows if not row[0]], dtype=np.int64).reshape(-1, 4)
    sizes = sorted((row[3], row[4]) for row in rows if row[0] and row[3] is not None)
    median = None
    if sizes:
        below = np.cumsum([count for _, count in sizes])
        median = 2.0 ** (sizes[int(np.searchsorted(below, below[-1] / 2))][0] / 8)
    return Loads(
        tiles[:, 0], tiles[:, 1], tiles[:, 2], tiles[:, 3].astype(np.float64), median,
        all(row[6] for row in rows),
    )  # fmt: skip


def settle(version: LayerVersion) -> None:
    """Set the `detail_zoom` and `feature_zoom` of a version that is being staged.

    The predecessor's are kept where they still suit, as overviews at the same zooms can be shared.

    Raises
    ------
    ValueError
        The version is published: its zooms stay.
    """
    found = loads(version)
    before = (
        LayerVersion.objects.filter(layer=version.layer_id, number__lt=version.number, overviews_done=True)
        .order_by("-number")
        .only("detail_zoom", "feature_zoom")
        .first()
    )
    detail = found.detail_zoom()
    if before is not None and detail - 1 <= before.detail_zoom <= detail + 1:
        detail = before.detail_zoom if found.fits(before.detail_zoom, _PATIENCE) else detail
    feature = found.feature_zoom(detail)
    if before is not None and before.feature_zoom is not None and before.detail_zoom == detail:
        kept = before.feature_zoom
        # the last dense zoom must still be dense, and the first that isn't must not have become very dense
        if (kept == LOWEST_ZOOM or found.dense(kept - 1, 1 / _PATIENCE)) and not (
            kept < detail and found.dense(kept, _PATIENCE)
        ):
            feature = kept
    rows = LayerVersion.objects.filter(pk=version.pk, status__in=WAITING)
    if not rows.update(detail_zoom=detail, feature_zoom=feature):
        raise ValueError(f"{version} is published")
    version.detail_zoom, version.feature_zoom = detail, feature


def lowest_zoom(layer: Layer) -> int:
    """From where on a layer's tiles are made."""
    return max(layer.min_zoom, LOWEST_ZOOM)
