"""Exact area on the CGCS2000 ellipsoid, under edges that are straight in longitude and latitude.

The area under such an edge is Δλ times the mean of q over its latitudes, with
q(φ) = b² Σ cₖ sin((2k+1)φ), so an edge contributes b² Δλ Σ cₖ sin((2k+1)φm)·sinc((2k+1)Δφ/2): no
approximation but the end of the series (e¹⁰, below 1e-13 of the area). Splitting an edge changes nothing,
hence parts add up. The coefficients are those of the survey's official area formula.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

_A = 6378137.0
_F = 1 / 298.257222101
_B = _A * (1 - _F)
_E2 = _F * (2 - _F)
_E4, _E6, _E8 = _E2**2, _E2**3, _E2**4
_C = (
    1 + 3 / 6 * _E2 + 30 / 80 * _E4 + 35 / 112 * _E6 + 630 / 2304 * _E8,
    -(1 / 6 * _E2 + 15 / 80 * _E4 + 21 / 112 * _E6 + 420 / 2304 * _E8),
    3 / 80 * _E4 + 7 / 112 * _E6 + 180 / 2304 * _E8,
    -(1 / 112 * _E6 + 45 / 2304 * _E8),
    5 / 2304 * _E8,
)
_CHUNK = 2_000  # geometries at a time: the edge arrays of parcels stay in the processor's cache
_POLYGON = 3


def _mean_sines(
    latitude: npt.NDArray[np.float64], difference: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Σ cₖ sin((2k+1)φm)·sinc((2k+1)Δφ/2) per edge; multiples of φm by recurrence, one sine and one cosine."""
    sine, double = np.sin(latitude), 2 * np.cos(2 * latitude)
    before, now = -sine, sine
    total = np.zeros_like(latitude)
    for k, coefficient in enumerate(_C):
        half = (k + 0.5) * difference
        square = half * half
        # sin(x)/x; the series is exact to the last bit below 0.05 rad, and an edge of 0.5° stays there up to k=4
        ratio = 1 - square / 6 * (1 - square / 20 * (1 - square / 42))
        wide = square > 0.0025
        if wide.any():
            ratio[wide] = np.sin(half[wide]) / half[wide]
        total += coefficient * now * ratio
        before, now = now, double * now - before
    return total


def _ring_areas(xy: npt.NDArray[np.float64], starts: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """Unsigned area (m²) of closed rings whose coordinates stand one after the other, ring i from starts[i]."""
    if not len(starts):
        return np.zeros(0)
    difference = np.diff(xy, axis=0)  # in degrees first: near differences of doubles are exact
    step = np.radians(difference)
    middle = np.radians(xy[:-1, 1] + difference[:, 1] / 2)
    terms = step[:, 0] * _mean_sines(middle, step[:, 1])
    terms[starts[1:] - 1] = 0.0  # from the end of a ring to the start of the next
    return np.abs(np.add.reduceat(terms, starts)) * _B * _B


def _plain(geometries: npt.NDArray[np.object_]) -> bool:
    """Whether all are polygons of one ring: most are, and then no ring need be taken out of its polygon."""
    return bool(
        (
            (shapely.get_type_id(geometries) == _POLYGON) & (shapely.get_num_interior_rings(geometries) == 0)
        ).all()
        and not shapely.is_empty(geometries).any()
    )


def exact_areas(geometries: Any) -> npt.NDArray[np.float64]:
    """Area of each geometry on the ellipsoid.

    Parameters
    ----------
    geometries
        Sequence of shapely geometries, EPSG:4490. What has no surface has area 0.

    Returns
    -------
    float64 array, m². Holes are subtracted whatever their direction.
    """
    geometries = np.asarray(geometries, dtype=object)
    result = np.zeros(len(geometries))
    for begin in range(0, len(geometries), _CHUNK):
        part = geometries[begin : begin + _CHUNK]
        if _plain(part):
            xy, ring = shapely.get_coordinates(part, return_index=True)
            counts = np.bincount(ring, minlength=len(part))
            starts = np.cumsum(counts) - counts
            result[begin : begin + _CHUNK] = _ring_areas(xy, starts)
            continue
        polygons, owner = shapely.get_parts(part, return_index=True)
        surface = shapely.get_type_id(polygons) == 3
        polygons, owner = polygons[surface], owner[surface]
        rings, polygon = shapely.get_rings(polygons, return_index=True)
        if not len(rings):
            continue
        counts = shapely.get_num_coordinates(rings)
        starts = np.concatenate(([0], np.cumsum(counts)[:-1])).astype(np.intp)
        areas = _ring_areas(shapely.get_coordinates(rings), starts)
        hole = np.concatenate(([False], polygon[1:] == polygon[:-1]))
        result[begin : begin + _CHUNK] += np.bincount(
            owner[polygon], np.where(hole, -areas, areas), minlength=len(part)
        )
    return np.maximum(result, 0.0)
