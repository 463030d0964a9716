"""A small map of one would-be public place as vector drawing, with its grid, and the site's own boundary beneath it.

For those who decide, and only inside: the boundary is the exact one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis_projects.library.models import Project
from gis_projects.publishing import copying, generalise

WIDTH = 480.0
_MOST_LINES = 60
_AROUND = 3  # grid steps beside the place


@dataclass(frozen=True)
class GridMap:
    """Paths in a plane of ``width`` × ``height`` units, north up. ``every`` says how many grid steps lie between two
    drawn lines; ``point`` is a public point, ``scale_m`` and ``scale`` a bar of so many metres and units.
    """

    width: float
    height: float
    grid: str
    exact: str
    public: str
    point: tuple[float, float] | None
    every: int
    scale_m: int
    scale: float


def grid_map(project: Project, copy: copying.Copy) -> GridMap | None:
    """None where no place is shown."""
    shape = copying.geometry(copy)
    if shape is None:
        return None
    public = shapely.from_wkb(bytes(shape.wkb))
    exact = _exact(project)
    step = generalise.steps(public if exact is None else exact, copy["project"]["precision_m"])
    bounds = np.array([public.bounds, *([exact.bounds] if exact is not None else [])])
    low = bounds[:, :2].min(axis=0) - _AROUND * step
    high = bounds[:, 2:].max(axis=0) + _AROUND * step
    squeeze = np.array([math.cos(math.radians(float(low[1] + high[1]) / 2)), 1.0])
    scale = WIDTH / ((high - low) * squeeze)[0]
    height = round(float((high - low)[1] * scale), 1)

    def placed(xy: np.ndarray) -> np.ndarray:
        flat = (xy - low) * squeeze * scale
        return np.column_stack([flat[:, 0], height - flat[:, 1]]).round(1)

    corner = shapely.get_coordinates(public)[0]
    every = max(1, math.ceil(float(((high - low) / step).max()) / _MOST_LINES))
    lines = []
    for axis in (0, 1):
        pitch = step[axis] * every
        first = low[axis] + (corner[axis] - low[axis]) % pitch
        for at in np.arange(first, high[axis], pitch):
            ends = np.array([low, high])
            ends[:, axis] = at
            lines.append(_path(placed(ends), close=False))
    point = placed(shapely.get_coordinates(public))[0] if public.geom_type == "Point" else None
    metres_wide = (high - low)[0] * squeeze[0] * 111_320.0
    bar = 10 ** int(math.log10(metres_wide / 3))
    return GridMap(
        width=WIDTH,
        height=height,
        grid="".join(lines),
        exact="" if exact is None else _outline(exact, placed),
        public="" if point is not None else _outline(public, placed),
        point=None if point is None else (float(point[0]), float(point[1])),
        every=every,
        scale_m=bar,
        scale=round(WIDTH * bar / metres_wide, 1),
    )


def _exact(project: Project) -> BaseGeometry | None:
    if project.site is not None and project.site.current is not None:
        return shapely.from_wkb(bytes(project.site.current.geometry.wkb))
    return None


def _outline(geometry: BaseGeometry, placed: object) -> str:
    rings = []
    for part in shapely.get_parts(geometry):
        for ring in (part.exterior, *part.interiors):
            rings.append(_path(placed(shapely.get_coordinates(ring)[:-1]), close=True))  # type: ignore[operator]
    return "".join(rings)


def _path(points: np.ndarray, *, close: bool) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points) + ("Z" if close else "")
