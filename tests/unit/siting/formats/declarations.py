"""Boundaries to write and to read again: holes, several plots, every kind of coordinate system."""

from __future__ import annotations

import numpy as np
import shapely

from siting.engine.boundary import DeclaredBoundary, Plot, Ring, build
from siting.engine.crs import DeclaredCrs, to_degrees
from siting.formats.nesting import nest

ORIGIN = (401_000.0, 4_498_000.0)  # in zone 37, near 109.83° E


def ring(*points: tuple[float, float], prefix: float = 37e6, label: str = "1", first: int = 1) -> Ring:
    """A ring of points in metres from the origin."""
    xy = np.array(points, dtype=np.float64) + np.array([ORIGIN[0] + prefix, ORIGIN[1]])
    return Ring(tuple(f"J{first + at}" for at in range(len(points))), xy, label)


def named(number: str, name: str, use: str, *rings: Ring, area: float | None = None) -> Plot:
    attributes = {"地块编号": number, "地块名称": name, "地块用途": use}
    return Plot(rings, attributes, number, name, use, area)


def several(epsg: int = 4525) -> DeclaredBoundary:
    """A plot with a hole, a plot of two parts, and a plot alone; declared to the millimetre."""
    prefix = 37e6 if epsg in (4525, 4509) else 0.0
    outer = ring((0, 0), (300.125, 0.5), (300, 220.777), (-10.001, 210), prefix=prefix)
    hole = ring((50, 50), (120, 50), (120, 130.25), (50, 130), prefix=prefix, label="2", first=5)
    left = ring((400, 0), (500, 0), (500, 100), (400, 100), prefix=prefix)
    right = ring((520, 0), (600, 0), (600, 90.5), prefix=prefix, label="2", first=5)
    alone = ring((0, 300), (100, 300), (100, 400.333), prefix=prefix)
    plots = (
        named("A-1", "一号地块（厂区）", "工业用地", outer, hole),
        named("A-2", "二号<地块>&", "工业用地", left, right),
        named("A-3", "三号地块", "防护绿地", alone),
    )
    declared = DeclaredBoundary(plots, DeclaredCrs(epsg), {}, "drawing")
    return in_degrees(declared) if epsg == 4490 else declared


def in_degrees(declared: DeclaredBoundary) -> DeclaredBoundary:
    from dataclasses import replace

    source = DeclaredCrs(4546)
    plots = tuple(
        replace(
            plot,
            rings=tuple(replace(one, xy=np.round(to_degrees(one.xy, source), 9)) for one in plot.rings),
        )
        for plot in declared.plots
    )
    return replace(declared, plots=plots)


def ground(declared: DeclaredBoundary) -> list[shapely.MultiPolygon]:
    """Each plot's ground in its own coordinates."""
    made = []
    for plot in declared.plots:
        rings = [one.xy for one in plot.rings]
        made.append(
            shapely.normalize(
                shapely.MultiPolygon(
                    [
                        shapely.Polygon(rings[group[0]], [rings[at] for at in group[1:]])
                        for group in nest(rings)
                    ]
                )
            )
        )
    return made


def area(declared: DeclaredBoundary) -> float:
    return build(declared).area_m2
