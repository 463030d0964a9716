"""How much one request may ask to be checked. What a check costs grows with the outline and with the ground it covers:
a comb of a thousand teeth over a city meets every parcel a thousand times.

The command line has no such bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

from siting.engine.boundary import Boundary
from siting.engine.notices import Notice, UnusableInput


@dataclass(frozen=True)
class Bounds:
    """At most so many vertices, km of outline (holes too) and km² of ground."""

    vertices: int
    outline_km: int
    area_km2: int


#: While drawing: answered at every stroke.
LIVE = Bounds(vertices=20_000, outline_km=1_000, area_km2=1_000)
#: Saved as a project's site, and then checked in one request.
KEPT = Bounds(vertices=200_000, outline_km=5_000, area_km2=5_000)


def refuse_beyond(bounds: Bounds, boundary: Boundary) -> None:
    """Raise `UnusableInput` for a boundary past the bounds."""
    problems = []
    vertices = sum(len(ring.xy) for plot in boundary.declared.plots for ring in plot.rings)
    if vertices > bounds.vertices:
        problems.append(
            _problem("vertices", "界址点 %(size)s 个，超过上限 %(limit)s 个", vertices, bounds.vertices)
        )
    outline = boundary.perimeter_m / 1e3
    if outline > bounds.outline_km:
        template = "边界总长 %(size)s 公里，超过上限 %(limit)s 公里"
        problems.append(_problem("outline", template, outline, bounds.outline_km))
    area = boundary.area_m2 / 1e6
    if area > bounds.area_km2:
        template = "面积 %(size)s 平方公里，超过上限 %(limit)s 平方公里"
        problems.append(_problem("area", template, area, bounds.area_km2))
    if problems:
        raise UnusableInput(*problems)


def _problem(what: str, template: str, size: float, limit: int) -> Notice:
    return Notice(f"too-large-{what}", template, {"size": f"{size:.0f}", "limit": limit}, field="geometry")
