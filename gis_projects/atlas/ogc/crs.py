"""The coordinate systems that features go out in, by their URIs, each in its own order of axes.

Inside, everything is EPSG:4490 longitude, latitude. EPSG:4490 as the register has it is latitude first, a
Gauss-Krüger zone northing first; CRS84 and Web Mercator are x first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
STORAGE = EPSG + "4490"
ZONES = range(4513, 4534)  # CGCS2000, 3° zones 25 to 45

#: In the order in which they are offered; the first is the one that nobody has to ask for.
URIS: tuple[str, ...] = (
    CRS84, STORAGE, EPSG + "4326", EPSG + "3857", *(f"{EPSG}{code}" for code in ZONES),
)  # fmt: skip

_DEGREE_DECIMALS = 9  # what a feature's content hash looks at
_METRE_DECIMALS = 4
_EDGE_POINTS = 64  # that a side of a box is split into: straight in a zone is not straight in degrees


@dataclass(frozen=True)
class OutputCrs:
    """A coordinate system by its URI.

    ``north_first`` says that its first axis is latitude or northing.
    """

    uri: str
    epsg: int
    north_first: bool
    geographic: bool

    def written(self, geometries: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
        """Geometries in EPSG:4490 longitude/latitude as they go out: transformed, axes in order, rounded."""
        decimals = _DEGREE_DECIMALS if self.geographic else _METRE_DECIMALS

        def move(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
            if not self.geographic:
                xy = np.column_stack(_transformer(self.epsg).transform(xy[:, 0], xy[:, 1]))
            return np.round(xy[:, ::-1] if self.north_first else xy, decimals)

        # outer rings counter-clockwise, holes clockwise (RFC 7946), before axes change their places
        return np.asarray(shapely.transform(shapely.orient_polygons(geometries), move))

    def area(self, box: tuple[float, float, float, float]) -> Any:
        """What a box of this coordinate system covers, as a polygon in EPSG:4490 longitude/latitude.

        Raises
        ------
        ValueError
            It lies where the coordinate system means nothing.
        """
        if self.north_first:
            box = (box[1], box[0], box[3], box[2])
        if self.geographic:
            return shapely.box(*box)
        xy = _edge(box)
        lonlat = np.column_stack(_transformer(self.epsg).transform(xy[:, 0], xy[:, 1], direction="INVERSE"))
        if not np.isfinite(lonlat).all():
            raise ValueError("outside the projection")
        return shapely.Polygon(lonlat)


def _edge(box: tuple[float, float, float, float]) -> npt.NDArray[np.float64]:
    """Points along the sides of a box, also of one that is but a line or a point."""
    part = np.linspace(0.0, 1.0, _EDGE_POINTS + 1)[:-1]
    corners = shapely.get_coordinates(shapely.box(*box))
    return np.vstack([start + part[:, None] * (end - start) for start, end in pairwise(corners)])


@lru_cache(maxsize=32)
def _transformer(epsg: int) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs("EPSG:4490", f"EPSG:{epsg}", always_xy=True)


@lru_cache(maxsize=64)
def by_uri(uri: str) -> OutputCrs | None:
    """The coordinate system of a URI that is offered, else None."""
    if uri not in URIS:
        return None
    if uri == CRS84:
        return OutputCrs(uri, 4490, north_first=False, geographic=True)
    code = int(uri.rsplit("/", 1)[1])
    crs = pyproj.CRS.from_epsg(code)
    return OutputCrs(uri, code, crs.axis_info[0].direction == "north", crs.is_geographic)
