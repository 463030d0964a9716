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
    vertices = sum(len(ring.xy) for plot in boundary.declared.plots for ring in plot.rings)
    outline, area = boundary.perimeter_m / 1e3, boundary.area_m2 / 1e6
    found = (
        (
            vertices > bounds.vertices,
            Notice(
                "too-large-vertices",
                "界址点 %(count)s 个，超过上限 %(limit)s 个",
                {"count": vertices, "limit": bounds.vertices},
                field="geometry",
            ),
        ),
        (
            outline > bounds.outline_km,
            Notice(
                "too-large-outline",
                "边界总长 %(size)s 公里，超过上限 %(limit)s 公里",
                {"size": f"{outline:.0f}", "limit": bounds.outline_km},
                field="geometry",
            ),
        ),
        (
            area > bounds.area_km2,
            Notice(
                "too-large-area",
                "面积 %(size)s 平方公里，超过上限 %(limit)s 平方公里",
                {"size": f"{area:.0f}", "limit": bounds.area_km2},
                field="geometry",
            ),
        ),
    )
    problems = [notice for beyond, notice in found if beyond]
    if problems:
        raise UnusableInput(*problems)
