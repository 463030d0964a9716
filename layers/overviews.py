"""Overview tiles (placeholder until the generaliser lands in this module)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

LOWEST_ZOOM = 5


class Tile(NamedTuple):
    z: int
    x: int
    y: int
    mvt: bytes


def detail_zoom(geometries: Any) -> int:
    return 0


def build(keys: Any, classes: Any, names: Any, geometries: Any, zooms: Sequence[int]) -> list[Tile]:
    return []
