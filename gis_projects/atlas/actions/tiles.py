"""Tiles made before anybody asks. The kept ones belong to nobody: who may have them is asked when they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

from gis_projects.atlas import tile_cache
from layers import overviews, tiles
from layers.models import Kind, LayerVersion, Status
from layers.notices import Notice, UnusableLayer

_SHARE = 0.5  # of the cache's bound: the other layers' tiles have to have room too


@dataclass(frozen=True)
class Seeded:
    """What was made: tiles and compressed bytes by zoom; `stored` zooms are overviews and need none of this."""

    layer: str
    version: int
    tiles: dict[int, int]
    bytes: int
    stored: list[int]
    full: bool  # the room in the cache was used up before the end

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def seed(
    code: str, zooms: Sequence[int], *, told: Callable[[int, int], None] = lambda zoom, count: None
) -> Seeded:
    """Make the vector tiles of a layer's version in force at these zooms, where it has features.

    Raises
    ------
    UnusableLayer
        There is no such layer in force, or it is a raster.
    """
    version = (
        LayerVersion.objects.select_related("layer")
        .filter(layer__code=code, layer__kind=Kind.VECTOR, status=Status.PUBLISHED)
        .defer("coverage", "report")
        .first()
    )
    if version is None:
        raise UnusableLayer(Notice("no-layer-in-force", "没有已发布的矢量图层 %(layer)s。", {"layer": code}))
    made: dict[int, int] = {}
    size, room, full = 0, int(tile_cache.limit() * _SHARE), False
    for zoom in sorted({zoom for zoom in zooms if zoom >= version.detail_zoom}):
        made[zoom] = 0
        for x, y in sorted(overviews.reached(version, zoom)):
            if size > room:
                full = True
                break
            size += len(
                tile_cache.tile(
                    code, version.root_hash, zoom, x, y,
                    lambda zoom=zoom, x=x, y=y: tiles.tile(version, zoom, x, y),  # type: ignore[misc]
                )
            )  # fmt: skip
            made[zoom] += 1
        told(zoom, made[zoom])
    stored = sorted({zoom for zoom in zooms if zoom < version.detail_zoom})
    return Seeded(code, version.number, made, size, stored, full)


def zooms_of(text: str) -> range:
    """``10-14`` or ``12`` → zooms.

    Raises
    ------
    ValueError
        It is no such range.
    """
    first, dash, last = text.partition("-")
    found = range(int(first), int(last if dash else first) + 1)
    if not found or found[0] < 0 or found[-1] > tiles.MAX_ZOOM:
        raise ValueError(_("级别应写作 10-14 或 12，在 0 到 22 之间。"))
    return found
