"""The ground that a version covers: outside of it, a layer says nothing."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any

import shapely
from django.db import connection

if TYPE_CHECKING:
    from layers.queries import PinnedVersion

_CACHED_COVERAGES = 256
_RIM = 1e-7  # degrees


class _Coverages:
    """Prepared coverage polygons by version id. A version never changes, so nothing ever goes stale."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[str, Any]] = OrderedDict()
        self._lock = Lock()

    def get(self, versions: Iterable[PinnedVersion]) -> dict[int, Any]:
        wanted = {version.version_id: version.root_hash for version in versions}
        with self._lock:
            # the root hash tells a rolled-back version from the one that got its id (tests do that)
            found = {
                id_: kept[1] for id_ in wanted if (kept := self._kept.get(id_)) and kept[0] == wanted[id_]
            }
        missing = [id_ for id_ in wanted if id_ not in found]
        if missing:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT id, coverage::text FROM layers_layerversion WHERE id = ANY(%s)", [missing]
                )
                same: dict[str, Any] = {}  # most layers of a city cover just the city
                for id_, ewkb in cursor.fetchall():
                    if ewkb not in same:
                        same[ewkb] = shapely.from_wkb(ewkb)
                        shapely.prepare(same[ewkb])
                    found[id_] = same[ewkb]
            with self._lock:
                for id_ in missing:
                    self._kept[id_] = (wanted[id_], found[id_])
                while len(self._kept) > _CACHED_COVERAGES:
                    self._kept.popitem(last=False)
        return found


_coverages = _Coverages()


def covers(versions: Mapping[str, PinnedVersion], geometry: Any) -> dict[str, bool]:
    """Whether each version's coverage holds the whole geometry (EPSG:4490), but for a rim below 1 cm.

    One query for the coverages not asked before by this process, none afterwards.
    """
    coverages = _coverages.get(versions.values())
    answers: dict[int, bool] = {}
    for coverage in coverages.values():
        if id(coverage) not in answers:
            answers[id(coverage)] = _covers(coverage, geometry)
    return {code: answers[id(coverages[version.version_id])] for code, version in versions.items()}


def coverages(versions: Mapping[str, PinnedVersion]) -> dict[str, Any]:
    """The ground that each version covers, prepared (EPSG:4490). One query for those not asked before."""
    found = _coverages.get(versions.values())
    return {code: found[version.version_id] for code, version in versions.items()}


def _covers(coverage: Any, geometry: Any) -> bool:
    if shapely.covers(coverage, geometry):
        return True
    # about 1 cm: a site drawn along the region's own outline is inside, but no part beyond it, however small
    beyond = shapely.difference(geometry, coverage)
    west, south, east, north = shapely.bounds(beyond)
    near = shapely.intersection(coverage, shapely.box(west - _RIM, south - _RIM, east + _RIM, north + _RIM))
    return bool(shapely.covers(shapely.buffer(near, _RIM), beyond))
