"""Made-up sites: irregular outlines at random places of the city, as a surveyor would declare them."""

from __future__ import annotations

import numpy as np
import shapely

from siting.engine.boundary import Boundary, DeclaredBoundary, Plot, Ring, build
from siting.engine.crs import DeclaredCrs, from_degrees, zone_of_longitude

SMALLEST_M2, LARGEST_M2 = 0.01e6, 10e6


def random_sites(
    count: int,
    within: shapely.Geometry,
    *,
    seed: int = 7,
    smallest_m2: float = SMALLEST_M2,
    largest_m2: float = LARGEST_M2,
) -> list[Boundary]:
    """Draw sites of 8 to 80 vertices whose areas are log-uniform from 0.01 to 10 km², or between other bounds.

    Parameters
    ----------
    count
        How many.
    within
        Polygon (EPSG:4490) that holds every one of them wholly; places are uniform in it.
    seed
        The same seed gives the same sites.
    """
    rng = np.random.default_rng(seed)
    west, south, east, north = within.bounds
    shapely.prepare(within)
    found: list[Boundary] = []
    areas = np.exp(rng.uniform(np.log(smallest_m2), np.log(largest_m2), count))
    while len(found) < count:
        place = np.array([rng.uniform(west, east), rng.uniform(south, north)])
        crs = DeclaredCrs(4488 + zone_of_longitude(float(place[0])))  # 3° zones, the zone in the easting
        xy = np.round(from_degrees(place[None], crs)[0] + outline(rng, areas[len(found)]), 3)
        ring = Ring(tuple(f"J{k + 1}" for k in range(len(xy))), xy, "1")
        boundary = build(DeclaredBoundary((Plot((ring,), {}, "1"),), crs, {}, "coordinate_text"))
        if shapely.contains_properly(within, boundary.geometry):
            found.append(boundary)
    return found


def outline(rng: np.random.Generator, area_m2: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """A star-shaped ring (n, 2) in metres around the origin, of that planar area."""
    count = int(rng.integers(8, 81))
    angles = np.sort((np.arange(count) + rng.uniform(-0.35, 0.35, count)) * 2 * np.pi / count)
    radii = np.ones(count)
    for wave in (2, 3, 5):
        radii += rng.uniform(0, 0.22) * np.sin(wave * angles + rng.uniform(0, 2 * np.pi))
    radii *= rng.uniform(0.92, 1.08, count)
    ring = np.column_stack((radii * np.cos(angles), radii * np.sin(angles))) * (1.0, rng.uniform(0.4, 1.0))
    turn = rng.uniform(0, np.pi)
    ring = ring @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return ring * np.sqrt(area_m2 / shapely.area(shapely.Polygon(ring)))
