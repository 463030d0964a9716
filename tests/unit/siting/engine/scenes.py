"""Declared boundaries, layers and witnesses that the engine's tests share."""

from itertools import pairwise

import numpy as np
import pyproj
import shapely

from siting.engine.area import exact_area
from siting.engine.boundary import Boundary, DeclaredBoundary, Plot, Ring, build
from siting.engine.crs import DeclaredCrs, densify, gauss_kruger
from siting.engine.overlap import LayerPieces, overlay
from siting.engine.rules import Relation, RuleSpec, evaluate
from siting.engine.verdict import Severity

ZONE_38 = gauss_kruger(38)
ORIGIN = np.array([38601000.0, 3340000.0])
GEOD = pyproj.Geod(a=6378137.0, rf=298.257222101)


def rectangle(x, y, width, height):
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], dtype=float)


def declare(*plots, crs=ZONE_38, origin=ORIGIN, areas=()):
    """Each plot is a list of rings, each ring an (n, 2) array of metres from ``origin``."""
    return DeclaredBoundary(
        plots=tuple(
            Plot(
                rings=tuple(
                    Ring(
                        tuple(f"J{i + 1}" for i in range(len(ring))),
                        np.asarray(ring, dtype=float).reshape(-1, 2) + origin,
                        str(number),
                    )
                    for number, ring in enumerate(rings, start=1)
                ),
                attributes={},
                number=f"D{order}",
                declared_area_m2=areas[order - 1] if areas else None,
            )
            for order, rings in enumerate(plots, start=1)
        ),
        crs=crs,
        header={},
        format="coordinate_text",
    )


def site(*rings, crs: DeclaredCrs = ZONE_38, origin=ORIGIN) -> Boundary:
    return build(declare([*rings], crs=crs, origin=origin))


def ground(*rings, crs: DeclaredCrs = ZONE_38, origin=ORIGIN) -> shapely.Polygon:
    """A polygon in longitude/latitude from rings in metres from ``origin``: outer ring, then holes."""
    shell, *holes = (densify(np.vstack((ring, ring[:1])) + origin, crs) for ring in rings)
    return shapely.Polygon(shell, holes)


def layer(features, *, non_overlapping=False, classes=None) -> LayerPieces:
    """``features`` are (key, geometry) or geometries; pieces of one feature repeat its key."""
    pairs = [f if isinstance(f, tuple) else (f"f{i:03d}", f) for i, f in enumerate(features)]
    geometries = np.empty(len(pairs), dtype=object)
    geometries[:] = [geometry for _, geometry in pairs]
    return LayerPieces(
        keys=np.array([key for key, _ in pairs], dtype=object),
        classes=np.array(classes or [""] * len(pairs), dtype=object),
        areas=exact_area(geometries) if len(pairs) else np.empty(0),
        geometries=geometries,
        non_overlapping=non_overlapping,
    )


def geodesic_area(polygon: shapely.Polygon) -> float:
    """Witness: geodesics between points at most 10 m apart on edges straight in longitude/latitude."""

    def ring_area(ring):
        xy = np.asarray(ring.coords)
        pieces = []
        for a, b in pairwise(xy):
            steps = int(np.ceil(GEOD.inv(*a, *b)[2] / 10)) or 1
            pieces.append(a + np.arange(steps)[:, None] / steps * (b - a))
        return abs(GEOD.polygon_area_perimeter(*np.vstack(pieces).T)[0])

    return ring_area(polygon.exterior) - sum(map(ring_area, polygon.interiors))


SITE = site(rectangle(0, 0, 1000, 1000))


def rule(relation=Relation.OVERLAPS, severity=Severity.PROHIBITED, **settings):
    return RuleSpec("r1", "规则", "LAYER", relation, severity, **settings)


def asked(spec, features, *, boundary=SITE, facts=None, non_overlapping=False, classes=None, **more):
    pieces = layer(features, non_overlapping=non_overlapping, classes=classes)
    return evaluate(
        spec,
        boundary,
        overlay=overlay(boundary.geometry, pieces),
        pieces=pieces,
        class_system="survey",
        class_names={"0101": "水田"},
        facts=facts or {},
        **more,
    )


def around(distance, size=1000):
    return ground(rectangle(-distance, -distance, size + 2 * distance, size + 2 * distance))
