"""A site's boundary: as it was declared, and as the engine measures it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from shapely import MultiPolygon

from siting.engine.crs import DeclaredCrs
from siting.engine.notices import Notice


@dataclass(frozen=True)
class Ring:
    """One declared ring, not closed: vertex ``i`` is ``xy[i]`` with point number ``numbers[i]``.

    ``xy`` is float64 of shape (n, 2), **easting or longitude first**, in the plot's declared CRS, with
    the zone prefix in the easting exactly as declared. ``label`` is the declared ring number (地块圈号).
    """

    numbers: tuple[str, ...]
    xy: npt.NDArray[np.float64]
    label: str


@dataclass(frozen=True)
class Plot:
    """One declared plot (地块): its rings in the order of the file, and every attribute it came with.

    ``attributes`` keeps the file's own names and order, so that reading and writing round-trips. The named
    fields are what the engine and the pages use; empty text where the file has none.
    """

    rings: tuple[Ring, ...]
    attributes: Mapping[str, str]
    number: str = ""
    name: str = ""
    use: str = ""
    declared_area_m2: float | None = None


@dataclass(frozen=True)
class DeclaredBoundary:
    """What a file, or a drawing, says. Nothing is interpreted yet but the coordinate system."""

    plots: tuple[Plot, ...]
    crs: DeclaredCrs
    header: Mapping[str, str]
    format: str  # "coordinate_text" | "geojson" | "shapefile" | "drawing"
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class Boundary:
    """A boundary that can be measured.

    Attributes
    ----------
    declared
        The vertices that feed the official area and every export.
    geometry
        Valid MultiPolygon in EPSG:4490 (longitude, latitude; degrees), projected edges densified so that
        the chord deviates by at most 1 mm, overlapping plots dissolved.
    plot_geometries
        One MultiPolygon per plot, in the plots' order, before dissolving.
    area_m2
        Official ellipsoidal area (椭球面积) of the declared vertices, m².
    planar_area_m2
        Area in the plane of the site's own 3° Gauss-Krüger zone, m².
    exact_area_m2
        Exact ellipsoidal area of ``geometry`` under longitude/latitude-straight edges, m²: the additive one
        that the parts are measured with.
    declared_area_m2
        Sum of the plots' declared areas, m², or None where a plot declares none.
    declared_matches
        ``"ellipsoidal"``, ``"planar"``, ``"both"``, ``"neither"``, or None where nothing was declared.
    central_meridian
        Of the site's own 3° zone, degrees: where buffers and distances are computed.
    notices
        Everything worth telling, from reading and from validation.
    """

    declared: DeclaredBoundary
    geometry: MultiPolygon
    plot_geometries: tuple[MultiPolygon, ...]
    area_m2: float
    planar_area_m2: float
    exact_area_m2: float
    declared_area_m2: float | None
    declared_matches: str | None
    central_meridian: float
    notices: tuple[Notice, ...]
